"""The parts of pages: nothing that a person wrote becomes HTML, times are the reader's (A-086, ux.md 3)."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template

from portal.moments import (
    moment_words,
    short_moment_words,
    span_words,
    time_left_words,
    urgency,
    zone_for,
)
from portal.state_looks import LOOKS, look_of
from portal.templatetags.portal_ui import icon_names, moment_markup, time_left_markup
from releases.rules.transitions import ActivityState, PhaseState, ReleaseState
from tests.pages import Page, inline_parts

NOW = dt.datetime(2026, 11, 22, 10, 56, tzinfo=dt.UTC)
HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{ settings.SECRET_KEY }}'
BERLIN = ZoneInfo("Europe/Berlin")


def shown(template: str, **context: Any) -> str:
    return Template("{% load portal_ui %}" + template).render(Context(context))


@pytest.mark.req("A-086", "SEC-4")
@pytest.mark.parametrize(
    "template",
    [
        "{% avatar name %}", "{% markdown name %}", '{% state_label "release" name %}',
        '{% state_label "seat" name %}', "{% dots seats %}", '{% count 3 "waiting" name %}',
    ],
)  # fmt: skip
def test_nothing_hostile_comes_alive(template: str) -> None:
    html = shown(template, name=HOSTILE, seats=[HOSTILE])
    assert inline_parts(html) == []
    assert Page(html).all("img") == []
    assert "SECRET" not in html or "{{ settings" in html


@pytest.mark.req("A-086")
@pytest.mark.parametrize(
    "text",
    [
        "[x](javascript:alert(1))", "[x](data:text/html;base64,PHNjcmlwdD4=)", "<b onclick=x()>b</b>",
        "![x](https://example.com/pixel.png)", "<style>*{display:none}</style>", "[x](vbscript:a)",
    ],
)  # fmt: skip
def test_markdown_keeps_words_and_loses_what_acts(text: str) -> None:
    page = Page(shown("{% markdown text %}", text=text))
    assert {tag for tag, _ in page.tags} <= {"div", "p", "a", "em", "strong"}
    assert [link for link in page.all("a") if link.get("href")] == []
    assert all("onclick" not in attributes for _, attributes in page.tags)


def test_markdown_says_what_was_meant() -> None:
    html = shown(
        "{% markdown text %}", text="# Steps\n\n1. Open `report`\n2. [Docs](https://a.example/x)"
    )
    assert "<h3>Steps</h3>" in html
    assert "<h1" not in html
    assert "<code>report</code>" in html
    assert 'rel="noopener noreferrer nofollow"' in html
    assert shown("{% markdown text %}", text="") == ""


@pytest.mark.req("REL-4")
def test_every_state_has_word_tone_and_a_shape_of_its_own() -> None:
    for kind, states in (
        ("release", ReleaseState), ("phase", PhaseState), ("activity", ActivityState),
    ):  # fmt: skip
        looks = LOOKS[kind]
        assert set(looks) == {str(state) for state in states}
        assert len({look.icon for look in looks.values()}) == len(looks)
        assert {look.icon for look in looks.values()} <= icon_names()
        assert all("_" not in look.word for look in looks.values())
    assert look_of("release", "on_hold").word == "On Hold"
    for state, beside in (
        ("awaiting_approval", "Awaiting Approval"), ("waiting_for_input", "Waiting for Input"),
    ):  # fmt: skip
        look = look_of("activity", state)
        assert (look.lead, look.beside) == ("On Hold", beside)
        label = Page(shown(f'{{% state_label "activity" "{state}" %}}'))
        assert label.text == f"On Hold {beside}"
    assert "On Hold" in Page(shown('{% state_label "release" "on_hold" %}')).text


def test_an_icon_that_is_not_there_is_a_loud_mistake() -> None:
    with pytest.raises(ValueError, match="no icon"):
        shown('{% icon "no_such_icon" %}')


def test_icons_and_avatars_say_nothing_aloud() -> None:
    assert 'aria-hidden="true"' in shown('{% icon "inbox" %}')
    assert Page(shown("{% avatar name %}", name="Inês de Prado")).text == "IP"
    assert Page(shown("{% avatar name %}", name="")).text == "–"


def test_dots_are_told_in_words() -> None:
    seats = ["approved", "approved", SimpleNamespace(state="your_turn"), "waiting"]
    html = shown("{% dots seats %}", seats=seats)
    assert [each["class"] for each in Page(html).all("i")] == [
        "dot dot--full", "dot dot--full", "dot dot--ring", "dot dot--empty",
    ]  # fmt: skip
    assert Page(html).text == "Seats: 2 approved, 1 your turn, 1 waiting"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{% count 0 %}", ""),
        ("{% count None %}", ""),
        ("{% count 7 %}", "7"),
        ("{% count 240 %}", "99+"),
    ],
)
def test_a_count_of_nothing_is_nothing(template: str, expected: str) -> None:
    assert Page(shown(template)).text == expected


def test_a_named_counter_is_there_to_be_moved_and_hidden_at_nothing() -> None:
    badge = Page(shown('{% count 0 "waiting" %}')).all("span", data_count="waiting")[0]
    assert "hidden" in badge
    assert (
        "hidden" not in Page(shown('{% count 1 "waiting" %}')).all("span", data_count="waiting")[0]
    )


@pytest.mark.req("A-049")
def test_a_moment_stands_in_the_readers_zone_with_the_zone_named() -> None:
    maya = SimpleNamespace(time_zone="Asia/Kolkata")
    html = shown("{% moment when %}", when=NOW, reader=maya)
    assert Page(html).text == "22 Nov 2026, 16:26 IST"
    assert 'datetime="2026-11-22T10:56:00+00:00"' in html
    assert Page(shown("{% moment when %}", when=None)).text == "–"


def test_a_zone_that_is_no_more_falls_back_to_the_installations() -> None:
    assert zone_for(SimpleNamespace(time_zone="Mars/Olympus")).key == "UTC"
    assert zone_for(SimpleNamespace(time_zone="../../etc/passwd")).key == "UTC"
    assert zone_for(None).key == "UTC"


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (1, "12:56"),
        (20, "Mon 07:56"),
        (-22, "Sat 13:56"),
        (-48, "20 Nov, 11:56"),
        (24 * 5, "Fri 11:56"),
        (-24 * 6, "16 Nov, 11:56"),
        (24 * 6, "28 Nov, 11:56"),
        (24 * 20, "12 Dec, 11:56"),
        (24 * 60, "21 Jan 2027, 11:56"),
    ],
)
def test_short_moments_leave_out_what_is_clear(hours: int, expected: str) -> None:
    assert short_moment_words(NOW + dt.timedelta(hours=hours), BERLIN, NOW) == expected


def test_a_deadline_on_the_day_clocks_change_keeps_its_hour() -> None:
    before = dt.datetime(2026, 10, 24, 22, 30, tzinfo=dt.UTC)
    assert moment_words(before, BERLIN) == "25 Oct 2026, 00:30 CEST"
    assert moment_words(before + dt.timedelta(hours=12), BERLIN) == "25 Oct 2026, 11:30 CET"


@pytest.mark.parametrize(
    ("minutes", "words", "tone"),
    [
        (95, "1 h 35 left", "amber"), (-72, "1 h 12 over", "red"), (35, "35 min left", "amber"),
        (330, "5 h 30 left", "plain"), (60 * 76, "3 d 4 h left", "plain"), (0, "0 min left", "amber"),
    ],
)  # fmt: skip
def test_time_left_says_how_much_and_how_urgent(minutes: int, words: str, tone: str) -> None:
    due = NOW + dt.timedelta(minutes=minutes)
    assert time_left_words(due, NOW) == words
    assert urgency(due, NOW) == tone
    html = shown("{% time_left due now %}", due=due, now=NOW)
    assert words in Page(html).text
    assert "data-due" in Page(html).all("time")[0]


def test_no_deadline_is_said() -> None:
    assert Page(shown("{% time_left due %}", due=None)).text == "No deadline"
    assert span_words(dt.timedelta(days=3, hours=4)) == "3 d 4 h"


@pytest.mark.req("A-086")
def test_the_hour_that_comes_twice_is_told_apart() -> None:
    once, again = (dt.datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=fold) for fold in (0, 1))
    now = dt.datetime(2026, 10, 24, 12, tzinfo=dt.UTC)
    for _ in range(2):
        for when, words in ((once, "25 Oct 2026, 02:30 CEST"), (again, "25 Oct 2026, 02:30 CET")):
            assert words in moment_markup(when, BERLIN)
            assert words in moment_markup(when, BERLIN, now)
            assert words in time_left_markup(when, now, BERLIN)
