"""A mail to oneself, to see whether mail is set up."""

from __future__ import annotations

import datetime as dt
import json
from smtplib import SMTPException
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from approvals.permissions import can_configure
from approvals.selectors import root_scope
from audit.actor import Actor
from audit.errors import Conflict, Invalid, NotFound
from audit.journal import Journal
from audit.locking import database_now, lock
from audit.models import PORTAL_STREAM, LedgerEntry, LedgerStream
from audit.permissions import require
from audit.services.record import record
from portal.mail import NO_MAIL_BACKEND
from portal.models import User
from portal.notifications.email import error_code

ASKED: Final = "mail.test_asked"
TAKEN: Final = "mail.test_taken"
PAUSE: Final = dt.timedelta(seconds=30)

log = structlog.get_logger(__name__)


def send_test_mail(*, actor: Actor, now: dt.datetime | None = None) -> str:
    """Hand a mail for the actor's own address to the mail server now; the address.

    Who asked for it, and that the server took it, goes on record; by that the set-up knows that mail
    works. Refusals: NotFound before the database is set up, NotPermitted, Invalid for an account without
    an address, Conflict `mail_off` where no mail is sent at all, `too_soon` within half a minute of the
    test before, whoever asked for it, `mail_failed` with the server's code.
    """
    address = _ask(actor, now)
    # Between two transactions: nothing is locked while the server takes its time.
    _send(address)
    _note(TAKEN, actor, now)
    return address


def test_went_through() -> bool:
    """Whether the mail server that is set now has ever taken a test."""
    entries = LedgerEntry.objects.filter(stream__key=PORTAL_STREAM, kind=TAKEN)
    found = entries.order_by("-seq").values_list("text", flat=True).first()
    return found is not None and json.loads(found)["data"] == _way()


def _way() -> dict[str, Any]:
    return {"by": settings.EMAIL_BACKEND.rpartition(".")[0], "server": str(settings.EMAIL_HOST)}


@transaction.atomic
def _ask(actor: Actor, now: dt.datetime | None) -> str:
    root = root_scope()
    if root is None:
        raise NotFound
    require(can_configure(actor, root))
    address = User.objects.values_list("email", flat=True).get(pk=actor.account)
    if not address:
        raise Invalid("Your account has no e-mail address: give it one first.")
    if settings.EMAIL_BACKEND == NO_MAIL_BACKEND:
        raise Conflict("mail_off", "No mail server is set: set EMAIL_URL and start again.")
    lock(LedgerStream.objects.filter(key=PORTAL_STREAM))
    moment = now or database_now()
    entries = LedgerEntry.objects.filter(stream__key=PORTAL_STREAM, kind=ASKED)
    if entries.filter(at__gt=moment - PAUSE).exists():
        raise Conflict("too_soon", "A test was sent a moment ago. Wait half a minute.")
    _note(ASKED, actor, moment)
    return address


def _send(address: str) -> None:
    mail = EmailMessage(
        subject="Countersign can send mail",
        body=(
            "You asked for this test from the set-up page.\n\n"
            f"Links in mails lead to {settings.COUNTERSIGN_BASE_URL}/.\n"
        ),
        to=[address],
    )
    try:
        mail.send()
    except (SMTPException, OSError) as error:
        log.warning("test_mail_failed", error=error_code(error))
        raise Conflict(
            "mail_failed", f"The mail server did not take it ({error_code(error)}). See the log."
        ) from error


@transaction.atomic
def _note(kind: str, actor: Actor, now: dt.datetime | None) -> None:
    journal = Journal(actor=actor, at=now or database_now())
    journal.add(kind, **_way())
    record(journal, stream=PORTAL_STREAM)
