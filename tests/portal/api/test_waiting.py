"""Waiting for a change: `?wait=`, ETag, If-None-Match (API-3)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from rest_framework.response import Response

from portal.api import waiting
from portal.api.activities import ActivityDetail
from portal.api.inputs import WaitQuery
from releases.selectors import change_marks
from releases.services.activities import write_comment
from releases.services.lifecycle import hold_release
from tests import builders as b
from tests.portal.api.client import Api, ok, refused
from tests.portal.api.conftest import Company

pytestmark = [pytest.mark.sqlite, pytest.mark.req("API-3")]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look every tenth of a second, so that these tests take less."""
    monkeypatch.setattr(waiting, "LOOK_EVERY", 0.1)


def test_the_tag_differs_when_anything_shown_differs(company: Company) -> None:
    activity = company.waiting()
    path = f"activities/{activity.pk}/"
    maya = Api(company.maya)
    tags = [maya.get(path).headers["ETag"]]
    assert maya.get(path).headers["ETag"] == tags[0]
    ok(maya.post(f"{path}comments/", {"text": "t"}), 201)
    tags.append(maya.get(path).headers["ETag"])
    b.vote(activity, company.maya, inputs={"summary": "s"})
    tags.append(maya.get(path).headers["ETag"])
    tags.append(Api(company.omar).get(path).headers["ETag"])
    assert len(set(tags)) == 4


def test_an_unchanged_activity_is_304_without_a_body(company: Company) -> None:
    path = f"activities/{company.waiting().pk}/"
    maya = Api(company.maya)
    tag = maya.get(path).headers["ETag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        answer = maya.get(path, IF_NONE_MATCH=known)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == tag
    assert ok(maya.get(path, IF_NONE_MATCH='"other"'))["state"] == "awaiting_approval"


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "1.5", ""])
def test_a_wait_that_is_none_is_422(company: Company, seconds: str) -> None:
    path = f"activities/{company.waiting().pk}/?wait={seconds}"
    refused(Api(company.maya).get(path), 422, None, "wait")


def test_more_than_the_longest_wait_is_the_longest_wait() -> None:
    for given, waited in (("1", 1), ("30", 30), ("31", 30), ("86400", 30)):
        query = WaitQuery(data={"wait": given})
        query.is_valid(raise_exception=True)
        assert query.validated_data["wait"] == waited


def test_whatever_is_said_of_an_activity_moves_its_marks(company: Company) -> None:
    release = company.release()
    tests = b.activity(release, "tests")
    seen = [change_marks(tests.pk)]

    def moved() -> bool:
        seen.append(change_marks(tests.pk))
        return seen[-1] != seen[-2]

    tom = b.actor_for(company.tom)
    write_comment(activity_id=tests.pk, text="t", actor=tom)
    assert moved()
    hold_release(release_id=release.pk, reason="", actor=tom)
    assert moved()
    b.report(tests, company.pipeline)
    assert moved()
    assert seen[-1][-1] is not None
    assert not moved()


def test_what_happens_while_the_answer_is_made_is_not_slept_through(
    company: Company, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    activity = company.waiting()
    path = f"activities/{activity.pk}/"
    omar = Api(company.omar)
    tag = omar.get(path).headers["ETag"]
    answer = ActivityDetail._answer
    made: list[int] = []

    def slow(view: ActivityDetail, activity_id: int) -> Response:
        response = answer(view, activity_id)
        if not made:
            made.append(activity_id)
            write_comment(activity_id=activity_id, text="t", actor=b.actor_for(company.maya))
        return response

    monkeypatch.setattr(ActivityDetail, "_answer", slow)
    # A wait closes this thread's connections, which hold the test's rows.
    monkeypatch.setattr(waiting.connections, "close_all", lambda: None)
    began = time.monotonic()
    ok(omar.get(f"{path}?wait=20", IF_NONE_MATCH=tag))
    assert time.monotonic() - began < 10


def test_a_tag_that_differs_already_is_answered_at_once(company: Company) -> None:
    path = f"activities/{company.waiting().pk}/?wait=30"
    began = time.monotonic()
    ok(Api(company.maya).get(path, IF_NONE_MATCH='"old"'))
    assert time.monotonic() - began < 5


def during(wait: Callable[[], Any], change: Callable[[], Any]) -> tuple[Any, float]:
    """The answer to a wait while a change is made from elsewhere, and how long it took."""
    found: list[Any] = []

    def run() -> None:
        try:
            began = time.monotonic()
            found.extend((wait(), time.monotonic() - began))
        finally:
            connection.close()

    waiter = threading.Thread(target=run)
    held = waiting._places._value
    waiter.start()
    while waiter.is_alive() and waiting._places._value == held:
        threading.Event().wait(0.01)
    change()
    waiter.join()
    return found[0], found[1]


@pytest.mark.django_db(transaction=True)
def test_a_wait_ends_with_the_change_and_holds_nothing_meanwhile(quick: None) -> None:
    company = Company()
    activity = company.waiting()
    path = f"activities/{activity.pk}/"
    maya, omar = Api(company.maya), Api(company.omar)
    tag = omar.get(path).headers["ETag"]

    answer, took = during(
        lambda: omar.get(f"{path}?wait=20", IF_NONE_MATCH=tag),
        lambda: maya.post(f"{path}decisions/", {"verdict": "approve", "inputs": {"summary": "s"}}),
    )
    assert ok(answer)["approvals"] == 1
    assert took < 15

    answer, took = during(
        lambda: omar.get(f"{path}?wait=20"),
        lambda: omar.post(f"{path}decisions/", {"verdict": "reject", "comment": "No."}),
    )
    assert ok(answer)["state"] == "rejected"
    assert took < 15


@pytest.mark.django_db(transaction=True)
def test_a_wait_without_a_change_ends_in_time(quick: None) -> None:
    company = Company()
    path = f"activities/{company.waiting().pk}/"
    maya = Api(company.maya)
    tag = maya.get(path).headers["ETag"]
    began = time.monotonic()
    assert maya.get(f"{path}?wait=1", IF_NONE_MATCH=tag).status_code == 304
    assert 0.9 < time.monotonic() - began < 10
    ok(maya.get(f"{path}?wait=1"))


def test_when_too_many_wait_the_others_are_answered_at_once(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_places", threading.BoundedSemaphore(1))
    path = f"activities/{company.waiting().pk}/"
    maya = Api(company.maya)
    assert waiting._places.acquire(blocking=False)
    began = time.monotonic()
    ok(maya.get(f"{path}?wait=30"))
    assert time.monotonic() - began < 5
