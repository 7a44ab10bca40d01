"""The way from a record of the administration to the portal's page of it, or of what it belongs to (ADM-1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from portal.pages.shell import exists

# What a round or a notice is about, by the kind that its host begins with.
_HOSTS: Final[Mapping[str, str]] = {"activity": "activities", "release": "releases"}


def _of_host(host: str) -> str:
    kind, _, key = host.partition(":")
    return f"/{_HOSTS[kind]}/{key}/" if kind in _HOSTS else ""


_PAGES: Final[Mapping[str, Callable[[Any], str]]] = {
    "releases.release": lambda row: f"/releases/{row.pk}/",
    "releases.phase": lambda row: f"/releases/{row.release_id}/phases/{row.key}/",
    "releases.activity": lambda row: f"/activities/{row.pk}/",
    "releases.activityresult": lambda row: f"/activities/{row.activity_id}/",
    "releases.comment": lambda row: f"/activities/{row.activity_id}/",
    "approvals.approval": lambda row: _of_host(row.host),
    "approvals.decision": lambda row: _of_host(row.approval.host),
    "approvals.role": lambda row: f"/config/roles/{row.pk}/",
    "approvals.roleassignment": lambda row: f"/config/roles/{row.role_id}/",
    "audit.delivery": lambda row: _of_host(row.notice.host),
}


def portal_page(row: Any) -> str:
    """The address of the portal's page; empty where there is none."""
    found = _PAGES.get(row._meta.label_lower)
    path = found(row) if found else ""
    return path if path and exists(path) else ""
