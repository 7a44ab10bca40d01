"""Whom the engine has told: those whom a round asks, and who manages what it belongs to (NTF-1).

Notes on the journal; `record()` writes them with the change. Results are told by the host, which
knows who else has to hear of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from approvals.audience import STUCK, managers_of_scope, waiting_accounts
from approvals.models import Approval
from approvals.rules.eligibility import Electorate
from approvals.rules.seats import Source, SourceKey
from audit.canonical import instant_text, text_digest
from audit.events import Listeners
from audit.journal import Journal

ASKED = "asked"
Names = Mapping[SourceKey, str]


def tell_asked(
    approval: Approval,
    users: Collection[int],
    electorate: Electorate,
    names: Names,
    journal: Journal,
    *,
    moment: str = ASKED,
    **facts: Any,
) -> None:
    """These accounts are asked from now on, each once a round, and hear as what (EXE-2)."""
    listeners = tuple(_as_what(users, electorate, names))
    if listeners:
        journal.tell(
            moment,
            listeners,
            host=approval.host,
            attempt=approval.attempt,
            once=ASKED,
            needs_action=True,
            even_actor=True,
            **round_facts(approval),
            **facts,
        )


def round_facts(approval: Approval) -> dict[str, Any]:
    """What every notice about a round says of it."""
    return {
        "title": approval.title,
        "due_at": instant_text(approval.due_at) if approval.due_at else None,
    }


def _as_what(users: Collection[int], electorate: Electorate, names: Names) -> Iterator[Listeners]:
    """The accounts, by the first source that makes each of them eligible."""
    wanted, groups = set(users), dict[tuple[str, str], set[int]]()
    for candidate in electorate.candidates.values():
        for way in candidate.ways:
            if way.user_id in wanted:
                wanted.discard(way.user_id)
                groups.setdefault(_reason(way.source, names), set()).add(way.user_id)
    for (why, name), members in groups.items():
        yield Listeners(why, frozenset(members), name)


def _reason(source: Source, names: Names) -> tuple[str, str]:
    kind, ref = source.kind, source.ref
    if source.while_kind is not None and source.while_ref is not None:
        kind, ref = source.while_kind, source.while_ref
    if kind == "user":
        return kind, ""
    return kind, str(ref) if kind == "right" else names.get((kind, ref), "")


def tell_stuck(
    approval: Approval, journal: Journal, whom: Collection[Listeners] | None = None
) -> None:
    """Nobody can complete a round any more; whoever manages hears of it at once (EXE-9).

    `whom`: who hears instead, when it was stuck before they came to manage.
    """
    journal.tell(
        STUCK,
        [_managers(approval)] if whom is None else whom,
        host=approval.host,
        attempt=approval.attempt,
        needs_action=True,
        even_actor=True,
        **round_facts(approval),
    )


def tell_unreachable(approval: Approval, gone: Mapping[int, str], journal: Journal) -> None:
    """People who are named are deactivated: they are told nothing, the manager is warned (A-061).

    `gone` has their names by account; of the same people the manager is warned once a round.
    """
    whom = "-".join(str(user_id) for user_id in sorted(gone))
    journal.tell(
        "unreachable",
        [_managers(approval)],
        host=approval.host,
        attempt=approval.attempt,
        once=f"unreachable.{text_digest(whom)[:12]}",
        even_actor=True,
        people=sorted(gone.values()),
        **round_facts(approval),
    )


def tell_overdue(approval: Approval, journal: Journal) -> None:
    """A deadline was missed: those who have not answered and whoever manages hear of it."""
    waiting = waiting_accounts(approval.pk, before=journal.at)
    journal.tell(
        "deadline_missed",
        [Listeners("asked", found_by=waiting), _managers(approval)],
        host=approval.host,
        attempt=approval.attempt,
        once="deadline_missed",
        **round_facts(approval),
    )


def _managers(approval: Approval) -> Listeners:
    return Listeners("manager", found_by=managers_of_scope(approval.scope_id))
