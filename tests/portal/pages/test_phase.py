"""The page of a phase (MON-2)."""

from __future__ import annotations

import pytest

from releases.permissions import owned_phases, owns_phase
from tests import builders as b
from tests.portal.pages.releases import links, row_of, seen, two_branches
from tests.scenes import people, pipe, run, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("MON-2")]


def test_it_waits_for_approval_and_says_how_many_are_pending() -> None:
    who = people("maya", "omar")
    release = two_branches()
    page = seen(who.maya, release, "phases/qa/")
    head = page.root.one("header", class_="page-head").text
    assert "Waiting for Approval" in head
    assert "2 approvals pending" in head
    assert "Owner tom (release manager)" in head
    assert "0 of 2" in page.text
    b.vote(b.activity(release, "regression"), who.maya)
    page = seen(who.maya, release, "phases/qa/")
    assert "1 approval pending" in page.text
    assert "1 of 2" in page.text
    progress = page.root.one("progress")
    assert (progress.attrs["value"], progress.attrs["max"]) == ("1", "2")


def test_its_rules_in_words_and_the_phases_beside_it() -> None:
    who = people("maya", "omar")
    release = two_branches(failure="hold")
    page = seen(who.maya, release, "phases/qa/")
    assert "Starts with the release." in page.text
    assert "Completes when both activities are resolved." in page.text
    assert "If something fails here, the release is On Hold until it is mended." in page.text
    steps = links(page.root.one("nav", class_="phase-steps"))
    assert steps == {"Security": f"/releases/{release.pk}/phases/security/"}
    last = seen(who.maya, release, "phases/deploy/")
    assert "Starts when Test and QA and Security are complete." in last.text
    assert "Completes when its activity is resolved." in last.text
    assert "Not started" in last.text
    assert "pending" not in last.root.one("header", class_="page-head").text
    assert "Test and QA, Security" in row_of(last, "Go").text


def test_an_owner_is_named_by_person_or_role() -> None:
    b.person("lena", display_name="Lena Fischer")
    b.role("qa-lead", "QA Lead")
    release = run(
        b.phase("a", b.pipeline("x"), owner={"user": "lena"}),
        b.phase("b", b.pipeline("y"), owner={"role": "qa-lead"}),
    )
    assert "Owner Lena Fischer" in seen(tom(), release, "phases/a/").text
    assert "Owner QA Lead (role)" in seen(tom(), release, "phases/b/").text


def test_seats_say_who_has_taken_them_and_who_will_be_asked() -> None:
    who = people("maya", "omar")
    release = run(
        b.phase(
            "p",
            b.manual("board", {"user": "maya"}, {"user": "omar"}, rule="unanimous"),
            b.manual("last", {"group": b.group("Ops", who.maya).name}),
        )
    )
    b.vote(b.activity(release, "board"), who.omar)
    page = seen(who.maya, release, "phases/p/")
    seats = [one.text for one in page.root.all("li", class_="seat")]
    assert len(seats) == 2
    assert any("Approved" in one and "omar" in one for one in seats)
    assert any("maya" in one and "Approved" not in one for one in seats)
    assert "Will ask Ops" in page.text
    assert "Blocked" in row_of(page, "Last").text
    assert "Board" in row_of(page, "Last").text


@pytest.mark.req("EXE-6")
def test_what_failed_stands_on_top_with_its_error_and_the_ways_out() -> None:
    release = run(b.phase("p", b.pipeline("first"), b.pipeline("second", needs=[]), failure="hold"))
    b.report(b.activity(release, "second"), pipe(), "failed", summary="Out of memory")
    page = seen(tom(), release, "phases/p/")
    rows = [one.all("th", scope="row") for one in page.root.all("tr")]
    assert [cells[0].all("a")[0].text for cells in rows if cells] == ["Second", "First"]
    assert "Out of memory" in row_of(page, "Second").text
    assert {"Retry", "Skip"} <= links(row_of(page, "Second")).keys()
    assert not {"Retry", "Skip"} & links(row_of(page, "First")).keys()
    assert page.root.all("ul", class_="release-choices")
    other = b.person("eve")
    b.role("reader", rights=["view"])
    b.give("reader", other)
    plain = seen(other, release, "phases/p/")
    assert not {"Retry", "Skip"} & links(row_of(plain, "Second")).keys()
    assert not plain.root.all("ul", class_="release-choices")


def test_a_phase_of_a_draft_shows_what_is_planned() -> None:
    who = people("maya", "omar")
    release = two_branches(start=False)
    page = seen(tom(), release, "phases/qa/")
    assert "Not started" in page.text
    assert "Will ask maya" in page.text
    assert "/activities/" not in page.root.one("main").text
    assert links(row_of(page, "Regression")) == {}
    assert who


def test_nothing_completes_a_phase_before_its_manual_activities_are_resolved() -> None:
    who = people("maya", "omar")
    release = two_branches()
    b.vote(b.activity(release, "report"), who.omar)
    page = seen(who.maya, release, "phases/qa/")
    assert "Waiting for Approval" in page.root.one("header", class_="page-head").text
    b.vote(b.activity(release, "regression"), who.maya)
    page = seen(who.maya, release, "phases/qa/")
    assert "Completed" in page.root.one("header", class_="page-head").text
    assert "pending" not in page.root.one("header", class_="page-head").text


@pytest.mark.req("EXE-6", "A-070")
def test_a_phase_is_owned_by_person_group_or_role_and_never_by_an_auditor() -> None:
    who = people("lena", "omar", "vera", "eve")
    b.role("qa-lead", "QA Lead")
    b.give("qa-lead", who.vera)
    release = run(
        b.phase("a", b.pipeline("x"), owner={"user": "lena"}),
        b.phase("b", b.pipeline("y"), owner={"group": b.group("Ops", who.omar).name}),
        b.phase("c", b.pipeline("z"), owner={"role": "qa-lead"}),
    )
    phases = list(release.phases.all())

    def owned(user: object) -> list[str]:
        found = owned_phases(b.actor_for(user), release, phases)
        return [one.key for one in phases if one.pk in found]

    assert [owned(one) for one in (who.lena, who.omar, who.vera, who.eve)] == [
        ["a"], ["b"], ["c"], [],
    ]  # fmt: skip
    for one in (who.lena, who.vera):
        for phase in phases:
            may = bool(owns_phase(b.actor_for(one), release, phase))
            assert may == (phase.key in owned(one))
        b.give("auditor", one)
        assert owned(one) == []
