"""The seats of a round as pages show them: one answer wherever one looks (MON-2, MON-3)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.services.people import set_user_active
from releases.models import Activity
from tests import builders as b
from tests.portal.pages.browser import Browser, Page
from tests.portal.pages.releases import links
from tests.scenes import ask, people, run, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("MON-2", "MON-3")]

CONFLICT = "Excluded (conflict of interest)"
NOBODY = "Nobody can fill it"


def activity_page(user: Any, gate: Activity, query: str = "") -> Page:
    """The page of an activity as somebody sees it."""
    return Browser(user).get(f"/activities/{gate.pk}/{query}")


def seats_of(page: Page) -> dict[str, str]:
    """The text of each seat on an activity's page, by whom it is for."""
    rows = page.part("activity-seats").all("li", class_="activity-seat")
    return {one.all("span", class_="strong")[0].text: one.text for one in rows}


def labels(page: Page) -> list[str]:
    """The labels of the seats on a page, sorted."""
    rows = [*page.root.all("li", class_="activity-seat"), *page.root.all("li", class_="seat")]
    return sorted(label.text for row in rows for label in row.all("span", class_="state"))


def phase_page(user: Any, gate: Activity) -> Page:
    """The page of its phase."""
    return Browser(user).get(f"/releases/{gate.release_id}/phases/main/")


def every_kind() -> tuple[Any, Activity]:
    """A seat in every state: approved, abstained, one's turn, waiting, vacant, in conflict, spent."""
    who = people("maya", "omar", "ines", "lena", "aaron")
    b.role("legal", "Legal")
    b.group("QA", who.omar)
    gate = ask(
        {"user": "omar"},
        {"user": "maya"},
        {"user": "ines"},
        {"user": "lena"},
        {"role": "legal"},
        {"user": "aaron"},
        {"group": "QA"},
        rule={"at_least": 2},
        authors=["aaron"],
    )
    b.vote(gate, who.omar)
    b.vote(gate, who.maya, "abstain")
    return who, gate


@pytest.mark.req("POL-17", "POL-11")
def test_each_seat_says_what_has_become_of_it_and_only_a_conflict_is_called_one() -> None:
    who, gate = every_kind()
    seen = activity_page(who.ines, gate)
    seats = seats_of(seen)
    assert "Abstained" in seats["maya"]
    assert NOBODY in seats["Legal"]
    assert "nobody holds this role here" in seats["Legal"]
    assert CONFLICT in seats["aaron"]
    assert "is an author of this release" in seats["aaron"]
    assert "Your turn" in seats["ines"]
    assert "Waiting" in seats["lena"]
    spent = [text for text in seats.values() if "has voted in another seat" in text]
    assert [NOBODY in text for text in spent] == [True]
    assert [name for name, text in seats.items() if CONFLICT in text] == ["aaron"]
    assert "Needs 1 more from ines or lena" in seen.part("activity-seats").text
    told = seen.part("activity-seats").one("span", class_="dots").text
    for word in ("1 approved", "1 abstained", "1 your turn", "1 waiting", "2 nobody can fill it"):
        assert word in told, word
    assert "1 excluded" in told


def test_activity_phase_and_inbox_say_the_same_of_one_round() -> None:
    who, gate = every_kind()
    for reader in (who.ines, who.lena, who.maya, tom()):
        here = labels(activity_page(reader, gate))
        assert len(here) == 7
        assert labels(phase_page(reader, gate)) == here, reader
    inbox = Browser(who.ines).get(f"/inbox/?open={gate.reference}")
    assert labels(inbox) == labels(activity_page(who.ines, gate))
    in_row, in_pane = [one.text for one in inbox.root.all("span", class_="dots")]
    assert sorted(in_row.removeprefix("Seats: ").split(", ")) == sorted(
        in_pane.removeprefix("Seats: ").split(", ")
    )


def test_the_row_of_the_inbox_follows_whoever_comes_and_goes() -> None:
    who = people("maya", "omar")
    b.role("legal", "Legal")
    gate = ask({"user": "maya"}, {"user": "omar"}, {"role": "legal"}, rule={"at_least": 2})

    def row() -> str:
        [dots] = Browser(who.maya).get("/inbox/").root.all("span", class_="dots")
        return dots.text

    assert row() == "Seats: 1 your turn, 1 waiting, 1 nobody can fill it"
    b.give("legal", people("lena").lena)
    assert row() == "Seats: 1 your turn, 2 waiting"
    b.vote(gate, who.omar, "abstain")
    assert row() == "Seats: 1 your turn, 1 waiting, 1 abstained"
    approval = b.round_of(gate)
    set_user_active(user_id=people("lena").lena.pk, active=False, actor=b.SYSTEM)
    assert row() == "Seats: 1 your turn, 1 abstained, 1 nobody can fill it"
    assert b.round_of(gate).version > approval.version


