"""Secrets are nowhere: tokens, passwords, session keys in rows, logs and answers (A-096)."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core import mail
from django.db import connection
from django.test import Client, override_settings
from structlog.stdlib import ProcessorFormatter

from portal.models import ApiToken
from tests import builders as b
from tests.portal.api.client import Api, refused

PASSWORD = "canary-PASSWORD-7f3a9c"


def rows_holding(secret: str, *, but: frozenset[str] = frozenset()) -> list[str]:
    """The tables in which some value holds the secret."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table in but:
                continue
            cursor.execute(f'SELECT * FROM "{table}"')
            if any(secret in str(value) for row in cursor.fetchall() for value in row):
                found.append(table)
    return found


@pytest.mark.sqlite
@pytest.mark.req("A-096", "SEC-3", "OPS-3")
@pytest.mark.django_db
def test_no_row_log_line_or_answer_holds_a_secret(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    tom = b.manager("tom")
    maya = b.person("maya", password=PASSWORD)
    b.product()
    b.process(b.phase("p", b.manual("gate", {"user": "maya"})))
    activity = b.activity(b.release(tom), "gate")
    secret = b.token_for(maya)
    api = Api(token=secret)
    path = f"activities/{activity.pk}/"
    answers = [
        api.get(path),
        api.get(f"{path}?token={secret}"),
        api.post(f"{path}decisions/", {"verdict": "nothing", "comment": "x"}),
        api.post(f"{path}decisions/", {"verdict": "approve"}, key="k"),
        api.post(f"{path}decisions/", {"verdict": "reject", "comment": "late"}),
        api.get(f"releases/{activity.release_id}/ledger/"),
        Api(token=secret[:-1]).get(path),
    ]
    client = Client()
    signed_in = client.post("/accounts/login/", {"login": "maya", "password": PASSWORD})
    assert signed_in.status_code == 302
    wrong = Client().post("/accounts/login/", {"login": "maya", "password": f"{PASSWORD}x"})
    session = client.cookies["sessionid"].value
    seen = client.get(f"/api/v1/{path}")
    assert seen.status_code == 200
    answers += [seen, wrong]

    assert rows_holding(secret) == []
    assert rows_holding(secret.removeprefix("csgn_pat_")) == []
    assert rows_holding(PASSWORD) == []
    assert rows_holding(session, but=frozenset({"django_session"})) == []
    digest = ApiToken.objects.get().digest
    assert rows_holding(digest) == ["portal_apitoken"]
    out, err = capfd.readouterr()
    logs = "\n".join([out, err, caplog.text, json.dumps([str(one.msg) for one in caplog.records])])
    for one in (secret, secret[:-1], PASSWORD, session, digest):
        assert one not in logs
    for answer in answers:
        assert digest not in answer.content.decode()
        assert PASSWORD not in answer.content.decode()
        assert secret not in answer.content.decode()


@pytest.fixture
def written() -> Iterator[StringIO]:
    """What the product's own handler writes, Django's lines too, as an operator reads it."""
    handler = logging.StreamHandler(StringIO())
    root = logging.getLogger()
    [handler.formatter] = [
        one.formatter for one in root.handlers if isinstance(one.formatter, ProcessorFormatter)
    ]
    root.addHandler(handler)
    yield handler.stream
    root.removeHandler(handler)


@pytest.mark.sqlite
@pytest.mark.req("A-096", "OPS-3")
@pytest.mark.django_db
@override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend")
def test_no_log_line_holds_the_key_of_a_mailed_link(written: StringIO) -> None:
    b.person("maya", email="maya@example.com", password=PASSWORD)
    Client().post("/accounts/password/reset/", {"email": "maya@example.com"})
    path = re.search(r"http://[^/]+(/accounts/\S+/key/(\S+)/)\s", str(mail.outbox[-1].body))
    assert path is not None
    canary = "MQ:canary-7f3a9c"
    for address in (path[1], f"/accounts/confirm-email/{canary}/", f"{path[1]}canary-7f3a9c/"):
        client = Client()
        client.get(address)
        client.get(f"{address}?next=/")
        client.post(address.rstrip("/"), {"x": "y"})
    logs = written.getvalue()
    assert "Not Found" in logs
    assert "/accounts/password/reset/key/" in logs
    assert "/accounts/confirm-email/" in logs
    for secret in (path[2], path[2].partition("-")[2], canary, "canary-7f3a9c"):
        assert secret not in logs


@pytest.mark.sqlite
@pytest.mark.req("A-096")
@pytest.mark.django_db
def test_a_secret_sent_in_the_wrong_place_is_not_said_back() -> None:
    secret = b.token_for(b.manager("tom"))
    api = Api(token=secret)
    for answer in (
        api.post("releases/", {secret: "x"}),
        api.get(f"releases/?{secret}=1"),
        api.get(f"releases/?cursor={secret}"),
    ):
        assert secret not in json.dumps(refused(answer, answer.status_code))
