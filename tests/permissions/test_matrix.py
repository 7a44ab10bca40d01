"""Every call × everybody × related or not: the exact answer, and no trace of a refused call (B-10)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from tests.permissions.expected import CASES, Case
from tests.permissions.routes import api_routes
from tests.permissions.scene import WHO, Place, Scene
from tests.portal.api.client import Api

APPS = ("audit", "approvals", "releases", "portal", "auth")


@contextmanager
def undone() -> Iterator[None]:
    """Let what happens inside leave nothing behind."""
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)


def row_counts() -> list[tuple[str, int]]:
    """How many rows each table of the product has: one statement."""
    tables = sorted(
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in APPS
    )
    parts = [f"SELECT '{table}', count(*) FROM {table}" for table in tables]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return sorted(cursor.fetchall())


def address_of(case: Case, place: Place) -> str:
    """The address of a call on this place's object."""
    return re.sub(r"<.*?>", str(place.names().get(case.target)), case.route)


def body_of(case: Case, place: Place) -> Any:
    """The body of a call, with this place's product."""
    if case.body is None:
        return None
    return json.loads(json.dumps(case.body).replace('"{product}"', f'"{place.product.key}"'))


def test_the_table_names_every_call_and_no_other() -> None:
    assert {(case.method, case.route) for case in CASES} == set(api_routes())
    for case in CASES:
        assert len(case.ours.split()) == len(case.theirs.split()) == len(WHO)


KEYS = pytest.mark.parametrize("key", [None, "matrix"], ids=["no key", "key"])


@pytest.mark.req("SEC-1", "SEC-3", "B-10", "B-13", "A-059", "A-068", "A-070", "A-066")
@pytest.mark.django_db
@KEYS
def test_every_call_answers_everybody_as_the_table_says(key: str | None) -> None:
    scene = Scene()
    wrong: list[str] = []
    before = row_counts()
    for case in CASES:
        if key and case.method != "POST":
            continue
        for place, line in ((scene.ours, case.ours), (scene.theirs, case.theirs)):
            for who, expected in zip(WHO, line.split(), strict=True):
                api = Api(token=scene.tokens[who])
                with undone():
                    answer = api.call(
                        case.method, address_of(case, place), body_of(case, place), key=key
                    )
                    kept = answer.status_code < 400 or row_counts() == before
                told = f"{case.method} {case.route} ({case.target}) of {place.product.key} as {who}"
                if answer.status_code != int(expected):
                    wrong.append(f"{told}: {answer.status_code}, not {expected}")
                if not kept:
                    wrong.append(f"{told}: refused, and rows were written")
    assert wrong == []


@pytest.mark.req("SEC-1", "A-101")
@pytest.mark.django_db
@KEYS
def test_a_body_that_is_no_use_tells_a_stranger_nothing_more(key: str | None) -> None:
    scene = Scene()
    wrong: list[str] = []
    for case in CASES:
        if case.method not in (("POST",) if key else ("POST", "PATCH")):
            continue
        for place, line in ((scene.ours, case.ours), (scene.theirs, case.theirs)):
            for who, expected in zip(WHO, line.split(), strict=True):
                if int(expected) < 400 or (case.target == "" and "releases/" in case.route):
                    continue
                api = Api(token=scene.tokens[who])
                # With a key the body is read before the act begins; what parses makes no difference.
                more = [] if key else [{"body": {"no": "field"}}, {"raw": "[]"}]
                for sent in ({"raw": "{"}, *more):
                    with undone():
                        answer = api.call(case.method, address_of(case, place), key=key, **sent)
                    if answer.status_code != int(expected):
                        wrong.append(
                            f"{case.method} {case.route} of {place.product.key} as {who} with "
                            f"{sent}: {answer.status_code}, not {expected}"
                        )
    assert wrong == []
