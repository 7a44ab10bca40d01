"""One's own decisions as CSV: what the list says, and nothing that a spreadsheet would work out."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from portal.csv_text import harmless, lines_of
from releases.services.products import change_product
from tests import builders as b
from tests import scenes
from tests.portal.pages.browser import Browser
from tests.portal.pages.inbox import inbox, references, statements

pytestmark = [pytest.mark.django_db, pytest.mark.req("MON-4")]


def exported(user: Any, query: str = "") -> list[dict[str, str]]:
    answer = Browser(user).client.get(f"/inbox/decided.csv{query}")
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t1", "\r1", "\n1", "＝1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    (row,) = csv.reader(io.StringIO(lines_of([["a", cell]])))
    assert row == ["a", f"'{cell}"]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("ok;=1+1", "ok;'=1+1"),
        ("ok\t+1", "ok\t'+1"),
        ("\t=1", "'\t'=1"),
        ("\n=1", "'\n'=1"),
        ("ok\r\n@SUM(A1)", "ok\r\n'@SUM(A1)"),
        ("ok; =1", "ok; '=1"),
        ('ok;"=1"', 'ok;"\'=1"'),
        ("=1;-1", "'=1;'-1"),
        ("ok;＝1", "ok;'＝1"),
    ],
)
def test_none_is_one_either_where_the_semicolon_or_a_line_end_begins_a_cell(
    cell: str, written: str
) -> None:
    assert harmless(cell) == written


def test_each_cell_is_in_quotes() -> None:
    assert lines_of([["a", "ok;b", ""]]) == '"a","ok;b",""\r\n'


@pytest.mark.parametrize("cell", ["a;b", "two\n\nlines", "1-2; 3=3", "a\tb-c"])
def test_a_separator_alone_changes_nothing(cell: str) -> None:
    assert harmless(cell) == cell


@pytest.mark.parametrize("cell", ["", "plain", "a=b", '"quoted", with comma', "two\nlines", "Zoë"])
def test_every_other_cell_is_what_it_was(cell: str) -> None:
    assert next(csv.reader(io.StringIO(lines_of([["a", cell]])))) == ["a", cell]


def test_it_has_the_decisions_that_the_list_has_newest_first() -> None:
    crew = scenes.people("maya", "omar")
    first = scenes.ask({"user": "maya"}, name="=cmd|' /C calc'!A0")
    second, other = scenes.ask({"user": "maya"}), scenes.ask({"user": "omar"})
    b.vote(first, crew.maya, comment="+44, by phone")
    b.vote(second, crew.maya, "reject", comment="No.")
    b.vote(other, crew.omar)
    page = inbox(crew.maya, tab="decided")
    (link,) = [one for one in page.root.all("a") if "download" in one.attrs]
    found = exported(crew.maya, "?" + link.attrs["href"].partition("?")[2])
    assert [one["Reference"] for one in found] == references(page)
    assert [one["Reference"] for one in found] == [second.reference, first.reference]
    newest, oldest = found
    assert (newest["Decision"], newest["Comment"]) == ("Reject", "No.")
    assert newest["State now"] == "Rejected"
    assert oldest["Activity"] == "'=cmd|' /C calc'!A0"
    assert oldest["Comment"] == "'+44, by phone"
    assert oldest["Fingerprint"] == b.round_of(first).fingerprint


def test_it_has_the_filters_of_the_list() -> None:
    crew = scenes.people("maya")
    risky, plain = scenes.ask({"user": "maya"}, risk="high"), scenes.ask({"user": "maya"})
    for one in (risky, plain):
        b.vote(one, crew.maya)
    assert [one["Reference"] for one in exported(crew.maya, "?risk=high")] == [risky.reference]


@pytest.mark.req("MON-5")
def test_it_has_nobody_elses_and_nothing_of_what_is_archived() -> None:
    crew = scenes.people("maya", "omar")
    asked = scenes.ask({"user": "maya"})
    b.vote(asked, crew.maya)
    assert exported(crew.omar) == []
    product = asked.release.product
    change_product(product_id=product.pk, name=product.name, actor=b.SYSTEM, is_archived=True)
    assert exported(crew.maya) == []


def test_it_is_a_file_that_nobody_keeps_and_reading_it_writes_nothing() -> None:
    crew = scenes.people("maya")
    b.vote(scenes.ask({"user": "maya"}), crew.maya)
    browser = Browser(crew.maya)
    answer = browser.client.get("/inbox/decided.csv")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="decisions-')
    assert "no-store" in answer.headers["Cache-Control"]
    said = statements(lambda: b"".join(browser.client.get("/inbox/decided.csv").streaming_content))
    assert not [one for one in said if one.startswith(("INSERT", "UPDATE", "DELETE"))]
    assert browser.client.post("/inbox/decided.csv").status_code == 405


def test_where_there_is_nothing_to_take_along_no_file_is_offered() -> None:
    maya = scenes.people("maya").maya
    for tab in ("decided", "mine"):
        assert not [one for one in inbox(maya, tab=tab).root.all("a") if "download" in one.attrs]
