"""The supervisor judges its own worker, and forgives only a database that can't be read (A-023)."""

from __future__ import annotations

import datetime as dt
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ

from portal.broker import TickBroker
from portal.health import WORKER, last_beat, last_beat_of
from portal.models import Heartbeat
from portal.processes import Child
from portal.schedule import forget_nudges, nudge_worker, queue_of
from portal.serve import Plan, Supervisor
from portal.tasks import tick_task
from portal.tick import KEPT_HEARTS, tick

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.sqlite,
    pytest.mark.req("OPS-1", "OPS-3", "A-023"),
]

ELSEWHERE = "another-machine"
STALE_AFTER = 0.3


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    """One whose children wait for ever, and do nothing: as a wedged cluster does."""
    plan = Plan(host="127.0.0.1", port=9, beat_every=0.0, stale_after=STALE_AFTER)
    made = Supervisor(plan, _sleeping("web"), _sleeping("worker"), lambda: None)
    for child in (made.web, made.worker):
        child.start()
    made._beat_changed_at = time.monotonic()
    yield made
    for child in (made.web, made.worker):
        child.ask_to_end()
        child.end_by(time.monotonic() + 5)


def _sleeping(name: str) -> Child:
    return Child(name, [sys.executable, "-c", "import time; time.sleep(600)"], Path.cwd())


def _watch(supervisor: Supervisor, seconds: float, meanwhile: Callable[[], object]) -> None:
    """Let it look for so long, or until it has started its worker anew."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and supervisor.worker.starts == 1:
        meanwhile()
        supervisor._look()


def _beat(host: str, process: int) -> None:
    Heartbeat.objects.update_or_create(
        name=WORKER, host=host, process=process, defaults={"beaten_at": timezone.now()}
    )


def _pid(supervisor: Supervisor) -> int:
    assert supervisor.worker.process is not None
    return supervisor.worker.process.pid


def test_a_silent_worker_is_not_saved_by_the_heart_of_another_machine(
    supervisor: Supervisor,
) -> None:
    pid = _pid(supervisor)
    _watch(supervisor, 20, lambda: _beat(ELSEWHERE, pid))
    assert supervisor.worker.starts == 2


def test_a_worker_whose_own_heart_beats_is_left_alone(supervisor: Supervisor) -> None:
    pid = _pid(supervisor)
    _watch(supervisor, 6 * STALE_AFTER, lambda: _beat(socket.gethostname(), pid))
    assert supervisor.worker.starts == 1


def test_a_silent_worker_is_not_saved_by_a_database_that_takes_no_writes(
    supervisor: Supervisor,
) -> None:
    """A worker that hangs with SQLite's write lock makes every nudge fail."""

    def read_only(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith("SELECT"):
            raise OperationalError("database is locked")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(read_only):
        _watch(supervisor, 20, lambda: None)
    assert supervisor.worker.starts == 2


def test_nobody_is_blamed_while_the_database_can_not_be_read(supervisor: Supervisor) -> None:
    def away(*_: Any) -> Any:
        raise OperationalError("the server closed the connection")

    with connection.execute_wrapper(away):
        _watch(supervisor, 6 * STALE_AFTER, lambda: None)
    assert supervisor.worker.starts == 1


def test_a_nudge_for_one_cluster_is_taken_by_no_other() -> None:
    mine, other = os.getpgrp(), os.getpgrp() + 1
    nudge_worker(other)
    assert TickBroker().dequeue() == []
    nudge_worker(mine)
    assert len(TickBroker().dequeue()) == 1
    assert OrmQ.objects.get(lock__lt=timezone.now()).key == queue_of(other)


def test_a_nudge_for_a_cluster_that_is_gone_is_forgotten() -> None:
    nudge_worker()
    nudge_worker(4_000_000)
    OrmQ.objects.update(lock=timezone.now() - dt.timedelta(minutes=70))
    nudge_worker(4_000_001)
    assert forget_nudges() == 1
    assert set(OrmQ.objects.values_list("key", flat=True)) == {
        Conf.CLUSTER_NAME,
        queue_of(4_000_001),
    }


def test_each_cluster_has_a_heart_of_its_own_and_the_newest_counts() -> None:
    old = timezone.now() - dt.timedelta(minutes=10)
    Heartbeat.objects.create(name=WORKER, host=ELSEWHERE, process=os.getpgrp(), beaten_at=old)
    assert last_beat() == old
    tick_task()
    assert Heartbeat.objects.filter(name=WORKER).count() == 2
    beat = last_beat_of(os.getpgrp())
    assert beat is not None
    assert last_beat() == beat > old


def test_hearts_of_clusters_long_gone_are_forgotten() -> None:
    for host, age in (("gone", KEPT_HEARTS + dt.timedelta(minutes=1)), ("new", dt.timedelta())):
        moment = timezone.now() - age
        Heartbeat.objects.create(name=WORKER, host=host, process=1, beaten_at=moment)
    tick()
    assert list(Heartbeat.objects.filter(name=WORKER).values_list("host", flat=True)) == ["new"]
