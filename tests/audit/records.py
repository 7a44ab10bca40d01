"""A record with a row in every protected table, and the changes that an attacker could make to it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection, models, transaction

from audit.canonical import NO_HASH, entry_hash
from audit.models import LedgerEntry, LedgerStream
from audit.triggers import drop_triggers
from audit.verification import Problem, verify_ledger
from releases.models import Release
from releases.services.activities import request_skip, retry_activity, write_comment
from releases.services.roles import end_role
from tests import builders as b

LATER = dt.datetime(2031, 5, 4, 3, 2, 1, tzinfo=dt.UTC)


def complete_record() -> Release:
    """A release that went through most of what can happen, and people, roles, tokens around it."""
    tom, maya, omar = b.manager(), b.person("maya"), b.person("omar")
    pipeline = b.pipeline_user()
    chair = b.role("cab-chair", "CAB chair", rights=["override"])
    ended = b.give("cab-chair", omar)
    qa = b.group("qa", maya)
    b.give("auditor", b.group("readers"))
    end_role(assignment_id=ended.pk, actor=b.SYSTEM, reason="Left the board.")
    b.give("cab-chair", b.person("ruth"))
    omar.groups.add(qa)
    omar.groups.remove(qa)
    Group.objects.create(name="from-a-shell")
    b.token_for(maya, "read", "decide")
    b.product(description="Takes cards.", tags=["pci"])
    b.process(
        b.phase(
            "verify",
            b.pipeline("build"),
            b.manual("qa", {"group": "qa"}, {"user": "omar"}, rule={"at_least": 2}),
            owner={"role": chair.slug},
        ),
        b.phase(
            "decide",
            b.manual("cab", {"user": "omar"}, deadline={"after": "2d", "on_miss": "reject"}),
        ),
    )
    made = b.release(
        tom, description="May release", commit="4f2c", environments=["prod"], risk="high",
        change_type="normal", tags=["may"], window_from=LATER, window_until=LATER + dt.timedelta(hours=2),
    )  # fmt: skip
    b.report(b.activity(made, "build"), pipeline, url="https://ci.example.com/1", data={"n": 1})
    b.vote(b.activity(made, "qa"), maya, comment="Looks good.")
    b.vote(b.activity(made, "qa"), omar, "abstain", "I know too little of it.")
    b.withdraw(b.activity(made, "qa"), omar)
    b.vote(b.activity(made, "qa"), omar)
    cab = b.activity(made, "cab")
    b.vote(cab, omar, "reject")
    retry_activity(activity_id=cab.pk, reason="Talked about it.", actor=b.actor_for(tom))
    request_skip(activity_id=cab.pk, reason="Nobody is in.", actor=b.actor_for(tom))
    write_comment(activity_id=cab.pk, text="Please look.", actor=b.actor_for(maya))
    b.release(tom, version="1.1", start=False)
    return made


@contextmanager
def undone() -> Iterator[None]:
    """Whatever the block changes is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def lift_triggers() -> None:
    """What an owner of the database can do, inside the test's transaction."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Checks that wait for the commit keep a table from being altered.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    drop_triggers(connection)


def run(statement: str, *values: Any) -> int:
    """One statement of SQL, past everything that Django would do; the rows that it changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def write(row: models.Model, **columns: Any) -> None:
    """Change columns of one row by SQL."""
    table, key = row._meta.db_table, row._meta.pk.column
    assigned = ", ".join(f'"{name}" = %s' for name in columns)
    changed = run(f'UPDATE "{table}" SET {assigned} WHERE "{key}" = %s', *columns.values(), row.pk)
    assert changed == 1


def other_value(field: Any, value: Any) -> Any:
    """A value for `field` that differs from `value` by as little as can be, ready for SQL."""
    kind = field.target_field if field.is_relation else field
    if isinstance(kind, models.UUIDField):
        changed: Any = uuid.UUID(int=(value.int if value else 0) ^ 1)
    elif isinstance(kind, models.BooleanField):
        changed = not value
    elif isinstance(kind, models.DateTimeField):
        changed = value + dt.timedelta(microseconds=1) if value else LATER
    elif isinstance(kind, models.IntegerField):
        changed = (value or 0) + 1
    else:
        changed = _other_text(value or "")
    return field.get_db_prep_save(changed, connection)


def _other_text(value: str) -> str:
    if value == "{}" or value.endswith("}"):
        return value[:-1] + " }"  # JSON that says the same, and is not the same text
    return value[:-1] + ("x" if value[-1:] != "x" else "y")


def problems() -> list[Problem]:
    """What verification finds now."""
    return verify_ledger().problems


def codes() -> set[str]:
    """The codes of what verification finds now."""
    return {problem.code for problem in problems()}


def rewrite(entry: LedgerEntry, text: str) -> None:
    """Put another text into an entry and work out all hashes after it anew, the head's too."""
    write(entry, text=text)
    former = NO_HASH
    for one in LedgerEntry.objects.filter(stream_id=entry.stream_id).order_by("seq"):
        digest = entry_hash(former, one.text)
        write(one, former=former, hash=digest)
        former = digest
    write(LedgerStream.objects.get(pk=entry.stream_id), hash=former)
