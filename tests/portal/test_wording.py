"""The words of seats, of what is missing, and of states (POL-10, POL-11, REL-3, REL-4)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest

from approvals.rules.eligibility import ElectorateFacts, Holder, electorate
from approvals.rules.quorum import Evaluation, Vote, evaluate
from approvals.rules.seats import Seat, Source
from approvals.wording import listed, progress_words, seat_words, still_needed, stuck_words
from portal.wording import (
    ACTIVITY_STATES,
    PHASE_STATES,
    RELEASE_STATES,
    condition_words,
    seat_condition_words,
    verdict_words,
)
from releases.rules.conditions import ReleaseFacts, applies
from releases.rules.transitions import ActivityKind, ActivityState, PhaseState, ReleaseState

PEOPLE = {1: "Alice", 2: "Bo", 3: "Cy", 4: "Dee"}
NAMES = {("group", 1): "SRE", ("group", 2): "Security", ("role", 3): "QA"}


def human(number: int) -> UUID:
    """The human behind an account."""
    return UUID(int=number)


def judge(
    seats: Sequence[Seat], needed: int, *votes: tuple[int, str], reject: str = "unreachable",
    excluded: dict[int, str] | None = None,
) -> Evaluation:  # fmt: skip
    """A round in which Alice is in QA, Bo in SRE, Cy in Security, Dee in all."""
    found = electorate(
        ElectorateFacts(
            seats,
            {("role", 3): (1, 4), ("group", 1): (2, 4), ("group", 2): (3, 4)},
            {key: Holder(key, human(key), True, "person", name) for key, name in PEOPLE.items()},
            {human(key): code for key, code in (excluded or {}).items()},
        )
    )
    cast = [
        Vote(human(key), verdict, found.seats_of(human(key)))  # type: ignore[arg-type]
        for key, verdict in votes
    ]
    return evaluate(seats, needed, reject, cast, found)  # type: ignore[arg-type]


SEATS = (
    Seat(1, False, (Source("role", 3),)),
    Seat(2, False, (Source("group", 1),)),
    Seat(3, False, (Source("group", 2),)),
)


@pytest.mark.req("POL-11")
def test_the_words_of_the_specification() -> None:
    found = judge(SEATS, 2, (1, "approve"))
    assert still_needed(found.reason, NAMES) == (
        "1 more of SRE or Security; QA is satisfied by Alice"
    )
    assert progress_words(found, NAMES) == "1 of 2; still needed: 1 more of SRE or Security"


@pytest.mark.req("POL-11", "POL-2")
def test_required_seats_come_first_and_count_towards_the_number() -> None:
    seats = (*SEATS[:2], Seat(3, True, SEATS[2].sources))
    assert still_needed(judge(seats, 2).reason, NAMES) == (
        "Security must approve and 1 more of QA or SRE"
    )
    assert still_needed(judge(seats, 1, (1, "approve")).reason, NAMES) == (
        "Security must approve; QA is satisfied by Alice"
    )
    twice = (Seat(1, True, SEATS[0].sources), Seat(2, True, SEATS[0].sources))
    assert still_needed(judge(twice, 2).reason, NAMES) == "QA must approve"


@pytest.mark.req("POL-11")
def test_nobody_is_named_who_cannot_give_what_is_missing() -> None:
    """Alice has abstained, nobody is in Ops, and Dee has had her say in the first seat."""
    seats = (
        Seat(1, False, (Source("user", 1),)),
        Seat(2, False, (Source("user", 2),)),
        Seat(3, False, (Source("user", 3),)),
        Seat(4, False, (Source("group", 9),)),
        Seat(5, False, (Source("user", 4),)),
        Seat(6, False, (Source("user", 4),)),
    )
    names = {("user", key): name for key, name in PEOPLE.items()} | {("group", 9): "Ops"}
    found = judge(seats, 3, (1, "abstain"), (4, "approve"))
    assert found.state == "open"
    assert still_needed(found.reason, names) == "2 more of Bo or Cy; Dee has approved"
    assert progress_words(found, names) == "1 of 3; still needed: 2 more of Bo or Cy"
    conflicted = judge(seats[:3], 2, excluded={2: "own_change"})
    assert still_needed(conflicted.reason, names) == "2 more of Alice or Cy"


@pytest.mark.req("POL-11")
def test_a_seat_that_somebody_can_fill_is_named_though_others_of_it_cannot() -> None:
    found = judge(SEATS[:1], 1, excluded={1: "own_change"})
    assert still_needed(found.reason, NAMES) == "1 more of QA"


@pytest.mark.req("POL-11")
def test_users_rejections_and_ends_have_their_own_words() -> None:
    alone = (Seat(1, False, (Source("user", 1),)), Seat(2, False, (Source("user", 2),)))
    names = {("user", 1): "Alice", ("user", 2): "Bo"}
    found = judge(alone, 2, (1, "approve"))
    assert still_needed(found.reason, names) == "1 more of Bo; Alice has approved"
    rejected = judge(alone, 2, (1, "approve"), (2, "reject"))
    assert progress_words(rejected, names) == "1 of 2; rejected by Bo"
    assert still_needed(rejected.reason, names).startswith(
        "Nothing more is asked: this is rejected"
    )
    done = judge(alone, 2, (1, "approve"), (2, "approve"))
    assert progress_words(done, names) == "2 of 2; approved"
    assert still_needed(done.reason, names).startswith("Nothing more is needed")


@pytest.mark.req("EXE-9", "POL-11")
def test_a_stuck_round_says_who_is_missing_and_why() -> None:
    found = judge(SEATS, 3, excluded={1: "own_change", 4: "four_eyes"})
    assert stuck_words(found.reason, NAMES) == (
        "stuck: 3 must approve and only 2 can: nobody may decide for QA "
        "(Alice asked for or made this change and Dee decided on a linked activity)"
    )
    abstained = judge(SEATS[1:2], 1, (2, "abstain"), excluded={4: "inactive"})
    assert stuck_words(abstained.reason, NAMES) == (
        "stuck: 1 must approve and nobody may decide for SRE (Dee is deactivated and Bo abstained)"
    )
    assert stuck_words(judge((), 1).reason, NAMES) == "stuck: nobody is asked"
    assert stuck_words(judge(SEATS, 1).reason, NAMES) == ""
    twice = (Seat(1, False, (Source("user", 1),)), Seat(2, False, (Source("user", 1),)))
    assert stuck_words(judge(twice, 2).reason, NAMES) == "stuck: 2 must approve and only 1 can"
    vacant = (SEATS[0], Seat(2, False, (Source("group", 9),)), Seat(3, False, ()))
    assert stuck_words(judge(vacant, 3).reason, {**NAMES, ("group", 9): "Legal"}) == (
        "stuck: 3 must approve and only 1 can: "
        "nobody may decide for Legal and an entry without members"
    )


@pytest.mark.req("POL-11")
def test_a_widened_seat_names_all_it_may_be_filled_by() -> None:
    sources = [Source("group", 1).to_dict(), Source("user", 9, level=1).to_dict()]
    assert seat_words(sources, {**NAMES, ("user", 9): "Omar"}) == "SRE or Omar"
    assert seat_words(sources, NAMES) == "SRE or a former user"
    assert seat_words([], NAMES) == "nobody"
    assert seat_words([Source("right", "override").to_dict()], NAMES) == (
        "anyone with the right “override”"
    )


def test_long_lists_are_cut() -> None:
    assert listed([], "or") == ""
    assert listed(["a", "a"], "or") == "a"
    assert listed("abc", "and") == "a, b and c"
    assert listed("abcdefgh", "or") == "a, b, c, d or 4 others"


@pytest.mark.req("REL-4")
def test_every_state_has_its_word() -> None:
    assert set(RELEASE_STATES) == set(ReleaseState)
    assert set(PHASE_STATES) == set(PhaseState)
    assert set(ACTIVITY_STATES) == set(ActivityState)


@pytest.mark.req("REL-3")
def test_only_manual_kinds_have_verdicts() -> None:
    worded = {kind for kind in ActivityKind if verdict_words(kind)}
    assert worded == set(ActivityKind) - {ActivityKind.PIPELINE, ActivityKind.CHECK}


@pytest.mark.req("POL-10")
def test_a_condition_is_told_with_what_was_asked_and_found() -> None:
    facts = ReleaseFacts(risk="low", tags=frozenset({"pci"}))
    assert condition_words(applies(None, facts).reason) == "Applies always."
    assert condition_words(applies(None, facts).reason, "This activity") == (
        "This activity applies always."
    )
    held = applies({"risk": ["low"]}, facts).reason
    assert condition_words(held) == "Applies: asked for with risk low, as the release has low."
    assert seat_condition_words(held) == "asked for with risk low, as the release has low"
    assert seat_condition_words(applies(None, facts).reason) == "asked always"
    assert seat_condition_words(applies({"risk": ["high"]}, facts).reason) == (
        "not asked: asked for with risk high, while the release has low"
    )
    assert condition_words(
        applies({"risk": ["high"], "change_type": ["normal"]}, facts).reason
    ) == (
        "Does not apply: asked for with risk high, while the release has low; asked for with "
        "change type normal, and the release has none."
    )