def test_one_seat_of_many_people_is_ones_turn_though_another_abstained() -> None:
    who = people("maya", "omar", "ines")
    gate = ask({"group": b.group("QA", who.maya, who.omar, who.ines).name})
    b.vote(gate, who.omar, "abstain")
    [dots] = Browser(who.maya).get("/inbox/").root.all("span", class_="dots")
    assert dots.text == "Seats: 1 your turn"
    assert labels(activity_page(who.maya, gate)) == ["Your turn"]


def test_ones_own_seat_is_ones_turn_on_the_phase_page_however_many_seats_there_are() -> None:
    who = people("maya", "omar")
    gate = ask({"user": "maya"}, {"user": "omar"}, rule="unanimous")
    assert labels(phase_page(who.maya, gate)) == ["Waiting", "Your turn"]
    b.vote(gate, who.maya)
    assert labels(phase_page(who.maya, gate)) == ["Approved", "Waiting"]
    assert labels(phase_page(who.omar, gate)) == ["Approved", "Your turn"]


def test_whoever_may_not_decide_any_more_has_no_turn() -> None:
    who = people("maya", "omar")
    gate = ask({"group": b.group("QA", who.maya, who.omar).name}, authors=["maya"])
    for page in (activity_page(who.maya, gate), phase_page(who.maya, gate)):
        assert labels(page) == ["Waiting"]
    assert labels(phase_page(who.omar, gate)) == ["Your turn"]


@pytest.mark.req("A-060")
def test_a_voter_who_has_left_stands_at_the_seat_and_was_asked() -> None:
    who = people("maya", "omar", "ines")
    gate = ask({"user": "maya"}, {"user": "omar"}, {"user": "ines"}, rule={"at_least": 2})
    b.vote(gate, who.maya)
    for user in (who.maya, who.ines):
        set_user_active(user_id=user.pk, active=False, actor=b.SYSTEM)
    seen = activity_page(tom(), gate)
    seats = seats_of(seen)
    assert "Approved" in seats["maya"]
    assert "account deactivated since; the vote counts" in seats["maya"]
    assert NOBODY in seats["ines"]
    assert "the vote counts" not in seats["ines"]
    [left_out] = seen.part("activity-seats").all("details")
    assert left_out.text == "Not asked (1) ines: is deactivated"
    assert "the vote counts" in phase_page(tom(), gate).text


@pytest.mark.req("EXE-9", "POL-11")
def test_a_stuck_gate_names_its_empty_seats_and_leads_those_who_can_mend_it() -> None:
    maya = people("maya").maya
    legal = b.role("legal", "Legal")
    qa = b.role("qa-lead", "QA Lead")
    b.give("qa-lead", maya)
    gate = ask({"role": "legal"}, {"role": "qa-lead"}, rule="unanimous")
    ways = {}
    for name, user in (("manager", tom()), ("admin", b.superuser("root")), ("approver", maya)):
        [banner] = activity_page(user, gate).root.all("div", class_="banner--red")
        assert "2 must approve and only 1 can: nobody may decide for Legal." in banner.text
        ways[name] = links(banner)
    skip = f"/releases/{gate.release_id}/skip/?activity={gate.pk}"
    assert ways["manager"] == {"Ask to skip": skip}
    assert ways["admin"]["Fix: Legal"] == f"/config/roles/{legal.pk}/"
    assert f"/config/roles/{qa.pk}/" not in ways["admin"].values()
    assert ways["approver"] == {}
    assert Browser(tom()).get(skip).status == 200
    assert Browser(b.superuser("root2")).get(f"/config/roles/{legal.pk}/").status == 200
    b.give("legal", people("lena").lena)
    assert not activity_page(tom(), gate).root.all("div", class_="banner--red")


@pytest.mark.req("EXE-9")
def test_a_stuck_gate_costs_no_more_than_another() -> None:
    ada = people("ada", "maya").ada
    b.role("legal", "Legal")
    b.role("setter", rights=["configure", "view"])
    b.give("setter", ada)
    stuck = ask({"role": "legal"}, {"user": "maya"}, rule="unanimous")
    people("omar")
    plain = ask({"user": "omar"}, {"user": "maya"}, rule="unanimous")
    for user in (tom(), people("maya").maya, b.superuser("root"), ada):
        browser = Browser(user)
        costs = []
        for gate in (stuck, plain):
            browser.get(f"/activities/{gate.pk}/")
            with CaptureQueriesContext(connection) as captured:
                banners = browser.get(f"/activities/{gate.pk}/").root.all(
                    "div", class_="banner--red"
                )
            assert len(banners) == (gate is stuck)
            costs.append(len(captured))
        assert costs[0] == costs[1], (user, costs)


