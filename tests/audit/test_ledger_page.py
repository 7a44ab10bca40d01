"""What docs/ledger.md tells a stranger is true: its programs verify a real ledger."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from audit.canonical import row_digest
from audit.models import LedgerEntry, LedgerStream
from audit.triggers import protected_models
from tests.audit.records import complete_record, lift_triggers, run, write

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")
VERIFY, DIGEST = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("AUD-3")]


def _export(path: Path) -> None:
    statement = re.findall(r"SELECT s\.key.*?ORDER BY s\.key, e\.seq", PAGE)
    assert statement[0] == statement[1]
    with connection.cursor() as cursor, path.open("w", encoding="utf-8", newline="") as file:
        cursor.execute(statement[0])
        csv.writer(file).writerows(cursor.fetchall())


def _run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The script in a Python that has its standard library and nothing of ours."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "-X", "utf8", "-c", script, *arguments],
        capture_output=True, text=True, check=False, timeout=60, cwd="/",
    )  # fmt: skip


def test_the_program_on_the_page_verifies_a_ledger_and_prints_its_heads(tmp_path: Path) -> None:
    complete_record()
    _export(tmp_path / "entries.csv")
    ended = _run(VERIFY, str(tmp_path / "entries.csv"))
    assert ended.returncode == 0, ended.stderr
    heads = LedgerStream.objects.order_by("key")
    assert ended.stdout.splitlines() == [
        f"{head.key}: {head.seq} entries, {head.hash}" for head in heads
    ]


def test_the_program_on_the_page_names_what_does_not_hold(tmp_path: Path) -> None:
    release = complete_record()
    lift_triggers()
    entry = LedgerEntry.objects.filter(stream__key=release.stream).order_by("seq")[4]
    write(entry, text=entry.text.replace("release", "Release", 1))
    run("DELETE FROM audit_ledgerentry WHERE seq = 9 AND stream_id = %s", entry.stream_id)
    _export(tmp_path / "entries.csv")
    ended = _run(VERIFY, str(tmp_path / "entries.csv"))
    assert ended.returncode == 1
    named = [line for line in ended.stdout.splitlines() if line.endswith("does not hold")]
    assert named == [f"{release.stream} entry {seq} does not hold" for seq in (5, 10)]


def test_the_digest_on_the_page_is_the_products() -> None:
    assert _run(DIGEST).returncode == 0
    space: dict[str, object] = {}
    exec(DIGEST, space)  # noqa: S102  (the page's own program)
    arguments = ("a_table", 7, ["name", "open", "gone"], ['Zoë "“\n', True, None])
    assert space["row_digest"](*arguments) == row_digest(*arguments)  # type: ignore[operator]


def test_every_member_of_an_entry_stands_on_the_page() -> None:
    complete_record()
    for text in LedgerEntry.objects.values_list("text", flat=True):
        for member in json.loads(text):
            assert f"`{member}`" in PAGE, member
    for field in LedgerEntry._meta.concrete_fields:
        assert f"`{field.column}`" in PAGE, field.column
    assert LedgerEntry in protected_models()
