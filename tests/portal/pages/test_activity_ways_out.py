"""After a rejection the bell and the mail lead to a page with all that can be done about it (EXE-6)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.notifications.sending import deliver_due
from releases.models import Activity, Release
from tests import builders as b
from tests.portal.notifications.scenes import make_due, tom_by_mail
from tests.portal.pages.browser import Browser, Page
from tests.scenes import ask, pipe, run

pytestmark = [pytest.mark.django_db, pytest.mark.req("EXE-6")]


def ways(page: Page) -> dict[str, str]:
    """What stands in the list of ways out, by where it leads."""
    found: dict[str, str] = {}
    for listed in page.root.all("ul", class_="activity-ways"):
        for one in listed.all("li"):
            links = [link.attrs["href"] for link in one.all("a")]
            forms = [form.attrs["action"] for form in one.all("form")]
            [address] = links + forms
            found[address] = one.text
    return found


def offered(user: Any, gate: Activity) -> list[str]:
    """The last word of each address."""
    shown = Browser(user).get(f"/activities/{gate.pk}/")
    return [address.strip("/").rpartition("/")[2] for address in ways(shown)]


def rejected(**more: Any) -> tuple[Activity, Any]:
    """A gate that Ann has rejected, of a release of Tom's."""
    ann = b.person("ann")
    gate = ask({"user": "ann"}, by=tom_by_mail(), **more)
    b.vote(gate, ann, "reject", "The totals differ.")
    return gate, ann


@pytest.mark.req("EXE-5", "NTF-7")
def test_the_mail_of_a_rejection_leads_to_retry_fix_and_abort_with_what_each_does() -> None:
    gate, _ = rejected()
    make_due()
    deliver_due()
    [told] = [one for one in mail.outbox if one.subject.startswith("[Rejected]")]
    path = f"/activities/{gate.pk}/"
    assert f"http://testserver{path}" in told.body
    owner = Browser(gate.release.manager)
    assert path in owner.get("/notifications/").root.one("main").text or any(
        link.attrs.get("href") == path for link in owner.get("/notifications/").root.all("a")
    )
    shown = owner.get(path)
    release = f"/releases/{gate.release_id}/"
    found = ways(shown)
    assert list(found) == [f"{path}retry/", f"{release}fix/", f"{release}abort/"]
    assert "The same content is put to everyone again" in found[f"{path}retry/"]
    assert "You change what the release ships" in found[f"{release}fix/"]
    assert "The release ends for good" in found[f"{release}abort/"]
    for address in (f"{release}fix/", f"{release}abort/"):
        assert owner.get(address).status == 200
    after = owner.send(shown.form("/retry/"), reason="Mended.")
    assert "Attempt 2 is open" in after.text
    assert ways(after) == {}


def test_the_ways_out_say_the_same_as_the_release_page() -> None:
    gate, _ = rejected()
    owner = Browser(gate.release.manager)
    there = owner.get(f"/releases/{gate.release_id}/")
    here = ways(owner.get(f"/activities/{gate.pk}/"))
    for choice in there.root.all("a", class_="release-choice"):
        label = choice.one("span", class_="release-choice-label").text
        consequence = choice.all("span", class_="small")[-1].text
        assert any(label in words and consequence in words for words in here.values()), label


@pytest.mark.req("MON-5", "SEC-1")
def test_whoever_may_not_mend_it_finds_none_of_them() -> None:
    gate, ann = rejected()
    b.role("reader", rights=["view"])
    reader = b.person("reader")
    b.give("reader", reader)
    auditor = b.person("aud")
    b.give("auditor", auditor)
    b.give("release-manager", auditor)
    for user in (ann, reader, auditor):
        assert offered(user, gate) == [], user


def test_the_owner_of_the_phase_finds_them_in_that_phase_alone() -> None:
    own = b.person("own")
    ann = b.person("ann")
    release: Release = run(
        b.phase("a", b.manual("one", {"user": "ann"}), owner={"user": "own"}, needs=[]),
        b.phase("z", b.manual("two", {"user": "ann"}), needs=[]),
        failure="continue",
    )
    one, two = b.activity(release, "one"), b.activity(release, "two")
    b.vote(one, ann, "reject")
    b.vote(two, ann, "reject")
    assert offered(own, one) == ["retry", "fix", "abort"]
    assert offered(own, two) == []


def test_while_others_decide_fixing_says_that_it_must_wait() -> None:
    ann = b.person("ann")
    release = run(
        b.phase(
            "p",
            b.manual("one", {"user": "ann"}, needs=[]),
            b.manual("two", {"user": "ann"}, needs=[]),
        )
    )
    gate = b.activity(release, "one")
    b.vote(gate, ann, "reject")
    found = ways(Browser(release.manager).get(f"/activities/{gate.pk}/"))
    assert (
        "People are still deciding on this content (Two)." in found[f"/releases/{release.pk}/fix/"]
    )


def test_a_failed_pipeline_offers_them_and_what_is_open_or_done_does_not() -> None:
    b.person("ann")
    release = run(b.phase("p", b.pipeline("tests"), b.manual("gate", {"user": "ann"})))
    tests, gate, owner = b.activity(release, "tests"), b.activity(release, "gate"), release.manager
    assert offered(owner, tests) == []
    b.report(tests, pipe(), "failed", summary="3 of 90 failed")
    assert offered(owner, tests) == ["retry", "fix", "abort"]
    assert offered(owner, gate) == []


def cost(user: Any, gate: Activity) -> int:
    """How many statements a second look at the page takes."""
    browser = Browser(user)
    browser.get(f"/activities/{gate.pk}/")
    with CaptureQueriesContext(connection) as captured:
        browser.get(f"/activities/{gate.pk}/")
    return len(captured)


@pytest.mark.parametrize("owner", [{"role": "keeper"}, {"group": "Keepers"}, {"user": "own"}])
def test_a_failure_costs_one_statement_more_at_most_and_not_more_than_twelve(
    owner: dict[str, str],
) -> None:
    ann, own = b.person("ann"), b.person("own")
    b.role("keeper")
    b.give("keeper", own)
    b.group("Keepers", own)
    release = run(
        b.phase("p", b.manual("gate", {"user": "ann"}), owner=owner, needs=[]),
        b.phase("z", b.manual("more", {"user": "ann"}), owner=owner, needs=[]),
        failure="continue",
    )
    gate, readers = b.activity(release, "gate"), (release.manager, ann, own)
    before = [cost(one, gate) for one in readers]
    b.vote(gate, ann, "reject")
    after = [cost(one, gate) for one in readers]
    assert after[:2] == [12, 12]
    assert after[2] <= before[2] + 1
