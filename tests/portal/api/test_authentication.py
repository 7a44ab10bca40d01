"""Who calls: tokens and sessions, and what neither may do (SEC-3, A-060, A-084)."""

from __future__ import annotations

import datetime as dt
import json
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from approvals.models import Decision
from audit.models import LedgerEntry, PersonalRecord
from portal.models import ApiToken
from portal.services.people import set_user_active
from portal.services.tokens import issue_token, new_secret, revoke_token
from tests import builders as b
from tests.portal.api.client import Api, ok, refused
from tests.portal.api.conftest import Company

pytestmark = [pytest.mark.sqlite]


@pytest.mark.req("API-1", "SEC-3")
def test_without_credentials_the_answer_is_401_with_a_challenge(company: Company) -> None:
    answer = Api().get("releases/")
    refused(answer, 401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="countersign"'


@pytest.mark.req("SEC-3", "A-060")
def test_a_token_that_does_not_hold_is_401_whatever_is_wrong_with_it(company: Company) -> None:
    maya = company.maya
    revoked, secret_revoked = issue_token(user=maya, name="t", actor=b.SYSTEM)
    revoke_token(token_id=revoked.pk, actor=b.SYSTEM)
    past = timezone.now() - dt.timedelta(days=3)
    _, secret_expired = issue_token(user=maya, name="t", actor=b.SYSTEM, days=1, now=past)
    good = b.token_for(maya)
    wrong = [secret_revoked, secret_expired, new_secret(), good[:-1], good.upper(), "x", "", "é"]
    for secret in wrong:
        answer = Api(token=secret or " ").get("releases/")
        problem = refused(answer, 401, "invalid_token")
        assert "invalid_token" in answer.headers["WWW-Authenticate"]
        assert secret not in json.dumps(problem) or len(secret) < 2
    ok(Api(token=good).get("releases/"))


@pytest.mark.req("A-060")
def test_a_deactivated_person_is_refused_with_token_and_with_an_old_session(
    company: Company,
) -> None:
    activity = company.waiting()
    api, client = Api(company.maya), Client()
    client.force_login(company.maya)
    assert client.get("/api/v1/releases/").status_code == 200
    set_user_active(user_id=company.maya.pk, active=False, actor=b.SYSTEM)
    refused(api.post(f"activities/{activity.pk}/decisions/", {"verdict": "approve"}), 401)
    refused(client.get("/api/v1/releases/"), 401)
    assert not Decision.objects.exists()


@pytest.mark.req("B-16", "SEC-3")
def test_a_token_whose_scopes_were_taken_away_reaches_nothing(company: Company) -> None:
    company.waiting()
    secret = issue_token(user=company.maya, name="none", actor=b.SYSTEM, scopes=[])[1]
    for path in ("releases/", "activities/?awaiting=me", "products/", "processes/"):
        refused(Api(token=secret).get(path), 403, "token_scope")


@pytest.mark.req("SEC-3")
def test_scopes_narrow_what_a_person_may_do(company: Company) -> None:
    activity = company.waiting()
    decision = {"verdict": "approve", "inputs": {"summary": "s"}}
    path = f"activities/{activity.pk}/decisions/"
    for scopes in (("read",), ("manage",), ("report",), ("read", "manage", "report")):
        refused(Api(company.maya, *scopes).post(path, decision), 403, "token_scope")
    ok(Api(company.maya, "decide").post(path, decision), 201)
    held = f"releases/{activity.release_id}/hold/"
    refused(Api(company.tom, "read", "decide", "report").post(held), 403, "token_scope")
    ok(Api(company.tom, "manage").post(held))


@pytest.mark.req("A-084")
def test_a_session_needs_the_csrf_token_for_every_change(company: Company) -> None:
    activity = company.waiting()
    client = Client(enforce_csrf_checks=True)
    client.force_login(company.maya)
    path = f"/api/v1/activities/{activity.pk}/decisions/"
    decision = json.dumps({"verdict": "approve", "inputs": {"summary": "s"}})
    assert client.get(f"/api/v1/activities/{activity.pk}/").status_code == 200
    refused(client.post(path, decision, content_type="application/json"), 403, "csrf_failed")
    refused(client.post(path, decision, content_type="text/plain"), 403, "csrf_failed")
    cross = {"HTTP_ORIGIN": "https://evil.example", "HTTP_X_CSRFTOKEN": "a" * 32}
    client.cookies["csrftoken"] = "a" * 32
    refused(client.post(path, decision, content_type="application/json", **cross), 403)
    assert not Decision.objects.exists()
    answer = client.post(path, decision, content_type="application/json", HTTP_X_CSRFTOKEN="a" * 32)
    assert answer.status_code == 201
    assert Decision.objects.get().authenticated_by != ""


@pytest.mark.req("A-084")
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "TRACE"])
def test_no_other_method_and_no_override_of_it_decides(company: Company, method: str) -> None:
    activity = company.waiting()
    api = Api(company.maya)
    decision = {"verdict": "approve", "inputs": {"summary": "s"}}
    entries = LedgerEntry.objects.count()
    for path in (
        f"activities/{activity.pk}/decisions/",
        f"activities/{activity.pk}/decisions/?_method=POST",
    ):
        answer = api.call(method, path, decision, X_HTTP_METHOD_OVERRIDE="POST")
        assert answer.status_code == 405
    api.get(f"activities/{activity.pk}/?_method=POST&verdict=approve")
    assert not Decision.objects.exists()
    assert LedgerEntry.objects.count() == entries


