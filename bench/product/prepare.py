"""Make people, processes and releases through the services; prints what the run needs as JSON.

`python -m bench.product.prepare`, with the environment of a production installation.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from itertools import islice
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.auth.models import Group  # noqa: E402
from django.core.management import call_command  # noqa: E402

from approvals.models import Approval, Role  # noqa: E402
from approvals.services.decisions import Ballot  # noqa: E402
from audit.actor import Actor, system_actor  # noqa: E402
from bench import sizes  # noqa: E402
from portal.services.people import add_member, create_group, create_user  # noqa: E402
from portal.services.tokens import issue_token  # noqa: E402
from releases.models import Activity, Release  # noqa: E402
from releases.services.activities import write_comment  # noqa: E402
from releases.services.creation import ReleaseDetails, create_release  # noqa: E402
from releases.services.decisions import decide_activity  # noqa: E402
from releases.services.lifecycle import start_release  # noqa: E402
from releases.services.processes import publish_process  # noqa: E402
from releases.services.products import create_product  # noqa: E402
from releases.services.roles import Grantee, assign_role  # noqa: E402

BENCH = system_actor("Benchmark", door="command")
DEADLINE = {"after": "24h", "on_miss": "stay"}


def actor_of(user: Any) -> Actor:
    """A person as the API's actor, with the personal values that a request has."""
    return Actor(
        kind="person",
        door="api",
        label=str(user),
        user_id=user.pk,
        person=user.person,
        username=user.username,
        authenticated_by="token",
        ip="192.0.2.7",
        user_agent="bench/1",
    )


