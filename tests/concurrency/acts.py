"""What the members of a crew can do, each act once through the service that a door would call."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction
from psycopg import IsolationLevel

from approvals.models import Approval, Decision
from approvals.services.decisions import Ballot
from audit.actor import Actor
from audit.errors import Conflict, Refusal
from portal.invariants import check_invariants
from portal.notifications.sending import deliver_due
from portal.services.people import add_member, create_group, create_user, remove_member
from releases.models import Activity, Product, Release
from releases.rules.transitions import ForbiddenTransitionError
from releases.services import decisions as deciding
from releases.services.activities import retry_activity
from releases.services.due import enforce_deadline, run_due
from releases.services.lifecycle import abort_release, start_release
from releases.services.phase_owners import change_phase_owner
from releases.services.processes import save_draft
from releases.services.products import create_product
from releases.services.reminding import remind_awaited
from releases.services.results import Report, report_result
from tests import builders as b
from tests.concurrency.crew import wait_until
from tests.concurrency.meetings import begin_round, end_meetings
from tests.portal.api.client import Api
from tests.scenes import people, tom

__all__ = ["begin_round", "end_meetings"]  # of members that meet; the acts are found by name


def begin(unlocked: tuple[str, ...], isolation: str) -> None:
    """Make this process what the job asks for."""
    settings.LOCKS_DISABLED = frozenset(unlocked)
    if isolation:
        connection.close()
        connection.settings_dict["OPTIONS"]["isolation_level"] = IsolationLevel[isolation]


def end() -> None:
    """Make it again what it was."""
    settings.LOCKS_DISABLED = frozenset()
    if connection.vendor == "postgresql":
        level = IsolationLevel.READ_COMMITTED
        if connection.settings_dict["OPTIONS"].get("isolation_level") != level:
            connection.close()
            connection.settings_dict["OPTIONS"]["isolation_level"] = level


def answered(act: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """What the act gives, with `is` "done"; a refusal's code, or the name of a database error."""

    @wraps(act)
    def answer(*arguments: Any) -> dict[str, Any]:
        try:
            return {"is": "done", **act(*arguments)}
        except Refusal as refusal:
            return {"is": refusal.code, "status": refusal.status, "data": refusal.data}
        except DatabaseError as error:
            if connection.connection is None or not connection.is_usable():
                connection.close()
            return {"is": "error", "error": f"{type(error).__name__}: {error}"}
        except ForbiddenTransitionError as error:  # what the table stops when no lock has
            return {"is": "error", "error": str(error)}

    return answer


def actor_of(user_id: int) -> Actor:
    """The actor of a user, read once: as a door has it before the service is called."""
    if user_id not in _actors:
        _actors[user_id] = b.actor_for(get_user_model().objects.get(pk=user_id))
    return _actors[user_id]


_actors: dict[int, Actor] = {}


@answered
def remind(release_id: int, user_id: int, whom: int) -> dict[str, Any]:
    """Remind one person of all that waits for them in a release."""
    done = remind_awaited(release_id=release_id, user_id=whom, actor=actor_of(user_id))
    return {"people": list(done.people)}


