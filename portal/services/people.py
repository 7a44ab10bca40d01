"""Accounts and memberships: made, changed, ended; open rounds follow at once (POL-5, EXE-9)."""

from __future__ import annotations

import datetime as dt
import uuid

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction

from approvals.permissions import can_configure, can_give_rights
from approvals.rules.texts import check_reason
from approvals.services.reconcile import reconcile_rounds, rounds_naming, rounds_reaching
from approvals.services.roles import everything
from audit.actor import Actor
from audit.errors import Conflict, Invalid, NotFound, NotPermitted
from audit.history import create_tracked, delete_tracked, save_tracked
from audit.journal import Journal
from audit.locking import database_now, lock, moment
from audit.models import PORTAL_STREAM
from audit.permissions import require
from audit.services.record import record
from portal.models import Membership, User
from portal.rules.contacts import find_contact_errors
from portal.rules.names import find_name_error, skeleton


def _require_configure(actor: Actor) -> None:
    require(can_configure(actor, everything()))


def _require_superior(actor: Actor, code: str, sentence: str) -> None:
    if not actor.is_superuser and actor.kind != "system":
        raise NotPermitted(code, sentence)


def _require_staff_right(actor: Actor) -> None:
    _require_superior(actor, "staff", "Only a superuser says who enters the admin.")


def create_user(
    *,
    username: str,
    actor: Actor,
    display_name: str = "",
    email: str = "",
    kind: str = User.Kind.PERSON,
    is_staff: bool = False,
    password: str | None = None,
    person: uuid.UUID | None = None,
    now: dt.datetime | None = None,
) -> User:
    """Make an account. `person` joins it to the human behind another account.

    Only a superuser or the system joins accounts or makes staff. Refusals: NotPermitted without
    `configure`, `person`, `staff`; Invalid (username, display name); Conflict `username_taken`.
    """
    try:
        with transaction.atomic():
            _require_configure(actor)
            if is_staff:
                _require_staff_right(actor)
            if person is not None:
                _require_superior(
                    actor, "person", "Only a superuser joins an account to an existing person."
                )
            error = find_name_error(username, ascii_only=True)
            if error:
                raise Invalid(errors={"username": [error]})
            error = find_name_error(display_name) if display_name else None
            if error:
                raise Invalid(errors={"display_name": [error]})
            errors = find_contact_errors(email, "", "")
            if errors:
                raise Invalid(errors=errors)
            journal = Journal(actor=actor, at=now or database_now())
            user: User = create_tracked(
                journal,
                [
                    User(
                        username=username,
                        display_name=display_name or username,
                        email=email,
                        kind=kind,
                        is_staff=is_staff,
                        password=make_password(password),
                        person=person or uuid.uuid4(),
                        date_joined=journal.at,
                    )
                ],
            )[0]
            joined = {} if person is None else {"person": str(person)}
            journal.add(
                "user.created", user=user.pk, username=username, account=str(kind), **joined
            )
            record(journal, stream=PORTAL_STREAM)
            return user
    except IntegrityError as error:
        raise Conflict("username_taken", f"There is a user {username} already.") from error


@transaction.atomic
def change_user(
    *,
    user_id: int,
    actor: Actor,
    display_name: str,
    email: str,
    phone: str = "",
    time_zone: str = "",
    is_staff: bool | None = None,
    reason: str = "",
    now: dt.datetime | None = None,
) -> User:
    """Change what an account is called and how it is reached.

    Where somebody else is reached is changed by a superuser or the system alone, since a password
    is set anew by mail; so is who enters the admin. Superuser rights are changed by no service.
    Refusals: NotPermitted (`superuser`, `contact`, `staff` besides `configure`), NotFound, Invalid.
    """
    _require_configure(actor)
    user = lock(User.objects.all(), pk=user_id)
    check_reason(reason, needed=False)
    errors = find_contact_errors(email, phone, time_zone)
    error = find_name_error(display_name)
    if error:
        errors["display_name"] = [error]
    if errors:
        raise Invalid(errors=errors)
    if user.is_superuser:
        _require_superior(actor, "superuser", "Only a superuser changes a superuser's account.")
    wanted: dict[str, object] = {
        "display_name": display_name, "email": email, "phone": phone, "time_zone": time_zone,
        "is_staff": user.is_staff if is_staff is None else is_staff,
    }  # fmt: skip
    changed = [name for name, value in wanted.items() if getattr(user, name) != value]
    _require_change_right(actor, user, changed)
    for name in changed:
        setattr(user, name, wanted[name])
    journal = Journal(actor=actor, at=moment(user, now))
    save_tracked(journal, [user], list(wanted), reason)
    journal.add("user.changed", user=user.pk, fields=changed)
    record(journal, stream=PORTAL_STREAM)
    return user


