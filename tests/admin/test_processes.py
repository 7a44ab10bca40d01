"""Processes are written as YAML: drafted, right or wrong, then published (REL-2, REL-5, REL-6)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from audit.models import LedgerEntry
from releases.models import Process, ProcessVersion
from releases.services.processes import publish_process
from tests import builders as b
from tests.admin.pages import address

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

TEXT = """\
kind: Process
slug: cards
name: Cards release
phases:
  - key: verify
    name: Verify
    activities:
      - {key: tests, name: Tests, kind: pipeline}
"""
WRONG = TEXT.replace("kind: pipeline", "kind: pipeline, colour: red").replace(
    "name: Verify", "name: Verify\n    needs: [nowhere]"
)


def _post(client: Client, text: str, *, process: Process | None = None, publish: bool = False):  # type: ignore[no-untyped-def]
    url = (
        address("releases.Process", "change", process.pk)
        if process
        else address("releases.Process", "add")
    )
    return client.post(url, {"draft": text, "_publish" if publish else "_save": "1"})


def _errors(answer) -> list[str]:  # type: ignore[no-untyped-def]
    return list(answer.context["adminform"].form.errors["draft"])


@pytest.mark.req("REL-5", "REL-6")
def test_a_draft_is_saved_and_published_as_a_version(olga: Client) -> None:
    _post(olga, TEXT.replace("\n", "\r\n"))
    process = Process.objects.get(slug="cards")
    assert (process.draft, process.versions.count()) == (TEXT, 0)
    answer = _post(olga, TEXT, process=process, publish=True)
    assert answer.status_code == 302
    page = olga.get(answer["Location"]).content.decode()
    assert "Published as version 1." in page
    process.refresh_from_db()
    assert (process.draft, process.versions.get().published_by) == ("", "olga")


@pytest.mark.req("REL-5", "REL-6")
def test_a_new_process_is_published_at_once(olga: Client) -> None:
    assert _post(olga, TEXT, publish=True).status_code == 302
    assert ProcessVersion.objects.get(process__slug="cards").number == 1


@pytest.mark.req("REL-2", "REL-6")
def test_what_is_wrong_is_shown_at_the_text_with_line_and_key(
    olga: Client, world: SimpleNamespace
) -> None:
    before = LedgerEntry.objects.count()
    answer = _post(olga, WRONG, publish=True)
    errors = _errors(answer)
    assert any("Line 9" in each and "colour" in each for each in errors)
    assert any("Line 7" in each and "nowhere" in each for each in errors)
    assert "colour: red" in answer.content.decode()  # the text is not lost
    assert not Process.objects.filter(slug="cards").exists()
    assert LedgerEntry.objects.count() == before
    assert not LogEntry.objects.exists()


@pytest.mark.req("REL-6")
def test_a_name_that_is_nobodys_is_found_when_publishing(olga: Client) -> None:
    text = TEXT + (
        "      - {key: qa, name: QA, kind: approval, rule: any, approvers: [{user: ghost}]}\n"
    )
    errors = _errors(_post(olga, text, publish=True))
    assert [each for each in errors if each.startswith("Line 9") and "ghost" in each]


@pytest.mark.req("REL-5", "REL-6")
def test_a_draft_may_be_wrong_and_says_so_until_it_is_published(olga: Client) -> None:
    _post(olga, TEXT)
    process = Process.objects.get(slug="cards")
    assert _post(olga, WRONG, process=process).status_code == 302
    process.refresh_from_db()
    assert process.draft == WRONG
    page = olga.get(address("releases.Process", "change", process.pk)).content.decode()
    assert "phases[0].activities[0].colour" in page or "colour" in page
    refused = _post(olga, WRONG, process=process, publish=True)
    assert _errors(refused)
    process.refresh_from_db()
    assert (process.draft, process.versions.count()) == (WRONG, 0)


@pytest.mark.req("REL-5")
def test_a_refused_publishing_keeps_the_draft_that_was_saved(olga: Client) -> None:
    _post(olga, TEXT)
    process = Process.objects.get(slug="cards")
    _post(olga, WRONG, process=process, publish=True)
    process.refresh_from_db()
    assert process.draft == TEXT


@pytest.mark.req("REL-5")
def test_the_draft_of_one_process_does_not_publish_another(
    olga: Client, world: SimpleNamespace
) -> None:
    _post(olga, TEXT)
    process = Process.objects.get(slug="cards")
    answer = _post(olga, TEXT.replace("slug: cards", "slug: proc"), process=process, publish=True)
    assert "its slug can't change" in _errors(answer)[0]
    assert world.process.versions.count() == 1


@pytest.mark.req("REL-5", "REL-6")
def test_editing_starts_from_the_newest_version(olga: Client) -> None:
    process = publish_process(text=TEXT, actor=b.SYSTEM).version.process
    page = olga.get(address("releases.Process", "change", process.pk))
    assert "slug: cards" in page.context["adminform"].form.initial["draft"]
    again = _post(
        olga, page.context["adminform"].form.initial["draft"], process=process, publish=True
    )
    assert "version 1 already" in olga.get(again["Location"]).content.decode()
    assert process.versions.count() == 1


@pytest.mark.req("REL-5", "REL-6")
def test_a_version_is_read_compared_and_exported_but_never_changed(olga: Client) -> None:
    publish_process(text=TEXT, actor=b.SYSTEM)
    second = publish_process(
        text=TEXT.replace("name: Tests", "name: Checks"), actor=b.SYSTEM
    ).version
    page = olga.get(address("releases.ProcessVersion", "change", second.pk)).content.decode()
    assert "phases[verify].activities[tests].name" in page
    export = olga.get(address("releases.ProcessVersion", "export", second.pk))
    assert export["Content-Disposition"] == 'attachment; filename="cards-2.yaml"'
    assert not publish_process(text=export.content, actor=b.SYSTEM).created
    change = address("releases.ProcessVersion", "change", second.pk)
    assert olga.post(change, {"document": "{}", "number": "9"}).status_code == 403


HOSTILE = [
    ("a: &x [1]\nb: *x\n", "Line 1"),
    ("!!python/object/apply:os.system ['true']\n", "Line 1"),
    ("kind: [\n", "Line"),
    ("", "Line 1"),
    ("x" * 1_000_001, "at most 1 MB"),
]


@pytest.mark.req("REL-6")
def test_hostile_text_is_refused_with_its_line(olga: Client) -> None:
    for text, found in HOSTILE:
        assert found in " ".join(_errors(_post(olga, text, publish=True)))
    assert not Process.objects.filter(slug="cards").exists()


@pytest.mark.req("REL-6")
def test_more_than_a_request_may_hold_is_refused(olga: Client) -> None:
    assert _post(olga, "x" * 5_000_000, publish=True).status_code == 400


@pytest.mark.req("SEC-1")
def test_processes_are_for_who_may_configure(vera: Client, world: SimpleNamespace) -> None:
    assert _post(vera, TEXT).status_code == 403
    assert _post(vera, TEXT, process=world.process, publish=True).status_code == 403
    url = address("releases.ProcessVersion", "export", world.version.pk)
    assert vera.get(url).status_code in {403, 404}