def manual(key: str, *approvers: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An approval with a deadline, open from the start when nothing else is said."""
    return {
        "key": key,
        "name": f"Review {key}",
        "kind": "approval",
        "approvers": list(approvers),
        "rule": "unanimous",
        "needs": [],
        "deadline": DEADLINE,
        **more,
    }


def publish(slug: str, *activities: dict[str, Any]) -> None:
    """A process of one phase."""
    publish_phases(slug, {"key": "verify", "name": "Verify", "activities": list(activities)})


def publish_phases(slug: str, *phases: dict[str, Any]) -> None:
    """A process."""
    text = {"kind": "Process", "slug": slug, "name": slug.title(), "phases": list(phases)}
    publish_process(text=json.dumps(text), actor=BENCH)


def board() -> list[dict[str, Any]]:
    """The phases of the release whose page is measured: half of them wait for the others."""
    each, more = divmod(sizes.ACTIVITIES_PER_RELEASE, sizes.PHASES)
    half = [f"part-{number}" for number in range(sizes.PHASES // 2)]
    pair = ({"user": "maya"}, {"user": "omar"})
    return [
        {
            "key": f"part-{number}",
            "name": f"Part {number}",
            "needs": [] if number < len(half) else half,
            "activities": [
                # Every other one waits for the one before it.
                manual(f"p{number}-a{place}", *pair, needs=[f"p{number}-a{place - 1}"])
                if place % 2
                else manual(f"p{number}-a{place}", *pair)
                for place in range(each + (number < more))
            ],
        }
        for number in range(sizes.PHASES)
    ]


def gate(dependants: int) -> list[dict[str, Any]]:
    """An approval that others wait for."""
    waiting = [
        manual(f"after-{number}", {"user": "omar"}, needs=["gate"]) for number in range(dependants)
    ]
    return [manual("gate", {"user": "maya"}, rule="any"), *waiting]


def publish_processes() -> None:
    """The processes of the run, by what they are measured for."""
    pair = ({"user": "maya"}, {"user": "omar"})
    full = range(sizes.ACTIVITIES_PER_RELEASE)
    publish("two", *(manual(f"pair-{number}", *pair) for number in full))
    publish("many", manual("board", {"group": "voters", "each": True}))
    publish("gate-3", *gate(3))
    publish("gate-20", *gate(20))
    publish_phases("board", *board())
    publish("done", manual("done", {"user": "pat"}))
    bells = [manual(f"bell-{number}", {"user": "kim"}, {"user": "lee"}) for number in range(20)]
    publish("bell", *bells)
    for name in ("pat", "quinn"):
        full = range(sizes.PENDING_PER_RELEASE)
        publish(f"pending-{name}", *(manual(f"ask-{number}", {"user": name}) for number in full))


class Maker:
    """Makes started releases, one after the other, each a second later than the one before."""

    def __init__(self, manager: Any) -> None:
        self.actor = actor_of(manager)
        self.count = 0
        # Past, so that every round is open when the run begins; deadlines stay ahead.
        self.now = dt.datetime.now(dt.UTC) - dt.timedelta(hours=2)

    def release(self, process: str) -> Release:
        """A release that runs."""
        self.count += 1
        now = self.now + dt.timedelta(seconds=self.count)
        details = ReleaseDetails(name="Payments", version=f"1.{self.count}")
        made = create_release(
            product="pay", process=process, details=details, actor=self.actor, now=now
        )
        return start_release(release_id=made.pk, actor=self.actor, now=now)

    def activities(self, process: str, key: str = "") -> Iterator[int]:
        """Open activities of ever new releases of a process."""
        while True:
            rows = Activity.objects.filter(release=self.release(process)).order_by("position")
            yield from (rows.filter(key=key) if key else rows).values_list("pk", flat=True)


def make_people() -> tuple[dict[str, Any], dict[str, str]]:
    """Everyone, and the tokens of those who act."""
    voters = [f"voter-{number}" for number in range(sizes.VOTERS)]
    users = {
        name: create_user(username=name, actor=BENCH)
        for name in ("tom", "maya", "omar", "pat", "quinn", "kim", "lee", *voters)
    }
    group: Group = create_group(name="voters", actor=BENCH)
    for name in voters:
        add_member(user=users[name], group=group, actor=BENCH)
    manager = Role.objects.get(slug="release-manager")
    assign_role(role=manager, grantee=Grantee(user_id=users["tom"].pk), actor=BENCH)
    tokens = {
        name: issue_token(user=user, name="bench", actor=BENCH)[1] for name, user in users.items()
    }
    return users, tokens


def let_stand(users: dict[str, Any], activities: list[int]) -> None:
    """Votes in each of these activities, by voters that no client votes for."""
    for activity in activities:
        for number in range(sizes.STANDING_VOTES):
            decide(activity, users[f"voter-{sizes.VOTERS - 1 - number}"])


def session_for(user: Any) -> str:
    """The key of a session in which somebody is signed in."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def make_pages(maker: Maker, users: dict[str, Any]) -> dict[str, Any]:
    """What the pages are made of: a wide release under way, an activity with comments, a decided one."""
    board = maker.release("board")
    rows = list(Activity.objects.filter(release=board).order_by("position"))
    for activity in rows[:8:2]:
        for name in ("maya", "omar"):
            decide(activity.pk, users[name])
    talked = next(row for row in rows if row.key == "p1-a0")
    for number in range(sizes.COMMENTS):
        who = users["maya" if number % 2 else "omar"]
        write_comment(activity_id=talked.pk, text=f"Seen, number {number}.", actor=actor_of(who))
    decide(talked.pk, users["omar"])
    [done] = islice(maker.activities("done"), 1)
    decide(done, users["pat"])
    maker.release("bell")
    sessions = {name: session_for(users[name]) for name in ("maya", "pat", "quinn", "kim", "lee")}
    return {"board": board.pk, "talked": talked.pk, "done": done, "sessions": sessions}


def decide(activity: int, user: Any) -> None:
    """An approval."""
    ballot = Ballot("approve", "Looks good.")
    decide_activity(activity_id=activity, ballot=ballot, actor=actor_of(user))


def said(what: str, since: float) -> float:
    """Progress on standard error."""
    now = time.monotonic()
    print(f"  {what}: {now - since:.1f} s", file=sys.stderr, flush=True)
    return now


def main() -> None:
    """Make it all."""
    clock = time.monotonic()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    clock = said("tables", clock)
    users, tokens = make_people()
    create_product(key="pay", name="Payments", actor=BENCH)
    publish_processes()
    clock = said("people and processes", clock)
    maker = Maker(users["tom"])
    unmeasured = sizes.COUNTED + sizes.WARM_UP
    decisions = unmeasured + sizes.ROUNDS * sizes.DECISIONS
    completions = unmeasured + sizes.ROUNDS * sizes.COMPLETIONS
    rounds = sizes.CONTENTION_ROUNDS
    plan: dict[str, Any] = {
        "tokens": tokens,
        "two": list(islice(maker.activities("two"), decisions)),
        "many": list(islice(maker.activities("many"), -(-decisions // sizes.VOTERS))),
        "gate-3": list(islice(maker.activities("gate-3", "gate"), completions)),
        "gate-20": list(islice(maker.activities("gate-20", "gate"), completions)),
        "same": list(islice(maker.activities("many"), rounds)),
        "different": list(islice(maker.activities("many"), rounds * sizes.CLIENTS)),
        "streams": [maker.release("gate-3").pk for _ in range(sizes.WRITERS)],
    }
    let_stand(users, plan["different"])
    clock = said("releases to decide on", clock)
    for name, count in (("pat", sizes.PENDING_FEW), ("quinn", sizes.PENDING_MANY)):
        for _ in range(count // sizes.PENDING_PER_RELEASE):
            maker.release(f"pending-{name}")
    clock = said("pending approvals", clock)
    plan |= make_pages(maker, users)
    said("pages", clock)
    open_rounds = Approval.objects.filter(state=Approval.State.OPEN)
    print(f"  {open_rounds.count()} open rounds", file=sys.stderr, flush=True)
    print(json.dumps(plan))


if __name__ == "__main__":
    main()
