"""`/live/`: cheap when nothing is new, else what has changed and nothing that one may not see."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from portal.services.people import set_user_active
from releases.services.activities import write_comment
from releases.services.roles import end_role
from tests import builders as b
from tests import scenes
from tests.portal.pages.browser import Browser, values_of
from tests.portal.pages.inbox import inbox, many, statements
from tests.portal.pages.live import Tab, counts

pytestmark = [pytest.mark.django_db, pytest.mark.req("NTF-5")]


def open_inbox(user: Any) -> Tab:
    return Tab(user, "inbox", inbox(user))


def test_nothing_new_is_204_by_two_statements() -> None:
    crew = scenes.people("maya")
    asked = many(5, of="maya")
    for tab in (
        Tab(crew.maya), open_inbox(crew.maya), Tab(crew.maya, f"release:{asked[0].release_id}"),
        Tab(crew.maya, f"activity:{asked[0].pk}"),
    ):  # fmt: skip
        tab.news()
        found: list[Any] = []
        asked_for = statements(lambda: found.append(tab.ask()))  # noqa: B023
        assert found[0].status_code == 204
        assert found[0].content == b""
        assert "HX-Trigger" not in found[0].headers
        assert len(asked_for) == 2, asked_for


def test_a_new_question_moves_the_counters_and_shows_a_bar_but_no_row() -> None:
    crew = scenes.people("maya")
    scenes.ask({"user": "maya"})
    tab = open_inbox(crew.maya)
    assert counts(tab.news())["waiting"] == 1
    asked = scenes.ask({"user": "maya"})
    page = tab.news()
    assert counts(page)["waiting"] == 2
    assert counts(page)["tab-mine"] == 2
    assert "1 new approval." in page.part("inbox-news").text
    assert "2 need you" in page.part("inbox-headline").text
    assert asked.reference not in page.html
    assert tab.ask().status_code == 204


def test_a_row_that_changed_is_shown_anew_where_it_stands_and_no_other() -> None:
    crew = scenes.people("maya", "omar")
    asked = scenes.ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    still = scenes.ask({"user": "maya"})
    tab = open_inbox(crew.maya)
    tab.news()
    b.vote(asked, crew.omar)
    page = tab.news()
    row = page.part(f"row-{asked.pk}")
    assert row.attrs["hx-swap-oob"] == "true"
    assert "1 of 2" in row.text
    assert not page.has(f"row-{still.pk}")


def test_a_row_that_waits_no_longer_says_so() -> None:
    crew = scenes.people("maya", "omar")
    asked = scenes.ask({"user": "maya"}, {"user": "omar"})
    tab = open_inbox(crew.maya)
    tab.news()
    b.vote(asked, crew.omar)
    page = tab.news()
    row = page.part(f"row-{asked.pk}")
    assert "No longer waits for you. Completed." in row.text
    assert "inbox-row--good" in row.attrs["class"].split()
    assert counts(page)["waiting"] == 0


def test_a_row_that_others_have_rejected_has_no_tick() -> None:
    crew = scenes.people("maya", "omar")
    asked = scenes.ask({"user": "maya"}, {"user": "omar"})
    tab = open_inbox(crew.maya)
    tab.news()
    b.vote(asked, crew.omar, "reject")
    row = tab.news().part(f"row-{asked.pk}")
    assert "Rejected." in row.text
    assert "inbox-row--good" not in row.attrs["class"].split()
    used = [use.attrs["href"] for use in row.all("use")]
    assert [one.rpartition("#")[2] for one in used] == ["cancel"]


@pytest.mark.req("MON-5")
def test_rows_of_others_that_somebody_asks_about_tell_nothing() -> None:
    crew = scenes.people("maya", "ines")
    asked = scenes.ask({"user": "maya"}, name="Secret merger")
    approval = b.round_of(asked)
    tab = Tab(crew.ines, "inbox")
    tab.fields |= {"row": [f"{asked.pk}.{approval.pk}.0"], "shown": timezone.now().isoformat()}
    page = tab.news()
    assert "Secret" not in page.html
    assert "Awaiting" not in page.html
    assert counts(page) == {
        "waiting": 0, "unread": 0,
        **{f"tab-{name}": 0 for name in ("mine", "others", "snoozed", "decided", "all")},
    }  # fmt: skip


@pytest.mark.req("MON-5")
@pytest.mark.parametrize("kind", ["release", "activity"])
def test_who_may_not_see_it_gets_404_without_content(kind: str) -> None:
    crew = scenes.people("maya", "ines")
    asked = scenes.ask({"user": "maya"})
    key = asked.release_id if kind == "release" else asked.pk
    answer = Tab(crew.ines, f"{kind}:{key}").ask()
    assert (answer.status_code, answer.content) == (404, b"")
    assert Tab(crew.ines, f"{kind}:999999").ask().status_code == 404
    assert Tab(crew.maya, f"{kind}:{key}").ask().status_code == 200


@pytest.mark.req("MON-5")
@pytest.mark.parametrize("kind", ["release", "activity"])
def test_no_token_tells_whether_something_is_there_that_one_does_not_see(kind: str) -> None:
    crew = scenes.people("maya", "ines")
    asked = scenes.ask({"user": "maya"})
    key = asked.release_id if kind == "release" else asked.pk
    own = Tab(crew.maya, f"{kind}:{key}")
    own.news()
    assert own.ask().status_code == 204
    token = own.fields["since"]
    for since in (token, f"{token.partition('.')[0]}.", "AAAA"):
        for there in (key, 999999):
            tab = Tab(crew.ines, f"{kind}:{there}")
            tab.fields["since"] = since
            assert tab.ask().status_code == 404, (since, there)
    empty, beside = Tab(crew.ines), Tab(crew.maya)
    empty.news()
    beside.news()
    assert empty.fields["since"] != beside.fields["since"]


@pytest.mark.req("MON-5")
def test_who_lost_sight_of_a_release_gets_nothing_more_of_it() -> None:
    crew = scenes.people("maya", "vera")
    given = b.give("release-manager", crew.vera)
    asked = scenes.ask({"user": "maya"})
    tab = Tab(crew.vera, f"release:{asked.release_id}")
    tab.news()
    end_role(assignment_id=given.pk, actor=b.SYSTEM)
    write_comment(activity_id=asked.pk, text="Secret.", actor=b.actor_for(crew.maya))
    answer = tab.ask()
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize("kind", ["release", "activity"])
def test_a_page_of_a_release_or_activity_gets_its_parts(kind: str) -> None:
    crew = scenes.people("maya", "omar")
    asked = scenes.ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    key = asked.release_id if kind == "release" else asked.pk
    tab = Tab(crew.maya, f"{kind}:{key}")
    tab.news()
    b.vote(asked, crew.omar)
    page = tab.news()
    swapped = {one.attrs["id"] for one in page.root.all("", hx_swap_oob="true")}
    wanted = "release-banner" if kind == "release" else "activity-meta"
    assert wanted in swapped
    assert tab.ask().status_code == 204


def test_a_release_in_which_nothing_happened_is_not_shown_anew() -> None:
    crew = scenes.people("maya", "omar")
    asked, other = scenes.ask({"user": "maya"}), scenes.ask({"user": "omar"})
    tab = Tab(crew.maya, f"release:{asked.release_id}")
    tab.news()
    b.vote(other, crew.omar)
    page = tab.news()
    swapped = {one.attrs["id"] for one in page.root.all("", hx_swap_oob="true")}
    assert swapped == {"live-since"}


@pytest.mark.req("A-060")
def test_an_old_session_a_deactivated_account_and_a_stranger_get_401() -> None:
    crew = scenes.people("maya", "omar")
    scenes.ask({"user": "maya"})
    assert Client().get("/live/").status_code == 401
    away = Tab(crew.maya)
    away.news()
    set_user_active(user_id=crew.maya.pk, active=False, actor=b.SYSTEM)
    answer = away.ask()
    assert (answer.status_code, answer.content) == (401, b"")
    former = Tab(crew.omar)
    former.news()
    crew.omar.set_password("something-else-entirely")
    crew.omar.save(update_fields=["password"])
    assert former.ask().status_code == 401


@pytest.mark.parametrize(
    "fields",
    [
        {"since": "x" * 5000}, {"since": "%%%"}, {"scope": "release:x"}, {"scope": "release:"},
        {"scope": "inbox:1"}, {"row": ["a.b.c", "1.2", "9" * 30 + ".1.1"] * 100},
        {"shown": "yesterday"}, {"scope": "release:" + "9" * 30},
    ],
)  # fmt: skip
def test_what_makes_no_sense_breaks_nothing(fields: dict[str, Any]) -> None:
    crew = scenes.people("maya")
    tab = Tab(crew.maya, "inbox")
    tab.fields |= fields
    assert tab.ask().status_code == 200


def test_a_poll_with_news_costs_the_same_with_3_and_50_rows() -> None:
    crew = scenes.people("maya", "omar")
    found = []
    for size in (3, 47):
        many(size, of="maya")
        tab = open_inbox(crew.maya)
        other = scenes.ask({"user": "omar"})
        tab.news()
        b.vote(other, crew.omar)
        found.append(len(statements(tab.news)))
    assert found[0] == found[1]


# --- One press -----------------------------------------------------------------------------------


@pytest.mark.req("MON-4")
def test_one_press_decides_and_says_what_came_of_it() -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    browser = Browser(crew.maya)
    page = browser.get("/inbox/")
    form = page.form("/press/")
    said = browser.send(form)
    assert scenes.state(asked) == "completed"
    assert "Approved. Quorum reached (1 of 1)." in said.text
    again = browser.send(form)
    assert scenes.events(asked).count("approval.decision_cast") == 1
    assert "Approved." in again.text


@pytest.mark.req("MON-4", "A-006")
def test_a_press_that_arrives_twice_is_answered_once_with_the_same_words() -> None:
    crew = scenes.people("maya", "omar")
    asked = scenes.ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    browser = Browser(crew.maya)
    form = browser.get("/inbox/").form("/press/")
    first = browser.send(form, htmx=True)
    b.vote(asked, crew.omar)  # the round is over when the second one arrives
    again = browser.send(form, htmx=True)
    assert (again.status, again.text) == (200, first.text)
    assert scenes.events(asked).count("approval.decision_cast") == 2
    assert "approval.decision_refused" not in scenes.events(asked)


@pytest.mark.req("MON-4")
def test_one_press_with_htmx_leaves_the_row_where_it_is() -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    browser = Browser(crew.maya)
    answer = browser.send(browser.get("/inbox/").form("/press/"), htmx=True)
    assert answer.status == 200
    row = answer.part(f"row-{asked.pk}")
    assert "Approved." in row.text
    assert answer.headers["HX-Trigger"] == "approvals:changed"
    assert not answer.root.all("h1")


@pytest.mark.req("MON-4", "A-010")
def test_one_press_counts_only_for_what_was_shown_and_where_it_suffices() -> None:
    crew = scenes.people("maya", "omar")
    asked = scenes.ask({"user": "maya"}, {"user": "omar"})
    demanding = scenes.ask({"user": "maya"}, comment="required")
    browser = Browser(crew.maya)
    form = browser.get("/inbox/").form("/press/")
    stale = browser.send(form, htmx=True, fingerprint="0" * 64)
    assert stale.status == 409
    assert "has changed since" in stale.text
    b.vote(asked, crew.omar)
    late = browser.send(form, htmx=True)
    assert late.status == 409
    assert "already decided" in late.text
    assert "approval.decision_refused" in scenes.events(asked)
    approval = b.round_of(demanding)
    values = {"attempt": approval.attempt, "fingerprint": approval.fingerprint}
    refused = browser.client.post(
        f"/inbox/{demanding.pk}/press/", values, headers={"HX-Request": "true"}
    )
    assert refused.status_code == 422
    assert scenes.state(demanding) == "awaiting_approval"


@pytest.mark.req("MON-4")
def test_a_press_is_an_approval_whatever_else_is_sent() -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    browser = Browser(crew.maya)
    form = browser.get("/inbox/").form("/press/")
    assert "verdict" not in values_of(form)
    browser.send(form, verdict="reject", comment="No!")
    assert scenes.entry(asked, "approval.decision_cast")["data"]["verdict"] == "approve"
    assert browser.get(f"/inbox/{asked.pk}/press/").status == 405
