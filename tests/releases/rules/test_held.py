"""What an activity holds up: everything behind it, through activities and phases."""

from __future__ import annotations

import pytest

from releases.rules.held import PhaseShape, held_by

pytestmark = [pytest.mark.req("MON-4")]


def test_an_activity_holds_what_needs_it_and_what_needs_that() -> None:
    held = held_by([PhaseShape("p", (), {"p.a": (), "p.b": ("p.a",), "p.c": ("p.b",), "p.d": ()})])
    assert held == {
        "p.a": {"p.b", "p.c"},
        "p.b": {"p.c"},
        "p.c": set(),
        "p.d": set(),
    }


def test_every_activity_of_a_phase_holds_the_phases_behind_it() -> None:
    held = held_by(
        [
            PhaseShape("build", (), {"build.one": (), "build.two": ()}),
            PhaseShape("test", ("build",), {"test.one": ()}),
            PhaseShape("beside", (), {"beside.one": ()}),
            PhaseShape("ship", ("test", "beside"), {"ship.one": ()}),
        ]
    )
    assert held["build.two"] == {"test.one", "ship.one"}
    assert held["beside.one"] == {"ship.one"}
    assert held["ship.one"] == set()


def test_what_needs_an_activity_of_another_phase_is_held_with_all_behind_it() -> None:
    held = held_by(
        [
            PhaseShape("a", (), {"a.one": (), "a.two": ()}),
            PhaseShape("b", (), {"b.one": ("a.one",)}),
            PhaseShape("c", ("b",), {"c.one": ()}),
        ]
    )
    assert held["a.one"] == {"b.one", "c.one"}
    assert held["a.two"] == set()


def test_a_circle_and_a_need_of_nothing_end() -> None:
    held = held_by([PhaseShape("p", ("gone",), {"p.a": ("p.b",), "p.b": ("p.a", "p.gone")})])
    assert held == {"p.a": {"p.b"}, "p.b": {"p.a"}}
