"""A message as an e-mail, in text and HTML, and what a mail server's answer means."""

from __future__ import annotations

import smtplib
import uuid
from email.utils import parseaddr
from typing import Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from portal.notifications.render import Message

# Answers to this one mail; anything else is about the server, and the next mail would meet it as well.
_ABOUT_THE_MAIL: Final = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)


def compose(message: Message, *, address: str, mark: uuid.UUID) -> EmailMultiAlternatives:
    """The e-mail: the same Message-ID at every try, threaded by what it is about.

    To a bare address: a display name is what its owner has typed.
    """
    thread = f"<{message.thread}@{_domain()}>"
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=render_to_string("mail/notice.txt", {"message": message}),
        to=[address],
        headers={
            "Message-ID": message_id(mark),
            "In-Reply-To": thread,
            "References": thread,
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    html = render_to_string("mail/notice.html", {"message": message})
    mail.attach_alternative(html, "text/html")
    return mail


def message_id(mark: uuid.UUID) -> str:
    """What every copy of a delivery is called, by which a mail box knows it again."""
    return f"<{mark}@{_domain()}>"


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def masked(address: str) -> str:
    """An address as it is shown to others: "m…@example.com"."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}" if local else "…"


def error_code(error: Exception) -> str:
    """A stable code for what went wrong, without anybody's address in it."""
    code = _smtp_code(error)
    return f"smtp_{code}" if code else type(error).__name__


def is_final(error: Exception) -> bool:
    """Whether the server will never take this mail: a permanent answer to its recipient or content."""
    code = _smtp_code(error)
    return isinstance(error, _ABOUT_THE_MAIL) and code is not None and code >= 500


def is_about_the_mail(error: Exception) -> bool:
    """Whether another mail may fare better."""
    return isinstance(error, _ABOUT_THE_MAIL)


def _smtp_code(error: Exception) -> int | None:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max((code for code, _ in error.recipients.values()), default=None)
    if isinstance(error, smtplib.SMTPResponseException):
        return int(error.smtp_code)
    return None