def _require_change_right(actor: Actor, user: User, changed: list[str]) -> None:
    if "is_staff" in changed:
        _require_staff_right(actor)
    if {"email", "phone"} & set(changed) and actor.person != user.person:
        _require_superior(
            actor,
            "contact",
            "Only a superuser changes somebody else's e-mail address or telephone number.",
        )


def set_user_active(
    *, user_id: int, active: bool, actor: Actor, reason: str = "", now: dt.datetime | None = None
) -> User:
    """Deactivate an account (or activate it again): its sessions end, its tokens are refused.

    Sessions are refused from the same moment, and their rows deleted after it. Rounds that nobody can complete any more are stuck at once. Refusals: NotPermitted, NotFound,
    Conflict `unchanged`.
    """
    with transaction.atomic():
        _require_configure(actor)
        user = lock(User.objects.all(), pk=user_id)
        check_reason(reason, needed=False)
        if user.is_active == active:
            raise Conflict("unchanged", "The account is that already.")
        if user.is_superuser:
            _require_superior(actor, "superuser", "Only a superuser changes a superuser's account.")
        user.is_active = active
        journal = Journal(actor=actor, at=moment(user, now))
        save_tracked(journal, [user], ["is_active"], reason)
        journal.add("user.activated" if active else "user.deactivated", user=user.pk)
        record(journal, stream=PORTAL_STREAM)
        if not active:
            # Not before: every session is looked at, and the head of the stream is locked by now.
            transaction.on_commit(lambda: _end_sessions(user), robust=True)
    _reconcile_person(user, actor, now)
    return user


