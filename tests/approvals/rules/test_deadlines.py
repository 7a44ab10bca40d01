"""Deadlines: nothing before its time, and the deadline decides, not the job."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules.deadlines import (
    Ladder,
    Rung,
    build_ladder,
    deadline_passed,
    decides_at,
    due_at,
    due_rungs,
    next_due,
    rungs,
)
from approvals.rules.seats import Source

pytestmark = [pytest.mark.req("POL-9")]

NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)


def deadline(on_miss: str, *levels: dict[str, object], **keys: object) -> dict[str, object]:
    return {
        "after": None if "at" in keys else 3_600,
        "at": None,
        "on_miss": on_miss,
        "escalate_to": list(levels),
        **keys,
    }


CHAIN = deadline(
    "escalate",
    {"role": 3},
    {"user": 7, "after": 14_400},
    {"reject": True, "after": 14_400},
)


def test_after_counts_from_the_opening() -> None:
    assert due_at(deadline("stay"), NOON) == NOON + HOUR
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5)))
    assert due_at(deadline("stay"), elsewhere) == NOON + HOUR
    assert due_at(deadline("stay"), elsewhere).tzinfo is UTC


@pytest.mark.parametrize("written", ["2026-12-01T18:00:00+01:00", "2026-12-01T17:00:00Z"])
def test_at_is_an_instant_with_its_offset(written: str) -> None:
    found = due_at(deadline("stay", at=written), NOON)

    assert found == datetime(2026, 12, 1, 17, 0, tzinfo=UTC)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "broken",
    [
        {"after": None, "at": None, "on_miss": "stay"},
        {"after": 60, "at": "2026-12-01T18:00:00Z", "on_miss": "stay"},
        {"after": -1, "at": None, "on_miss": "stay"},
        {"after": True, "at": None, "on_miss": "stay"},
        {"after": "1h", "at": None, "on_miss": "stay"},
        {"after": None, "at": "2026-12-01T18:00:00", "on_miss": "stay"},
        {"after": None, "at": "soon", "on_miss": "stay"},
        {"after": 60, "at": None, "on_miss": "approve"},
        {"after": 60, "at": None},
        {"after": 60, "at": None, "on_miss": "escalate", "escalate_to": []},
        {"after": 60, "at": None, "on_miss": "escalate", "escalate_to": [{"after": 5}]},
        {"after": 60, "at": None, "on_miss": "escalate", "escalate_to": [{"user": 1, "after": -5}]},
    ],
)
def test_a_deadline_that_is_none_is_no_deadline(broken: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        build_ladder(broken, NOON)


def test_instants_without_an_offset_are_refused() -> None:
    naive = NOON.replace(tzinfo=None)
    ladder = build_ladder(deadline("reject"), NOON)
    for ask in (
        lambda: due_at(deadline("stay"), naive),
        lambda: rungs(deadline("stay"), naive),
        lambda: due_rungs(ladder, 0, naive),
        lambda: deadline_passed(ladder, naive),
    ):
        with pytest.raises(ValueError, match="offset"):
            ask()


def test_no_deadline_is_an_empty_ladder() -> None:
    ladder = build_ladder(None, NOON)

    assert ladder == Ladder()
    assert decides_at(ladder) is None
    assert next_due(ladder, 0) is None
    assert due_rungs(ladder, 0, NOON + 1000 * HOUR) == ()
    assert not deadline_passed(ladder, NOON + 1000 * HOUR)


@pytest.mark.req("A-004")
def test_a_reject_deadline_refuses_from_its_instant_on() -> None:
    ladder = build_ladder(deadline("reject"), NOON)
    due = NOON + HOUR

    assert ladder.rungs == (Rung(1, due, "reject"),)
    assert decides_at(ladder) == due
    assert not deadline_passed(ladder, due - MOMENT)
    assert deadline_passed(ladder, due)
    assert due_rungs(ladder, 0, due - MOMENT) == ()
    assert due_rungs(ladder, 0, due) == ladder.rungs


def test_stay_marks_it_overdue_and_refuses_nothing() -> None:
    ladder = build_ladder(deadline("stay"), NOON)

    assert ladder.rungs == (Rung(1, NOON + HOUR, "overdue"),)
    assert decides_at(ladder) is None
    assert not deadline_passed(ladder, NOON + 1000 * HOUR)


def test_each_level_counts_from_the_one_before_it() -> None:
    ladder = build_ladder(CHAIN, NOON)

    assert ladder.due_at == NOON + HOUR
    assert ladder.rungs == (
        Rung(1, NOON + HOUR, "escalate", 1, Source("role", 3, level=1)),
        Rung(2, NOON + 5 * HOUR, "escalate", 2, Source("user", 7, level=2)),
        Rung(3, NOON + 9 * HOUR, "reject"),
    )
    assert decides_at(ladder) == NOON + 9 * HOUR
    assert not deadline_passed(ladder, NOON + 8 * HOUR)


def test_the_first_level_counts_from_the_deadline() -> None:
    ladder = build_ladder(deadline("escalate", {"group": 2, "after": 1_800}), NOON)

    assert [rung.at for rung in ladder.rungs] == [NOON + 1.5 * HOUR]


def test_a_rejection_ends_the_ladder() -> None:
    ladder = build_ladder(
        deadline("escalate", {"reject": True, "after": 60}, {"user": 1, "after": 60}), NOON
    )

    assert [rung.action for rung in ladder.rungs] == ["reject"]


def test_levels_written_beside_a_plain_rejection_do_not_delay_it() -> None:
    ladder = build_ladder(deadline("reject", {"user": 1, "after": 60}), NOON)

    assert ladder.rungs == (Rung(1, NOON + HOUR, "reject"),)


def test_after_a_standstill_all_that_is_due_comes_in_order_and_once() -> None:
    ladder = build_ladder(CHAIN, NOON)
    late = NOON + 100 * HOUR

    assert [rung.number for rung in due_rungs(ladder, 0, late)] == [1, 2, 3]
    assert [rung.number for rung in due_rungs(ladder, 2, late)] == [3]
    assert due_rungs(ladder, 3, late) == ()
    assert next_due(ladder, 0) == NOON + HOUR
    assert next_due(ladder, 2) == NOON + 9 * HOUR
    assert next_due(ladder, 3) is None
    with pytest.raises(ValueError, match="taken"):
        due_rungs(ladder, -1, late)


@given(
    after=st.integers(0, 10_000),
    gaps=st.lists(st.integers(0, 10_000), min_size=1, max_size=5),
    ends=st.booleans(),
    minutes=st.integers(0, 1_000),
)
def test_nothing_happens_before_its_time_and_nothing_is_left_out(
    after: int, gaps: list[int], minutes: int, *, ends: bool
) -> None:
    levels: list[dict[str, object]] = [{"user": 1, "after": gap} for gap in gaps]
    if ends:
        levels[-1] = {"reject": True, "after": gaps[-1]}
    ladder = build_ladder(deadline("escalate", *levels, after=after), NOON)
    now = NOON + timedelta(minutes=minutes)

    taken = 0
    while (due := next_due(ladder, taken)) is not None and due <= now:
        assert due_rungs(ladder, taken, due)[0].at == due
        taken += 1

    assert due_rungs(ladder, 0, now) == ladder.rungs[:taken]
    assert due_rungs(ladder, taken, now) == ()
    assert all(rung.at > now for rung in ladder.rungs[taken:])
    assert ladder.rungs[-1].at == NOON + timedelta(seconds=after + sum(gaps))
    assert deadline_passed(ladder, now) == (ends and taken == len(gaps))
