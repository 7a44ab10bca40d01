"""The same call again is done once and answered alike (A-005 to A-008)."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from approvals.models import Decision
from audit.models import LedgerEntry
from portal.models import IdempotencyKey
from releases.models import Comment, Release
from tests import builders as b
from tests.portal.api.client import Api, ok, refused
from tests.portal.api.conftest import Company

VOTE = {"verdict": "approve", "inputs": {"summary": "s"}}


@pytest.mark.sqlite
@pytest.mark.req("A-005", "EXE-8")
def test_a_double_click_is_one_decision_and_the_second_answer_is_the_same(
    company: Company,
) -> None:
    path = f"activities/{company.waiting().pk}/decisions/"
    maya = Api(company.maya)
    first = ok(maya.post(path, VOTE), 201)
    entries = LedgerEntry.objects.count()
    assert ok(maya.post(path, VOTE), 200)["decision"] == first["decision"]
    assert Decision.objects.count() == 1
    assert LedgerEntry.objects.count() == entries


@pytest.mark.sqlite
@pytest.mark.req("A-006", "API-1")
def test_five_repeats_with_a_key_are_done_once_and_answered_byte_for_byte(
    company: Company,
) -> None:
    path = f"activities/{company.waiting().pk}/comments/"
    maya = Api(company.maya)
    answers = [maya.post(path, {"text": "Ünïcode"}, key="k-1") for _ in range(6)]
    assert {(one.status_code, one.content) for one in answers} == {(201, answers[0].content)}
    assert [one.headers.get("Idempotency-Replayed") for one in answers] == [None] + ["true"] * 5
    assert Comment.objects.count() == 1
    reordered = maya.post(path, raw=b'{ "text"\n: "\\u00dcn\\u00efcode" }', key="k-1")
    assert reordered.content == answers[0].content


@pytest.mark.sqlite
@pytest.mark.req("A-007")
def test_a_key_for_another_body_or_address_is_refused_and_changes_nothing(
    company: Company,
) -> None:
    activity = company.waiting()
    maya = Api(company.maya)
    ok(maya.post(f"activities/{activity.pk}/comments/", {"text": "a"}, key="k"), 201)
    entries = LedgerEntry.objects.count()
    for path, body in (
        (f"activities/{activity.pk}/comments/", {"text": "b"}),
        (f"activities/{activity.pk}/decisions/", VOTE),
        (f"activities/{activity.pk}/comments/?x=1", {"text": "a"}),
    ):
        refused(maya.post(path, body, key="k"), 422, "key_reused", "Idempotency-Key")
    assert (Comment.objects.count(), Decision.objects.count()) == (1, 0)
    assert LedgerEntry.objects.count() == entries


@pytest.mark.sqlite
@pytest.mark.req("A-006")
def test_a_refusal_is_not_kept_so_the_key_works_when_it_is_mended(company: Company) -> None:
    path = f"activities/{company.waiting().pk}/decisions/"
    maya = Api(company.maya)
    refused(maya.post(path, {"verdict": "approve"}, key="k"), 422)
    refused(maya.post(path, {"verdict": "approve"}, key="k"), 422, "invalid")
    assert not IdempotencyKey.objects.exists()
    ok(maya.post(path, VOTE, key="k"), 201)
    assert ok(maya.post(path, VOTE, key="k"), 201)["attempt"] == 1
    assert Decision.objects.count() == 1


@pytest.mark.sqlite
@pytest.mark.req("A-006")
def test_keys_belong_to_one_person(company: Company) -> None:
    path = f"activities/{company.waiting().pk}/comments/"
    ok(Api(company.maya).post(path, {"text": "mine"}, key="same"), 201)
    answer = ok(Api(company.omar).post(path, {"text": "mine"}, key="same"), 201)
    assert answer["by"]["username"] == "omar"
    assert Comment.objects.count() == 2


@pytest.mark.sqlite
@pytest.mark.req("API-1")
def test_a_key_that_is_none_is_refused_and_one_of_255_characters_works(company: Company) -> None:
    path = f"activities/{company.waiting().pk}/comments/"
    maya = Api(company.maya)
    for key in ("", "   ", "x" * 256, "tab\tkey", "kéy"):
        refused(maya.post(path, {"text": "t"}, key=key), 400, "invalid_key")
    assert not Comment.objects.exists()
    ok(maya.post(path, {"text": "t"}, key="x" * 255), 201)


@pytest.mark.sqlite
@pytest.mark.req("API-1")
def test_every_post_takes_a_key(company: Company) -> None:
    body = {"product": "pay", "process": "proc", "name": "N", "version": "1"}
    tom = Api(company.tom)
    made = [tom.post("releases/", body, key="r") for _ in range(2)]
    assert made[0].content == made[1].content
    assert Release.objects.count() == 1
    started = f"releases/{Release.objects.get().pk}/start/"
    assert ok(tom.post(started, key="s")) == ok(tom.post(started, key="s"))
    refused(tom.post(started, key="other"), 409, "already_started")
    ada = Api(b.superuser())
    new = {"key": "new", "name": "New"}
    assert ok(ada.post("products/", new, key="p"), 201) == ok(
        ada.post("products/", new, key="p"), 201
    )
    refused(ada.post("products/", new, key="q"), 409, "key_taken")


@pytest.mark.sqlite
@pytest.mark.req("A-003", "A-076")
def test_a_decision_that_comes_too_late_is_refused_with_the_result_and_recorded(
    company: Company,
) -> None:
    activity = company.waiting()
    b.vote(activity, company.omar, "reject")
    maya = Api(company.maya)
    for key in (None, "late"):
        answer = maya.post(f"activities/{activity.pk}/decisions/", VOTE, key=key)
        problem = refused(answer, 409, "already_decided")
        assert problem["data"] == {"state": "rejected"}
    assert Decision.objects.count() == 1
    late = LedgerEntry.objects.filter(kind="approval.decision_refused")
    assert late.count() == 2
    assert '"code":"already_decided"' in late[0].text
    assert not IdempotencyKey.objects.exists()


@pytest.mark.postgres
@pytest.mark.req("A-008", "A-006")
@pytest.mark.django_db(transaction=True)
def test_a_second_call_waits_for_the_first_and_gets_its_answer() -> None:
    company = Company()
    path = f"activities/{company.waiting().pk}/comments/"
    token = b.token_for(company.maya)
    gate = threading.Barrier(4)
    answers: list[Any] = []

    def call() -> None:
        api = Api(token=token)
        gate.wait()
        try:
            answers.append(api.post(path, {"text": "once"}, key="together"))
        finally:
            connection.close()

    threads = [threading.Thread(target=call) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert {(one.status_code, one.content) for one in answers} == {(201, answers[0].content)}
    assert Comment.objects.count() == 1
