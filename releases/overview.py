"""What the pages of releases read; no number of queries here grows with what it reads (MON-1, MON-2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When

from approvals.audience import last_reminded
from approvals.models import Approval, AskedPerson, Decision, RoleAssignment, Scope
from approvals.selectors import open_seats_of
from audit.actor import Actor
from audit.models import LedgerEntry
from audit.permissions import granted, live_memberships, within_time
from audit.selectors import entries_of
from releases.models import (
    ActivityResult,
    Comment,
    Phase,
    Process,
    ProcessVersion,
    Product,
    Release,
)
from releases.selectors import processes_for, products_for
from releases.visibility import everywhere, sees_all

MOST_PEOPLE = 300  # more are not offered in a list


def people_asked(rounds: Collection[Approval]) -> list[AskedPerson]:
    """Those of whom rounds still want an answer, whoever waits longest first.

    Each with `reminded_at`: when somebody last reminded them of it.
    """
    rows = AskedPerson.objects.filter(approval__in=rounds, is_open=True, has_answered=False)
    rows = rows.annotate(reminded_at=last_reminded())
    named = ("approval_id", "asked_at", "user__username", "user__display_name", "user__person")
    return list(rows.select_related("user").only(*named).order_by("asked_at", "pk"))


@dataclass(frozen=True, slots=True)
class Saying:
    """What somebody said in a decision or a comment, or a pipeline in its report.

    `kind` is decision, comment or result; `about` the round of a decision, else the activity.
    """

    kind: str
    key: int
    about: int
    by: str
    word: str
    text: str


def sayings(
    *,
    decisions: Collection[int] = (),
    comments: Collection[int] = (),
    rejected_rounds: Collection[int] = (),
    failed_activities: Collection[int] = (),
) -> list[Saying]:
    """Decisions and comments by key, and what made rounds and activities fail; at most one query."""
    parts: list[models.QuerySet[Any, Any]] = []
    if decisions or rejected_rounds:
        parts.append(_decided(decisions, rejected_rounds))
    if comments:
        rows = Comment.objects.filter(pk__in=comments).order_by()
        parts.append(_said(rows, "comment", "activity_id", "display_name", Value(""), "text"))
    if failed_activities:
        runs = ActivityResult.objects.filter(
            activity__in=failed_activities, attempt=F("activity__attempt")
        )
        parts.append(_said(runs, "result", "activity_id", "reported_by", "outcome", "summary"))
    if not parts:
        return []
    found = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return [Saying(*row) for row in found]


def _decided(
    decisions: Collection[int], rejected_rounds: Collection[int]
) -> models.QuerySet[Any, Any]:
    """Decisions by key, and the rejections of rounds that their authors did not take back."""
    later = Decision.objects.filter(
        approval=OuterRef("approval"), person=OuterRef("person"), ordinal__gt=OuterRef("ordinal")
    )
    stands = Q(approval__in=rejected_rounds, verdict=Decision.Verdict.REJECT) & ~Exists(later)
    rows = Decision.objects.filter(Q(pk__in=decisions) | stands)
    return _said(rows, "decision", "approval_id", "display_name", "verdict", "comment")


def _said(rows: models.QuerySet[Any], kind: str, *columns: Any) -> models.QuerySet[Any, Any]:
    return rows.values_list(Value(kind), "pk", *columns)


def newest_entries(
    stream: str,
    *,
    kinds: Collection[str] | None = None,
    but: Collection[str] = (),
    before: int | None = None,
    limit: int,
) -> list[LedgerEntry]:
    """The newest entries of a stream, newest first: of `kinds` only, or all `but` some."""
    rows = entries_of(stream).order_by("-seq")
    rows = rows.filter(kind__in=kinds) if kinds is not None else rows.exclude(kind__in=but)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    return list(rows.only("seq", "kind", "at", "text")[:limit])


# --- The list --------------------------------------------------------------------------------------


def phases_of(releases: Collection[Release]) -> dict[int, list[Phase]]:
    """The phases of several releases, by release, in their order."""
    found: dict[int, list[Phase]] = {release.pk: [] for release in releases}
    for phase in Phase.objects.filter(release__in=releases).order_by("position"):
        found[phase.release_id].append(phase)
    return found


def waiting_for_me_in(actor: Actor, releases: Collection[Release]) -> dict[int, int]:
    """How many questions of each release wait for the actor; those without any are left out."""
    rows = open_seats_of(actor.user_id).filter(approval__scope__release__in=releases).order_by()
    counted = rows.values_list("approval__scope__release").annotate(number=models.Count("pk"))
    return dict(counted)


# --- What a new release may be made from -------------------------------------------------------------


def products_to_release(actor: Actor) -> list[Product]:
    """The products of which the actor has the right to make releases."""
    return [product for product, may_release in products_with_right(actor) if may_release]


def products_with_right(actor: Actor) -> list[tuple[Product, bool]]:
    """The products that the actor may see, each with whether they may make releases of it."""
    rows = products_for(actor)
    if sees_all(actor):
        return [(product, True) for product in rows]
    rights = Q(pk__in=[])
    for action in ("start", "manage"):
        rights |= everywhere(actor, action) | granted(actor, action, Product, "pk")
    marked = rows.annotate(may_release=Case(When(rights, then=Value(True)), default=Value(False)))
    return [(product, product.may_release) for product in marked]


def processes_to_release(actor: Actor) -> list[Process]:
    """The processes that have a published version."""
    published = ProcessVersion.objects.filter(process=OuterRef("pk"))
    return list(processes_for(actor).filter(Exists(published)))


def people_to_name(products: Collection[Product], limit: int = MOST_PEOPLE) -> list[Any] | None:
    """The active people who hold a role for one of these products or for everything, by name.

    None when they are more than `limit`, which a list would not show: whoever is looked for is typed then. Nobody else is
    named, so that the right to make a release doesn't tell who works here (A-049).
    """
    places = Q(scope__kind=Scope.Kind.EVERYTHING) | Q(scope__product__in=products)
    held = RoleAssignment.objects.filter(within_time(), places).order_by()
    members = live_memberships().filter(group_id__in=held.values("group_id")).values("user_id")
    people = get_user_model()._default_manager.filter(
        Q(pk__in=held.values("user_id")) | Q(pk__in=members), is_active=True, kind="person"
    )
    named = people.only("username", "display_name").order_by("display_name", "username")
    found = list(named[: limit + 1])
    return found if len(found) <= limit else None
