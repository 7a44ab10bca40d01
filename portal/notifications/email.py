"""A message as an e-mail, in text and HTML, and what a mail server's answer means."""

from __future__ import annotations

import re
import smtplib
import uuid
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from portal.notifications.render import Message
from portal.notifications.words import REFUSED, SMTP

# Answers to a recipient or a content; anything else is about the server, and the next mail meets it too.
_ABOUT_THE_MAIL: Final = (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)
_PERMANENT: Final = 500
# "Authentication required", "authentication failed".
_NOT_LET_IN: Final = frozenset({530, 535})
# Enhanced codes X.7.X: security or policy, such as relaying denied, unauthenticated, SPF or DMARC.
_POLICY: Final = ("4.7.", "5.7.")
_ENHANCED: Final = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")
_RELAY: Final = re.compile(r"\brelay", re.IGNORECASE)
# "Delivery not authorised": said of us as well as of the one recipient, unless the words tell.
_NOT_ALLOWED: Final = "5.7.1"
_OF_US: Final = re.compile(r"\brelay|authenticat|\bclient host\b", re.IGNORECASE)
_SHORT_NAME: Final = 2


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
    """An address as it is shown to others: "m…@example.com"; of a short name nothing."""
    local, _, domain = address.rpartition("@")
    if not local:
        return "…"
    return f"{local[:1] if len(local) > _SHORT_NAME else ''}…@{domain}"


def error_code(error: Exception) -> str:
    """A stable code for what went wrong, without anybody's address in it."""
    said = _answer(error)
    if said is None:
        return type(error).__name__
    mark = REFUSED if is_about_the_server(error) and said.code >= _PERMANENT else SMTP
    return f"{mark}{said.code}{f'_{said.enhanced}' if said.enhanced else ''}"


def is_final(error: Exception) -> bool:
    """Whether the server will never take this mail: a permanent answer to its recipient or content."""
    said = _answer(error)
    return said is not None and said.code >= _PERMANENT and not is_about_the_server(error)


def is_about_the_server(error: Exception) -> bool:
    """Whether any other mail would meet the same: the server is silent, or takes none of ours.

    A relay that was set up wrongly, wants to know who we are or does not trust our sender says so
    to each recipient or content in turn; that is no verdict on the mail.
    """
    if not isinstance(error, OSError):
        return False
    said = _answer(error)
    if said is None or not isinstance(error, _ABOUT_THE_MAIL):
        return True
    if said.code in _NOT_LET_IN or said.enhanced.startswith(_POLICY):
        return True
    at_recipient = isinstance(error, smtplib.SMTPRecipientsRefused)
    return at_recipient and not said.enhanced and bool(_RELAY.search(said.text))


def meets_every_mail(error: Exception) -> bool:
    """Whether it is surely about the server, so that trying the other mails is in vain at present.

    A recipient's own list of allowed senders answers with the code of a relay that refuses us; such
    a mail is tried again, and keeps no other from going out.
    """
    if not is_about_the_server(error):
        return False
    said = _answer(error)
    if said is None or not isinstance(error, smtplib.SMTPRecipientsRefused):
        return True
    return said.enhanced != _NOT_ALLOWED or bool(_OF_US.search(said.text))


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a mail server has answered: its code, the enhanced one (RFC 3463) if it gave one, its text."""

    code: int
    enhanced: str
    text: str


def _answer(error: Exception) -> _Answer | None:
    given: tuple[int, Any] | None = None
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        given = max(error.recipients.values(), key=lambda one: one[0], default=None)
    elif isinstance(error, smtplib.SMTPResponseException):
        given = (error.smtp_code, error.smtp_error)
    if given is None:
        return None
    raw = given[1]
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    found = _ENHANCED.match(text)
    return _Answer(int(given[0]), found[1] if found else "", text)