def _end_sessions(user: User) -> None:
    """Delete the sessions of an account; those of an inactive one are refused anyway."""
    for session in Session.objects.filter(expire_date__gt=database_now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()


def _reconcile_person(user: User, actor: Actor, now: dt.datetime | None) -> None:
    reconcile_rounds(approval_ids=rounds_reaching([user.pk]), actor=actor, now=now)


@transaction.atomic
def create_group(*, name: str, actor: Actor, now: dt.datetime | None = None) -> Group:
    """Make a group. Refusals: NotPermitted, Invalid, Conflict `name_taken` (look-alikes included)."""
    _require_configure(actor)
    _check_group_name(name, None)
    journal = Journal(actor=actor, at=now or database_now())
    group: Group = create_tracked(journal, [Group(name=name)])[0]
    journal.add("group.created", group=group.pk, name=name)
    record(journal, stream=PORTAL_STREAM)
    return group


@transaction.atomic
def rename_group(
    *, group_id: int, name: str, actor: Actor, reason: str = "", now: dt.datetime | None = None
) -> Group:
    """Give a group another name; members, roles, policies and rounds go on naming it by its key.

    Refusals: NotPermitted, NotFound, Invalid, Conflict `name_taken` (look-alikes of other groups).
    """
    _require_configure(actor)
    check_reason(reason, needed=False)
    _check_group_name(name, group_id)
    group = lock(Group.objects.all(), pk=group_id)
    journal = Journal(actor=actor, at=moment(group, now))
    former, group.name = group.name, name
    save_tracked(journal, [group], ["name"], reason)
    journal.add("group.renamed", group=group.pk, name=name, former=former)
    record(journal, stream=PORTAL_STREAM)
    return group


def _check_group_name(name: str, group_id: int | None) -> None:
    """Raise Invalid or Conflict for a name that a group, or this one, can't have."""
    error = find_name_error(name)
    if error:
        raise Invalid(errors={"name": [error]})
    # Serialises the naming of groups: two that look the same could pass each other unseen.
    root = everything()
    lock(type(root).objects.all(), pk=root.pk)
    looks = skeleton(name)
    names = dict(Group.objects.values_list("pk", "name"))
    if any(skeleton(other) == looks for pk, other in names.items() if pk != group_id):
        raise Conflict("name_taken", "There is a group that is called this or looks the same.")


def add_member(
    *,
    user: User,
    group: Group,
    actor: Actor,
    valid_from: dt.datetime | None = None,
    valid_until: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> Membership:
    """Put a person in a group, for a time or for good; open rounds ask them at once.

    Refusals: NotPermitted (`own_rights`: nobody puts themselves in one, by whichever account),
    Invalid for a time that ends before it starts, Conflict `already_member`.
    """
    try:
        membership = _add_member(user, group, valid_from, valid_until, actor, now)
    except IntegrityError as error:  # two at once: the constraint is the judge
        raise Conflict("already_member", f"{user} is in {group} already.") from error
    _reconcile_member(user, group, actor, now)
    return membership


@transaction.atomic
def _add_member(
    user: User,
    group: Group,
    valid_from: dt.datetime | None,
    valid_until: dt.datetime | None,
    actor: Actor,
    now: dt.datetime | None,
) -> Membership:
    _require_configure(actor)
    require(can_give_rights(actor, [user.person]))
    _check_window(valid_from, valid_until)
    if Membership.objects.filter(user=user, group=group).exists():
        raise Conflict("already_member", f"{user} is in {group} already.")
    journal = Journal(actor=actor, at=now or database_now())
    window = {"valid_from": valid_from, "valid_until": valid_until}
    membership: Membership = create_tracked(
        journal, [Membership(user=user, group=group, since=journal.at, **window)]
    )[0]
    journal.add("membership.created", user=user.pk, group=group.pk)
    record(journal, stream=PORTAL_STREAM)
    return membership


def _check_window(valid_from: dt.datetime | None, valid_until: dt.datetime | None) -> None:
    if valid_from and valid_until and valid_from >= valid_until:
        raise Invalid(errors={"valid_until": ["The end must come after the start."]})


def change_membership(
    *,
    membership_id: int,
    valid_from: dt.datetime | None,
    valid_until: dt.datetime | None,
    actor: Actor,
    reason: str = "",
    now: dt.datetime | None = None,
) -> Membership:
    """Say anew from when until when somebody is in a group; open rounds follow at once.

    Refusals: NotPermitted (`own_rights` for one's own), NotFound, Invalid for a time that ends
    before it starts.
    """
    with transaction.atomic():
        _require_configure(actor)
        membership = lock(Membership.objects.select_related("user", "group"), pk=membership_id)
        require(can_give_rights(actor, [membership.user.person]))
        check_reason(reason, needed=False)
        _check_window(valid_from, valid_until)
        journal = Journal(actor=actor, at=moment(membership, now))
        membership.valid_from, membership.valid_until = valid_from, valid_until
        save_tracked(journal, [membership], ["valid_from", "valid_until"], reason)
        journal.add("membership.changed", user=membership.user_id, group=membership.group_id)
        record(journal, stream=PORTAL_STREAM)
    _reconcile_member(membership.user, membership.group, actor, now)
    return membership


def remove_member(
    *, user: User, group: Group, actor: Actor, reason: str = "", now: dt.datetime | None = None
) -> None:
    """Take a person out of a group; votes that they gave stay. Refusals: NotPermitted, NotFound."""
    with transaction.atomic():
        _require_configure(actor)
        membership = Membership.objects.filter(user=user, group=group).first()
        if membership is None:
            raise NotFound
        check_reason(reason, needed=False)
        membership = lock(Membership.objects.all(), pk=membership.pk)
        journal = Journal(actor=actor, at=moment(membership, now))
        delete_tracked(journal, [membership], reason)
        journal.add("membership.deleted", user=user.pk, group=group.pk)
        record(journal, stream=PORTAL_STREAM)
    _reconcile_member(user, group, actor, now)


def _reconcile_member(user: User, group: Group, actor: Actor, now: dt.datetime | None) -> None:
    held = group.role_assignments.values_list("role_id", "role__reads_only")
    named = rounds_naming(groups=[group.pk], roles=[role for role, _ in held])
    if any(reads_only for _, reads_only in held):  # an auditor loses every other seat
        named = sorted({*named, *rounds_reaching([user.pk])})
    reconcile_rounds(approval_ids=named, actor=actor, now=now)
