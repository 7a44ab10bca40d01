"""Scenes about who is told: people with addresses, and what was written of telling them."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from audit.models import Delivery, Notice
from releases.models import Activity, Release
from tests import builders as b


def reachable(*names: str, **more: Any) -> SimpleNamespace:
    """Persons with an address each, made where they are missing."""
    known = {user.username: user for user in get_user_model().objects.filter(username__in=names)}
    return SimpleNamespace(
        **{
            name: known.get(name) or b.person(name, email=f"{name}@example.com", **more)
            for name in names
        }
    )


def tom_by_mail() -> Any:
    """The release manager, with an address."""
    found = get_user_model().objects.filter(username="tom").first()
    if found is None:
        found = b.person("tom", email="tom@example.com")
        b.give("release-manager", found)
    return found


def told(of: Activity | Release | None = None, moment: str = "") -> list[tuple[str, str, str]]:
    """(moment, username, why) of the notices about something, in the order of writing."""
    rows = Notice.objects.order_by("pk")
    if of is not None:
        host = of.host if isinstance(of, Activity) else f"release:{of.pk}"
        rows = rows.filter(host=host)
    if moment:
        rows = rows.filter(moment=moment)
    return list(rows.values_list("moment", "user__username", "why"))


def deliveries(**wanted: Any) -> list[tuple[str, str, str]]:
    """(username, state, error) of deliveries, in the order of writing."""
    rows = Delivery.objects.filter(**wanted).order_by("pk")
    return list(rows.values_list("notice__user__username", "state", "error"))


def make_due() -> None:
    """Let every pause be over."""
    Delivery.objects.update(next_try_at=timezone.now() - dt.timedelta(seconds=1))
