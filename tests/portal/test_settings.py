"""Embedded or production, decided by the environment alone (contract.md, Environment)."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from gunicorn.config import Config

from portal.keys import key_from_file, make_private
from portal.mail import NO_MAIL_BACKEND
from portal.serve import Plan

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "DATABASE_URL": "postgres://countersign@127.0.0.1:1/countersign",
    "COUNTERSIGN_SECRET_KEY": "k" * 60,
    "COUNTERSIGN_ALLOWED_HOSTS": "signoff.example.org",
    "COUNTERSIGN_BASE_URL": "https://signoff.example.org",
}
EMBEDDED = {
    "DATABASE_URL": "sqlite://:memory:",
    "COUNTERSIGN_SECRET_KEY": "k" * 60,
    "COUNTERSIGN_SIGNING_KEY": "s",
    "COUNTERSIGN_FIELD_KEY": "f",
}
READ = (
    "import json, sys; from portal import settings;"
    "print(json.dumps({name: getattr(settings, name, None) for name in sys.argv[1:]}, default=str))"
)


def _python(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    inherited = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _settings(environment: dict[str, str], *names: str) -> dict[str, object]:
    done = _python(environment, "-c", READ, *names)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.req("OPS-2", "SEC-4")
@pytest.mark.parametrize(
    "missing", ["COUNTERSIGN_SECRET_KEY", "COUNTERSIGN_ALLOWED_HOSTS", "COUNTERSIGN_BASE_URL"]
)
@pytest.mark.parametrize("how", ["unset", "empty"])
def test_production_does_not_start_without_what_it_needs(missing: str, how: str) -> None:
    environment = {**PRODUCTION, missing: ""}
    if how == "unset":
        del environment[missing]
    done = _python(environment, "manage.py", "check")
    assert done.returncode == 1
    assert done.stderr.startswith(f"{missing} is not set")
    assert "Traceback" not in done.stderr


@pytest.mark.req("OPS-2")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://root@localhost/x"),
        ("COUNTERSIGN_TIME_ZONE", "Mars/Olympus"),
        ("COUNTERSIGN_BASE_URL", "signoff.example.org"),
        ("COUNTERSIGN_TRUSTED_PROXIES", "the-proxy"),
        ("COUNTERSIGN_BASE_URL", "http://[::1"),
        ("COUNTERSIGN_BASE_URL", "http://localhost:port"),
        ("EMAIL_URL", "carrier-pigeon://mail"),
        ("COUNTERSIGN_MAIL_FROM", "the release team"),
        ("PORT", "http"),
        ("PORT", "65536"),
    ],
)
def test_a_wrong_value_is_named_in_a_sentence(name: str, value: str) -> None:
    done = _python({**EMBEDDED, name: value}, "manage.py", "check")
    assert done.returncode == 1
    assert name in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.req("SEC-4")
def test_security_flags_follow_the_scheme_of_the_base_url() -> None:
    flags = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")
    secure = _settings(PRODUCTION, *flags, "SECURE_HSTS_SECONDS", "SESSION_COOKIE_NAME", "DEBUG")
    assert all(secure[flag] is True for flag in flags)
    assert secure["SECURE_HSTS_SECONDS"] == 31_536_000
    assert secure["SESSION_COOKIE_NAME"] == "__Host-sessionid"
    assert secure["DEBUG"] is False
    plain = _settings(EMBEDDED, *flags, "SECURE_HSTS_SECONDS")
    assert all(plain[flag] is False for flag in flags)
    assert plain["SECURE_HSTS_SECONDS"] == 0


@pytest.mark.req("SEC-4")
def test_the_scheme_header_is_believed_only_behind_trusted_proxies() -> None:
    name = "SECURE_PROXY_SSL_HEADER"
    assert _settings(PRODUCTION, name)[name] is None
    behind = {**PRODUCTION, "COUNTERSIGN_TRUSTED_PROXIES": "10.0.0.0/8"}
    assert _settings(behind, name)[name] == ["HTTP_X_FORWARDED_PROTO", "https"]


@pytest.mark.req("A-079", "OPS-2")
def test_a_network_with_host_bits_is_handed_on_as_the_network_that_it_is() -> None:
    name = "COUNTERSIGN_TRUSTED_PROXIES"
    given = "10.0.0.1/8, 192.0.2.7,2001:db8::1/32,2001:db8::7"
    found = _settings({**PRODUCTION, name: given}, name)[name]
    assert found == ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "2001:db8::7"]
    # gunicorn takes each of them: it reads networks strictly, and ends on one that it can't read.
    config = Config()
    config.set("forwarded_allow_ips", ",".join(str(one) for one in found))
    assert len(config.forwarded_allow_networks()) == len(found)


@pytest.mark.req("SEC-1", "OPS-2")
def test_production_without_a_mail_server_waits_for_none_that_is_not_there() -> None:
    names = ("EMAIL_BACKEND", "EMAIL_TIMEOUT", "EMAIL_HOST")
    assert _settings(PRODUCTION, *names)["EMAIL_BACKEND"] == NO_MAIL_BACKEND
    there = {**PRODUCTION, "EMAIL_URL": "smtp+tls://user:pass@mail.example.org:587"}
    found = _settings(there, *names)
    assert found["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert (found["EMAIL_HOST"], found["EMAIL_TIMEOUT"]) == ("mail.example.org", 10)
    assert str(_settings(EMBEDDED, *names)["EMAIL_BACKEND"]).endswith("filebased.EmailBackend")


@pytest.mark.req("NTF-2", "OPS-2")
@pytest.mark.parametrize(
    ("given", "sender"),
    [
        ("", "Countersign <no-reply@signoff.example.org>"),
        ("releases@example.com", "Countersign <releases@example.com>"),
        ("Sign-off <releases@example.com>", "Sign-off <releases@example.com>"),
    ],
)
def test_mail_comes_from_whom_the_environment_names(given: str, sender: str) -> None:
    environment = {**PRODUCTION, "COUNTERSIGN_MAIL_FROM": given}
    found = _settings(environment, "DEFAULT_FROM_EMAIL", "SERVER_EMAIL")
    assert found == {"DEFAULT_FROM_EMAIL": sender, "SERVER_EMAIL": sender}


@pytest.mark.req("OPS-2")
def test_a_driver_option_that_means_nothing_is_named_in_a_sentence() -> None:
    url = f"{PRODUCTION['DATABASE_URL']}?prepare_threshold=abc"
    done = _python({**PRODUCTION, "DATABASE_URL": url}, "manage.py", "check")
    assert done.returncode == 1
    assert done.stderr.startswith("DATABASE_URL says prepare_threshold='abc'")
    assert "Traceback" not in done.stderr
    for command in ("doctor", "verify_ledger"):
        told = _python({**PRODUCTION, "DATABASE_URL": url}, "manage.py", command)
        assert "Traceback" not in told.stderr
        assert "port 1 failed" in told.stdout + told.stderr


@pytest.mark.req("A-016", "A-017")
def test_both_engines_have_their_isolation_pinned() -> None:
    read = (
        "import json; from portal.settings import DATABASES;"
        "print(json.dumps(DATABASES['default'], default=str))"
    )
    postgres = json.loads(_python(PRODUCTION, "-c", read).stdout)
    assert postgres["OPTIONS"]["isolation_level"] == "IsolationLevel.READ_COMMITTED" or (
        postgres["OPTIONS"]["isolation_level"] == 2
    )
    sqlite = json.loads(_python(EMBEDDED, "-c", read).stdout)
    assert sqlite["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in sqlite["OPTIONS"]["init_command"]
    assert not postgres.get("ATOMIC_REQUESTS")
    assert not sqlite.get("ATOMIC_REQUESTS")


@pytest.mark.req("OPS-1")
def test_embedded_needs_nothing_set_and_is_reachable_where_it_listens() -> None:
    keys = {name: value for name, value in EMBEDDED.items() if name != "DATABASE_URL"}
    found = _settings({**keys, "HOST": "0.0.0.0", "PORT": "8123"}, "COUNTERSIGN_BASE_URL", "PORT")
    assert found == {"COUNTERSIGN_BASE_URL": "http://127.0.0.1:8123", "PORT": 8123}


@pytest.mark.req("OPS-1")
@pytest.mark.parametrize(
    ("host", "reached"),
    [
        ("::1", "[::1]"), ("::", "[::1]"), ("2001:db8::7", "[2001:db8::7]"),
        ("0.0.0.0", "127.0.0.1"), ("portal.example.org", "portal.example.org"),
    ],
)  # fmt: skip
def test_an_ipv6_address_stands_in_brackets(host: str, reached: str) -> None:
    given = {**EMBEDDED, "HOST": host, "PORT": "8123"}
    found = _settings(
        given, "COUNTERSIGN_BASE_URL", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "DEFAULT_FROM_EMAIL"
    )
    assert found["COUNTERSIGN_BASE_URL"] == f"http://{reached}:8123"
    assert found["CSRF_TRUSTED_ORIGINS"] == [f"http://{reached}:8123"]
    assert reached in found["ALLOWED_HOSTS"]
    assert "no-reply@:" not in found["DEFAULT_FROM_EMAIL"]
    assert Plan(host=host, port=8123).address == f"http://{reached}:8123/"


WRONG = {
    "COUNTERSIGN_TIME_ZONE": "Mars/Olympus",
    "COUNTERSIGN_BASE_URL": "signoff.example.org",
    "COUNTERSIGN_TRUSTED_PROXIES": "the-proxy",
    "EMAIL_URL": "carrier-pigeon://mail",
    "PORT": "http",
}


@pytest.mark.req("AUD-3", "OPS-3")
def test_the_record_is_verified_and_the_doctor_looks_whatever_is_wrong(tmp_path: Path) -> None:
    right = {**EMBEDDED, "DATABASE_URL": f"sqlite:///{tmp_path / 'wrong.sqlite3'}"}
    migrated = _python(right, "manage.py", "migrate", "--verbosity=0")
    assert migrated.returncode == 0, migrated.stderr
    verified = _python({**right, **WRONG}, "manage.py", "verify_ledger")
    assert (verified.returncode, verified.stderr) == (0, "")
    assert "everything holds" in verified.stdout
    looked = _python({**right, **WRONG}, "manage.py", "doctor", "--json")
    assert looked.returncode == 1
    findings = json.loads(looked.stdout)["findings"]
    wrong = {one["subject"]: one for one in findings if one["code"] == "setting_wrong"}
    assert set(wrong) == set(WRONG)
    assert "Mars/Olympus" in wrong["COUNTERSIGN_TIME_ZONE"]["detail"]
    assert _python({**right, **WRONG}, "manage.py", "tick").returncode == 1


@pytest.mark.req("AUD-3", "OPS-3")
def test_both_run_in_production_without_what_it_needs() -> None:
    environment = {"DATABASE_URL": f"{PRODUCTION['DATABASE_URL']}?connect_timeout=2"}
    verified = _python(environment, "manage.py", "verify_ledger")
    assert verified.returncode == 1
    assert "The record can't be read" in verified.stderr
    looked = _python(environment, "manage.py", "doctor", "--json")
    assert looked.returncode == 1
    found = {one["subject"] for one in json.loads(looked.stdout)["findings"]}
    assert found == {
        "COUNTERSIGN_SECRET_KEY", "COUNTERSIGN_ALLOWED_HOSTS", "COUNTERSIGN_BASE_URL", "database",
    }  # fmt: skip
    for done in (verified, looked):
        assert "Traceback" not in done.stderr


@pytest.mark.req("SEC-4")
def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "var" / "secret.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(key_from_file, [file] * 32))
    assert len(keys) == 1
    assert len(keys.pop()) == 44
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["secret.key"]


@pytest.mark.req("SEC-4")
def test_the_folder_of_the_embedded_installation_is_closed_to_others(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    old.mkdir(mode=0o755)
    for folder in (new, old):
        make_private(folder)
        assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.req("SEC-4")
def test_no_key_of_the_settings_is_written_when_it_is_given() -> None:
    before = set((ROOT / "var").glob("*")) if (ROOT / "var").exists() else set()
    _settings(PRODUCTION, "SECRET_KEY")
    after = set((ROOT / "var").glob("*")) if (ROOT / "var").exists() else set()
    assert {each.name for each in after - before} & {
        "secret.key",
        "signing.key",
        "field.key",
    } == set()


@pytest.mark.req("SEC-4")
def test_every_variable_that_is_read_stands_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    listed = {
        line.partition("=")[0] for line in example.splitlines() if "=" in line and line[0] != "#"
    }
    source = (ROOT / "portal" / "settings.py").read_text(encoding="utf-8")
    known = {"DATABASE_URL", "HOST", "PORT", "REDIS_URL", "EMAIL_URL"}
    known |= {f"COUNTERSIGN_{part}" for part in (
        "SECRET_KEY", "SIGNING_KEY", "FIELD_KEY", "DEBUG", "ALLOWED_HOSTS", "BASE_URL", "TIME_ZONE",
        "TRUSTED_PROXIES", "METRICS_TOKEN", "MAIL_FROM",
    )}  # fmt: skip
    assert all(f'"{name}"' in source for name in known)
    assert known <= listed
