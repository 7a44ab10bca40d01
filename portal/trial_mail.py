"""A mail to oneself, to see whether mail is set up."""

from __future__ import annotations

from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage

from audit.errors import Conflict, Invalid
from portal.mail import NO_MAIL_BACKEND
from portal.notifications.email import error_code

log = structlog.get_logger(__name__)


def send_test_mail(*, address: str) -> None:
    """Hand a mail for `address` to the mail server now. Nothing of it is kept.

    Refusals: Invalid without an address, Conflict `mail_off` where no mail is sent at all,
    `mail_failed` with the server's code.
    """
    if not address:
        raise Invalid("Your account has no e-mail address: give it one first.")
    if settings.EMAIL_BACKEND == NO_MAIL_BACKEND:
        raise Conflict("mail_off", "No mail server is set: set EMAIL_URL and start again.")
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
