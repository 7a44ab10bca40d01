"""Processes are drafted, published as immutable versions, exported (REL-5, REL-6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction

from approvals.models import Role, Scope
from approvals.permissions import can_configure
from approvals.rules.texts import unsafe_text
from approvals.selectors import account_reads_only
from approvals.services.roles import ensure_roles, everything
from audit.actor import Actor
from audit.canonical import canonical_text, text_digest
from audit.errors import NotFound
from audit.history import create_tracked, insert_rows, save_tracked
from audit.journal import Journal
from audit.locking import database_now, lock, lock_first, moment
from audit.models import PORTAL_STREAM
from audit.permissions import require
from audit.services.record import record
from releases.models import Process, ProcessReference, ProcessVersion
from releases.rules.process_errors import ProcessError, ProcessErrors
from releases.rules.process_grammar import ParsedProcess, parse_process, publishable
from releases.rules.process_names import names_in, resolve_names
from releases.selectors import version_of

# A draft may be unfinished and wrong, but not a store of anything.
LONGEST_DRAFT = 1_000_000


@dataclass(frozen=True, slots=True)
class Published:
    """The version that a text stands for, and whether it is new."""

    version: ProcessVersion
    created: bool


@transaction.atomic
def publish_process(
    *, text: str | bytes, actor: Actor, now: dt.datetime | None = None
) -> Published:
    """Validate a process in YAML and publish it as the next version of its slug.

    What is the newest version already writes nothing. Roles that it lists are made when missing.
    Refusals: NotPermitted without `configure`, ProcessErrors with line and key for everything that
    is wrong, not available yet, or names nobody.
    """
    root = everything()
    require(can_configure(actor, root))
    parsed = parse_process(text)
    publishable(parsed)
    journal = Journal(actor=actor, at=now or database_now())
    # Serialises publishing: two at once could number their versions alike.
    lock(type(root).objects.all(), pk=root.pk)
    made = ensure_roles(parsed.document["roles"], journal=journal)
    document = resolve_names(parsed.document, _ids(parsed), parsed.lines)
    text_of = canonical_text(document)
    newest = version_of(document["slug"])
    same = newest is not None and newest.digest == text_digest(text_of)
    if newest is not None and same and not made and not newest.process.is_archived:
        return Published(newest, created=False)
    # Only what is to be used from now on: the newest version stays what it is when people leave.
    _check_seats(parsed, document, root)
    process = _process_row(parsed.document, journal)
    if newest is not None and same:
        record(journal, stream=PORTAL_STREAM)
        return Published(newest, created=False)
    version = _new_version(process, document, text_of, newest, journal)
    journal.add(
        "process.published",
        process=process.slug,
        version=version.number,
        digest=version.digest,
    )
    record(journal, stream=PORTAL_STREAM)
    return Published(version, created=True)


def _ids(parsed: ParsedProcess) -> dict[str, dict[str, int]]:
    named = names_in(parsed.document)
    users = get_user_model().objects.filter(username__in=named["user"])
    groups = Group.objects.filter(name__in=named["group"])
    roles = Role.objects.filter(slug__in=named["role"])
    return {
        "user": dict(users.values_list("username", "pk")),
        "group": dict(groups.values_list("name", "pk")),
        "role": dict(roles.values_list("slug", "pk")),
    }


def _check_seats(parsed: ParsedProcess, document: Mapping[str, Any], root: Scope) -> None:
    """Nobody is named who could never decide: deactivated, a machine, a role that only reads.

    Nor is an auditor of everything named as the owner of a phase.
    """
    named, problems = names_in(document), []  # type: ignore[arg-type]
    for user in get_user_model().objects.filter(pk__in=named["user"]):
        if not user.is_active:
            problems.append((named["user"][user.pk], "inactive_user", f"{user} is deactivated."))
        elif user.kind != "person":
            sentence = f"{user.username} is a machine user and can decide nothing."
            problems.append((named["user"][user.pk], "machine_user", sentence))
        owned = [path for path in named["user"][user.pk] if path.endswith(".owner.user")]
        if owned and account_reads_only(user.pk, root.lineage):
            problems.append((owned, "auditor", f"{user} is an auditor and can own no phase."))
    for role in Role.objects.filter(pk__in=named["role"], reads_only=True):
        sentence = f"The role {role.slug} only reads; it can hold no seat."
        problems.append((named["role"][role.pk], "role_reads_only", sentence))
    errors = [
        ProcessError(parsed.lines.get(path, 1), path, code, sentence)
        for paths, code, sentence in problems
        for path in paths
    ]
    if errors:
        raise ProcessErrors(errors)


def _process_row(document: Mapping[str, Any], journal: Journal) -> Process:
    # Locked: a draft saved meanwhile must stand in the version that is kept of the row.
    process = lock_first(Process.objects.filter(slug=document["slug"]).order_by())
    if process is None:
        process = Process(slug=document["slug"], name=document["name"])
        return create_tracked(journal, [process])[0]
    if process.name != document["name"] or process.is_archived:
        process.name, process.is_archived = document["name"], False
        save_tracked(journal, [process], ["name", "is_archived"])
        journal.add("process.changed", process=process.slug)
    return process


def _new_version(
    process: Process,
    document: Mapping[str, Any],
    text: str,
    newest: ProcessVersion | None,
    journal: Journal,
) -> ProcessVersion:
    version: ProcessVersion = insert_rows(
        journal,
        [
            ProcessVersion(
                process=process,
                number=newest.number + 1 if newest else 1,
                document=text,
                digest=text_digest(text),
                published_at=journal.at,
                published_by=journal.actor.label,
            )
        ],
    )[0]
    named = names_in(document)  # type: ignore[arg-type]
    references = [
        ProcessReference(version=version, **{f"{kind}_id": key})
        for kind, keys in named.items()
        for key in sorted(keys)
    ]
    insert_rows(journal, references)
    return version


@transaction.atomic
def save_draft(
    *, process_id: int | None, text: str, actor: Actor, now: dt.datetime | None = None
) -> Process:
    """Keep a process's YAML as a draft, valid or not as to its content; a new one needs a slug.

    Refusals: NotPermitted, NotFound, ProcessErrors when a new draft does not parse (it has no slug
    to be kept under) or names the slug of another process.
    """
    require(can_configure(actor, everything()))
    journal = Journal(actor=actor, at=now or database_now())
    if len(text.encode("utf-8", "replace")) > LONGEST_DRAFT:
        raise ProcessErrors([ProcessError(1, "", "too_large", "A process has at most 1 MB.")])
    unsafe = unsafe_text(text)
    if unsafe:
        raise ProcessErrors([ProcessError(1, "", "unsafe_text", unsafe)])
    if process_id is None:
        document = parse_process(text).document
        # As publishing does: of two that are new under one slug, the later finds the earlier.
        root = everything()
        lock(type(root).objects.all(), pk=root.pk)
        if Process.objects.filter(slug=document["slug"]).exists():
            sentence = f"There is a process {document['slug']} already."
            raise ProcessErrors([ProcessError(1, "slug", "slug_taken", sentence)])
        process: Process = create_tracked(
            journal, [Process(slug=document["slug"], name=document["name"], draft=text)]
        )[0]
    else:
        if not Process.objects.filter(pk=process_id).exists():
            raise NotFound
        process = lock(Process.objects.all(), pk=process_id)
        journal.at = moment(process, now)
        process.draft = text
        save_tracked(journal, [process], ["draft"])
    journal.add("process.drafted", process=process.slug)
    record(journal, stream=PORTAL_STREAM)
    return process


@transaction.atomic
def publish_draft(
    *, process_id: int, actor: Actor, text: str | None = None, now: dt.datetime | None = None
) -> Published:
    """Publish the draft of a process, or `text` in its place, and clear the draft.

    Refusals: as `publish_process`, and NotFound; then the draft stays what it was.
    """
    root = everything()
    require(can_configure(actor, root))
    # The scope before the process, in the order in which publish_process takes them.
    lock(type(root).objects.all(), pk=root.pk)
    process = lock(Process.objects.all(), pk=process_id)
    text = process.draft if text is None else text
    parsed = parse_process(text)
    if parsed.document["slug"] != process.slug:
        line = parsed.lines.get("slug", 1)
        sentence = f"This is the draft of {process.slug}; its slug can't change."
        raise ProcessErrors([ProcessError(line, "slug", "slug_changed", sentence)])
    published = publish_process(text=text, actor=actor, now=now)
    process = lock(Process.objects.all(), pk=process_id)
    journal = Journal(actor=actor, at=moment(process, now))
    process.draft = ""
    save_tracked(journal, [process], ["draft"], f"published as version {published.version.number}")
    journal.add("process.draft_published", process=process.slug, version=published.version.number)
    record(journal, stream=PORTAL_STREAM)
    return published
