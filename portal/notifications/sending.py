"""Send what is due: one delivery after the other, each claimed first, each looked at again (NTF-3)."""

from __future__ import annotations

import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from audit.faults import faultpoint
from audit.locking import database_now
from audit.models import Delivery
from audit.services.deliveries import claim_next, end, fail
from portal.mail import NO_MAIL_BACKEND
from portal.notifications.email import compose, error_code, is_final, masked, meets_every_mail
from portal.notifications.look import NotToBeTold, look_at
from portal.notifications.render import render

log = structlog.get_logger(__name__)

# Well below the time that the worker's task has; what is left over comes with the next tick.
LONGEST_LOOP: Final = 30.0
# So many mails in a row that met a server which is silent or refuses us: the others wait for the next tick.
GIVE_UP_AFTER: Final = 3
# What we cannot even make will hardly be made later; an upgrade and "Send again" mend it.
MOST_FAULTS: Final = 3


@dataclass(slots=True)
class Sent:
    """What one loop did."""

    sent: int = 0
    failed: int = 0
    dropped: int = 0


class _Mailer:
    """One connection for many mails; opened when the first is sent, and anew after a fault."""

    def __init__(self) -> None:
        self._connection: Any = None

    def send(self, mail: Any) -> None:
        if self._connection is None:
            self._connection = get_connection(fail_silently=False)
            self._connection.open()
        mail.connection = self._connection
        mail.send(fail_silently=False)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # it may have broken already
                connection.close()


def deliver_due(*, longest: float = LONGEST_LOOP) -> Sent:
    """Send what is due for at most so many seconds.

    At least once: whoever dies between sending and noting it sends the same mail, with the same
    Message-ID, again.
    """
    done, silent, until = Sent(), 0, time.monotonic() + longest
    mailer = _Mailer()
    try:
        while silent < GIVE_UP_AFTER and time.monotonic() < until:
            row = claim_next(channel=Delivery.Channel.EMAIL)
            if row is None:
                break
            silent = silent + 1 if _deliver(row, mailer, done) else 0
    finally:
        mailer.close()
    return done


def _deliver(row: Delivery, mailer: _Mailer, done: Sent) -> bool:
    """Try one; whether it met a server that takes no mail of ours at present."""
    shown = masked(row.notice.user.email)
    try:
        mail = _compose(row)
        faultpoint("before_send")
        mailer.send(mail)
        faultpoint("after_send")
    except NotToBeTold as reason:
        end(row, Delivery.State.DROPPED, reason.code)
        done.dropped += 1
        return False
    except Exception as error:
        # One mail that cannot be made or sent must not keep the others from being sent.
        mailer.close()
        done.failed += 1
        return _note_failure(row, error, shown)
    end(row, Delivery.State.SENT, address=shown)
    faultpoint("after_mark")
    done.sent += 1
    return False


def _compose(row: Delivery) -> EmailMultiAlternatives:
    """The mail of a delivery as things are now. Raises NotToBeTold."""
    if settings.EMAIL_BACKEND == NO_MAIL_BACKEND:
        raise NotToBeTold("no_mail")
    address = row.notice.user.email
    if not address:
        raise NotToBeTold("no_address")
    message = render(look_at(row.notice), database_now())
    return compose(message, address=address, mark=row.mark)


def _note_failure(row: Delivery, error: Exception, shown: str) -> bool:
    code, is_a_fault = error_code(error), not isinstance(error, OSError)
    if is_final(error) or (is_a_fault and row.attempts >= MOST_FAULTS):
        end(row, Delivery.State.DEAD, code, address=shown)
    else:
        fail(row, code, address=shown)
    log.warning(
        "mail_not_sent",
        delivery=row.pk,
        attempt=row.attempts,
        error=code,
        state=row.state,
        # Where, and not what it said: a message may repeat an address or what somebody has typed.
        trace="".join(traceback.format_tb(error.__traceback__)) if is_a_fault else None,
    )
    return meets_every_mail(error)
