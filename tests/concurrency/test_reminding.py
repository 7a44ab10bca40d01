"""Two who press "Remind" at the same instant remind people once (NTF-1)."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import LedgerEntry, Notice
from tests import builders as b
from tests.concurrency.crew import Crew, Job, rounds
from tests.concurrency.scenes import SLOW, UNLOCKED, nothing_broken
from tests.scenes import people, tom

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.req("NTF-1"),
]  # fmt: skip


def reminded_twice(crew: Crew, number: int, **how: Any) -> int:
    """Of so many releases, those whose approver was reminded twice by two presses at once."""
    ann, manager = people("ann").ann, tom()
    b.product("pay")
    b.process(b.phase("p", b.manual("gate", {"user": "ann"})), slug="many")
    gates = [b.activity(b.release(manager, process="many"), "gate") for _ in range(number)]
    calls = [[gate.release_id, manager.pk, ann.pk] for gate in gates]
    answers = crew.together(Job("remind", calls, **how), Job("remind", calls, **how))
    found = 0
    for gate, pair in zip(gates, answers, strict=True):
        said = sorted(one["is"] for one in pair)
        told = Notice.objects.filter(moment="reminded", host=gate.host).count()
        stream = f"release:{gate.release_id}"
        on_record = LedgerEntry.objects.filter(stream__key=stream, kind="approval.reminded").count()
        assert said.count("done") == told == on_record
        assert said in (["done", "done"], ["done", "reminded_lately"])
        found += told > 1
    return found


def test_two_presses_at_once_remind_once(crew: Crew) -> None:
    assert reminded_twice(crew, rounds(0.1)) == 0
    nothing_broken()


def test_control_without_the_lock_two_presses_remind_twice(crew: Crew) -> None:
    number = rounds(0.05, least=10)
    assert reminded_twice(crew, number, unlocked=UNLOCKED, faults=SLOW) >= 0.5 * number
