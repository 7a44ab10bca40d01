"""An idempotency key: the same call again gives the same answer, and is done once (API-1, A-006)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from audit.actor import Actor
from audit.errors import Conflict, Invalid
from audit.locking import database_now
from portal.models import IdempotencyKey

_TRIES = 3


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The answer to a call: its status and the bytes of its body, and whether it was given before."""

    status: int
    body: str
    replayed: bool = False


class _KeyTaken(Exception):
    """Somebody else's row has the key."""


def answer_once(
    *,
    key: str,
    digest: str,
    act: Callable[[], KeptAnswer],
    actor: Actor,
    now: dt.datetime | None = None,
) -> KeptAnswer:
    """Do `act` unless its answer is kept under the actor's `key`, in one transaction with the key.

    A second call with the same key waits for the first: on PostgreSQL at the unique constraint, on
    SQLite at the write lock. A refusal rolls the key back, so nothing of it is kept. `digest` stands
    for address and body. Refusals: Invalid `key_reused` for another digest, and those of `act`.
    """
    for _ in range(_TRIES):
        try:
            return _first(key, digest, act, actor, now)
        except _KeyTaken:
            kept = IdempotencyKey.objects.filter(user_id=actor.user_id or 0, key=key).first()
            if kept is not None:
                return _again(kept, digest)
    raise Conflict("key_in_use", "Another call with this key is being answered; try again.")


@transaction.atomic
def _first(
    key: str,
    digest: str,
    act: Callable[[], KeptAnswer],
    actor: Actor,
    now: dt.datetime | None,
) -> KeptAnswer:
    row = IdempotencyKey(
        user_id=actor.user_id or 0, key=key, request_digest=digest, created_at=now or database_now()
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise _KeyTaken from error
    answer = act()
    row.status, row.body = answer.status, answer.body
    row.save(update_fields=["status", "body"])
    return answer


def _again(kept: IdempotencyKey, digest: str) -> KeptAnswer:
    if kept.request_digest != digest:
        raise Invalid(
            "This idempotency key was used for another call.",
            code="key_reused",
            errors={"Idempotency-Key": ["Use a fresh key for each call."]},
        )
    return KeptAnswer(kept.status or 200, kept.body, replayed=True)
