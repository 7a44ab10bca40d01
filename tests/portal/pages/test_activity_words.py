"""What an activity's page calls what waits, what is released, and what a press does."""

from __future__ import annotations

from typing import Any

import pytest

from releases.models import Activity
from releases.services.lifecycle import abort_release, hold_release
from tests import builders as b
from tests.portal.pages.browser import Browser, Node, Page
from tests.scenes import ask, run, tom

pytestmark = [pytest.mark.django_db]


def label(part: Node) -> tuple[str, str]:
    """The label of a state, and what stands beside it."""
    whole = part.all("span", class_="state-whole")
    assert whole, part.text
    [state] = whole[0].all("span", class_="state")
    [beside] = whole[0].all("span", class_="state-beside")
    return state.text, beside.text


@pytest.mark.req("REL-4")
@pytest.mark.parametrize(
    ("kind", "beside"), [("sign_off", "Awaiting Approval"), ("evidence", "Waiting for Input")]
)
def test_what_waits_is_on_hold_on_every_page_with_what_it_waits_for_beside_it(
    kind: str, beside: str
) -> None:
    ann = b.person("ann")
    gate = ask({"user": "ann"}, kind=kind)
    release = f"/releases/{gate.release_id}/"
    reader = Browser(ann)
    places = (
        (f"/activities/{gate.pk}/", "activity-meta"),
        (release, f"status-{gate.pk}"),
        (f"{release}phases/main/", f"status-{gate.pk}"),
        (f"/inbox/?open=ACT-{gate.pk}", "activity-meta"),
    )
    for path, part in places:
        assert label(reader.get(path).part(part)) == ("On Hold", beside), path
    b.vote(gate, ann)
    for path, part in places[:1]:
        shown = reader.get(path).part(part)
        assert "On Hold" not in shown.text
        assert "Completed" in shown.text


def fact(page: Page, name: str) -> str:
    """What the panel of facts says of something."""
    for pair in page.part("activity-facts").all("dl", class_="facts")[0].all("div"):
        if pair.one("dt").text == name:
            return pair.one("dd").text
    raise AssertionError(name)


@pytest.fixture
def ann(db: Any) -> Any:
    return b.person("ann")


@pytest.mark.req("EXE-3")
def test_the_version_is_told_from_what_the_product_shipped_last(ann: Any) -> None:
    b.product("pay")
    b.product("app", "App")
    first = shipped_gate("1.0", ann)
    assert fact(Browser(ann).get(f"/activities/{first.pk}/"), "Version") == "1.0"
    b.vote(first, ann)
    b.vote(shipped_gate("9.0", ann, product="app"), ann)
    given_up = shipped_gate("1.5", ann).release
    abort_release(release_id=given_up.pk, reason="No.", actor=b.actor_for(tom()))
    second = shipped_gate("2.0", ann)
    assert fact(Browser(ann).get(f"/activities/{second.pk}/"), "Version") == "1.0 → 2.0"
    b.vote(second, ann)
    # What came later changes nothing of what it was then.
    assert fact(Browser(ann).get(f"/activities/{second.pk}/"), "Version") == "1.0 → 2.0"
    assert fact(Browser(ann).get(f"/activities/{first.pk}/"), "Version") == "1.0"
    third = shipped_gate("3.0", ann)
    assert fact(Browser(ann).get(f"/activities/{third.pk}/"), "Version") == "2.0 → 3.0"


def shipped_gate(version: str, ann: Any, *, product: str = "pay") -> Activity:
    """A release of this version that waits for Ann alone."""
    phase = b.phase("p", b.manual("gate", {"user": ann.username}))
    return b.activity(run(phase, version=version, product=product), "gate")


@pytest.mark.req("EXE-3")
def test_the_page_says_what_the_release_is(ann: Any) -> None:
    phase = b.phase("p", b.manual("gate", {"user": "ann"}, description="The totals agree."))
    told = b.activity(run(phase, description="Fixes <i>refunds</i>.", tags=["web", "eu"]), "gate")
    shown = Browser(ann).get(f"/activities/{told.pk}/")
    facts = shown.part("activity-facts")
    assert "The totals agree." in facts.text
    assert "Fixes <i>refunds</i>." in facts.text
    assert fact(shown, "Tags") == "web, eu"
    bare = Browser(ann).get(f"/activities/{b.activity(run(phase), 'gate').pk}/")
    assert "Description of the release: not provided" in bare.part("activity-facts").text
    assert fact(bare, "Tags") == "not provided"


def buttons(user: Any, activity: Activity) -> list[str]:
    """The words of the verdicts' buttons."""
    page = Browser(user).get(f"/activities/{activity.pk}/")
    form = page.form("/decide/")
    assert form.attrs["hx-disabled-elt"] == "#decide .activity-verdicts button"
    return [one.text for one in form.all("button", name="verdict")]


@pytest.mark.req("MON-3")
def test_a_button_names_what_this_very_press_starts_and_no_other_does(ann: Any) -> None:
    bea = b.person("bea")
    release = run(
        b.phase("p", b.manual("gate", {"user": "ann"}, {"user": "bea"}, rule="unanimous")),
        b.phase("q", b.pipeline("deploy"), b.manual("last", {"user": "ann"})),
    )
    gate = b.activity(release, "gate")
    assert buttons(ann, gate) == ["Approve", "Reject", "Abstain"]
    b.vote(gate, bea)
    assert buttons(ann, gate) == ["Approve and start Deploy", "Reject", "Abstain"]
    hold_release(release_id=release.pk, reason="Wait.", actor=b.actor_for(tom()))
    assert buttons(ann, gate) == ["Approve", "Reject", "Abstain"]


@pytest.mark.req("MON-3")
def test_a_button_counts_what_it_starts_and_says_that_it_ends_the_release(ann: Any) -> None:
    several = run(
        b.phase("p", b.manual("gate", {"user": "ann"}, kind="handoff")),
        b.phase("q", b.pipeline("one", needs=[]), b.pipeline("two", needs=[])),
    )
    assert buttons(ann, b.activity(several, "gate"))[0] == "Acknowledge and start 2 activities"
    last = ask({"user": "ann"})
    assert buttons(ann, last)[0] == "Approve and complete the release"
    waits = run(
        b.phase("p", b.manual("gate", {"user": "ann"}), needs=[]),
        b.phase("o", b.manual("beside", {"user": "ann"}), needs=[]),
        b.phase("q", b.pipeline("deploy"), needs=["p", "o"]),
    )
    assert buttons(ann, b.activity(waits, "gate"))[0] == "Approve"
