"""Who is named above a version of something: whoever it was is never left blank (AUD-4)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string


@pytest.mark.parametrize(
    ("door", "actor", "said"),
    [
        ("command", "root", "Root"),
        ("command", "", "Nobody known"),
        ("admin", "Ada Marsh", "By Ada Marsh, through admin"),
        ("", "", "By nobody known"),
    ],
)
def test_whoever_made_a_version_is_named(door: str, actor: str, said: str) -> None:
    version = SimpleNamespace(
        history_door=door, history_actor=actor, history_request="", history_change_reason=""
    )
    html = render_to_string("admin/version_context.html", {"version": version})
    assert " ".join(html.replace("<p>", "").replace("</p>", "").split()) == said
