"""A token's secret is shown once and kept nowhere; no page has a secret (SEC-3, A-096)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from audit.canonical import text_digest
from audit.models import LedgerEntry
from portal.models import ApiToken
from portal.services.tokens import looks_like_token, scopes_of
from tests import builders as b
from tests.admin.conftest import client_for
from tests.admin.pages import LABELS, address, addresses_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def _issue(client: Client, user: Any, *reach: str, days: int = 30) -> Any:
    return client.post(
        address("portal.ApiToken", "add"),
        {"user": user.pk, "name": "CI", "reach": list(reach), "days": days},
    )


@pytest.mark.req("SEC-3")
def test_the_secret_is_shown_in_the_answer_and_never_again(
    ada: Client, world: SimpleNamespace
) -> None:
    answer = _issue(ada, world.robot, "report", "read")
    secret = answer.context["secret"]
    assert looks_like_token(secret)
    assert answer.content.decode().count(secret) == 1
    assert "no-store" in answer["Cache-Control"]
    token = ApiToken.objects.get()
    assert token.digest == text_digest(secret)
    assert scopes_of(token) == {"report", "read"}
    for url in (address("portal.ApiToken", "change", token.pk), "/admin/"):
        assert secret not in ada.get(url).content.decode()


@pytest.mark.req("SEC-3", "A-096")
def test_the_secret_lies_in_no_table_cookie_or_session(ada: Client, world: SimpleNamespace) -> None:
    secret = _issue(ada, world.robot, "all").context["secret"]
    assert secret not in str(ada.cookies)
    assert not any(secret in str(session.get_decoded()) for session in Session.objects.all())
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            assert secret not in str(cursor.fetchall()), table


@pytest.mark.req("SEC-3", "B-16")
def test_what_a_token_reaches_is_always_said(ada: Client, world: SimpleNamespace) -> None:
    refused = _issue(ada, world.robot)
    assert "reach" in refused.context["adminform"].form.errors
    assert not ApiToken.objects.exists()
    _issue(ada, world.robot, "all")
    assert ApiToken.objects.get().scopes is None


@pytest.mark.req("SEC-3")
@pytest.mark.parametrize("days", [0, -1, 3651, "x"])
def test_a_token_that_never_ends_is_refused(ada: Client, world: SimpleNamespace, days: Any) -> None:
    assert "days" in _issue(ada, world.robot, "all", days=days).context["adminform"].form.errors
    assert not ApiToken.objects.exists()


@pytest.mark.req("SEC-3", "SEC-1", "A-060")
def test_nobody_issues_for_another_person(
    ada: Client, olga: Client, vera: Client, world: SimpleNamespace
) -> None:
    for client in (ada, olga, vera):
        answer = _issue(client, world.tom, "all")
        assert "user" in answer.context["adminform"].form.errors
    for client in (olga, vera):
        assert "user" in _issue(client, world.robot, "all").context["adminform"].form.errors
    assert not ApiToken.objects.exists()
    form = ada.get(address("portal.ApiToken", "add")).context["adminform"].form
    assert {user.username for user in form.fields["user"].queryset} == {"ada", "pipeline"}
    vera_user = get_user_model().objects.get(username="vera")
    assert "secret" in _issue(vera, vera_user, "read").context


@pytest.mark.req("SEC-3")
def test_a_token_is_revoked_by_its_owner_or_a_superuser(
    ada: Client, vera: Client, olga: Client
) -> None:
    vera_user = get_user_model().objects.get(username="vera")
    _issue(vera, vera_user, "read")
    token = ApiToken.objects.get()
    url = address("portal.ApiToken", "revoke", token.pk)
    assert olga.post(url).status_code == 404
    assert vera.get(url).status_code == 200
    assert ApiToken.objects.get().revoked_at is None
    assert vera.post(url, {"reason": "lost"}).status_code == 302
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert ada.post(url).status_code == 409


@pytest.mark.req("A-096", "SEC-3")
def test_no_page_and_no_entry_has_a_secret(world: SimpleNamespace) -> None:
    canary = "canary-password-4711"
    root = get_user_model().objects.create_superuser("root", "root@example.com", canary)
    secret = b.token_for(world.maya)
    client = client_for(root)
    session_key = client.session.session_key
    token = ApiToken.objects.get()
    hidden = [
        canary,
        secret,
        token.digest,
        root.password,
        root.password.split("$")[-1],
        session_key,
    ]
    for label in LABELS:
        for name, url in addresses_of(label):
            page = client.get(url).content.decode()
            assert [each for each in hidden if each in page] == [], (label, name)
    texts = "".join(LedgerEntry.objects.values_list("text", flat=True))
    assert [each for each in hidden if each in texts] == []
