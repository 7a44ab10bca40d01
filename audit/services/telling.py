"""Write who must be told, in the transaction of what they are told of (NTF-3, I4, I5).

On PostgreSQL as a part of the statement that writes the ledger's entries, however many people and
moments there are; so that a decision which tells a hundred people costs no statement more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.core.exceptions import EmptyResultSet
from django.db import connection

from audit.actor import Actor
from audit.bulk import insert_at_once, rows_text
from audit.canonical import canonical_text
from audit.compiled import Later
from audit.events import Listeners, Told
from audit.journal import Journal
from audit.locking import database_now
from audit.models import Delivery, Notice

# Nobody wants a mail about yesterday's moments: one that a migration or a long standstill brings.
TOO_OLD: Final = dt.timedelta(days=1)
# The demo tells of ninety days at once; only what just happened goes out.
TOO_OLD_IN_DEMO: Final = dt.timedelta(hours=1)
DEMO_DOOR: Final = "demo"


def _oldest(journal: Journal) -> dt.timedelta:
    return TOO_OLD_IN_DEMO if journal.actor.door == DEMO_DOOR else TOO_OLD


# --- PostgreSQL --------------------------------------------------------------------------------------

_TOLD: Final = (
    "told AS (SELECT * FROM json_to_recordset(CAST(%s AS json)) AS given(number int, key varchar, "
    "moment varchar, host varchar, attempt int, facts text, needs_action bool, even_actor bool))"
)
_LISTED: Final = (
    "SELECT number, user_id, place, why, name FROM json_to_recordset(CAST(%s AS json)) AS "
    "given(number int, user_id bigint, place int, why varchar, name varchar)"
)
_FOUND: Final = (
    " UNION ALL SELECT CAST(%s AS int), found.user_id, CAST(%s AS int), CAST(%s AS varchar), "
    "CAST(%s AS varchar) FROM ({subquery}) AS found(user_id)"
)
_CHOSEN: Final = (
    "chosen AS (SELECT DISTINCT ON (number, user_id) * FROM listed ORDER BY number, user_id, place)"
)
# Who is told anything at all: the one condition, for the notices and for whoever asks beforehand.
_HEARING: Final = (
    "FROM told JOIN chosen USING (number) JOIN {user} one ON one.id = chosen.user_id "
    "WHERE one.is_active AND one.kind = 'person' AND (told.even_actor "
    "OR (one.id <> CAST(%s AS bigint) AND one.person IS DISTINCT FROM CAST(%s AS uuid))) "
)
_NOTICE: Final = (
    "notice AS (INSERT INTO audit_notice (key, moment, user_id, display_name, stream, host, attempt, "
    "facts, needs_action, why, why_name, created_at) "
    "SELECT told.key, told.moment, one.id, coalesce(nullif(one.display_name, ''), one.username), "
    "CAST(%s AS varchar), told.host, told.attempt, told.facts, told.needs_action, chosen.why, "
    "left(chosen.name, 200), CAST(%s AS timestamptz) " + _HEARING + "ORDER BY told.number, one.id "
    "ON CONFLICT (key, user_id) DO NOTHING RETURNING id, user_id)"
)
_DELIVERY: Final = (
    "delivery AS (INSERT INTO audit_delivery (notice_id, channel, state, attempts, next_try_at, error, address, "
    "mark) SELECT notice.id, 'email', CASE WHEN why.error = '' THEN 'pending' ELSE 'dropped' END, 0, "
    "statement_timestamp(), why.error, '', gen_random_uuid() "
    "FROM notice JOIN {user} one ON one.id = notice.user_id CROSS JOIN LATERAL (SELECT CASE "
    "WHEN one.email = '' THEN 'no_address' "
    "WHEN CAST(%s AS timestamptz) < statement_timestamp() - CAST(%s AS interval) THEN 'too_old' "
    "ELSE '' END AS error) why ORDER BY notice.id)"
)


# Somebody who was left out for one of these, and is told of the same question again, is asked again:
# the notice stands, and the mail that was dropped goes out.
LEFT_OUT_FOR_NOW: Final = ("archived", "inactive", "no_longer_asked", "not_visible")
_REVIVED: Final = (
    "revived AS (UPDATE audit_delivery again SET state = 'pending', error = '', attempts = 0, "
    "next_try_at = statement_timestamp() FROM told JOIN chosen USING (number) "
    "JOIN audit_notice former ON former.key = told.key AND former.user_id = chosen.user_id "
    "WHERE again.notice_id = former.id AND again.state = 'dropped' "
    "AND again.error = ANY(CAST(%s AS varchar[])))"
)


def told_parts(journal: Journal, stream: str) -> tuple[list[str], list[Any]]:
    """Parts of a WITH clause that write who is told, with their values; nothing when nobody is.

    Deactivated accounts, machines and mostly whoever acts, by any account, are left out.
    """
    if not journal.told:
        return [], []
    actor, user = journal.actor, get_user_model()._meta.db_table
    listed, values = _listed(journal.told)
    return [
        _TOLD,
        f"listed AS ({listed})",
        _CHOSEN,
        _NOTICE.format(user=user),
        _DELIVERY.format(user=user),
        _REVIVED,
    ], [
        rows_text([_told_row(number, told) for number, told in enumerate(journal.told)]),
        *values,
        stream,
        journal.at,
        actor.user_id or 0,
        actor.person,
        journal.at,
        _oldest(journal),
        list(LEFT_OUT_FOR_NOW),
    ]


def _told_row(number: int, told: Told) -> dict[str, Any]:
    return {
        "number": number,
        "key": told.key,
        "moment": told.moment,
        "host": told.host,
        "attempt": told.attempt,
        "facts": canonical_text(told.facts),
        "needs_action": told.needs_action,
        "even_actor": told.even_actor,
    }


def _listed(several: list[Told]) -> tuple[str, list[Any]]:
    """The statement of who hears what for which reason, and its values."""
    rows = [
        {"number": number, "user_id": user_id, "place": place, "why": one.why, "name": one.name}
        for number, place, one in _reasons(several)
        for user_id in sorted(one.users)
    ]
    text = _LISTED
    values: list[Any] = [rows_text(rows)]
    for number, place, one in _reasons(several):
        if one.found_by is None:
            continue
        try:
            subquery, more = _part(one.found_by)
        except EmptyResultSet:
            continue
        text += _FOUND.format(subquery=subquery)
        values += [number, place, one.why, one.name, *more]
    return text, values


def _part(found_by: Any) -> tuple[str, Sequence[Any]]:
    """The text and values of a query that finds accounts. Raises EmptyResultSet when it finds none."""
    if isinstance(found_by, Later):
        return found_by.sql_with_params()
    sql, values = found_by.query.sql_with_params()
    return sql, values


def _reasons(several: list[Told]) -> Iterator[tuple[int, int, Listeners]]:
    for number, told in enumerate(several):
        for place, one in enumerate(told.listeners):
            yield number, place, one


# --- SQLite ------------------------------------------------------------------------------------------


def write_told_in_turn(journal: Journal, stream: str) -> None:
    """The same for a database whose statements write one table each."""
    chosen = [(told, _chosen(told)) for told in journal.told]
    people = _people({user_id for _, users in chosen for user_id in users})
    notices = [
        _notice(told, people[user_id], users[user_id], stream, journal)
        for told, users in chosen
        for user_id in sorted(_hearing(told, users, people, journal.actor))
    ]
    if not notices:
        return
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    keys = {told.key for told in journal.told}
    told_again = Delivery.objects.filter(
        notice__key__in=keys,
        notice__user_id__in={one.user_id for one in notices},
        state=Delivery.State.DROPPED,
        error__in=LEFT_OUT_FOR_NOW,
    )
    now = database_now()
    told_again.update(state=Delivery.State.PENDING, error="", attempts=0, next_try_at=now)
    fresh = Notice.objects.filter(key__in=keys, deliveries=None).order_by("pk")
    deliveries = [_delivery(notice, people[notice.user_id], journal, now) for notice in fresh]
    if deliveries:
        insert_at_once(deliveries)


def _people(wanted: Collection[int]) -> dict[int, Any]:
    """Those of these accounts that are told anything at all."""
    if not wanted:
        return {}
    rows = get_user_model()._default_manager.filter(pk__in=wanted, is_active=True, kind="person")
    return {one.pk: one for one in rows}


def _hearing(
    told: Told, users: Collection[int], people: Mapping[int, Any], actor: Actor
) -> list[int]:
    """Of these accounts, in their order, those that are told; `people` are the ones told anything."""
    acting = {one.pk for one in people.values() if one.person == actor.person}
    acting.add(actor.user_id or 0)
    left_out = set() if told.even_actor else acting
    return [user_id for user_id in users if user_id in people and user_id not in left_out]


def _chosen(told: Told) -> dict[int, Listeners]:
    found: dict[int, Listeners] = {}
    for one in told.listeners:
        # By account, as PostgreSQL gives them.
        for user_id in sorted({*one.users, *(one.found_by or ())}):
            found.setdefault(user_id, one)
    return found


def _notice(told: Told, one: Any, listener: Listeners, stream: str, journal: Journal) -> Notice:
    return Notice(
        key=told.key,
        moment=told.moment,
        user_id=one.pk,
        display_name=one.display_name or one.username,
        stream=stream,
        host=told.host,
        attempt=told.attempt,
        facts=canonical_text(told.facts),
        needs_action=told.needs_action,
        why=listener.why,
        why_name=listener.name[:200],
        created_at=journal.at,
    )


def _delivery(notice: Notice, one: Any, journal: Journal, now: dt.datetime) -> Delivery:
    error = "no_address" if not one.email else ""
    if not error and journal.at < now - _oldest(journal):
        error = "too_old"
    state = Delivery.State.DROPPED if error else Delivery.State.PENDING
    return Delivery(
        notice=notice, channel=Delivery.Channel.EMAIL, state=state, next_try_at=now, error=error
    )


# --- Beforehand -------------------------------------------------------------------------------------


def would_hear(listeners: Iterable[Listeners], actor: Actor) -> list[str]:
    """The names of those who would be told if the actor did something that these people hear of.

    By what writes the notices, in the order of the reasons; for whoever says it before it is done.
    Nobody is told, and nothing is written.
    """
    told = Told("", "", "", 0, tuple(listeners))
    if connection.vendor == "postgresql":
        return _hearers_at_once(told, actor)
    return _hearers_in_turn(told, actor)


def _hearers_at_once(told: Told, actor: Actor) -> list[str]:
    """One statement, of the parts that write the notices."""
    listed, values = _listed([told])
    user = get_user_model()._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {_TOLD}, listed AS ({listed}), {_CHOSEN} "
            "SELECT coalesce(nullif(one.display_name, ''), one.username) "
            f"{_HEARING.format(user=user)}ORDER BY chosen.place, one.id",
            [rows_text([_told_row(0, told)]), *values, actor.user_id or 0, actor.person],
        )
        return [name for (name,) in cursor.fetchall()]


def _hearers_in_turn(told: Told, actor: Actor) -> list[str]:
    users = _chosen(told)
    people = _people(users)
    found = [people[user_id] for user_id in _hearing(told, users, people, actor)]
    return [one.display_name or one.username for one in found]
