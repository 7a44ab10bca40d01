"""After a refusal the person is led to what is wrong: by a link that leads there, and by the focus."""

from __future__ import annotations

from typing import Any

import pytest

from tests import builders as b
from tests import scenes
from tests.portal.pages.browser import Browser, Page

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("CAP-3")]


def focused(page: Page) -> list[Any]:
    return [one for one in page.root.all() if "autofocus" in one.attrs]


@pytest.mark.req("EXE-6")
def test_a_refused_retry_puts_the_focus_into_its_reason_and_says_why_once() -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    b.vote(asked, crew.maya, "reject")
    browser = Browser(scenes.tom())
    page = browser.send(browser.get(f"/activities/{asked.pk}/").form("/retry/"), reason="")
    assert page.status == 422
    (field,) = focused(page)
    assert field.attrs["name"] == "reason"
    assert field.attrs["aria-invalid"] == "true"
    assert page.part(field.attrs["aria-describedby"]).text


def test_a_link_of_the_summary_leads_to_the_question_whatever_it_is_made_of() -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    b.vote(asked, crew.maya, "reject")
    browser = Browser(scenes.tom())
    form = browser.get(f"/releases/{asked.release_id}/retry/").root.one(
        "form", class_="release-form"
    )
    assert form.all("fieldset"), "the test wants a question made of boxes"
    page = browser.send(form, activities=None, reason="")
    assert page.status == 422
    summary = page.root.one("div", class_="error-summary")
    anchors = [one.attrs["href"].removeprefix("#") for one in summary.all("a")]
    assert len(anchors) == 2
    for anchor in anchors:
        place = page.part(anchor)
        assert place.name != "fieldset" or place.attrs["tabindex"] == "-1"
        assert page.part(place.attrs["aria-describedby"].split()[-1]).text


@pytest.mark.parametrize("htmx", [True, False])
def test_a_refused_decision_marks_its_field_and_only_a_whole_page_takes_the_focus_by_itself(
    htmx: bool,
) -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    browser = Browser(crew.maya)
    form = browser.get(f"/activities/{asked.pk}/").form("/decide/")
    page = browser.send(form, htmx=htmx, verdict="reject")
    assert page.status == 422
    assert page.part("comment").attrs["aria-invalid"] == "true"
    assert [one.attrs["id"] for one in focused(page)] == ([] if htmx else ["comment"])


@pytest.mark.parametrize(
    ("required", "anchor"),
    [(True, "field-summary"), ("reject", "field-summary"), ("approve", "comment")],
)
def test_the_way_to_reject_leads_to_the_first_field_that_a_rejection_needs(
    required: Any, anchor: str
) -> None:
    crew = scenes.people("maya")
    fields = [
        {"key": "note", "type": "text", "label": "Note"},
        {"key": "summary", "type": "text", "label": "Summary", "required": required},
    ]
    asked = scenes.ask({"user": "maya"}, fields=fields)
    page = Browser(crew.maya).get(f"/activities/{asked.pk}/")
    reject = page.part("activity-bar").one("a", class_="button--danger")
    assert reject.attrs["href"] == f"#{anchor}"
    assert page.part(anchor).name in {"input", "textarea"}
