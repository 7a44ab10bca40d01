"""Whoever sends may die anywhere: a mail goes out at least once, and under one name (A-022)."""

from __future__ import annotations

import signal
from collections import Counter
from typing import Any

import pytest

from audit.faults import SENDING_POINTS
from audit.models import Delivery, Notice
from tests.concurrency.crew import Crew, Job
from tests.portal.notifications.scenes import make_due, reachable, tom_by_mail
from tests.portal.notifications.servers import mail_server
from tests.scenes import ask

# How often a mail that is to be sent once is offered, by where the first one to send it dies.
COPIES = {"before_send": 1, "after_send": 2, "after_mark": 1}
MAILS = 3


def gate() -> Any:
    """A gate that asks so many people."""
    names = [f"p{number}" for number in range(MAILS)]
    reachable(*names)
    return ask(*({"user": name} for name in names), rule="unanimous", by=tom_by_mail())


@pytest.mark.req("A-022", "NTF-3")
@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
@pytest.mark.parametrize("point", SENDING_POINTS)
@pytest.mark.parametrize("number", [1, 3])
def test_a_sender_killed_at_any_point_leaves_nothing_unsent(
    crew: Crew, point: str, number: int
) -> None:
    gate()
    with mail_server() as box:
        ends = crew.together(
            Job("killed", [["send_mail", box.port]], faults=f"{point}=kill:{number}")
        )
        assert ends == [[-signal.SIGKILL]]
        killed = Delivery.objects.filter(state="pending", attempts=1).count()
        assert killed == (0 if point == "after_mark" else 1)
        # Nobody takes it while its sender may still be at work.
        assert crew.alone("send_mail", box.port)["sent"] == MAILS - number
        make_due()
        crew.alone("send_mail", box.port)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
    copies = Counter(box.ids)
    assert set(copies) == {
        f"<{mark}@testserver>" for mark in Delivery.objects.values_list("mark", flat=True)
    }
    assert max(copies.values()) == COPIES[point]
    assert sum(copies.values()) == MAILS + COPIES[point] - 1


@pytest.mark.req("NTF-3", "A-021", "I5")
@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_a_decision_that_died_with_its_process_told_nobody(crew: Crew) -> None:
    made = gate()
    before = set(Notice.objects.values_list("pk", flat=True))
    voter = Notice.objects.first().user
    ends = crew.together(
        Job("killed", [["vote", made.pk, voter.pk, "reject"]], faults="before_commit=kill:1")
    )
    assert ends == [[-signal.SIGKILL]]
    assert set(Notice.objects.values_list("pk", flat=True)) == before
    crew.alone("vote", made.pk, voter.pk, "reject")
    assert Notice.objects.filter(moment="rejected").exists()
