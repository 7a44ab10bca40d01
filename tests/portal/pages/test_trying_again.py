"""What failed is tried again, mended or as it is: nobody is said to be asked who is not (EXE-6)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from releases.models import Release
from releases.services.activities import retry_activity
from releases.services.content import ContentChange, change_release
from releases.services.lifecycle import hold_release
from tests import builders as b
from tests.portal.pages.browser import Browser, Page
from tests.portal.pages.releases import links, seen, two_branches
from tests.scenes import asked, events, people, run, state, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("EXE-6")]

ASKED = "whoever is asked has been asked"
NOBODY_YET = "Nobody is asked yet"
RESUMED = "once the release is resumed"
NOTHING_ELSE = "once nothing else that has failed holds the release"


def failed(*, failure: str = "fail", second: str = "fail", held: bool = False) -> Release:
    """Two gates side by side, each in a phase of its own, both rejected by Maya."""
    maya = people("maya").maya
    release = run(
        b.phase("one", b.manual("first", {"user": "maya"}), failure=failure),
        b.phase("two", b.manual("second", {"user": "maya"}), needs=[], failure=second),
        commit="abc",
    )
    for key in ("first", "second"):
        b.vote(b.activity(release, key), maya, "reject")
    if held:
        hold_release(release_id=release.pk, reason="Freeze.", actor=b.actor_for(tom()))
    return release


def one_failed(*, held: bool = False) -> Release:
    """A release whose one gate Maya has rejected."""
    maya = people("maya").maya
    release = run(b.phase("one", b.manual("first", {"user": "maya"})), commit="abc")
    b.vote(b.activity(release, "first"), maya, "reject")
    if held:
        hold_release(release_id=release.pk, reason="Freeze.", actor=b.actor_for(tom()))
    return release


def choices(release: Release) -> dict[str, str]:
    """The ways out of the failure, each with what is said of it, by their address's last word."""
    found = links(seen(tom(), release).part("release-choices"))
    return {path.strip("/").rpartition("/")[2]: words for words, path in found.items()}


def press(release: Release, name: str, **given: Any) -> Page:
    """Send the form of an act as Tom."""
    browser = Browser(tom())
    page = browser.get(f"/releases/{release.pk}/{name}/")
    return browser.send(page.form(f"/{name}/"), reason="Again.", **given)


@pytest.mark.parametrize(
    ("name", "given"), [("retry", {}), ("fix", {"commit": "def"})], ids=["retry", "fix"]
)
def test_on_hold_nobody_is_said_to_have_been_asked(name: str, given: dict[str, str]) -> None:
    release = one_failed(held=True)
    assert RESUMED in choices(release)[name]
    assert RESUMED in seen(tom(), release, f"{name}/").text
    done = press(release, name, **given)
    assert state(b.activity(release, "first")) == "blocked"
    assert NOBODY_YET in done.text
    assert ASKED not in done.text


@pytest.mark.parametrize(
    ("name", "given"), [("retry", {}), ("fix", {"commit": "def"})], ids=["retry", "fix"]
)
def test_while_something_else_has_failed_nobody_is_said_to_have_been_asked(
    name: str, given: dict[str, str]
) -> None:
    release = failed()
    first, second = (b.activity(release, key) for key in ("first", "second"))
    assert NOTHING_ELSE in choices(release)[name]
    assert NOTHING_ELSE in seen(tom(), release, f"{name}/").text
    done = press(release, name, activities=[first.pk], **given)
    assert (state(first), state(second)) == ("blocked", "rejected")
    assert NOBODY_YET in done.text
    assert ASKED not in done.text


@pytest.mark.parametrize(
    ("name", "given"), [("retry", {}), ("fix", {"commit": "def"})], ids=["retry", "fix"]
)
def test_all_that_has_failed_is_tried_again_at_once(name: str, given: dict[str, str]) -> None:
    release = failed()
    both = [b.activity(release, key) for key in ("first", "second")]
    done = press(release, name, activities=[one.pk for one in both], **given)
    assert {state(one) for one in both} == {"awaiting_approval"}
    assert ASKED in done.text
    assert NOBODY_YET not in done.text


@pytest.mark.parametrize(
    ("failure", "second", "later"),
    [("continue", "continue", False), ("fail", "continue", True), ("hold", "hold", True)],
)
def test_only_what_halts_the_release_keeps_a_new_attempt_from_opening(
    failure: str, second: str, later: bool
) -> None:
    release = failed(failure=failure, second=second)
    assert (NOTHING_ELSE in choices(release)["retry"]) is later
    gate = b.activity(release, "second")
    press(release, "retry", activities=[gate.pk])
    assert (state(gate) == "blocked") is later


