"""Admin pages of what is released, by which process, decided by whom, and of its record."""

from releases.admin import (
    activities,
    approvals,
    due_work,
    ledger,
    processes,
    products,
    releases,
    roles,
)

__all__ = [
    "activities",
    "approvals",
    "due_work",
    "ledger",
    "processes",
    "products",
    "releases",
    "roles",
]