@pytest.mark.req("EXE-9", "A-070")
def test_an_auditor_who_configures_is_led_nowhere() -> None:
    ada = people("ada").ada
    b.role("legal", "Legal")
    b.role("setter", rights=["configure", "view"])
    b.give("setter", ada)
    gate = ask({"role": "legal"})
    [banner] = activity_page(ada, gate).root.all("div", class_="banner--red")
    assert list(links(banner)) == ["Fix: Legal"]
    live = Browser(ada).get(f"/inbox/?open={gate.reference}")
    assert "Fix: Legal" in live.part("pane").text
    b.give("auditor", ada)
    [banner] = activity_page(ada, gate).root.all("div", class_="banner--red")
    assert links(banner) == {}


@pytest.mark.req("EXE-9")
def test_the_release_page_leads_to_what_nobody_can_complete() -> None:
    people("maya")
    b.role("legal", "Legal")
    gate = ask({"role": "legal"})
    banner = Browser(tom()).get(f"/releases/{gate.release_id}/").part("release-banner")
    assert links(banner) == {"Look at: Gate": f"/activities/{gate.pk}/"}
    open_one = ask({"user": "maya"})
    banner = Browser(tom()).get(f"/releases/{open_one.release_id}/").part("release-banner")
    assert links(banner) == {}


@pytest.mark.req("POL-10", "POL-6")
def test_the_policy_tab_has_names_and_why_each_seat_applies_or_not() -> None:
    who = people("maya", "omar", "lena")
    b.role("legal", "Legal")
    release = run(
        b.phase(
            "p",
            b.manual("build-check", {"user": "omar"}, name="Check of the build"),
            b.manual(
                "gate",
                {"user": "maya"},
                {"group": b.group("QA", who.lena).name, "each": True, "required": True},
                {"role": "legal", "when": {"risk": ["high"]}},
                {"user": "omar", "when": {"risk": ["low"]}},
                rule="unanimous",
                needs=[],
                separation={"not_with": ["build-check"]},
            ),
        ),
        risk="low",
    )
    policy = activity_page(who.maya, b.activity(release, "gate"), "?tab=policy").part("tabs")
    assert "Whoever decides on Check of the build may not decide here." in policy.text
    assert "build-check" not in policy.text
    assert "This activity applies always." in policy.text
    told = [one.text for one in policy.all("ul", class_="activity-policy")[1].all("li")]
    assert told == [
        "maya: asked always",
        "QA: asked always each of them must approve",
        "Legal: not asked: asked for with risk high, while the release has low",
        "omar: asked for with risk low, as the release has low",
    ]
    # The tie holds both ways, whichever of the two names the other.
    other = activity_page(who.omar, b.activity(release, "build-check"), "?tab=policy").part("tabs")
    assert "Whoever decides on Gate may not decide here." in other.text


@pytest.mark.req("MON-1", "EXE-6")
def test_after_a_failure_the_owner_of_the_phase_holds_it_up_beside_the_manager() -> None:
    who = people("maya", "lena", "olga")
    owners = b.group("Owners", who.olga)
    tom()
    release = run(
        b.phase("a", b.manual("x", {"user": "maya"}), needs=[], owner={"user": "lena"}),
        b.phase("b", b.manual("y", {"user": "maya"}), needs=[], owner={"group": owners.name}),
        b.phase("c", b.manual("z", {"user": "maya"}), needs=[], owner={"user": "tom"}),
    )

    def holders(user: Any) -> list[str]:
        page = Browser(user).get(f"/releases/{release.pk}/")
        rows = page.part("release-holdups").all("li", class_="holder")
        return [one.all("p")[0].text for one in rows if "after a failure" in one.text]

    b.vote(b.activity(release, "x"), who.maya, "reject")
    assert holders(tom()) == ["tom you", "lena"]
    assert holders(who.lena) == ["tom", "lena you"]
    b.vote(b.activity(release, "y"), who.maya, "reject")
    b.vote(b.activity(release, "z"), who.maya, "reject")
    assert holders(who.olga) == ["tom", "lena", "Owners (group) you"]
