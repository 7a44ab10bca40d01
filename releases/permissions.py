"""May this actor do this to a release, phase or activity? Each name on top of the one `can()`."""

from __future__ import annotations

from typing import Any

from approvals.models import Scope
from approvals.selectors import holds_role, in_group, reads_only_in
from audit.actor import Actor, Answer
from audit.permissions import can
from releases.facts import root_scope
from releases.models import Phase, Product, Release


def _around(release: Release) -> tuple[Any, ...]:
    # Keys are enough for guardian's rows, so neither product nor root scope is fetched.
    return release, Product(pk=release.product_id), root_scope(release)


def can_create_release(actor: Actor, product: Product) -> Answer:
    """Whether the actor may make a release of this product: `manage` or `start`."""
    root = Scope(pk=product.scope.lineage[0])
    found = can(actor, "start", product, root)
    return found or can(actor, "manage", product, root)


def can_start_release(actor: Actor, release: Release) -> Answer:
    """Whether the actor may start it: `start` or `manage`."""
    return can(actor, "start", *_around(release)) or can(actor, "manage", *_around(release))


def can_manage_release(actor: Actor, release: Release) -> Answer:
    """Whether the actor may hold, resume, abort, defer or change it."""
    return can(actor, "manage", *_around(release))


def can_manage_phase(actor: Actor, release: Release, phase: Phase) -> Answer:
    """Whether the actor may retry and skip inside a phase: its owner, or who manages the release."""
    if owns_phase(actor, release, phase):
        scope = can(actor, "manage", release) if actor.scopes is not None else Answer(True)
        return scope if scope.code == "token_scope" else Answer(True)
    return can_manage_release(actor, release)


def owns_phase(actor: Actor, release: Release, phase: Phase) -> bool:
    """Whether the phase names the actor as its owner, by person, group or role."""
    if actor.user_id is None or actor.kind != "person":
        return False
    if phase.owner_user_id is not None:
        return phase.owner_user_id == actor.user_id
    if phase.owner_group_id is not None:
        return in_group(actor, phase.owner_group_id)
    if phase.owner_role_id is not None:
        return holds_role(actor, phase.owner_role_id, release.scope.lineage)
    return False


def can_abort_release(actor: Actor, release: Release, phases: list[Phase]) -> Answer:
    """Whether the actor may give the release up: its manager, or the owner of a failed phase."""
    found = can_manage_release(actor, release)
    if found or found.code == "token_scope":
        return found
    failed = [phase for phase in phases if phase.state == "failed"]
    return Answer(True) if any(owns_phase(actor, release, one) for one in failed) else found


def can_report_result(actor: Actor, release: Release) -> Answer:
    """Whether the actor may report what a pipeline or check found."""
    return can(actor, "report_result", *_around(release))


def can_view_audit(actor: Actor, release: Release) -> Answer:
    """Whether the actor may see addresses and sessions in the record."""
    return can(actor, "view_audit", *_around(release))


def can_configure(actor: Actor, root: Scope) -> Answer:
    """Whether the actor may make products and publish processes."""
    return can(actor, "configure", root)


def can_decide(actor: Actor) -> Answer:
    """Whether the credential reaches decisions at all; who is asked is the rules' question."""
    if actor.kind == "machine":
        return Answer(False, "machine_user", "A machine user can't decide for a person.")
    if not actor.has_scope("decide"):
        return Answer(
            False, "token_scope", "This token does not reach that far.", {"scope": "decide"}
        )
    return Answer(True)


def can_comment(actor: Actor, release: Release) -> Answer:
    """Whether the actor may write a comment: everyone who sees the activity, but auditors."""
    if not actor.has_scope("decide"):
        return Answer(
            False, "token_scope", "This token does not reach that far.", {"scope": "decide"}
        )
    if reads_only_in(actor, release.scope.lineage):
        return Answer(False, "auditor", "Auditors read; they write nothing.")
    return Answer(True)
