"""What is done with a release on pages: a page for each act, its POST, its refusals (EXE-6, REL-4)."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import Notice
from portal.tick import tick
from releases.models import Activity, Release
from releases.services.lifecycle import hold_release
from tests import builders as b
from tests.portal.pages.browser import Browser, Page
from tests.portal.pages.releases import links, seen, two_branches
from tests.scenes import entry, events, people, release_state, run, state, tom

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("EXE-6")]


def act(user: Any, release: Release, name: str, query: str = "", /, **given: Any) -> Page:
    """Open the page of an act and send its form."""
    browser = Browser(user)
    page = browser.get(f"/releases/{release.pk}/{name}/{query}")
    assert page.status == 200, page.text
    return browser.send(page.form(f"/{name}/{query}"), **given)


def rejected(*, failure: str = "fail") -> Release:
    """A release whose regression Maya has rejected."""
    who = people("maya", "omar")
    release = two_branches(failure=failure)
    b.vote(b.activity(release, "qa.regression"), who.maya, "reject", "Two tests fail.")
    return release


@pytest.mark.req("REL-4")
def test_a_draft_is_started_by_its_page() -> None:
    people("maya", "omar")
    release = two_branches(start=False)
    page = seen(tom(), release, "start/")
    assert "Its first activities open and whoever they ask is told." in page.text
    assert release_state(release) == "draft"  # a GET does nothing
    done = act(tom(), release, "start")
    assert done.status == 200
    assert "Started." in done.text
    assert release_state(release) == "on_hold"


@pytest.mark.req("REL-4")
def test_a_start_at_a_later_time_is_in_the_zone_of_whoever_writes() -> None:
    people("maya", "omar")
    manager = tom()
    manager.time_zone = "Asia/Tokyo"
    manager.save()
    release = two_branches(start=False)
    done = act(manager, release, "start", at="2030-01-02T08:30")
    assert "The start is scheduled." in done.text
    release.refresh_from_db()
    assert release.scheduled_at == dt.datetime(2030, 1, 1, 23, 30, tzinfo=dt.UTC)
    assert "2 Jan 2030, 08:30 JST" in seen(manager, release).part("release-banner").text


@pytest.mark.parametrize("at", ["soon", "2030-13-01T00:00", "0001-01-01T00:00", "9999-12-31T23:59"])
def test_a_time_that_is_none_is_refused_at_its_field(at: str) -> None:
    people("maya", "omar")
    manager = tom()
    manager.time_zone = "Asia/Tokyo" if at.startswith("0001") else "America/Adak"
    manager.save()
    release = two_branches(start=False)
    page = act(manager, release, "start", at=at)
    assert page.status == 422
    assert "Give a day and a time." in page.text
    assert release_state(release) == "draft"


def test_hold_and_resume() -> None:
    people("maya", "omar")
    release = two_branches()
    assert "Held." in act(tom(), release, "hold", reason="Freeze.").text
    release.refresh_from_db()
    assert release.held
    assert "Resumed." in act(tom(), release, "resume").text
    release.refresh_from_db()
    assert not release.held


def test_deferring_needs_a_time_to_come_and_a_reason() -> None:
    people("maya", "omar")
    release = two_branches()
    page = act(tom(), release, "defer", until="2020-01-01T10:00", reason="")
    assert page.status == 422
    assert "Reason: This field is required." in page.root.one("div", class_="error-summary").text
    page = act(tom(), release, "defer", until="2020-01-01T10:00", reason="Frozen.")
    assert page.status == 422
    assert "Give a time that is still to come." in page.part("id_until_error").text
    assert page.part("id_until").attrs["aria-invalid"] == "true"
    assert page.part("id_until").attrs["value"] == "2020-01-01T10:00"
    assert release_state(release) == "on_hold"
    later = timezone.now() + dt.timedelta(days=3)
    done = act(tom(), release, "defer", until=later.strftime("%Y-%m-%dT%H:%M"), reason="Frozen.")
    assert "Deferred." in done.text
    assert release_state(release) == "deferred"


def test_aborting_takes_the_name_typed_and_a_reason() -> None:
    people("maya", "omar")
    release = two_branches()
    page = act(tom(), release, "abort", name="payments", reason="Wrong build.")
    assert page.status == 422
    assert "This is not the name of the release." in page.text
    assert "Wrong build." in page.part("id_reason").raw  # what was typed is kept
    assert release_state(release) == "on_hold"
    assert "Aborted." in act(tom(), release, "abort", name="Payments", reason="Wrong build.").text
    assert release_state(release) == "aborted"
    again = seen(tom(), release, "abort/")
    assert again.status == 409
    assert "The release is aborted already." in again.text


def test_before_its_start_a_release_is_cancelled() -> None:
    people("maya", "omar")
    release = two_branches(start=False)
    assert "Cancel the release" in seen(tom(), release, "abort/").text
    done = act(tom(), release, "abort", name="Payments", reason="Not wanted.")
    assert "Cancelled" in done.text
    assert release_state(release) == "cancelled"


def test_retry_offers_what_failed_and_opens_a_new_attempt() -> None:
    release = rejected()
    page = seen(tom(), release, "retry/")
    [box] = page.form("/retry/").all("input", type="checkbox")
    assert "checked" in box.attrs
    assert "Test and QA: Regression" in page.text
    refused = act(tom(), release, "retry")
    assert refused.status == 422
    assert state(b.activity(release, "regression")) == "rejected"
    done = act(tom(), release, "retry", reason="The tests are mended.")
    assert done.status == 200
    assert state(b.activity(release, "regression")) == "awaiting_approval"
    assert "attempt 2" in done.text


def test_several_are_retried_all_or_none() -> None:
    who = people("maya", "omar")
    past = {"at": "2020-01-01T00:00:00Z", "on_miss": "reject"}
    release = run(
        b.phase(
            "p",
            b.manual("one", {"user": "maya"}, needs=[]),
            b.manual("two", {"user": "maya"}, needs=[], deadline=past),
            failure="hold",
        )
    )
    b.vote(b.activity(release, "one"), who.maya, "reject")
    keys = [one.pk for one in Activity.objects.filter(release=release)]
    tick()
    assert state(b.activity(release, "two")) == "rejected"
    page = act(tom(), release, "retry", activities=keys, reason="Again.")
    assert page.status == 409
    assert "a deadline for this that lies in the past" in page.text
    assert state(b.activity(release, "one")) == "rejected"


def test_nothing_failed_means_nothing_to_retry() -> None:
    who = people("maya", "omar")
    release = two_branches()
    page = seen(tom(), release, "retry/")
    assert page.status == 409
    assert "has failed" in page.text
    assert page.root.one("main").all("form") == []
    answer = Browser(tom()).client.post(
        f"/releases/{release.pk}/retry/",
        {"activities": [b.activity(release, "regression").pk], "reason": "x"},
    )
    assert answer.status_code == 409
    assert who


def test_asking_to_skip_needs_somebody_else_who_may_override() -> None:
    release = rejected()
    regression = b.activity(release, "regression")
    page = act(tom(), release, "skip", f"?activity={regression.pk}", reason="Known.")
    assert page.status == 409
    assert "Nobody could approve this" in page.text
    b.role("breaker", rights=["view", "override"])
    b.give("breaker", b.person("vera"))
    page = seen(tom(), release, f"skip/?activity={regression.pk}")
    chosen = [one for one in page.part("id_activity").all("option") if "selected" in one.attrs]
    assert [one.text for one in chosen] == ["Test and QA: Regression"]
    done = act(tom(), release, "skip", f"?activity={regression.pk}", reason="Known.")
    assert "Asked. It is skipped as soon as somebody else approves it." in done.text
    assert "Skip Regression" in done.text
    assert "Request to skip" in done.text
    assert state(regression) == "rejected"


@pytest.mark.req("REL-1")
def test_fixing_changes_what_is_shipped_and_asks_again_in_one_step() -> None:
    who = people("maya")
    release = run(b.phase("p", b.manual("g", {"user": "maya"})), commit="abc")
    gate = b.activity(release, "g")
    b.vote(gate, who.maya, "reject")
    path = links(seen(tom(), release).root)[
        "Fix and resubmit You change what the release ships, and everyone is asked about the new "
        "content."
    ]
    browser = Browser(tom())
    form = browser.get(path).form("/fix/")
    page = browser.send(
        form,
        commit="def",
        artifacts="app | sha256:1 | https://example.com/app",
        links="tracker | PAY-1 | javascript:x",
        reason="Fixed.",
    )
    assert page.status == 422
    assert "Line 1, url: Give an address that starts with http:// or https://." in page.text
    assert state(gate) == "rejected"
    idle = browser.send(form, reason="Nothing.")
    assert idle.status == 422
    assert "Nothing differs." in idle.text
    assert state(gate) == "rejected"
    done = browser.send(
        form, commit="def", artifacts="app | sha256:1 | https://example.com/app", reason="Fixed."
    )
    assert "whoever is asked has been asked about the new content" in done.text
    assert state(gate) == "awaiting_approval"
    assert b.round_of(gate).attempt == 2
    assert events(release).count("release.changed") == 1
    assert [entry(release, kind)["data"] for kind in ("release.changed",)] == [
        {"fields": ["artifacts", "commit"]}
    ]
    assert "artifacts, commit" in done.part("feed").text
    release.refresh_from_db()
    assert release.commit == "def"
    assert json.loads(release.artifacts) == [
        {"name": "app", "digest": "sha256:1", "url": "https://example.com/app"}
    ]


def test_a_fix_leaves_alone_what_something_has_passed_with() -> None:
    who = people("maya", "omar")
    release = run(
        b.phase(
            "p",
            b.manual("one", {"user": "omar"}, needs=[]),
            b.manual("two", {"user": "maya"}, needs=[]),
            failure="hold",
        ),
        commit="abc",
    )
    b.vote(b.activity(release, "one"), who.omar)
    b.vote(b.activity(release, "two"), who.maya, "reject")
    page = seen(tom(), release, "fix/")
    assert page.has("id_description")
    assert not page.has("id_commit")
    assert "Something has passed or runs with the version" in page.text
    given = {"description": "Clearer.", "reason": "Said better."}
    refused = act(tom(), release, "fix", commit="def", **given)  # of a page that was opened before
    assert refused.status == 409
    assert "ship other content by a new release" in refused.text
    done = act(tom(), release, "fix", **given)
    assert done.status == 200
    release.refresh_from_db()
    assert (release.commit, release.description) == ("abc", "Clearer.")
    assert state(b.activity(release, "two")) == "awaiting_approval"


def test_the_owner_of_the_failed_phase_fixes_inside_it_alone() -> None:
    maya, lena = b.person("maya"), b.person("lena")
    release = run(
        b.phase("qa", b.manual("vote", {"user": "maya"}), owner={"user": "lena"}),
        b.phase("other", b.manual("vote", {"user": "maya"}), needs=[], failure="continue"),
        commit="abc",
    )
    for key in ("qa.vote", "other.vote"):
        b.vote(b.activity(release, key), maya, "reject")
    mine, other = b.activity(release, "qa.vote"), b.activity(release, "other.vote")
    sent = Browser(lena).client.post(
        f"/releases/{release.pk}/fix/",
        {"activities": [other.pk], "version": "1.0", "commit": "def", "reason": "x"},
    )
    assert sent.status_code == 422
    done = act(lena, release, "fix", commit="def", reason="Fixed.")
    assert done.status == 200
    assert (state(mine), state(other)) == ("awaiting_approval", "rejected")


def test_what_was_not_edited_does_not_count_as_changed() -> None:
    who = people("maya")
    release = run(
        b.phase("p", b.manual("g", {"user": "maya"})),
        description="One.\nTwo.",
        links=[{"kind": "tracker", "title": "PAY-1 | or 2", "url": "https://example.com/1"}],
        artifacts=[{"name": "app", "digest": "sha256:1"}],
    )
    b.vote(b.activity(release, "g"), who.maya, "reject")
    before = events(release)
    done = act(tom(), release, "change", reason="Nothing.", description="One.\r\nTwo.")
    assert "Nothing was changed." in done.text
    assert events(release) == before


def test_nothing_changes_under_people_who_decide() -> None:
    people("maya", "omar")
    release = two_branches()
    page = act(tom(), release, "change", commit="def", reason="Fix.")
    assert page.status == 409
    assert (
        "People are deciding on this content" in page.root.one("div", class_="error-summary").text
    )


@pytest.mark.req("SEC-1")
@pytest.mark.parametrize(
    "name",
    ["start", "hold", "resume", "retry", "fix", "skip", "change", "manager", "defer", "abort"],
)
def test_whoever_may_not_is_refused_with_the_reason_and_nothing_happens(name: str) -> None:
    release = rejected(failure="hold")
    hold_release(release_id=release.pk, reason="", actor=b.actor_for(tom()))
    omar = people("omar").omar
    before = events(release)
    browser = Browser(omar)
    page = browser.get(f"/releases/{release.pk}/{name}/")
    assert page.status == 403
    assert "You do not have the right to do this here." in page.text
    given = {"reason": "x", "name": "Payments", "until": "2030-01-01T00:00", "activity": "1"}
    answer = browser.client.post(f"/releases/{release.pk}/{name}/", given)
    assert answer.status_code == 403
    assert events(release) == before


@pytest.mark.req("A-070")
def test_an_auditor_is_offered_nothing() -> None:
    release = rejected()
    aud = b.person("aud")
    b.give("auditor", aud)
    page = seen(aud, release)
    assert page.status == 200
    assert page.root.one("div", class_="page-actions").all("a") == []
    assert page.root.all("ul", class_="release-choices") == []
    assert seen(aud, release, "abort/").status == 403


@pytest.mark.req("A-087")
def test_a_post_without_its_token_is_refused() -> None:
    people("maya", "omar")
    release = two_branches()
    client = Client(enforce_csrf_checks=True)
    client.force_login(tom(), backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(f"/releases/{release.pk}/hold/").status_code == 403
    release.refresh_from_db()
    assert not release.held


@pytest.mark.req("REL-1", "NTF-1")
def test_a_release_is_given_to_another_manager_who_is_told() -> None:
    who = people("maya", "omar", "vera")
    release = two_branches()
    page = act(tom(), release, "manager", manager="vera", reason="On leave.")
    assert "The release has another manager, who is told." in page.text
    assert "Manager vera" in page.part("release-meta").text
    assert "tom gave the release to another manager" in page.part("feed").text
    assert "tom → vera" in page.part("feed").text
    assert "role" not in page.part("feed").text
    assert entry(release, "release.manager_changed")["data"]["manager"] == who.vera.pk
    assert "Hold" in seen(who.vera, release).part("release-acts").text
    [told] = Notice.objects.filter(user=who.vera)
    assert (told.moment, told.why) == ("manager_changed", "manager")
    assert not Notice.objects.filter(user=who.omar, moment="manager_changed").exists()


def test_whoever_gives_away_what_they_hold_alone_loses_it() -> None:
    who = people("maya", "omar", "vera", "carl")
    b.role("starter", rights=["view", "start"])
    b.give("starter", who.carl)
    release = two_branches(by=who.carl)
    done = act(who.carl, release, "manager", manager="vera", reason="Yours.")
    assert done.status == 200
    # The requester still sees it, and manages it no more.
    assert seen(who.carl, release).part("release-acts").text == ""
    assert seen(who.carl, release, "manager/").status == 403
    back = act(who.vera, release, "manager", manager="carl", reason="No, yours.")
    assert back.status == 200
    assert "Hold" in seen(who.carl, release).part("release-acts").text


@pytest.mark.req("A-070")
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nobody", "There is no active person 'nobody'."),
        ("pipeline", "There is no active person 'pipeline'."),
        ("aud", "aud is an auditor here; auditors read and manage nothing."),
        ("tom", "tom manages this release already."),
    ],
)
def test_a_manager_is_an_active_person_who_may_write(name: str, sentence: str) -> None:
    people("maya", "omar")
    release = two_branches()
    b.give("auditor", b.person("aud"))
    b.pipeline_user("pipeline")
    before = events(release)
    page = act(tom(), release, "manager", manager=name, reason="x")
    assert page.status == 422
    assert sentence in page.text
    assert events(release) == before
    release.refresh_from_db()
    assert release.manager.username == "tom"


def test_the_owner_of_a_failed_phase_gives_no_release_away() -> None:
    maya, lena = b.person("maya"), b.person("lena")
    release = run(b.phase("qa", b.manual("vote", {"user": "maya"}), owner={"user": "lena"}))
    b.vote(b.activity(release, "vote"), maya, "reject")
    assert seen(lena, release, "change/").status == 200
    assert seen(lena, release, "manager/").status == 403
