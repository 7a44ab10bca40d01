"""May this actor do this to that? The one answer, read from django-guardian's rows (SEC-1).

Nothing else asks guardian: its functions disagree about inactive users and global permissions
(abuse.md, finding 16). A right is looked for on the object itself and on each object around it
(release, product, everything); rows that are not yet or no longer valid, and memberships outside
their time, count for nothing. A superuser holds every right, and no seat.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from audit.actor import YES, Actor, Answer
from audit.compiled import CompiledValues
from audit.errors import NotPermitted

SCOPE_OF_ACTION = {
    "view": "read",
    "view_audit": "read",
    "manage": "manage",
    "start": "manage",
    "override": "manage",
    "configure": "manage",
    "report_result": "report",
}
ACTIONS = tuple(SCOPE_OF_ACTION)


def require(answer: Answer) -> None:
    """Raise NotPermitted with the answer's reason when it is a no."""
    if not answer:
        raise NotPermitted(answer.code, answer.sentence, data=answer.data)


def within_time(now: dt.datetime | None = None) -> Q:
    """The rows whose `valid_from` / `valid_until` enclose `now` (the database's, if left out)."""
    instant: Any = now or Now()
    started = Q(valid_from__isnull=True) | Q(valid_from__lte=instant)
    return started & (Q(valid_until__isnull=True) | Q(valid_until__gt=instant))


def live_memberships() -> models.QuerySet[Any]:
    """Memberships that hold at this moment, of active users (group_id, user_id)."""
    through = get_user_model().groups.through
    return through._default_manager.filter(within_time(), user__is_active=True)


def live_group_ids(user_id: int | None) -> models.QuerySet[Any]:
    """The groups the user is in at this moment, as a subquery of keys."""
    return live_memberships().filter(user_id=user_id).values("group_id")


def grants(
    user_id: int | None,
    action: str,
    model: type[models.Model],
    groups: Collection[int] | None = None,
) -> tuple[Any, Any]:
    """guardian's rows on `model` that give the account the action: its own, and its groups'.

    `groups`: those it is in, when the caller has read them.
    """
    named = within_time() & Q(permission__codename=action)
    own = get_user_obj_perms_model(model)._default_manager.filter(
        named, user_id=user_id, user__is_active=True
    )
    member_of = live_group_ids(user_id) if groups is None else groups
    through = get_group_obj_perms_model(model)._default_manager.filter(
        named, group_id__in=member_of
    )
    return own, through


@lru_cache(maxsize=64)
def _grants_on(action: str, kinds: tuple[type[models.Model], ...]) -> CompiledValues:
    """The query for a grant of `action` on one of as many objects (`key_0` …), put together once."""
    keys = [f"key_{place}" for place in range(len(kinds))]

    def build(user_id: int, **values: int) -> models.QuerySet[Any, Any]:
        found = [
            rows.filter(content_object_id=values[key]).values_list("pk")
            for key, kind in zip(keys, kinds, strict=True)
            for rows in grants(user_id, action, kind)
        ]
        return found[0].union(*found[1:], all=True)[:1]

    return CompiledValues(build, user_id=int, **dict.fromkeys(keys, int))


def within_token(actor: Actor, action: str) -> Answer:
    """Whether the actor's token reaches as far as `action`; whoever has none is bound by none."""
    if actor.has_scope(SCOPE_OF_ACTION[action]):
        return YES
    return Answer(
        False,
        "token_scope",
        "This token does not reach that far.",
        {"scope": SCOPE_OF_ACTION[action]},
    )


def can(actor: Actor, action: str, *objects: models.Model) -> Answer:
    """Whether the actor holds `action` on any of `objects`, innermost first (one query).

    The system may do what its own services do. Raises ValueError for an action that is not one.
    """
    if action not in SCOPE_OF_ACTION:
        raise ValueError(f"unknown action {action}")
    if actor.kind == "system":
        return YES
    scope = within_token(actor, action)
    if not scope or actor.is_superuser:
        return scope
    if not objects or actor.user_id is None:
        return by_rows(actor, action, found=False)
    query = _grants_on(action, tuple(type(one) for one in objects))
    keys = {f"key_{place}": int(one.pk) for place, one in enumerate(objects)}
    return by_rows(actor, action, found=any(query.rows(user_id=actor.user_id, **keys)))


def by_rows(actor: Actor, action: str, found: bool) -> Answer:
    """What `can` answers when it is known whether guardian's rows give the actor the action."""
    if actor.kind == "system":
        return YES
    scope = within_token(actor, action)
    if not scope or actor.is_superuser or found:
        return scope
    return Answer(
        False, "no_permission", "You do not have the right to do this here.", {"right": action}
    )


def granted(
    actor: Actor,
    action: str,
    model: type[models.Model],
    key: str,
    groups: Collection[int] | None = None,
) -> Q:
    """The condition under which a row gives the actor `action` by guardian's rows on `model`.

    `key` is the path from the filtered rows to the key of `model` (such as `product_id`); `groups`
    those that the actor is in, when the caller has read them.
    """
    own, through = grants(actor.user_id, action, model, groups)
    return Q(Exists(own.filter(content_object_id=OuterRef(key)))) | Q(
        Exists(through.filter(content_object_id=OuterRef(key)))
    )
