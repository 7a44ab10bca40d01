"""Models of releases."""

from releases.models.activities import Activity, ActivityResult, Comment, DueWork, Phase
from releases.models.processes import Process, ProcessReference, ProcessVersion
from releases.models.products import Product, ProductGroupPermission, ProductUserPermission
from releases.models.releases import Release, ReleaseGroupPermission, ReleaseUserPermission
from releases.models.snoozes import Snooze

__all__ = [
    "Activity",
    "ActivityResult",
    "Comment",
    "DueWork",
    "Phase",
    "Process",
    "ProcessReference",
    "ProcessVersion",
    "Product",
    "ProductGroupPermission",
    "ProductUserPermission",
    "Release",
    "ReleaseGroupPermission",
    "ReleaseUserPermission",
    "Snooze",
]
