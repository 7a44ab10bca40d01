"""Roles, and the scopes in which they are held."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence

from django.db import IntegrityError, transaction

from approvals.models import Role, Scope
from approvals.permissions import can_configure
from approvals.rules.texts import check_reason, unsafe_text
from audit.actor import Actor
from audit.canonical import canonical_text
from audit.errors import Conflict, Invalid
from audit.history import create_tracked, save_tracked
from audit.journal import Journal
from audit.locking import database_now, lock, moment
from audit.models import PORTAL_STREAM
from audit.permissions import ACTIONS, require
from audit.services.record import record

# Built-in roles and their rights: contract.md, Rights. `override` is in none of them.
BUILT_IN: Sequence[tuple[str, str, Sequence[str], bool]] = (
    ("release-manager", "Release Manager", ("view", "manage", "start"), False),
    ("phase-owner", "Phase Owner", ("view",), False),
    ("pipeline", "Pipeline", ("view", "start", "report_result"), False),
    ("process-admin", "Process Admin", ("view", "configure"), False),
    ("auditor", "Auditor", ("view", "view_audit"), True),
    ("audit-approver", "Audit Approver", ("view",), False),
)

LONGEST_DESCRIPTION = 20_000
SLUG = re.compile(r"[a-z][a-z0-9_-]{0,49}")


def everything() -> Scope:
    """The root scope, which `migrate` makes. Raises Conflict `not_set_up` on a bare database."""
    root = Scope.objects.filter(kind=Scope.Kind.EVERYTHING).first()
    if root is None:
        raise Conflict("not_set_up", "The database is not set up; run manage.py migrate.")
    return root


def create_scope(*, kind: str, parent: Scope, label: str, journal: Journal) -> Scope:
    """A new scope below `parent`, for a product or release that is being made."""
    scope = create_tracked(journal, [Scope(kind=kind, parent=parent, label=label[:250])])[0]
    scope.path = f"{parent.path}{scope.pk}/"
    save_tracked(journal, [scope], ["path"])
    return scope


def ensure_roles(roles: Mapping[str, str], *, journal: Journal) -> list[Role]:
    """Make the roles (slug → name) that are missing, without rights; returns those made."""
    known = set(Role.objects.filter(slug__in=roles).values_list("slug", flat=True))
    missing = [Role(slug=slug, name=name) for slug, name in roles.items() if slug not in known]
    made = create_tracked(journal, missing)
    if made:
        journal.add("role.created", roles=[role.slug for role in made])
    return made


@transaction.atomic
def ensure_builtin_roles(*, actor: Actor, now: dt.datetime | None = None) -> None:
    """Make the root scope and the built-in roles where they are missing. Idempotent."""
    journal = Journal(actor=actor, at=now or database_now())
    if not Scope.objects.filter(kind=Scope.Kind.EVERYTHING).exists():
        root = create_tracked(
            journal, [Scope(kind=Scope.Kind.EVERYTHING, parent=None, label="Everything")]
        )[0]
        root.path = f"/{root.pk}/"
        save_tracked(journal, [root], ["path"])
        journal.add("scope.created", scope=root.pk, kind=root.kind)
    known = set(Role.objects.values_list("slug", flat=True))
    made = create_tracked(
        journal,
        [
            Role(
                slug=slug,
                name=name,
                rights=canonical_text(sorted(rights)),
                reads_only=reads_only,
                is_builtin=True,
            )
            for slug, name, rights, reads_only in BUILT_IN
            if slug not in known
        ],
    )
    if made:
        journal.add("role.created", roles=[role.slug for role in made])
    record(journal, stream=PORTAL_STREAM)


def create_role(
    *,
    slug: str,
    name: str,
    actor: Actor,
    description: str = "",
    rights: Sequence[str] = (),
    now: dt.datetime | None = None,
) -> Role:
    """Make a role that gives these rights to whoever is assigned it.

    Refusals: NotPermitted without `configure` for everything, Invalid (slug, name, rights), Conflict
    `slug_taken`.
    """
    try:
        return _create_role(slug, name, description, rights, actor, now)
    except IntegrityError as error:  # two at once: the constraint is the judge
        raise Conflict("slug_taken", f"There is a role {slug} already.") from error


@transaction.atomic
def _create_role(
    slug: str,
    name: str,
    description: str,
    rights: Sequence[str],
    actor: Actor,
    now: dt.datetime | None,
) -> Role:
    require(can_configure(actor, everything()))
    _check_role(name, description, slug)
    stored = check_rights(rights)
    if Role.objects.filter(slug=slug).exists():
        raise Conflict("slug_taken", f"There is a role {slug} already.")
    journal = Journal(actor=actor, at=now or database_now())
    role: Role = create_tracked(
        journal, [Role(slug=slug, name=name, description=description, rights=stored)]
    )[0]
    journal.add("role.created", roles=[slug], rights=sorted(set(rights)))
    record(journal, stream=PORTAL_STREAM)
    return role


@transaction.atomic
def change_role(
    *,
    role_id: int,
    name: str,
    actor: Actor,
    description: str = "",
    reason: str = "",
    now: dt.datetime | None = None,
) -> Role:
    """Call a role something else and say what it is for; its slug and its rights stay.

    Policies and assignments name it by its key, YAML by its slug. Refusals: NotPermitted, NotFound,
    Invalid.
    """
    require(can_configure(actor, everything()))
    _check_role(name, description)
    check_reason(reason, needed=False)
    role = lock(Role.objects.all(), pk=role_id)
    role.name, role.description = name, description
    journal = Journal(actor=actor, at=moment(role, now))
    save_tracked(journal, [role], ["name", "description"], reason)
    journal.add("role.changed", role=role.slug)
    record(journal, stream=PORTAL_STREAM)
    return role


def _check_role(name: str, description: str, slug: str = "role") -> None:
    """Raise Invalid for what a role can't be called or described by."""
    errors: dict[str, list[str]] = {}
    if not SLUG.fullmatch(slug):
        errors["slug"] = [
            "A slug is lower case letters, digits, - and _, at most 50, and starts with a letter."
        ]
    if not name.strip() or len(name) > 100 or unsafe_text(name):
        errors["name"] = ["Give a name of at most 100 characters."]
    unsafe = unsafe_text(description)
    if unsafe or len(description) > LONGEST_DESCRIPTION:
        errors["description"] = [unsafe or f"At most {LONGEST_DESCRIPTION} characters fit."]
    if errors:
        raise Invalid(errors=errors)


def rights_of(role: Role) -> list[str]:
    """The actions that go with a role."""
    return list(json.loads(role.rights))


def check_rights(rights: Sequence[str]) -> str:
    """The rights as they are stored. Raises Invalid for one that does not exist."""
    unknown = sorted(set(rights) - set(ACTIONS))
    if unknown:
        raise Invalid(errors={"rights": [f"There is no right {unknown[0]!r}."]})
    return canonical_text(sorted(set(rights)))