@pytest.mark.req("A-079")
def test_actor_time_and_address_come_from_the_server_alone(company: Company) -> None:
    activity = company.waiting()
    body = {"verdict": "approve", "inputs": {"summary": "s"}}
    forged = {"decided_at": "2001-01-01T00:00:00Z", "actor": "tom", "ip": "203.0.113.9"}
    path = f"activities/{activity.pk}/decisions/"
    refused(
        Api(company.maya).post(path, {**body, **forged}), 422, None, "decided_at", "actor", "ip"
    )
    headers = {
        "X_FORWARDED_FOR": "203.0.113.9",
        "X_REQUEST_ID": "x" * 500 + "\n",
        "USER_AGENT": "u" * 5000,
        "DATE": "Mon, 01 Jan 2001 00:00:00 GMT",
    }
    before = timezone.now() - dt.timedelta(minutes=1)
    api = Api(company.maya)
    ok(api.post(path, body, **headers), 201)
    decision = Decision.objects.get()
    assert decision.decided_at > before
    assert decision.username == "maya"
    last_part = str(ApiToken.objects.latest("pk").public_id).rpartition("-")[2]
    assert decision.authenticated_by == f"token:{last_part}"
    personal = json.loads(PersonalRecord.objects.get(digest=decision.origin).text)
    assert personal["ip"] == "127.0.0.1"
    assert len(personal["user_agent"]) <= 300


@pytest.mark.req("SEC-3")
def test_the_last_use_of_a_token_is_noted_and_leaves_no_version(company: Company) -> None:
    api = Api(company.maya)
    token = ApiToken.objects.get(user=company.maya)
    assert token.last_used_at is None
    versions, entries = ApiToken.history.count(), LedgerEntry.objects.count()
    api.get("releases/")
    first = ApiToken.objects.get(pk=token.pk).last_used_at
    assert first is not None
    api.get("releases/")
    assert ApiToken.objects.get(pk=token.pk).last_used_at == first
    assert (ApiToken.history.count(), LedgerEntry.objects.count()) == (versions, entries)


@pytest.mark.req("A-054")
@pytest.mark.parametrize("scopes", [(), ("decide",)])
def test_the_requester_can_t_approve_with_a_token_of_any_kind(
    company: Company, scopes: tuple[str, ...]
) -> None:
    b.give("release-manager", company.omar)
    twin = b.person("omar2", person=company.omar.person)
    company.qa.user_set.add(twin)
    release = b.release(company.omar)
    b.report(b.activity(release, "tests"), company.pipeline)
    path = f"activities/{b.activity(release, 'qa').pk}/decisions/"
    decision = {"verdict": "approve", "inputs": {"summary": "s"}}
    for one in (company.omar, twin):
        refused(Api(one, *scopes).post(path, decision), 403, "own_change")
    assert not Decision.objects.exists()


@pytest.mark.req("A-066")
def test_a_machine_user_is_refused_as_a_voter(company: Company) -> None:
    activity = company.waiting()
    company.qa.user_set.add(company.pipeline)
    answer = Api(company.pipeline).post(
        f"activities/{activity.pk}/decisions/", {"verdict": "approve", "inputs": {"summary": "s"}}
    )
    refused(answer, 403, "machine_user")


@pytest.mark.req("SEC-3")
def test_the_token_is_looked_for_in_the_header_alone(company: Company) -> None:
    secret = b.token_for(company.maya)
    refused(Api().get(f"releases/?token={secret}"), 401)
    refused(Api().get("releases/", AUTHORIZATION=f"Token {secret}"), 401)
    refused(Api().get("releases/", AUTHORIZATION=f"Basic {uuid.uuid4()}"), 401)
    ok(Api().get("releases/", AUTHORIZATION=f"bearer {secret}"))