@answered
def vote(
    activity_id: int, user_id: int, verdict: str = "approve", named: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Decide; a rejection has a reason."""
    comment = "Not good enough." if verdict == "reject" else ""
    decided = deciding.decide_activity(
        activity_id=activity_id,
        ballot=Ballot(verdict, comment, **(named or {})),
        actor=actor_of(user_id),
    )
    return {
        "created": decided.created,
        "decision": decided.decision.pk,
        "state": decided.cast.evaluation.state,
        "at": decided.decision.decided_at.timestamp(),
    }


def decide(activity_id: int, token: str, key: str) -> dict[str, Any]:
    """Approve as a program does: a POST with a token and an idempotency key, through every layer."""
    answer = Api(token=token).post(
        f"activities/{activity_id}/decisions/", {"verdict": "approve"}, key=key
    )
    return {
        "is": "done" if answer.status_code == 201 else "refused",
        "replayed": answer.headers.get("Idempotency-Replayed") == "true",
        "body": answer.content.decode(),
    }


def vote_and_keep_refusals(activity_id: int, user_id: int, verdict: str) -> dict[str, Any]:
    """Decide as a door does: what comes too late goes on record."""
    answer = vote(activity_id, user_id, verdict)
    refused = Conflict(answer["is"], "", data=answer.get("data"))
    if deciding.goes_on_record(refused):
        deciding.record_refused_decision(
            activity_id=activity_id, verdict=verdict, code=answer["is"], actor=actor_of(user_id)
        )
    return answer


def vote_at(activity_id: int, user_id: int, instant: float) -> dict[str, Any]:
    """Decide at a moment of the real clock."""
    wait_until(instant)
    return vote(activity_id, user_id)


@answered
def withdraw(activity_id: int, user_id: int) -> dict[str, Any]:
    """Take a vote back."""
    deciding.withdraw_from_activity(
        activity_id=activity_id, reason="On reflection.", actor=actor_of(user_id)
    )
    return {}


@answered
def abort(release_id: int, user_id: int) -> dict[str, Any]:
    """Give a release up."""
    abort_release(release_id=release_id, reason="Not now.", actor=actor_of(user_id))
    return {}


@answered
def give_phase(release_id: int, user_id: int, owner: str) -> dict[str, Any]:
    """Give the phase `p` of a release to somebody."""
    phase = change_phase_owner(
        release_id=release_id, phase="p", owner=owner, reason="Yours.", actor=actor_of(user_id)
    )
    return {"owner": phase.owner_user_id}


@answered
def retry(activity_id: int, user_id: int) -> dict[str, Any]:
    """Ask everyone afresh."""
    activity = retry_activity(activity_id=activity_id, reason="Again.", actor=actor_of(user_id))
    return {"attempt": activity.attempt}


@answered
def report(activity_id: int, user_id: int, outcome: str = "passed") -> dict[str, Any]:
    """A pipeline reports."""
    reported = report_result(
        activity_id=activity_id, report=Report(outcome), actor=actor_of(user_id)
    )
    return {"created": reported.created}


@answered
def leave(user_id: int, group_id: int) -> dict[str, Any]:
    """Take somebody out of a group."""
    user, group = get_user_model().objects.get(pk=user_id), Group.objects.get(pk=group_id)
    remove_member(user=user, group=group, actor=b.SYSTEM)
    return {}


@answered
def join_and_leave_in_one(user_id: int, group_id: int) -> dict[str, Any]:
    """Change a membership twice inside one transaction, as an admin page does."""
    user, group = get_user_model().objects.get(pk=user_id), Group.objects.get(pk=group_id)
    with transaction.atomic():
        add_member(user=user, group=group, actor=b.SYSTEM)
        remove_member(user=user, group=group, actor=b.SYSTEM)
    return {}


@answered
def publish(slug: str, document: str) -> dict[str, Any]:
    """Publish a process."""
    version = b.publish_process(text=document, actor=b.SYSTEM).version
    return {"number": version.number}


@answered
def draft(process_id: int | None, text: str) -> dict[str, Any]:
    """Keep a draft, of a process that is there or of a new one."""
    return {"process": save_draft(process_id=process_id, text=text, actor=b.SYSTEM).pk}


@answered
def miss_deadline_at(approval_id: int, instant: float) -> dict[str, Any]:
    """Do what a sweeper does at a moment of the real clock."""
    wait_until(instant)
    return {"taken": enforce_deadline(approval_id=approval_id)}


@answered
def tick() -> dict[str, Any]:
    """What the scheduler calls."""
    report = run_due()
    return {"done": report.done, "failed": report.failed}


@answered
def make_group(name: str) -> dict[str, Any]:
    """Make a group."""
    return {"group": create_group(name=name, actor=b.SYSTEM).pk}


@answered
def make_user(name: str) -> dict[str, Any]:
    """Make an account."""
    return {"user": create_user(username=name, actor=b.SYSTEM).pk}


@answered
def make_member(user_id: int, group_id: int) -> dict[str, Any]:
    """Put somebody in a group."""
    user, group = get_user_model().objects.get(pk=user_id), Group.objects.get(pk=group_id)
    return {"membership": add_member(user=user, group=group, actor=b.SYSTEM).pk}


@answered
def make_product(key: str) -> dict[str, Any]:
    """Make a product."""
    return {"product": create_product(key=key, name=key, actor=b.SYSTEM).pk}


@answered
def start(release_id: int, user_id: int) -> dict[str, Any]:
    """Start a release."""
    start_release(release_id=release_id, actor=actor_of(user_id))
    return {}


def killed(act: str, *arguments: Any) -> int:
    """Run an act in a process that may be killed; returns its exit status, −9 for a kill."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        status = 3
        try:
            status = 0 if globals()[act](*arguments)["is"] == "done" else 2
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def send_mail(port: int) -> dict[str, Any]:
    """Send what is due, through a mail server on this port."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    return {"is": "done", "sent": deliver_due().sent}


def new_database() -> None:
    """Migrate a fresh database."""
    call_command("migrate", verbosity=0)


def open_gates(number: int, seats: int, turn: int) -> dict[str, Any]:
    """A started release with so many open gates for the same people."""
    made = people(*(f"voter{place}" for place in range(seats)))
    voters = list(vars(made).values())
    if not Product.objects.exists():
        b.product("pay")
    names = [{"user": voter.username} for voter in voters]
    gates = [b.manual(f"g{place}", *names, rule="unanimous", needs=[]) for place in range(number)]
    b.process(b.phase("p", *gates), slug=f"gates-{turn}")
    release = b.release(tom(), process=f"gates-{turn}")
    rows = Activity.objects.filter(release=release).order_by("position")
    return {"gates": [row.pk for row in rows], "voters": [voter.pk for voter in voters]}


def answers() -> bool:
    """Whether the database answers."""
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connection.close()
        return False
    return True


def findings() -> list[str]:
    """What invariants are broken."""
    return [str(finding) for finding in check_invariants()]


def votes_kept() -> list[tuple[int, int, int]]:
    """(decision, activity, user) of every decision in the database."""
    return [
        (pk, int(host.partition(":")[2]), user)
        for pk, host, user in Decision.objects.values_list("pk", "approval__host", "user_id")
    ]


def how_it_stands(activity_id: int) -> dict[str, Any]:
    """An activity, its newest round and its release, as the database has them."""
    activity = Activity.objects.get(pk=activity_id)
    approval = Approval.objects.filter(host=activity.host).latest("attempt")
    votes = Decision.objects.filter(approval=approval).order_by("pk")
    return {
        "activity": activity.state,
        "release": Release.objects.get(pk=activity.release_id).state,
        "round": approval.state,
        "attempt": approval.attempt,
        "votes": [[vote.user_id, vote.verdict] for vote in votes],
        "tally": json.loads(approval.tally),
    }