def test_the_page_of_an_activity_says_when_it_is_tried_again_itself() -> None:
    release = failed(failure="hold", second="continue")
    first, second = (b.activity(release, key) for key in ("first", "second"))
    browser = Browser(tom())
    assert NOTHING_ELSE not in browser.get(f"/activities/{first.pk}/").part("decide").text
    assert NOTHING_ELSE in browser.get(f"/activities/{second.pk}/").part("decide").text
    retry_activity(activity_id=first.pk, reason="Again.", actor=b.actor_for(tom()))
    assert state(first) == "awaiting_approval"


def boxes(page: Page) -> dict[str, bool]:
    """What may be tried again, as its label says it, and whether it is ticked."""
    return {
        label.text: "checked" in box.attrs
        for label in page.root.all("label", class_="choice")
        for box in label.all("input", name="activities")
    }


@pytest.mark.parametrize(
    ("name", "given"), [("retry", {}), ("fix", {"commit": "def"})], ids=["retry", "fix"]
)
def test_what_is_said_of_a_new_attempt_holds_whatever_is_ticked(
    name: str, given: dict[str, str]
) -> None:
    """The second waits for the first, and not the other way about."""
    release = failed(failure="hold", second="continue")
    first, second = (b.activity(release, key) for key in ("first", "second"))
    labels = ["One: First", "Two: Second – opens once First is tried again or skipped"]

    def assert_said(page: Page, *ticked: bool) -> None:
        [said] = page.root.all("p", class_="note")
        assert f"What is ticked gets a new attempt {NOTHING_ELSE}" in said.text
        assert "A new attempt opens" not in said.text
        assert boxes(page) == dict(zip(labels, ticked, strict=True))

    browser, path = Browser(tom()), f"/releases/{release.pk}/{name}/"
    assert_said(browser.get(path), True, True)
    named = {first.pk: (True, False), second.pk: (False, True)} if name == "retry" else {}
    for of in (first.pk, second.pk, "x", 10**40):
        page = browser.get(f"{path}?activity={of}")
        assert_said(page, *named.get(of, (True, True)))
        for key, ticked in ((first.pk, (True, False)), (second.pk, (False, True))):
            again = browser.send(page.form(f"?activity={of}"), reason="", activities=[key])
            assert again.status == 422
            assert_said(again, *ticked)
    press(release, name, activities=[second.pk], **given)
    assert (state(first), state(second)) == ("rejected", "blocked")
    press(release, "retry", activities=[first.pk])
    assert (state(first), state(second)) == ("awaiting_approval", "awaiting_approval")


@pytest.mark.parametrize("name", ["retry", "fix"])
def test_what_is_called_the_same_is_told_apart(name: str) -> None:
    maya = people("maya").maya
    gate = b.manual("gate", {"user": "maya"}, name="Sign-off", needs=[])
    release = run(
        b.phase("one", gate),
        b.phase("two", gate, needs=[]),
        b.phase("three", gate, {**gate, "key": "again"}, needs=[]),
    )
    gates = [b.activity(release, key) for key in ("one.gate", "two.gate", "three.gate", "again")]
    for one in gates:
        b.vote(one, maya, "reject")
    called = ["One: Sign-off", "Two: Sign-off"]
    called += [f"Three: Sign-off ({one.reference})" for one in gates[2:]]

    def others(label: str) -> str:
        first, second, third = (one for one in called if one != label)
        return f"{first}, {second} and {third}"

    assert boxes(seen(tom(), release, f"{name}/")) == {
        f"{label} – opens once {others(label)} are tried again or skipped": True for label in called
    }


@pytest.mark.parametrize("name", ["retry", "fix"])
def test_while_it_is_held_no_box_says_that_its_attempt_opens_before(name: str) -> None:
    release = failed(failure="hold", second="continue", held=True)
    page = seen(tom(), release, f"{name}/")
    assert boxes(page) == {
        "One: First – opens once the release is resumed": True,
        "Two: Second – opens once the release is resumed and First is tried again or skipped": True,
    }
    assert RESUMED in page.root.one("p", class_="note").text


