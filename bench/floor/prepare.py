"""Make the floor's tables and rows; prints what the run needs of them as JSON.

`python -m bench.floor.prepare`, with DATABASE_URL and DJANGO_SETTINGS_MODULE set.
"""

from __future__ import annotations

import datetime as dt
import json

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from bench.floor.models import Activity, Decision, Pending  # noqa: E402
from bench.floor.views import append_row  # noqa: E402
from bench.sizes import COMMENTS, PENDING_FEW, PENDING_MANY  # noqa: E402

ACTIVITIES = 500


def session_for(user: User) -> str:
    """The key of a signed-in session."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def pending_for(user: User, count: int) -> None:
    """So many open items for a user, due one after the other."""
    start = timezone.now()
    activities = Activity.objects.bulk_create(
        [
            Activity(name=f"Review {number}", release=f"Payments 1.{number // 100}")
            for number in range(count)
        ],
        batch_size=1000,
    )
    Pending.objects.bulk_create(
        [
            Pending(activity=activity, user=user, due_at=start + dt.timedelta(minutes=number))
            for number, activity in enumerate(activities)
        ],
        batch_size=1000,
    )


def activity_with_a_past(users: list[User]) -> Activity:
    """What the bare page shows: an activity with a decision, and as many entries as the product's has."""
    activity = Activity.objects.create(name="Gate with a past", release="Payments 1.0")
    now = timezone.now()
    Decision.objects.create(activity=activity, user=users[0], verdict="approve", decided_at=now)
    for number in range(COMMENTS):
        who = users[number % len(users)]
        append_row(activity, {"at": now.isoformat(), "kind": "noted", "user": who.pk})
    activity.save()
    return activity


def main() -> None:
    """Make it all."""
    call_command("migrate", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)  # the floor has no migrations
    decider, few, many = (
        User.objects.create_user(name, password=None) for name in ("maya", "pat", "quinn")
    )
    rows = Activity.objects.bulk_create(
        [Activity(name=f"Gate {number}", release="Payments 1.0") for number in range(ACTIVITIES)]
    )
    pending_for(few, PENDING_FEW)
    pending_for(many, PENDING_MANY)
    print(
        json.dumps(
            {
                "page": activity_with_a_past([few, many]).pk,
                "activities": [row.pk for row in rows],
                "decider": session_for(decider),
                "few": session_for(few),
                "many": session_for(many),
            }
        )
    )


if __name__ == "__main__":
    main()
