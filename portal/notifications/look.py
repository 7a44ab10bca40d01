"""What a notice is about, looked at again before it is sent: things move while mail waits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from approvals.models import Approval, AskedPerson
from approvals.selectors import rounds_of
from audit.actor import Actor
from audit.errors import NotFound
from audit.models import Notice
from portal.models import User
from portal.notifications.centre import path_of
from portal.notifications.words import ASKING, FORMER
from portal.pages.activity_standing import ActivityPage, load_activity_page
from releases.models import Release
from releases.shown import release_to_show

DOOR: Final = "mail"


class NotToBeTold(Exception):
    """The notice is not to be sent any more; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Look:
    """A notice with its reader and what it is about, as the reader may see it now.

    Without a release only what the notice itself says may be said.
    """

    notice: Notice
    reader: User
    facts: dict[str, Any]
    release: Release | None = None
    page: ActivityPage | None = None

    @property
    def path(self) -> str:
        """The one page that it leads to; to look at it decides nothing."""
        return path_of(self.notice)


def look_at(notice: Notice) -> Look:
    """Look at what a notice is about. Raises NotToBeTold when it has no point any more."""
    reader: Any = notice.user
    if not reader.is_active or reader.kind != User.Kind.PERSON:
        raise NotToBeTold("inactive")
    _refuse_settled(notice)
    actor, facts = reader_actor(reader), json.loads(notice.facts)
    kind, _, key = notice.host.partition(":")
    if notice.why in FORMER:
        if Release.objects.filter(pk=int(key), product__is_archived=True).exists():
            raise NotToBeTold("archived")
        return Look(notice, reader, facts)
    try:
        page = load_activity_page(actor, int(key)) if kind == "activity" else None
        release = page.activity.release if page else release_to_show(actor, int(key))
    except NotFound as error:
        raise NotToBeTold("not_visible") from error
    if release.product.is_archived:
        raise NotToBeTold("archived")
    return Look(notice, reader, facts, release, page)


def reader_actor(reader: User) -> Actor:
    """Somebody who reads what is sent to them: it may show what they may see, and no more."""
    return Actor(
        kind="person",
        door=DOOR,
        label=str(reader),
        user_id=reader.pk,
        person=reader.person,
        username=reader.username,
        is_superuser=reader.is_superuser,
        scopes=frozenset({"read"}),
    )


def _refuse_settled(notice: Notice) -> None:
    """What asks for something is not sent when nothing is to be done any more."""
    if notice.moment not in ASKING | {"stuck", "deadline_missed"}:
        return
    to_the_asked = notice.moment in ASKING or notice.why == "asked"
    approval = rounds_of(notice.host).filter(attempt=notice.attempt).first()
    if approval is None or approval.state != Approval.State.OPEN:
        raise NotToBeTold("settled")
    if notice.moment == "stuck" and not approval.stuck:
        raise NotToBeTold("settled")
    if not to_the_asked:
        return
    seat = AskedPerson.objects.filter(approval=approval, user_id=notice.user_id).first()
    if seat is not None and seat.has_answered:
        raise NotToBeTold("settled")
    if seat is None or not seat.is_open:
        raise NotToBeTold("no_longer_asked")
