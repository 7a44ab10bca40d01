"""What there is in a new installation: whether anything was released, published or asks somebody."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef

from approvals.models import Role
from releases.models import Process, ProcessReference, ProcessVersion, Release


def is_unused() -> bool:
    """Whether there is no release; those of archived products, as of a demo that was removed, are none."""
    return not Release.objects.filter(product__is_archived=False).exists()


def published_processes() -> models.QuerySet[Process]:
    """The processes in use of which a version is published."""
    versions = ProcessVersion.objects.filter(process_id=OuterRef("pk"))
    return Process.objects.filter(Exists(versions), is_archived=False).order_by("name")


def roles_in_processes() -> models.QuerySet[Role]:
    """The roles that the newest versions of processes in use name."""
    newer = ProcessVersion.objects.filter(
        process_id=OuterRef("version__process_id"), number__gt=OuterRef("version__number")
    )
    named = ProcessReference.objects.filter(
        ~Exists(newer), role__isnull=False, version__process__is_archived=False
    )
    return Role.objects.filter(pk__in=named.values("role_id")).order_by("name")
