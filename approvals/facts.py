"""Rows → plain facts for the rules: the seats of a round, its votes, and who can fill what now."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection

from approvals.models import Approval, Decision, Role, RoleAssignment
from approvals.rules.eligibility import Electorate, ElectorateFacts, Holder, electorate
from approvals.rules.quorum import Vote
from approvals.rules.seats import Seat, SourceKey, named_users, source_keys
from audit.bulk import among


@dataclass(frozen=True, slots=True)
class People:
    """Who is active where at one moment: accounts, and holders of groups, roles and rights.

    `names` are today's names of the accounts and of the groups and roles asked for.
    """

    people: Mapping[int, Holder]
    holders: Mapping[SourceKey, tuple[int, ...]]
    names: Mapping[SourceKey, str]


class _Query:
    """One UNION ALL over users, members and role holders: one statement whatever is asked for.

    Written by hand, because composing it from querysets costs more time than the database needs. On
    PostgreSQL lists go as arrays: the text is the same however many they are, and is planned once.
    """

    def __init__(
        self, lineage: Sequence[int], now: dt.datetime, without: Collection[int] = ()
    ) -> None:
        user = get_user_model()
        self.user = user._meta.db_table
        self.member = user.groups.through._meta.db_table
        self.assigned = RoleAssignment._meta.db_table
        self.role = Role._meta.db_table
        self.group = Group._meta.db_table
        self.lineage = list(lineage)
        self.without = list(without)
        self.now = connection.ops.adapt_datetimefield_value(now)
        self.parts: list[str] = []
        self.values: list[Any] = []

    def _select(self, kind: str, ref: str, source: str, values: Sequence[Any]) -> None:
        self.parts.append(
            f"SELECT '{kind}', CAST({ref} AS varchar(40)), u.id, u.person, u.is_active, u.kind, "  # noqa: S608
            f"u.display_name, u.username FROM {source}"
        )
        self.values.extend(values)

    def _live(self, alias: str) -> str:
        return (
            f"({alias}.valid_from IS NULL OR {alias}.valid_from <= %s) AND "
            f"({alias}.valid_until IS NULL OR {alias}.valid_until > %s)"
        )

    def add_users(self, ids: Collection[int]) -> None:
        named, values = among("u.id", ids)
        self._select("user", "u.id", f"{self.user} u WHERE {named}", values)

    def add_groups(self, ids: Collection[int]) -> None:
        named, values = among("m.group_id", ids)
        source = (
            f"{self.member} m JOIN {self.user} u ON u.id = m.user_id "
            f"WHERE {named} AND {self._live('m')}"
        )
        self._select("group", "m.group_id", source, [*values, self.now, self.now])
        self._add_names("group", self.group, ids)

    def add_roles(self, ids: Collection[int]) -> None:
        self.add_holders("role", "a.role_id", *among("a.role_id", ids))
        self._add_names("role", self.role, ids)

    def add_holders(self, kind: str, ref: str, condition: str, values: Sequence[Any]) -> None:
        """Holders of roles, by themselves and through a group, where `condition` names the roles."""
        around, scopes = among("a.scope_id", self.lineage)
        held = f"{condition} AND {around} AND {self._live('a')}"
        window: list[Any] = [self.now, self.now]
        if self.without:
            left_out, keys = among("a.id", self.without)
            held, window = f"{held} AND NOT ({left_out})", [*window, *keys]
        direct = (
            f"{self.assigned} a JOIN {self.role} r ON r.id = a.role_id "
            f"JOIN {self.user} u ON u.id = a.user_id WHERE {held}"
        )
        self._select(kind, ref, direct, [*values, *scopes, *window])
        through = (
            f"{self.assigned} a JOIN {self.role} r ON r.id = a.role_id "
            f"JOIN {self.member} m ON m.group_id = a.group_id "
            f"JOIN {self.user} u ON u.id = m.user_id WHERE {held} AND {self._live('m')}"
        )
        self._select(kind, ref, through, [*values, *scopes, *window, self.now, self.now])

    def add_names(self, named: Collection[SourceKey]) -> None:
        """What users, groups and roles are called, without asking who is in them."""
        tables = {"user": self.user, "group": self.group, "role": self.role}
        for kind, table in tables.items():
            ids = sorted({int(ref) for each, ref in named if each == kind})
            if ids:
                self._add_names(kind, table, ids)

    def _add_names(self, kind: str, table: str, ids: Collection[int]) -> None:
        named, values = among("n.id", ids)
        shown = "coalesce(nullif(n.display_name, ''), n.username)" if kind == "user" else "n.name"
        self.parts.append(
            f"SELECT 'name', '{kind}', n.id, NULL, NULL, NULL, {shown}, NULL FROM {table} n WHERE {named}"  # noqa: S608
        )
        self.values.extend(values)

    def rows(self) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(self.parts), self.values)
            return cursor.fetchall()


def load_people(
    keys: Iterable[SourceKey],
    user_ids: Collection[int],
    lineage: Sequence[int],
    now: dt.datetime,
    without: Collection[int] = (),
    named: Collection[SourceKey] = (),
) -> People:
    """Everyone whom the sources `keys` reach at `now`, and the users named, in one query.

    Roles count where they are held in `lineage` (a scope and those around it). `without`: keys of
    assignments that are taken for ended, for whoever asks what ending them would do. `named`: of
    these the names alone are wanted besides.
    """
    wanted: dict[str, list[Any]] = {"group": [], "role": [], "right": []}
    for kind, ref in sorted(set(keys), key=str):
        wanted[kind].append(ref)
    query = _Query(lineage, now, without)
    query.add_users(sorted(user_ids) or [0])
    if wanted["group"]:
        query.add_groups(wanted["group"])
    if wanted["role"]:
        query.add_roles(wanted["role"])
    for right in wanted["right"]:
        query.add_holders("right", "%s", "r.rights LIKE %s", [right, f'%"{right}"%'])
    query.add_holders("reads_only", "a.role_id", "r.reads_only = %s", [True])
    query.add_names(named)
    return _people(query.rows())


def _people(rows: Iterable[tuple[Any, ...]]) -> People:
    accounts: dict[int, tuple[UUID, bool, str, str]] = {}
    holders: dict[SourceKey, list[int]] = {}
    names: dict[SourceKey, str] = {}
    readers: set[UUID] = set()
    for kind, ref, key, person, active, account_kind, name, username in rows:
        if kind == "name":
            names[ref, key] = name
            continue
        human = person if isinstance(person, UUID) else UUID(person)
        accounts[key] = (human, bool(active), account_kind, name or username)
        if kind == "reads_only":
            if active:  # a deactivated auditor's account shuts nobody out
                readers.add(human)
        elif kind != "user":
            source: SourceKey = (kind, ref if kind == "right" else int(ref))
            holders.setdefault(source, []).append(key)
    people = {
        user_id: Holder(
            user_id,
            human,
            active,
            "machine" if account_kind == "machine" else "person",
            name,
            human in readers,
        )
        for user_id, (human, active, account_kind, name) in accounts.items()
    }
    names |= {("user", user_id): one.display_name for user_id, one in people.items()}
    found = {source: tuple(sorted(set(ids))) for source, ids in holders.items()}
    return People(people, found, names)


def seats_of(approval: Approval) -> tuple[Seat, ...]:
    """The seats of a round as its snapshot has them."""
    return _parsed_seats(approval.seats)


@lru_cache(maxsize=128)
def _parsed_seats(text: str) -> tuple[Seat, ...]:
    return tuple(Seat.from_dict(item) for item in json.loads(text))


def exclusions_of(approval: Approval) -> dict[int, str]:
    """Users who may not decide in a round, with the code that says why."""
    return {int(user_id): code for user_id, code in json.loads(approval.exclusions).items()}


def electorate_from(
    seats: Sequence[Seat], exclusions: Mapping[int, str], people: People
) -> Electorate:
    """The electorate of seats among people that were loaded, with users excluded by code."""
    excluded = {
        people.people[user_id].person: code
        for user_id, code in sorted(exclusions.items(), reverse=True)
        if user_id in people.people
    }
    return electorate(ElectorateFacts(seats, people.holders, people.people, excluded))


def load_electorate(
    seats: Sequence[Seat],
    exclusions: Mapping[int, str],
    lineage: Sequence[int],
    now: dt.datetime,
) -> Electorate:
    """Who may fill which of `seats` at `now`; one query."""
    return electorate_from(seats, exclusions, people_of(seats, exclusions, lineage, now))


def people_of(
    seats: Sequence[Seat],
    exclusions: Mapping[int, str],
    lineage: Sequence[int],
    now: dt.datetime,
    without: Collection[int] = (),
    named: Collection[SourceKey] = (),
) -> People:
    """Everyone whom `seats` reach at `now`, and those excluded from them; one query.

    `named`: of these the names alone are wanted besides.
    """
    users = named_users(seats) | exclusions.keys()
    return load_people(source_keys(seats), users, lineage, now, without, named)


def live_decisions(decisions: Iterable[Decision]) -> dict[UUID, Decision]:
    """The decision of each person that counts: the one with the highest ordinal, unless withdrawn."""
    latest: dict[UUID, Decision] = {}
    for decision in sorted(decisions, key=lambda one: one.ordinal):
        latest[decision.person] = decision
    return {
        person: decision
        for person, decision in latest.items()
        if decision.verdict != Decision.Verdict.WITHDRAW
    }


def vote_of(decision: Decision) -> Vote:
    """A decision as the quorum counts it, with the seats that its hats opened when it was given."""
    seats = _opened_by(decision.hats)
    return Vote(person=decision.person, verdict=decision.verdict, seats=seats)  # type: ignore[arg-type]


@lru_cache(maxsize=2048)
def _opened_by(hats: str) -> frozenset[int]:
    return frozenset(hat["seat"] for hat in json.loads(hats))
