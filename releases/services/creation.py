"""A release is made from a process (REL-1, REL-5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from approvals.facts import load_people
from approvals.models import Role, Scope
from approvals.selectors import account_reads_only
from approvals.services.roles import create_scope
from audit.actor import Actor
from audit.canonical import canonical_text
from audit.errors import Invalid
from audit.history import create_tracked
from audit.journal import Journal
from audit.locking import database_now
from audit.permissions import require
from audit.services.record import record
from releases.models import ProcessVersion, Release
from releases.permissions import can_create_release
from releases.rules.release_details import find_detail_errors
from releases.selectors import (
    groups_by_name,
    newest_version,
    people_by_username,
    product_for,
    roles_by_slug,
)
from releases.services.roles import Grantee, write_assignment


@dataclass(frozen=True, slots=True)
class ReleaseDetails:
    """What a release is made with, as `contract.md` names it; people by username."""

    name: str
    version: str
    description: str = ""
    manager: str | None = None
    authors: Sequence[str] = ()
    environments: Sequence[str] = ()
    commit: str = ""
    risk: str = ""
    change_type: str = ""
    tags: Sequence[str] = ()
    window_from: dt.datetime | None = None
    window_until: dt.datetime | None = None
    artifacts: Sequence[Mapping[str, str]] = ()
    links: Sequence[Mapping[str, str]] = ()
    stakeholders: Sequence[Mapping[str, str]] = field(default_factory=tuple)


@transaction.atomic
def create_release(
    *,
    product: str,
    process: str,
    details: ReleaseDetails,
    actor: Actor,
    now: dt.datetime | None = None,
) -> Release:
    """Make a draft release of a product from the newest version of a process.

    The manager gets the role Release Manager on it; left out, it is the actor, or for a machine user
    the one person who holds that role for the product. A machine user must name authors. Refusals:
    NotFound for a product that the actor may not see, NotPermitted, Invalid with the fields.
    """
    place = product_for(actor, product)
    require(can_create_release(actor, place))
    errors = find_detail_errors(details)
    version = newest_version(process)
    if version is None:
        errors["process"] = [f"There is no published process {process!r}."]
    journal = Journal(actor=actor, at=now or database_now())
    role = Role.objects.get(slug="release-manager")
    manager, authors = _people(details, place.scope.lineage, role, journal, errors)
    _check_stakeholders(details.stakeholders, errors)
    if errors or version is None or manager is None:
        raise Invalid(errors=errors)
    scope = create_scope(
        kind=Scope.Kind.RELEASE,
        parent=place.scope,
        label=f"{details.name} {details.version}",
        journal=journal,
    )
    row = _row(details, version, manager, authors, actor, journal)
    row.product, row.product_tags, row.scope = place, place.tags, scope
    release: Release = create_tracked(journal, [row])[0]
    journal.add(
        "release.created",
        release=release.pk,
        product=place.key,
        process=version.process.slug,
        process_version=version.number,
        manager=manager.pk,
        authors=[one.pk for one in authors],
    )
    write_assignment(role, Grantee(user_id=manager.pk), scope, journal=journal)
    record(journal, stream=release.stream, opening=True)
    return release


def _row(
    details: ReleaseDetails,
    version: ProcessVersion,
    manager: Any,
    authors: Sequence[Any],
    actor: Actor,
    journal: Journal,
) -> Release:
    return Release(
        process_version=version,
        name=details.name,
        version=details.version,
        description=details.description,
        manager=manager,
        requester_id=actor.account,
        authors=canonical_text([{"name": str(one), "user": one.pk} for one in authors]),
        environments=canonical_text(list(details.environments)),
        commit=details.commit,
        risk=details.risk,
        change_type=details.change_type,
        tags=canonical_text(list(details.tags)),
        artifacts=canonical_text([dict(one) for one in details.artifacts]),
        links=canonical_text([dict(one) for one in details.links]),
        stakeholders=canonical_text([dict(one) for one in details.stakeholders]),
        window_from=details.window_from,
        window_until=details.window_until,
        created_at=journal.at,
    )


def _people(
    details: ReleaseDetails,
    lineage: Sequence[int],
    role: Role,
    journal: Journal,
    errors: dict[str, list[str]],
) -> tuple[Any, list[Any]]:
    """The manager and the authors; what is wrong with them goes to `errors`.

    Who reads only in one of the scopes of `lineage` is no manager (A-070).
    """
    actor = journal.actor
    names = [*details.authors, *([details.manager] if details.manager else [])]
    found = people_by_username(names)
    unfit = find_author_errors(details.authors, found)
    if unfit:
        errors["authors"] = unfit
    elif actor.kind == "machine" and not details.authors:
        errors["authors"] = ["A machine user must name the authors."]
    if details.manager:
        manager = found.get(details.manager)
        if manager is None or manager.kind != "person":
            errors["manager"] = [f"There is no active person {details.manager!r}."]
        elif account_reads_only(manager.pk, lineage):
            errors["manager"] = [f"{manager} is an auditor here; auditors read and manage nothing."]
    elif actor.kind == "person":
        manager = get_user_model().objects.get(pk=actor.account)
    else:
        manager = _only_holder(role, lineage, journal.at)
        if manager is None:
            errors["manager"] = [
                "A machine user must name the manager where not exactly one person holds the role "
                f"{role} for the product."
            ]
    authors = {found[name].pk: found[name] for name in details.authors if name in found}
    return manager, list(authors.values())


def _only_holder(role: Role, lineage: Sequence[int], now: dt.datetime) -> Any:
    """The one person who holds a role in these scopes and may write; None if there are more or none."""
    key = ("role", role.pk)
    people = load_people([key], (), lineage, now)
    holders = [people.people[user_id] for user_id in people.holders.get(key, ())]
    accounts = {
        one.person: one.user_id
        for one in sorted(holders, key=lambda one: -one.user_id)
        if one.active and one.kind == "person" and not one.reads_only
    }
    if len(accounts) != 1:
        return None
    return get_user_model().objects.get(pk=next(iter(accounts.values())))


def find_author_errors(names: Sequence[str], found: Mapping[str, Any]) -> list[str]:
    """What is wrong with those named as authors: an author is a person, never a machine (POL-6).

    `found` are the active accounts by name. A machine that could name itself would leave nobody
    whom the separation of duties keeps from deciding on their own change.
    """
    return [
        f"{name!r} is a machine user; an author is a person."
        if name in found
        else f"There is no active user {name!r}."
        for name in names
        if name not in found or found[name].kind != "person"
    ]


def _check_stakeholders(
    stakeholders: Sequence[Mapping[str, str]], errors: dict[str, list[str]]
) -> None:
    """Add an error for each who is not there; what else is wrong with one has its error already."""
    finders = {"user": people_by_username, "group": groups_by_name, "role": roles_by_slug}
    named = [
        (number, kind, name)
        for number, one in enumerate(stakeholders)
        if f"stakeholders.{number}" not in errors and "stakeholders" not in errors
        for kind, name in one.items()
    ]
    for kind, find in finders.items():
        found = find([name for _, of_kind, name in named if of_kind == kind])
        for number, of_kind, name in named:
            if of_kind == kind and name not in found:
                errors[f"stakeholders.{number}.{kind}"] = [f"There is no {kind} {name!r}."]
