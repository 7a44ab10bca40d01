"""A compiled query gives what the queryset gives, whatever values it is asked with."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import Count, Q
from django.db.models.signals import post_init, pre_init
from django.test.utils import CaptureQueriesContext

from approvals.models import Approval, AskedPerson, Scope
from audit.compiled import Compiled
from audit.locking import Lock, LockOutsideTransaction
from audit.models import LedgerStream
from tests import builders as b
from tests.scenes import ask, people

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("EXE-4")]


def _scopes(key: int) -> Any:
    return Scope.objects.select_related("parent__parent").filter(pk=key)


def _values(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_rows_are_the_same_instances_with_what_was_selected_beside_them() -> None:
    ann = people("ann").ann
    gate = ask({"user": "ann"}, deadline={"after": "1h", "on_miss": "stay"})
    compiled: Compiled[Approval] = Compiled(
        lambda host, user: (
            Approval.objects.select_related("scope__parent")
            .filter(Q(asked__user_id=user) | Q(title=host), host=host)
            .annotate(people=Count("asked"))
            .order_by("-attempt")
        ),
        host=str,
        user=int,
    )
    for _ in range(2):
        found = compiled.first(host=gate.host, user=ann.pk)
        assert found is not None
        plain = Approval.objects.select_related("scope__parent").get(pk=found.pk)
        assert _values(found) == _values(plain)
        assert found.people == 1  # type: ignore[attr-defined]
        with CaptureQueriesContext(connection) as queries:
            assert _values(found.scope.parent) == _values(plain.scope.parent)
        assert len(queries) == 0
        assert not found._state.adding
        assert found._state.db == "default"


def test_what_is_not_selected_is_none_and_what_is_deferred_is_fetched() -> None:
    root = Scope.objects.get(kind="everything")
    found = Compiled(_scopes, key=int).first(key=root.pk)
    assert found is not None
    assert found.parent is None
    compiled: Compiled[Scope] = Compiled(
        lambda key: Scope.objects.defer("label").filter(pk=key), key=int
    )
    bare = compiled.first(key=root.pk)
    assert bare is not None
    assert bare.get_deferred_fields() == {"label"}
    assert bare.label == root.label


def test_other_values_give_other_rows_and_none_gives_none() -> None:
    b.product("one")
    b.product("two")
    compiled = Compiled(_scopes, key=int)
    keys = list(Scope.objects.values_list("pk", flat=True))
    assert [one.pk for key in keys for one in compiled.rows(key=key)] == keys
    assert compiled.first(key=max(keys) + 1) is None


@pytest.mark.parametrize("text", ["", "%s", "'; DROP TABLE x; --", "100%", "\\", "ä\U0001f600"])
def test_a_value_is_a_value_whatever_it_says(text: str) -> None:
    compiled: Compiled[LedgerStream] = Compiled(
        lambda key: LedgerStream.objects.filter(key=key), key=str
    )
    assert compiled.first(key=text) is None
    LedgerStream.objects.create(key=text)
    found = compiled.first(key=text)
    assert found is not None
    assert found.key == text


def test_a_parameter_that_is_not_asked_for_is_a_mistake() -> None:
    compiled: Compiled[AskedPerson] = Compiled(
        lambda user, key: AskedPerson.objects.filter(user_id=user), user=int, key=int
    )
    with pytest.raises(ValueError, match="key"):
        compiled.first(user=1, key=2)


def test_a_parameter_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        Compiled(_scopes, key=int).first()


@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_the_transaction_around_it() -> None:
    lock: Lock[Scope] = Lock(_scopes, key=int)
    root = Scope.objects.get(kind="everything")
    with pytest.raises(LockOutsideTransaction):
        lock.take(key=root.pk)
    for _ in range(2):
        with transaction.atomic():
            taken = lock.take(key=root.pk)
            assert taken is not None
            assert taken.locked_at is not None  # type: ignore[attr-defined]


@pytest.mark.postgres
def test_a_lock_locks_its_own_row_alone() -> None:
    lock: Lock[Scope] = Lock(_scopes, key=int)
    root = Scope.objects.get(kind="everything")
    with CaptureQueriesContext(connection) as queries:
        for _ in range(2):
            lock.take(key=root.pk)
    assert all(
        'FOR UPDATE OF "approvals_scope"' in query["sql"] for query in queries.captured_queries
    )


def test_a_moment_is_a_parameter_and_is_compared_as_the_database_keeps_it() -> None:
    people("ann")
    gate = ask({"user": "ann"}, deadline={"after": "1h", "on_miss": "stay"})
    due = b.round_of(gate).due_at
    assert due is not None
    compiled: Compiled[Approval] = Compiled(
        lambda end: Approval.objects.filter(due_at__lte=end), end=dt.datetime
    )
    step = dt.timedelta(microseconds=1)
    found = [[one.pk for one in compiled.rows(end=end)] for end in (due - step, due, due + step)]
    key = b.round_of(gate).pk
    assert found == [[], [key], [key]]


def test_a_number_may_stand_inside_a_text() -> None:
    root = Scope.objects.get(kind="everything")
    b.product("one")
    b.product("two")
    keys = list(Scope.objects.exclude(pk=root.pk).values_list("pk", flat=True))
    compiled: Compiled[Scope] = Compiled(
        lambda above, below: Scope.objects.filter(
            path__contains=f"/{above}/", path__endswith=f"/{below}/"
        ),
        above=int,
        below=int,
    )
    for key in keys:
        assert [one.pk for one in compiled.rows(above=root.pk, below=key)] == [key]
        assert compiled.first(above=key + 1_000_000, below=key) is None


@pytest.mark.postgres
def test_a_plan_that_is_kept_uses_the_index_of_what_is_open() -> None:
    open_rounds: Compiled[Approval] = Compiled(
        lambda host: Approval.objects.filter(host=host, state="open", title__contains="100%"),
        host=str,
    ).planned_once()
    statement = open_rounds.text.sql.replace("%s", "$1").replace("%%", "%")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute(f"PREPARE of_host (text) AS {statement}")
        cursor.execute("EXPLAIN EXECUTE of_host ('activity:1')")
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("DEALLOCATE of_host")
    # The index has open rounds alone: nothing is left to ask about the state.
    assert "Index Scan" in plan
    assert "state" not in plan


@pytest.mark.parametrize("text", ["%s", "100%", "it's", "back\\slash", '"', "$1", "ä\U0001f600"])
def test_a_constant_is_a_value_whatever_it_says(text: str) -> None:
    compiled: Compiled[LedgerStream] = Compiled(
        lambda last: LedgerStream.objects.filter(Q(key=text) & ~Q(key=last)), last=str
    ).planned_once()
    for key in ("other", text):
        LedgerStream.objects.create(key=key)
    assert [one.key for one in compiled.rows(last="")] == [text]
    assert not list(compiled.rows(last=text))


_OURS = {"audit", "approvals", "releases", "portal", "sessions"}


@pytest.mark.parametrize(
    "model", [one for one in apps.get_models() if one._meta.app_label in _OURS]
)
def test_no_model_does_anything_at_its_making_that_a_compiled_query_leaves_out(
    model: type[models.Model],
) -> None:
    assert model.__init__ is models.Model.__init__
    assert model.from_db.__func__ is models.Model.from_db.__func__  # type: ignore[attr-defined]
    assert not pre_init.has_listeners(model)
    assert not post_init.has_listeners(model)
