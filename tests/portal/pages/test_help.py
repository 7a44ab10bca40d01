"""The help says what each state means, and promises nothing that nobody can do (WCAG 3.2.6, REL-4)."""

from __future__ import annotations

import pytest
from django.test import Client

from portal.pages.help_words import ACTIVITIES, PHASES, RELEASES, SEAT_MEANINGS
from portal.state_looks import LOOKS, SEATS
from releases.rules.transitions import ActivityState, PhaseState, ReleaseState
from tests.portal.pages.browser import Page, _read

pytestmark = [pytest.mark.django_db, pytest.mark.req("REL-4")]


def help_page() -> Page:
    return _read(Client().get("/help/"))


def test_every_state_has_a_meaning() -> None:
    assert set(RELEASES) == set(ReleaseState)
    assert set(PHASES) == set(PhaseState)
    assert set(ACTIVITIES) == set(ActivityState) - {ActivityState.EXPIRED}  # nothing gets there yet
    assert set(SEATS) - {"delegated"} <= set(SEAT_MEANINGS)


def test_each_stands_there_with_the_label_that_pages_show() -> None:
    page = help_page()
    states, words_for_them = page.root.all("dt"), page.root.all("dd")
    told = {(one.text, other.text) for one, other in zip(states, words_for_them, strict=True)}
    for kind, meanings in (("release", RELEASES), ("phase", PHASES), ("activity", ACTIVITIES)):
        for state, meaning in meanings.items():
            words = LOOKS[kind][state].word.replace(" – ", " ")
            assert (words, meaning) in told, (kind, state)
    assert ("Abstained", SEAT_MEANINGS["abstained"]) in told
    assert "Delegated" not in page.text


def test_it_promises_nothing_that_nobody_can_do() -> None:
    text = help_page().text
    assert "can ask somebody else" not in text
    assert "ask to skip the activity" in text
