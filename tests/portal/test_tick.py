"""The tick does what is due once, is the only task there is, and keeps its own schedule right."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler
from django_q.signing import SignedPackage
from django_q.tasks import async_chain, async_task

from audit.models import LedgerEntry
from portal.broker import TickBroker, why_refused
from portal.models import Heartbeat, IdempotencyKey
from portal.schedule import TICK, ensure_schedule, nudge_worker
from portal.tasks import tick_task
from portal.tick import KEPT_KEYS, tick
from releases.models import DueWork
from tests import builders as make

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

LATER = dt.timedelta(hours=25)


def _due_release() -> Any:
    """A release with a deadline of a day that rejects, a run of two hours, and Maya to decide."""
    maya, tom = make.person("maya"), make.manager()
    make.product()
    make.process(
        make.phase(
            "verify",
            make.manual(
                "qa", {"user": "maya"}, needs=[], deadline={"after": "24h", "on_miss": "reject"}
            ),
            make.pipeline("tests", needs=[], timeout="2h"),
        )
    )
    return make.release(tom), maya


def _beat(name: str) -> dt.datetime | None:
    return Heartbeat.objects.filter(name=name).values_list("beaten_at", flat=True).first()


# --- What a tick does ---------------------------------------------------------------------------


@pytest.mark.req("POL-9", "OPS-3")
def test_a_tick_does_what_is_due_and_a_second_one_nothing() -> None:
    release, _ = _due_release()
    assert tick().done == {}
    then = timezone.now() + LATER
    assert tick(now=then).done == {"deadline": 1, "timeout": 1}
    assert make.activity(release, "qa").state == "rejected"
    assert make.activity(release, "tests").state == "failed"
    entries = LedgerEntry.objects.count()
    assert tick(now=then).done == {}
    assert LedgerEntry.objects.count() == entries
    assert not DueWork.objects.exists()


@pytest.mark.req("POL-9")
def test_what_a_deadline_does_is_done_by_the_policy_through_the_door_of_the_tick() -> None:
    release, _ = _due_release()
    tick(actor=make.SYSTEM, now=timezone.now() + LATER)
    entry = LedgerEntry.objects.get(stream__key=release.stream, kind="approval.rejected")
    assert '"name":"Policy"' in entry.text
    assert '"kind":"system"' in entry.text
    assert f'"door":"{make.SYSTEM.door}"' in entry.text


@pytest.mark.req("OPS-3")
def test_keys_of_idempotency_are_forgotten_after_thirty_days_and_not_before() -> None:
    maya, now = make.person("maya"), timezone.now()
    for key, age in (("old", KEPT_KEYS), ("kept", KEPT_KEYS - dt.timedelta(minutes=1))):
        IdempotencyKey.objects.create(
            user=maya, key=key, request_digest="d", created_at=now - age - dt.timedelta(seconds=1)
        )
    assert tick(now=now).done == {"forgotten": 1}
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["kept"]


@pytest.mark.req("OPS-3")
def test_only_the_workers_own_task_beats_the_workers_heart() -> None:
    tick()
    call_command("tick")
    assert _beat("worker") is None
    assert _beat("command") is not None
    tick_task()
    assert _beat("worker") is not None


@pytest.mark.req("OPS-3")
def test_the_heart_beats_by_the_real_clock() -> None:
    tick(now=timezone.now() + LATER, beat="worker")
    beaten = _beat("worker")
    assert beaten is not None
    assert abs(beaten - timezone.now()) < dt.timedelta(minutes=1)


@pytest.mark.req("A-023")
def test_a_tick_that_dies_on_its_way_shows_as_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(**_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("portal.tick.run_due", die)
    with pytest.raises(MemoryError):
        tick_task()
    assert _beat("worker") is None


@pytest.fixture
def scheduler_looks(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """One look of django-q2's scheduler at schedules that are due, on the test's own connection."""
    monkeypatch.setattr("django_q.scheduler.close_old_django_connections", lambda: None)

    def look() -> None:
        Schedule.objects.update(next_run=timezone.now() - dt.timedelta(seconds=1))
        scheduler()

    return look


# --- The one schedule -----------------------------------------------------------------------------


def _schedules() -> list[tuple[Any, ...]]:
    return list(Schedule.objects.values_list("name", "func", "schedule_type", "minutes", "repeats"))


ONLY_OURS = [("tick", TICK, Schedule.MINUTES, 1, -1)]


@pytest.mark.req("OPS-3")
def test_the_schedule_is_made_once_and_kept() -> None:
    assert ensure_schedule() is True
    kept = Schedule.objects.get().pk
    assert ensure_schedule() is False
    assert Schedule.objects.get().pk == kept
    assert _schedules() == ONLY_OURS


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "tick", "func": TICK, "schedule_type": Schedule.MINUTES, "minutes": 1},
        {"name": "tick", "func": TICK, "schedule_type": Schedule.DAILY},
        {
            "name": "tick",
            "func": TICK,
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
            "args": "(",
        },
        {"name": "tick", "func": "os.system", "schedule_type": Schedule.MINUTES, "minutes": 1},
        {"name": "other", "func": "os.system", "args": "'true'"},
        {"name": "tick", "func": TICK, "hook": "os.system", "minutes": 1},
    ],
)
def test_rows_that_double_or_differ_are_removed(wrong: dict[str, Any]) -> None:
    ensure_schedule()
    Schedule.objects.create(**wrong)
    assert ensure_schedule() is True
    assert _schedules() == ONLY_OURS


def test_a_schedule_that_was_put_off_is_put_right() -> None:
    Schedule.objects.create(
        name="tick",
        func=TICK,
        schedule_type=Schedule.MINUTES,
        minutes=1,
        next_run=timezone.now() + dt.timedelta(days=400),
    )
    ensure_schedule()
    assert Schedule.objects.get().next_run < timezone.now() + dt.timedelta(minutes=5)


@pytest.mark.req("A-039")
def test_a_malformed_row_does_not_stop_the_tick_for_good(
    scheduler_looks: Callable[[], None],
) -> None:
    """Finding 7: one bad row rolls back the whole round of the scheduler."""
    ensure_schedule()
    Schedule.objects.create(name="bad", func=TICK, args="(")
    scheduler_looks()
    assert not OrmQ.objects.exists()
    nudge_worker()  # what the supervisor does every few seconds, without any schedule
    assert [why_refused(payload) for _, payload in TickBroker().dequeue()] == [None]
    tick_task()
    scheduler_looks()
    assert _schedules() == ONLY_OURS
    assert Schedule.objects.get().next_run > timezone.now()
    assert [why_refused(payload) for _, payload in TickBroker().dequeue()] == [None]


def test_nudges_do_not_pile_up_for_a_silent_worker() -> None:
    for _ in range(10):
        nudge_worker()
    assert OrmQ.objects.count() == Conf.WORKERS


# --- The only task --------------------------------------------------------------------------------


def _payload(**task: Any) -> str:
    whole = {"id": "1", "name": "n", "func": TICK, "args": (), "kwargs": {}, **task}
    return str(SignedPackage.dumps(whole))


OTHERS = {
    "another function": {"func": "os.system", "args": ("true",)},
    "another function of ours": {"func": "portal.tick.tick"},
    "a callable": {"func": os.getpid},
    "arguments": {"args": ("x",)},
    "keywords": {"kwargs": {"x": 1}},
    "a hook": {"hook": "os.system"},
    "a chain": {"chain": [("os.system", ("true",), {})]},
    "cached": {"cached": True},
    "at once": {"sync": True},
}


@pytest.mark.req("OPS-3")
@pytest.mark.parametrize("task", OTHERS.values(), ids=OTHERS.keys())
def test_anything_but_the_tick_is_dropped_on_its_way_in_and_out(task: dict[str, Any]) -> None:
    payload = _payload(**task)
    assert why_refused(payload) is not None
    assert TickBroker().enqueue(payload) is None
    assert not OrmQ.objects.exists()
    row = OrmQ.objects.create(key=Conf.CLUSTER_NAME, payload=payload, lock=timezone.now())
    assert TickBroker().dequeue() == []
    assert not OrmQ.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("payload", ["", "x", "a:b:c", _payload()[:-4] + "----"])
def test_what_is_not_signed_is_never_unpacked(payload: str) -> None:
    OrmQ.objects.create(key=Conf.CLUSTER_NAME, payload=payload, lock=timezone.now())
    assert TickBroker().dequeue() == []
    assert not OrmQ.objects.exists()


def test_a_dropped_row_does_not_keep_the_tick_from_running() -> None:
    OrmQ.objects.create(
        key=Conf.CLUSTER_NAME, payload=_payload(func="os.system"), lock=timezone.now()
    )
    async_task(TICK)
    broker = TickBroker()
    found = [*broker.dequeue(), *broker.dequeue()]
    assert [why_refused(payload) for _, payload in found] == [None]


@pytest.mark.req("OPS-3")
def test_a_schedule_that_names_a_command_never_runs_it(
    tmp_path: Path, scheduler_looks: Callable[[], None]
) -> None:
    """Finding 2, whichever road the row came by."""
    ran = tmp_path / "ran"
    Schedule.objects.create(name="evil", func="os.system", args=f"'touch {ran}'")
    scheduler_looks()
    async_chain([("os.system", (f"touch {ran}",)), TICK])
    assert not OrmQ.objects.exists()
    assert not ran.exists()


def test_the_cluster_uses_this_broker_and_the_check_keeps_it_so() -> None:
    assert isinstance(get_broker(), TickBroker)
    kept = dict(Conf.conf)
    with override_settings(Q_CLUSTER={**kept, "broker_class": None}):
        assert "countersign.E009" in {message.id for message in run_checks()}


def test_a_nudge_in_a_transaction_that_is_rolled_back_queues_nothing() -> None:
    with transaction.atomic():
        nudge_worker()
        transaction.set_rollback(True)
    assert not OrmQ.objects.exists()
