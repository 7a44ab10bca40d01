"""Builders for tests: people, roles, processes, releases, votes — all through the services."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction

from approvals.models import Approval, Role, RoleAssignment, Scope
from approvals.services.decisions import Ballot
from audit.actor import Actor, system_actor
from audit.canonical import canonical_text
from audit.history import create_tracked, save_tracked
from audit.journal import Journal
from audit.locking import database_now
from audit.models import PORTAL_STREAM
from audit.services.record import record
from portal.services.people import add_member, create_group, create_user
from portal.services.tokens import issue_token
from releases.models import Activity, Phase, ProcessVersion, Product, Release
from releases.services.creation import ReleaseDetails, create_release
from releases.services.decisions import Decided, decide_activity, withdraw_from_activity
from releases.services.lifecycle import start_release
from releases.services.processes import publish_process
from releases.services.products import create_product
from releases.services.results import Report, Reported, report_result
from releases.services.roles import Grantee, assign_role

SYSTEM = system_actor("Test")


def person(username: str, **options: Any) -> Any:
    """An active person."""
    return create_user(username=username, actor=SYSTEM, **options)


def machine(username: str = "pipeline", **options: Any) -> Any:
    """A machine user."""
    return create_user(username=username, actor=SYSTEM, kind="machine", **options)


def superuser(username: str = "ada") -> Any:
    """A superuser, as `createsuperuser` makes one."""
    return get_user_model().objects.create_superuser(username, f"{username}@example.com", "demo")


def actor_for(user: Any, **options: Any) -> Actor:
    """The actor that a user is at a door (API, if not said otherwise)."""
    values: dict[str, Any] = {
        "kind": user.kind, "door": "api", "label": str(user), "user_id": user.pk,
        "person": user.person, "username": user.username, "is_superuser": user.is_superuser,
        "authenticated_by": "token", "ip": "192.0.2.7", "user_agent": "test-agent",
        "session": "test-session", "request_id": "test-request",
    }  # fmt: skip
    return Actor(**{**values, **options})


def group(name: str, *members: Any) -> Group:
    """A group with members."""
    made = create_group(name=name, actor=SYSTEM)
    for member in members:
        add_member(user=member, group=made, actor=SYSTEM)
    return made


def role(
    slug: str, name: str = "", *, rights: Sequence[str] = (), reads_only: bool = False
) -> Role:
    """The role with this slug, made when missing, with exactly these rights when any are given."""
    found = Role.objects.filter(slug=slug).first()
    with transaction.atomic():
        journal = Journal(actor=SYSTEM, at=database_now())
        if found is None:
            found = create_tracked(
                journal,
                [
                    Role(
                        slug=slug,
                        name=name or slug,
                        reads_only=reads_only,
                        rights=canonical_text(sorted(rights)),
                    )
                ],
            )[0]
            journal.add("role.created", roles=[slug])
        elif rights:
            found.rights = canonical_text(sorted(rights))
            save_tracked(journal, [found], ["rights"])
            journal.add("role.changed", role=slug)
        record(journal, stream=PORTAL_STREAM)
    return found  # type: ignore[no-any-return]


def give(
    role_slug: str, holder: Any, scope: Scope | None = None, **window: dt.datetime | None
) -> RoleAssignment:
    """Give a role (by slug) to a user or group, for everything unless a scope is given."""
    grantee = (
        Grantee(group_id=holder.pk) if isinstance(holder, Group) else Grantee(user_id=holder.pk)
    )
    return assign_role(
        role=Role.objects.get(slug=role_slug), grantee=grantee, scope=scope, actor=SYSTEM, **window
    )


def manager(username: str = "tom") -> Any:
    """A release manager for everything."""
    made = person(username)
    give("release-manager", made)
    return made


def pipeline_user(username: str = "pipeline") -> Any:
    """A machine user that may start releases and report results."""
    made = machine(username)
    give("pipeline", made)
    return made


def token_for(user: Any, *scopes: str, days: int = 90) -> str:
    """The secret of a fresh token; all scopes when none is named."""
    return issue_token(
        user=user, name="test", actor=SYSTEM, scopes=list(scopes) or None, days=days
    )[1]


def product(key: str = "pay", name: str = "Payments", **options: Any) -> Product:
    """A product."""
    return create_product(key=key, name=name, actor=SYSTEM, **options)


def manual(
    key: str, *approvers: Mapping[str, Any], rule: Any = "any", **more: Any
) -> dict[str, Any]:
    """A manual activity for a process: `manual("qa", {"user": "maya"}, rule={"at_least": 2})`."""
    return {
        "key": key, "name": more.pop("name", key.title()), "kind": more.pop("kind", "approval"),
        "approvers": [dict(one) for one in approvers], "rule": rule, **more,
    }  # fmt: skip


def pipeline(key: str, **more: Any) -> dict[str, Any]:
    """An automated activity for a process."""
    return {"key": key, "name": key.title(), "kind": "pipeline", **more}


def phase(key: str, *activities: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A phase for a process."""
    return {
        "key": key,
        "name": key.title(),
        "activities": [dict(one) for one in activities],
        **more,
    }


