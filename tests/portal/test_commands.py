"""The commands of the contract: what they print, what they refuse, and that a refusal leaves nothing."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from approvals.models import Role
from audit.canonical import text_digest
from audit.models import LedgerEntry
from portal.demo.company import PROCESS_FILES
from portal.models import ApiToken
from portal.services.people import set_user_active
from releases.models import Process, ProcessVersion
from tests import builders as make

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

TEXT = """\
kind: Process
slug: {slug}
name: {name}
roles: {{lead: Lead}}
phases:
  - key: verify
    name: Verify
    activities:
      - key: qa
        name: QA
        kind: sign_off
        approvers: [{{{who}}}]
        rule: any
"""


def _file(folder: Path, slug: str = "pay", name: str = "Pay", who: str = "role: lead") -> str:
    path = folder / f"{slug}.yaml"
    path.write_text(TEXT.format(slug=slug, name=name, who=who), encoding="utf-8")
    return str(path)


def _run(*arguments: Any, **options: Any) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


def _refused(*arguments: Any, **options: Any) -> str:
    """What a command says that refuses; it must print nothing and leave nothing."""
    before = LedgerEntry.objects.count()
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command(*arguments, stdout=out, **options)
    assert caught.value.returncode == 2
    assert out.getvalue() == ""
    assert LedgerEntry.objects.count() == before
    return str(caught.value)


# --- import_process -------------------------------------------------------------------------------


@pytest.mark.req("REL-6")
def test_import_prints_slug_and_version_of_each_file(tmp_path: Path) -> None:
    files = [_file(tmp_path, "pay"), _file(tmp_path, "app")]
    assert _run("import_process", *files) == "pay 1\napp 1\n"
    _file(tmp_path, "pay", "Payments")
    assert _run("import_process", *files) == "pay 2\napp 1\n"


@pytest.mark.req("REL-6")
def test_what_is_the_newest_version_writes_nothing_and_is_printed(tmp_path: Path) -> None:
    path = _file(tmp_path)
    _run("import_process", path)
    entries = LedgerEntry.objects.count()
    assert _run("import_process", path) == "pay 1\n"
    assert LedgerEntry.objects.count() == entries
    assert ProcessVersion.objects.count() == 1


@pytest.mark.req("REL-6", "REL-2")
def test_one_bad_file_keeps_all_from_being_published(tmp_path: Path) -> None:
    good, bad = _file(tmp_path, "pay"), _file(tmp_path, "app", who="user: nobody")
    unknown_key = tmp_path / "typo.yaml"
    unknown_key.write_text("kind: Process\nslug: typo\nname: Typo\nphase: []\n", encoding="utf-8")
    said = _refused("import_process", good, bad, str(unknown_key))
    assert f"{bad}:12: phases[0].activities[0].approvers[0].user: " in said
    assert f"{unknown_key}:4: phase: " in said
    assert good not in said
    assert not Process.objects.exists()
    assert not Role.objects.filter(slug="lead").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"a: &a [1]\nb: *a\n",
        b"!!python/object/apply:os.system ['true']\n",
        b"kind: Process\nslug: [\n",
        b"x" * 5_000_000,
        b"[" * 10_000,
    ],
    ids=["empty", "no text", "anchor", "tag", "broken", "5 MB", "deep"],
)
@pytest.mark.req("REL-6", "A-101")
def test_hostile_files_are_answered_with_file_and_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "hostile.yaml"
    path.write_bytes(content)
    assert re.search(
        rf"^{re.escape(str(path))}:\d+: ", _refused("import_process", path), re.MULTILINE
    )


def test_a_file_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "missing.yaml"
    assert _refused("import_process", path) == f"{path} can't be read: no such file or directory."


@pytest.mark.req("REL-5")
def test_what_is_not_available_yet_is_refused_with_its_line(tmp_path: Path) -> None:
    path = Path(_file(tmp_path))
    path.write_text(path.read_text() + "        signature: confirm\n")
    assert f"{path}:14: phases[0].activities[0].signature: Not available yet" in _refused(
        "import_process", path
    )


# --- export_process -------------------------------------------------------------------------------


@pytest.mark.req("REL-6")
def test_export_and_import_give_the_same_version(tmp_path: Path) -> None:
    _run("import_process", *PROCESS_FILES)
    versions = {one.process.slug: one.digest for one in ProcessVersion.objects.all()}
    assert len(versions) == len(PROCESS_FILES)
    for slug in versions:
        text = _run("export_process", slug)
        path = tmp_path / f"{slug}.yaml"
        path.write_text(text, encoding="utf-8")
        assert _run("import_process", path) == f"{slug} 1\n"
        assert _run("export_process", slug, version=1) == text


@pytest.mark.req("REL-6")
def test_the_process_in_the_documentation_can_be_published(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "processes.md").read_text(encoding="utf-8")
    path = tmp_path / "documented.yaml"
    path.write_text(page.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")
    assert _run("import_process", path) == "payments 1\n"


@pytest.mark.req("REL-5", "REL-6")
def test_export_gives_the_version_that_is_asked_for(tmp_path: Path) -> None:
    _run("import_process", _file(tmp_path))
    _run("import_process", _file(tmp_path, name="Payments"))
    assert "name: Payments\n" in _run("export_process", "pay")
    assert "name: Pay\n" in _run("export_process", "pay", "--version", "1")


@pytest.mark.parametrize(
    "arguments", [("nothing",), ("pay", "--version", "7"), ("", "--version=0")]
)
def test_export_says_what_there_is_not(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    _run("import_process", _file(tmp_path))
    assert "There is no published process" in _refused("export_process", *arguments)


# --- issue_token ----------------------------------------------------------------------------------


@pytest.mark.req("SEC-3")
def test_issue_token_prints_the_token_and_nothing_else() -> None:
    user = make.machine()
    before = timezone.now()
    printed = _run("issue_token", "pipeline", "--name", "CI", "--scope", "read", "--scope=report")
    token = ApiToken.objects.get()
    assert re.fullmatch(r"csgn_pat_\S+\n", printed)
    assert token.digest == text_digest(printed.strip())
    assert (token.user_id, token.name, token.scopes) == (user.pk, "CI", '["read","report"]')
    assert token.expires_at - before > dt.timedelta(days=89, hours=23)
    entry = LedgerEntry.objects.get(kind="token.issued")
    assert '"door":"command"' in entry.text
    assert printed.strip() not in entry.text


@pytest.mark.req("SEC-3")
def test_a_token_without_scopes_reaches_all_and_lasts_as_long_as_asked() -> None:
    make.person("maya")
    _run("issue_token", "MAYA", name="laptop", days=7)
    token = ApiToken.objects.get()
    assert token.scopes is None
    assert token.expires_at - token.created_at == dt.timedelta(days=7)


@pytest.mark.req("SEC-3")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nobody", "--name=x"), "There is no user 'nobody'."),
        (("left", "--name=x"), "left is deactivated."),
        (("maya", "--name=x", "--scope=root"), "There is no scope 'root'"),
        (("maya", "--name=x", "--days=0"), "A token lasts 1 to"),
        (("maya", "--name="), "Give a name"),
    ],
)
def test_issue_token_refuses_in_one_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    make.person("maya")
    left = make.person("left")
    set_user_active(user_id=left.pk, active=False, actor=make.SYSTEM)
    said = _refused("issue_token", *arguments)
    assert sentence in said
    assert "\n" not in said
    assert not ApiToken.objects.exists()


# --- tick -----------------------------------------------------------------------------------------


@pytest.mark.req("OPS-3")
def test_tick_says_that_nothing_was_due() -> None:
    assert _run("tick") == "Nothing was due.\n"


@pytest.mark.req("OPS-3", "POL-9")
def test_tick_says_what_it_did_a_line_for_each_kind() -> None:
    tom, earlier = make.manager(), timezone.now() - dt.timedelta(hours=3)
    make.person("maya")
    make.product()
    make.process(
        make.phase(
            "verify",
            make.manual(
                "qa", {"user": "maya"}, needs=[], deadline={"after": "2h", "on_miss": "reject"}
            ),
            make.pipeline("tests", needs=[], timeout="1h"),
        )
    )
    make.release(tom, now=earlier)
    make.release(tom, now=earlier)
    assert _run("tick") == "deadlines enforced: 2\nruns that timed out: 2\n"
    assert _run("tick") == "Nothing was due.\n"


@pytest.mark.req("OPS-3")
def test_tick_says_what_failed_and_does_the_rest() -> None:
    tom, earlier = make.manager(), timezone.now() - dt.timedelta(hours=3)
    make.person("maya")
    make.product()
    make.process(
        make.phase(
            "verify",
            make.manual("qa", {"user": "maya"}, deadline={"after": "2h", "on_miss": "reject"}),
        )
    )
    lost, found = make.release(tom, now=earlier), make.release(tom, now=earlier)
    broken = make.round_of(make.activity(lost, "qa"))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE approvals_approval SET host = 'activity:999999' WHERE id = %s", [broken.pk]
        )
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("tick", stdout=out)
    assert caught.value.returncode == 1
    assert f"deadline {broken.pk}: " in str(caught.value)
    assert out.getvalue() == "deadlines enforced: 1\n"
    assert make.activity(found, "qa").state == "rejected"


# --- As processes ---------------------------------------------------------------------------------


@pytest.fixture
def manage(tmp_path: Path) -> Any:
    """manage.py as a process, on an embedded database of its own."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("COUNTERSIGN")},
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'commands.sqlite3'}",
        "COUNTERSIGN_SECRET_KEY": "for-tests-only-0123456789-0123456789-0123456789-0123",
        "COUNTERSIGN_SIGNING_KEY": "dGVzdHMtb25seS1zaWduaW5nLWtleS0wMTIzNDU2Nzg=",
        "COUNTERSIGN_FIELD_KEY": "dGVzdHMtb25seS1maWVsZC1rZXktMDEyMzQ1Njc4OTA=",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert run("migrate", "--verbosity=0").returncode == 0
    return run


@pytest.mark.slow
@pytest.mark.req("REL-6", "SEC-3")
def test_exit_codes_and_streams_are_those_of_the_contract(manage: Any, tmp_path: Path) -> None:
    bad = _file(tmp_path, "bad", who="user: nobody")
    refusal = manage("import_process", bad)
    assert (refusal.returncode, refusal.stdout) == (2, "")
    assert f"{bad}:12: phases[0].activities[0].approvers[0].user: " in refusal.stderr
    done = manage("import_process", _file(tmp_path, "good"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "good 1\n", "")
    exported = manage("export_process", "good", "--version", "1")
    assert (exported.returncode, exported.stderr) == (0, "")
    assert exported.stdout.startswith("kind: Process\nslug: good\n")
    nobody = manage("issue_token", "nobody", "--name", "x")
    assert (nobody.returncode, nobody.stdout) == (2, "")
    assert nobody.stderr.count("\n") == 1
    unknown = manage("export_process", "nothing")
    assert (unknown.returncode, unknown.stdout) == (2, "")
