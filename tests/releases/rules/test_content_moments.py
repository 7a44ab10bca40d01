"""When what a release ships may change: one rule, which pages and services ask alike (EXE-6)."""

from __future__ import annotations

import pytest

from releases.rules.content_moments import SHIPPED, content_may_change

pytestmark = [pytest.mark.req("EXE-6")]


@pytest.mark.parametrize(
    ("fields", "states", "code"),
    [
        ({"authors"}, {"awaiting_approval", "completed"}, ""),
        ({"authors", "description"}, {"awaiting_approval"}, "rounds_open"),
        ({"links"}, {"waiting_for_input", "completed"}, "rounds_open"),
        ({"description", "links"}, {"completed", "running", "rejected"}, ""),
        ({"description", "version"}, {"running"}, "already_passed"),
        ({"commit"}, {"completed", "rejected"}, "already_passed"),
        (SHIPPED, {"awaiting_approval", "completed"}, "rounds_open"),
        (SHIPPED, {"rejected", "expired", "failed", "blocked", "skipped"}, ""),
    ],
)
def test_what_may_change_depends_on_who_decides_and_what_has_passed(
    fields: set[str], states: set[str], code: str
) -> None:
    assert content_may_change(fields, states).code == code
