"""Rights that are narrowed by what a person is: an auditor reads, whatever else they hold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from approvals.models import Scope
from approvals.selectors import Held, reads_only_in
from audit.actor import YES, Actor, Answer
from audit.permissions import can

AUDITOR = Answer(False, "auditor", "Auditors read; they write nothing.")


def unless_auditor(
    found: Answer, actor: Actor, lineage: Sequence[int], held: Held | None = None
) -> Answer:
    """A yes only for those who do not read only in `lineage`, whatever rights they have besides.

    Everything but looking passes here, superusers too (A-070). Votes do not: the seats leave
    auditors out. `held` is what the actor holds there, where that is known already.
    """
    if not found:
        return found
    reads_only = reads_only_in(actor, lineage) if held is None else held.reads_only
    return AUDITOR if reads_only else found


def can_give_rights(actor: Actor, persons: Collection[UUID]) -> Answer:
    """Whether the actor may give a role, or a place in a group, to these people: to nobody's self.

    One human with several accounts is one person. Superusers hold every right as it is.
    """
    if actor.kind == "system" or actor.is_superuser or actor.person not in persons:
        return YES
    return Answer(False, "own_rights", "Somebody else must give you a role or a place in a group.")


def can_configure(actor: Actor, root: Scope) -> Answer:
    """Whether the actor may set things up: products, processes, roles, groups and accounts."""
    return unless_auditor(can(actor, "configure", root), actor, root.lineage)
