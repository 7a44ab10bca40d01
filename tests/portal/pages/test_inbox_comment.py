"""A comment beside the list: by htmx and without script, and the list stays (MON-4)."""

from __future__ import annotations

import pytest

from releases.models import Comment
from tests import builders as b
from tests import scenes
from tests.portal.pages.browser import Browser, values_of
from tests.portal.pages.inbox import references

pytestmark = [pytest.mark.django_db, pytest.mark.req("MON-4")]

WORDS = "Is the rollback tested?"


def test_without_script_one_comes_back_to_the_same_list_with_the_record_open() -> None:
    crew = scenes.people("maya", "omar")
    asked = scenes.ask({"user": "maya"}, {"user": "omar"})
    browser = Browser(crew.maya)
    page = browser.get(f"/inbox/?tab=all&open={asked.reference}")
    form = page.part("pane").one("form", hx_target="#pane-comment")
    answer = browser.client.post(form.attrs["action"], {**values_of(form), "text": WORDS})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/inbox/?tab=all&open={asked.reference}#pane-comment"
    page = browser.get(answer.headers["Location"].partition("#")[0])
    assert "comment" in page.text.lower()
    assert references(page) == [asked.reference]
    assert [one.text for one in Comment.objects.all()] == [WORDS]
    assert scenes.state(asked) == "awaiting_approval"


def test_with_htmx_only_the_form_comes_back_empty_and_every_counter_is_told() -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    browser = Browser(crew.maya)
    form = browser.get(f"/inbox/?open={asked.reference}").form(f"/inbox/{asked.pk}/comment/")
    answer = browser.send(form, htmx=True, text=WORDS)
    assert answer.status == 200
    assert answer.part("pane-comment-text").raw.strip() == ""
    assert answer.headers["HX-Trigger"] == "approvals:changed"
    assert not answer.root.all("h1")
    again = browser.send(form, htmx=True, text=WORDS)
    assert again.status == 200
    assert Comment.objects.count() == 1


@pytest.mark.parametrize("by_htmx", [True, False])
def test_an_empty_one_is_none_and_says_so_at_the_field(by_htmx: bool) -> None:
    crew = scenes.people("maya")
    asked, other = scenes.ask({"user": "maya"}), scenes.ask({"user": "maya"})
    browser = Browser(crew.maya)
    form = browser.get(f"/inbox/?open={asked.reference}").form(f"/inbox/{asked.pk}/comment/")
    page = browser.send(form, htmx=by_htmx, text="  ")
    assert page.status == 422
    field = page.part("pane-comment-text")
    assert field.attrs["aria-invalid"] == "true"
    assert page.part(field.attrs["aria-describedby"]).text
    assert not Comment.objects.exists()
    if not by_htmx:
        assert set(references(page)) == {asked.reference, other.reference}
        assert page.part("pane").one("h2", class_="pane-title").text == asked.name


@pytest.mark.req("MON-5")
def test_who_may_not_see_it_says_nothing_there() -> None:
    crew = scenes.people("maya", "ines")
    asked = scenes.ask({"user": "maya"})
    answer = Browser(crew.ines).client.post(f"/inbox/{asked.pk}/comment/", {"text": WORDS})
    assert answer.status_code == 404
    assert not Comment.objects.exists()


def test_who_may_only_read_is_told_so_and_says_nothing() -> None:
    crew = scenes.people("maya", "aud")
    b.give("auditor", crew.aud)
    asked = scenes.ask({"user": "maya"})
    browser = Browser(crew.aud)
    page = browser.get(f"/inbox/?tab=all&open={asked.reference}")
    assert not page.offers(f"/inbox/{asked.pk}/comment/")
    assert page.part("pane-comment").text
    assert browser.client.post(f"/inbox/{asked.pk}/comment/", {"text": WORDS}).status_code == 403
    assert not Comment.objects.exists()


def test_one_is_led_back_to_the_inbox_and_nowhere_else() -> None:
    crew = scenes.people("maya")
    asked = scenes.ask({"user": "maya"})
    client = Browser(crew.maya).client
    for given in ("https://evil.example/", "//evil.example/", "/accounts/logout/", "/admin/?x=1"):
        answer = client.post(f"/inbox/{asked.pk}/comment/", {"text": WORDS, "next": given})
        place = answer.headers["Location"]
        assert place.startswith("/inbox/?")
        assert "evil" not in place
