"""Where members of a crew wait for each other in the database: for controls that must always go wrong.

A trigger before a statement takes no row's lock yet, so whoever comes there has read all that it goes
by and has written nothing. Both wait there, in the database, until the other has come as far: no pause
has to be long enough. What has met is forgotten before each round (`Job.meets`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# Of advisory locks; nothing else takes any.
KIND = 7471
HERE, THERE, BUSY = 1, 2, 3
LONGEST = "30 seconds"
# What is on in the session of a member while its job meets; whoever prepares the scene meets nobody.
ROUND = "countersign.meets"

# By how many sessions one of them is held, and by how many others.
_HELD = f"""
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND classid = {KIND} AND objid = %d AND granted
"""
_BY_OTHERS = f"{_HELD} AND pid <> pg_backend_pid()"


def _function(name: str, arrives: str, met: str) -> str:
    return f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE until timestamptz := clock_timestamp() + interval '{LONGEST}';
        BEGIN
            IF current_setting('{ROUND}', true) IS DISTINCT FROM 'on' THEN RETURN NULL; END IF;
            {arrives}
            WHILE NOT ({met}) AND clock_timestamp() < until LOOP PERFORM pg_sleep(0.002); END LOOP;
            RETURN NULL;
        END $$
    """


def _trigger(name: str, moment: str) -> str:
    """`moment`: such as `UPDATE ON releases_phase`."""
    return f"CREATE TRIGGER {name} BEFORE {moment} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"


@contextmanager
def both_meet(*moments: str) -> Iterator[None]:
    """Two members wait for each other before these statements, each at the first one it comes to."""
    arrives = f"PERFORM pg_advisory_lock_shared({KIND}, {HERE});"
    met = f"({_BY_OTHERS % HERE}) > 0"
    with _installed({"meet_both": (arrives, met, moments)}):
        yield


@contextmanager
def one_is_overtaken(first: str, overtaken: str) -> Iterator[None]:
    """Whoever comes to `overtaken` waits there until the other's transaction is over.

    The other waits before `first` until then, so that both have read the same.
    """
    begins = (
        f"PERFORM pg_advisory_xact_lock({KIND}, {BUSY});"
        f"PERFORM pg_advisory_lock_shared({KIND}, {HERE});"
    )
    follows = f"PERFORM pg_advisory_lock_shared({KIND}, {THERE});"
    is_over = f"({_BY_OTHERS % HERE}) > 0 AND ({_BY_OTHERS % BUSY}) = 0"
    functions = {
        "meet_first": (begins, f"({_HELD % THERE}) > 0", (first,)),
        "meet_overtaken": (follows, is_over, (overtaken,)),
    }
    with _installed(functions):
        yield


def begin_round() -> None:
    """This process meets others from now on; whom it has met before counts no more."""
    _forget("on")


def end_meetings() -> None:
    """This process meets nobody any more."""
    _forget("off")


def _forget(state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all(), set_config(%s, %s, false)", [ROUND, state])


@contextmanager
def _installed(functions: dict[str, tuple[str, str, tuple[str, ...]]]) -> Iterator[None]:
    with connection.cursor() as cursor:
        for name, (arrives, met, moments) in functions.items():
            cursor.execute(_function(name, arrives, met))
            for moment in moments:
                cursor.execute(_trigger(name, moment))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for name in functions:
                cursor.execute(f"DROP FUNCTION {name}() CASCADE")
