"""`/releases/`: made, listed, shown, mended (REL-1)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.services.reconcile import ensure_current
from audit.permissions import require
from audit.selectors import entries_of, personal_values
from portal.api.base import ActView, ApiView, NoParameters, Values
from portal.api.documented import PAGING, acting, page_of, reading
from portal.api.inputs import ChangedRelease, NewRelease, ReleaseQuery
from portal.api.outputs import RELEASE_STATES, LedgerEntryShown, ReleaseRow, ReleaseShown
from portal.api.show_ledger import show_entries
from portal.api.show_releases import release_page, release_row
from releases.models import Release
from releases.permissions import can_change_release, can_create_release, can_view_audit
from releases.selectors import (
    ReleaseFilter,
    product_for,
    release_for,
    releases_matching,
    waiting_counts,
)
from releases.services.content import ContentChange, change_release
from releases.services.creation import ReleaseDetails, create_release
from releases.shown import release_to_show

_FILTERS = [
    OpenApiParameter("state", str, many=True, enum=RELEASE_STATES),
    OpenApiParameter("product", str, description="A product's key."),
    OpenApiParameter("q", str, description="Looked for in name, version, description, reference."),
]


def show_rows(releases: list[Release]) -> list[dict[str, Any]]:
    """Releases as rows of a list, with how much of each waits for people."""
    waiting = waiting_counts(releases)
    return [release_row(one, waiting.get(one.pk, 0)) for one in releases]


def details_from(given: Values) -> ReleaseDetails:
    """The details of a release as they were sent."""
    window = given.get("window") or {}
    named = {name: given[name] for name in _DETAILS if name in given}
    return ReleaseDetails(**named, window_from=window.get("from"), window_until=window.get("until"))


_DETAILS = (
    "name", "version", "description", "manager", "authors", "environments", "commit", "risk",
    "change_type", "tags", "artifacts", "links", "stakeholders",
)  # fmt: skip


@extend_schema_view(
    get=extend_schema(
        summary="The releases that you may see, newest first",
        parameters=[*_FILTERS, *PAGING],
        responses=reading(page_of(ReleaseRow)),
    ),
    post=extend_schema(
        summary="Make a release", request=NewRelease, responses=acting({201: ReleaseShown}, 404)
    ),
)
class Releases(ActView):
    """Releases; making one needs `manage` or `start` for the product."""

    def get(self, request: Request) -> Response:
        """One page of releases."""
        given = self.query(ReleaseQuery)
        wanted = ReleaseFilter(
            states=given.get("state", ()), product=given.get("product"), text=given.get("q", "")
        )
        return self.page(releases_matching(self.actor, wanted), show_rows)

    def act(self, **kwargs: Any) -> Response:
        """Make a draft."""
        given = self.read(NewRelease, self._require_product)
        release = create_release(
            product=given.pop("product"),
            process=given.pop("process"),
            details=details_from(given),
            actor=self.actor,
        )
        shown = release_to_show(self.actor, release.pk)
        return Response(release_page(self.actor, shown), status=201)

    def _require_product(self) -> None:
        """The product named, if one is: not there, or not theirs to release, comes first."""
        key = dict(self.request.data).get("product")
        if isinstance(key, str) and key.isprintable() and key.strip():
            require(can_create_release(self.actor, product_for(self.actor, key)))


@extend_schema_view(
    get=extend_schema(
        summary="A release with its phases and activities", responses=reading(ReleaseShown, 404)
    ),
    patch=extend_schema(
        summary="Mend what a release ships",
        description="Not while people are deciding on it. Authors are only ever added, at any time.",
        request=ChangedRelease,
        responses=acting({200: ReleaseShown}, 404),
    ),
)
class ReleaseDetail(ApiView):
    """One release."""

    def get(self, request: Request, release_id: int) -> Response:
        """The release as it stands."""
        release = release_to_show(self.actor, release_id)
        ensure_current(actor=self.actor)
        return Response(release_page(self.actor, release))

    def patch(self, request: Request, release_id: int) -> Response:
        """Change what it ships, for the next attempt."""

        def first() -> None:
            release = release_for(self.actor, release_id)
            require(can_change_release(self.actor, release, list(release.phases.all())))

        given = self.read(ChangedRelease, first)
        reason = given.pop("reason")
        change_release(
            release_id=release_id, change=ContentChange(**given), reason=reason, actor=self.actor
        )
        return Response(release_page(self.actor, release_to_show(self.actor, release_id)))


@extend_schema_view(
    get=extend_schema(
        summary="What happened to a release, entry by entry",
        description="Addresses and sessions only with `view_audit`.",
        parameters=PAGING,
        responses=reading(page_of(LedgerEntryShown), 404),
    )
)
class ReleaseLedger(ApiView):
    """The ledger stream of one release."""

    def get(self, request: Request, release_id: int) -> Response:
        """One page of entries, the first one first."""
        self.query(NoParameters)
        release = release_for(self.actor, release_id)
        sees_people = bool(can_view_audit(self.actor, release))
        look_up = personal_values if sees_people else None
        return self.page(
            entries_of(release.stream), lambda rows: show_entries(rows, look_up), ("seq",)
        )