@pytest.mark.parametrize("name", ["retry", "fix"])
def test_what_may_not_be_tried_again_by_the_reader_is_named_as_what_is_waited_for(
    name: str,
) -> None:
    who = people("maya", "olga")
    release = run(
        b.phase("one", b.manual("first", {"user": "maya"}), owner={"user": "olga"}),
        b.phase("two", b.manual("second", {"user": "maya"}), needs=[]),
        b.phase("three", b.manual("third", {"user": "maya"}), needs=[]),
    )
    for key in ("first", "second", "third"):
        b.vote(b.activity(release, key), who.maya, "reject")
    page = seen(who.olga, release, f"{name}/")
    assert boxes(page) == {
        "One: First – opens once Second and Third are tried again or skipped": True
    }
    assert NOTHING_ELSE in page.root.one("p", class_="note").text


def test_an_address_that_names_nothing_to_skip_chooses_nothing() -> None:
    release = one_failed()
    gate = b.activity(release, "first")
    for of, wanted in (
        (gate.pk, "One: First"),
        ("x", "Choose an activity"),
        ("", "Choose an activity"),
    ):
        options = seen(tom(), release, f"skip/?activity={of}").part("id_activity").all("option")
        chosen = [one.text for one in options if "selected" in one.attrs] or [options[0].text]
        assert chosen == [wanted]


def test_a_hold_and_another_failure_are_both_named() -> None:
    release = failed(held=True)
    assert (
        "once the release is resumed and nothing else that has failed holds the release"
        in choices(release)["retry"]
    )


def test_one_failure_alone_is_told_without_a_condition() -> None:
    release = one_failed()
    for name in ("retry", "fix"):
        assert "once" not in choices(release)[name]
        assert "a new attempt opens:" in seen(tom(), release, f"{name}/").text.lower()


# --- Mending while others decide -------------------------------------------------------------------


@pytest.mark.req("POL-6")
def test_while_others_decide_a_fix_adds_authors_and_nothing_else() -> None:
    who = people("maya", "omar", "vera")
    release = two_branches(failure="continue")
    gate = b.activity(release, "qa.regression")
    b.vote(gate, who.maya, "reject")
    words = choices(release)["fix"]
    assert "People are still deciding on this content (Report and Scan review)." in words
    page = seen(tom(), release, "fix/")
    assert page.status == 200
    assert page.has("id_add_authors")
    assert not any(page.has(f"id_{name}") for name in ("version", "commit", "description", "links"))
    done = press(release, "fix", add_authors="vera")
    assert ASKED in done.text
    release.refresh_from_db()
    assert [one["user"] for one in json.loads(release.authors)] == [who.vera.pk]
    assert state(gate) == "awaiting_approval"
    assert asked(gate) == {"maya"}


@pytest.mark.req("EXE-10", "CAP-3")
def test_what_must_stay_is_refused_and_not_dropped_when_an_older_form_sends_it() -> None:
    maya = people("maya", "omar").maya
    release = two_branches(failure="continue")
    gate = b.activity(release, "qa.regression")
    b.vote(gate, maya, "reject")
    before = events(release)
    answer = Browser(tom()).client.post(
        f"/releases/{release.pk}/fix/",
        {"activities": [gate.pk], "reason": "x", "version": "2", "add_authors": "omar"},
    )
    assert answer.status_code == 409
    assert "it can change when they are done" in answer.content.decode()
    assert 'value="2"' in answer.content.decode()
    assert events(release) == before


def test_what_a_form_did_not_show_is_not_emptied_by_it() -> None:
    who = people("maya", "vera")
    release = run(b.phase("p", b.manual("g", {"user": "maya"})), description="A build.")
    b.vote(b.activity(release, "g"), who.maya, "reject")
    # Shown while people were deciding, sent when they were done.
    sent = {"activities": [b.activity(release, "g").pk], "reason": "x", "add_authors": "vera"}
    assert Browser(tom()).client.post(f"/releases/{release.pk}/fix/", sent).status_code == 303
    release.refresh_from_db()
    assert (release.version, release.description) == ("1.0", "A build.")
    assert state(b.activity(release, "g")) == "awaiting_approval"


# --- A change that changes nothing -----------------------------------------------------------------


@pytest.mark.req("POL-6")
def test_an_author_who_stands_there_already_is_no_change() -> None:
    vera = people("maya", "vera").vera
    release = one_failed()
    change = ContentChange(add_authors=["vera"])
    actor = b.actor_for(tom())
    changed = change_release(release_id=release.pk, change=change, reason="Left out.", actor=actor)
    assert changed == {"authors"}
    before = events(release)
    done = press(release, "change", add_authors="vera")
    assert "Nothing was changed." in done.text
    assert "Changed." not in done.text
    assert events(release) == before
    assert "Changed." in press(release, "change", commit="def").text
    assert vera