def process(*phases: Mapping[str, Any], slug: str = "proc", **more: Any) -> ProcessVersion:
    """Publish a process (JSON is YAML) and return its version."""
    data = {"kind": "Process", "slug": slug, "name": slug.title(), "phases": list(phases), **more}
    return publish_process(text=json.dumps(data), actor=SYSTEM).version


def release(
    by: Any,
    *,
    process: str = "proc",
    product: str = "pay",
    start: bool = True,
    now: dt.datetime | None = None,
    **details: Any,
) -> Release:
    """A release made (and started) by a user: give it a product and a process first."""
    values = {"name": "Payments", "version": "1.0", **details}
    made = create_release(
        product=product,
        process=process,
        details=ReleaseDetails(**values),
        actor=actor_for(by),
        now=now,
    )
    if start:
        made = start_release(release_id=made.pk, actor=actor_for(by), now=now)
    return made


def activity(of: Release, key: str) -> Activity:
    """The activity of a release by its key ("qa" or "verify.qa"), read anew."""
    rows = Activity.objects.select_related("phase").filter(release=of)
    if "." in key and "override" not in key:
        phase_key, key = key.split(".", 1)
        rows = rows.filter(phase__key=phase_key)
    return rows.get(key=key)


def phase_of(of: Release, key: str) -> Phase:
    """A phase of a release, read anew."""
    return Phase.objects.get(release=of, key=key)


def round_of(of: Activity) -> Approval:
    """The newest round of an activity, read anew."""
    return Approval.objects.filter(host=of.host).latest("attempt")


def vote(
    on: Activity,
    by: Any,
    verdict: str = "approve",
    comment: str = "",
    *,
    now: dt.datetime | None = None,
    door: str = "api",
    **more: Any,
) -> Decided:
    """A vote; a rejection gets a reason when none is given."""
    if verdict == "reject" and not comment:
        comment = "Not good enough."
    return decide_activity(
        activity_id=on.pk,
        ballot=Ballot(verdict, comment, **more),
        actor=actor_for(by, door=door),
        now=now,
    )


def withdraw(on: Activity, by: Any, *, now: dt.datetime | None = None) -> Decided:
    """Take a vote back."""
    return withdraw_from_activity(
        activity_id=on.pk, reason="Changed my mind.", actor=actor_for(by), now=now
    )


def report(
    on: Activity, by: Any, outcome: str = "passed", *, now: dt.datetime | None = None, **more: Any
) -> Reported:
    """A pipeline's report."""
    return report_result(
        activity_id=on.pk, report=Report(outcome, **more), actor=actor_for(by), now=now
    )
