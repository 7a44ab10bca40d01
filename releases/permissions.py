"""May this actor do this to a release, phase or activity? Each name on top of the one `can()`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import BooleanField, QuerySet, Value

from approvals.models import Scope
from approvals.permissions import AUDITOR, unless_auditor
from approvals.selectors import Held, Reach, holds_role, in_group, live_assignments, reach_of
from audit.actor import YES, Actor, Answer
from audit.compiled import CompiledValues
from audit.permissions import by_rows, can, grants, within_token
from releases.facts import lineage_of, root_scope
from releases.models import Phase, Product, Release


def _places_of(release: Release) -> tuple[Any, ...]:
    """Where a right counts for a release, innermost first: on itself, its product, everything."""
    # Keys are enough for guardian's rows, so neither product nor root scope is fetched.
    return release, Product(pk=release.product_id), root_scope(release)


@dataclass(frozen=True, slots=True)
class Rights:
    """What an actor holds where a release is, and whether rows give them `manage` there."""

    held: Held
    gives_manage: bool


@lru_cache(maxsize=8)
def _read_rights(scopes: int) -> CompiledValues:
    """The query for both, with as many scopes as there are around a release; put together once."""

    def build(user_id: int, product: int, release: int, **places: int) -> QuerySet[Any, Any]:
        keys = {Release: release, Product: product, Scope: places["scope_0"]}
        none, no = Value(0), Value(False, BooleanField())
        roles = live_assignments(user_id).filter(scope_id__in=list(places.values())).order_by()
        given = [
            rows.filter(content_object_id=key).order_by().values_list(Value("manage"), none, no)
            for kind, key in keys.items()
            for rows in grants(user_id, "manage", kind)
        ]
        held = roles.values_list(Value("role"), "role_id", "role__reads_only")
        return held.union(*given, all=True)

    places = {f"scope_{one}": int for one in range(scopes)}
    return CompiledValues(build, user_id=int, product=int, release=int, **places).planned_once()


def rights_around(actor: Actor, release: Release) -> Rights:
    """One query, for a page that asks several questions about the reader and the release."""
    lineage = lineage_of(release)
    found = list(
        _read_rights(len(lineage)).rows(
            user_id=actor.user_id or 0,
            product=release.product_id,
            release=release.pk,
            **{f"scope_{place}": scope for place, scope in enumerate(lineage)},
        )
    )
    roles = [(role, bool(reads)) for kind, role, reads in found if kind == "role"]
    held = Held(frozenset(role for role, _ in roles), any(reads for _, reads in roles))
    return Rights(held, gives_manage=any(kind == "manage" for kind, _, _ in found))


def can_create_release(actor: Actor, product: Product) -> Answer:
    """Whether the actor may make a release of this product: `manage` or `start`."""
    lineage = product.scope.lineage
    root = Scope(pk=lineage[0])
    found = can(actor, "start", product, root) or can(actor, "manage", product, root)
    return unless_auditor(found, actor, lineage)


def can_start_release(actor: Actor, release: Release) -> Answer:
    """Whether the actor may start it: `start` or `manage`."""
    found = can(actor, "start", *_places_of(release)) or can(actor, "manage", *_places_of(release))
    return unless_auditor(found, actor, release.scope.lineage)


def can_manage_release(actor: Actor, release: Release, held: Held | None = None) -> Answer:
    """Whether the actor may hold, resume, abort, defer or change it, whatever has failed."""
    return _manages(actor, release, lambda: held)


def can_manage_shown(actor: Actor, release: Release, reach: Callable[[], Reach]) -> Answer:
    """The same of a release as `release_to_show` loads it, which knows of the right already."""
    given: bool = release.gives_manage  # type: ignore[attr-defined]
    return _manages(actor, release, lambda: reach().held(release.scope.lineage), given)


def can_manage_phase(
    actor: Actor, release: Release, phase: Phase, rights: Rights | None = None
) -> Answer:
    """Whether the actor may retry and skip inside a phase: its owner, or who manages the release.

    `rights`: what `rights_around` has found, where that is known already.
    """
    owner = owns_phase(actor, release, phase, rights.held if rights else None)
    if owner.code == AUDITOR.code:
        return owner
    if owner:
        return within_token(actor, "manage")
    if rights is None:
        return can_manage_release(actor, release)
    return _manages(actor, release, lambda: rights.held, rights.gives_manage)


def _manages(
    actor: Actor,
    release: Release,
    held: Callable[[], Held | None],
    given: bool | None = None,
) -> Answer:
    """Whether the actor manages it: the right by rows, unless they read only.

    `given`: whether rows give it, where that is known; `held`: what they hold, asked after a yes alone.
    """
    rows = (
        can(actor, "manage", *_places_of(release))
        if given is None
        else by_rows(actor, "manage", given)
    )
    return unless_auditor(rows, actor, release.scope.lineage, held()) if rows else rows


def owns_phase(actor: Actor, release: Release, phase: Phase, held: Held | None = None) -> Answer:
    """Whether the phase names the actor as its owner, by person, group or role; no auditor is one."""
    named = _is_named_owner(actor, release, phase, held)
    return unless_auditor(Answer(named), actor, release.scope.lineage, held)


def _is_named_owner(actor: Actor, release: Release, phase: Phase, held: Held | None) -> bool:
    if actor.user_id is None or actor.kind != "person":
        return False
    if phase.owner_user_id is not None:
        return phase.owner_user_id == actor.user_id
    if phase.owner_group_id is not None:
        return in_group(actor, phase.owner_group_id)
    if phase.owner_role_id is not None and held is not None:
        return phase.owner_role_id in held.roles
    if phase.owner_role_id is not None:
        return holds_role(actor, phase.owner_role_id, release.scope.lineage)
    return False


def owned_phases(
    actor: Actor,
    release: Release,
    phases: list[Phase],
    reach: Callable[[], Reach] | None = None,
) -> frozenset[int]:
    """The keys of the phases that the actor owns, by one query at most; an auditor owns none.

    `reach`: what the actor holds, where it is read for other questions as well.
    """
    if actor.user_id is None or actor.kind != "person" or not within_token(actor, "manage"):
        return frozenset()
    named = {phase.pk for phase in phases if phase.owner_user_id == actor.user_id}
    if not named and not any(phase.owner_group_id or phase.owner_role_id for phase in phases):
        return frozenset()
    found = reach() if reach is not None else reach_of(actor.user_id)
    held = found.held(release.scope.lineage)
    if held.reads_only:
        return frozenset()
    named |= {phase.pk for phase in phases if phase.owner_group_id in found.groups}
    return frozenset(named | {phase.pk for phase in phases if phase.owner_role_id in held.roles})


def can_abort_release(actor: Actor, release: Release, phases: list[Phase]) -> Answer:
    """Whether the actor may give the release up: its manager, or the owner of a failed phase."""
    return _can_mend(actor, release, phases)


def can_change_release(actor: Actor, release: Release, phases: list[Phase]) -> Answer:
    """Whether the actor may fix what it ships (EXE-6): its manager, or the owner of a failed phase."""
    return _can_mend(actor, release, phases)


def _can_mend(actor: Actor, release: Release, phases: list[Phase]) -> Answer:
    found = can_manage_release(actor, release)
    if found or found.code in ("token_scope", AUDITOR.code):
        return found
    failed = (owns_phase(actor, release, phase) for phase in phases if phase.state == "failed")
    return next((one for one in failed if one or one.code == AUDITOR.code), found)


def can_report_result(actor: Actor, release: Release) -> Answer:
    """Whether the actor may report what a pipeline or check found."""
    found = can(actor, "report_result", *_places_of(release))
    return unless_auditor(found, actor, release.scope.lineage)


def can_view_audit(actor: Actor, release: Release) -> Answer:
    """Whether the actor may see addresses and sessions in the record."""
    return can(actor, "view_audit", *_places_of(release))


def can_decide(actor: Actor) -> Answer:
    """Whether the credential reaches decisions at all; who is asked is the rules' question."""
    if actor.kind == "machine":
        return Answer(False, "machine_user", "A machine user can't decide for a person.")
    if not actor.has_scope("decide"):
        return Answer(
            False, "token_scope", "This token does not reach that far.", {"scope": "decide"}
        )
    return Answer(True)


def can_comment(actor: Actor, release: Release, held: Held | None = None) -> Answer:
    """Whether the actor may write a comment: everyone who sees the activity, but auditors."""
    if not actor.has_scope("decide"):
        return Answer(
            False, "token_scope", "This token does not reach that far.", {"scope": "decide"}
        )
    return unless_auditor(YES, actor, release.scope.lineage, held)
