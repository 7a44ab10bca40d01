"""Where mail goes, and from whom: to the server that EMAIL_URL names, embedded into files, otherwise
nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formataddr, parseaddr
from pathlib import Path
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from environ import Env

from portal.required import stand_in

NO_MAIL_BACKEND: Final = "django.core.mail.backends.dummy.EmailBackend"
_FILE_BACKEND: Final = "django.core.mail.backends.filebased.EmailBackend"
ANSWERS_WITHIN: Final = 10  # seconds; a request waits for it


def mail_settings(given: Mapping[str, str], *, folder: Path | None, host: str) -> dict[str, Any]:
    """Django's settings for mail, from EMAIL_URL and COUNTERSIGN_MAIL_FROM ("" for none).

    Without a server, mail goes into `folder`; without either none is sent, and `doctor` says so:
    Django's own default is a server on this machine, which hardly ever is there. The sender is an
    address at `host`, where none is given.
    """
    sender = _sender(given["COUNTERSIGN_MAIL_FROM"].strip(), host)
    return {
        **_way(given["EMAIL_URL"], folder),
        "EMAIL_TIMEOUT": ANSWERS_WITHIN,
        "DEFAULT_FROM_EMAIL": sender,
        "SERVER_EMAIL": sender,
    }


def _way(url: str, folder: Path | None) -> dict[str, Any]:
    """Where it goes to."""
    found: dict[str, Any] = {}
    if url:
        try:
            found = Env.email_url_config(url)
        except (ImproperlyConfigured, KeyError, ValueError):  # not shown: it holds a password
            said = "names no mail server (smtp+tls://user:password@host:port)."
            stand_in("EMAIL_URL", said, None)
    if not found:
        found = {"EMAIL_BACKEND": NO_MAIL_BACKEND}
        if folder is not None:
            found = {"EMAIL_BACKEND": _FILE_BACKEND, "EMAIL_FILE_PATH": str(folder)}
    return found


def _sender(given: str, host: str) -> str:
    """Whom mail comes from: an address, or a name with one."""
    domain = "localhost" if ":" in host else host  # an IPv6 address is no domain
    usual = f"Countersign <no-reply@{domain}>"
    if not given:
        return usual
    name, address = parseaddr(given)
    try:
        validate_email(address)
    except ValidationError:
        said = f"is {given!r}; it must be like Countersign <signoff@example.org>."
        return stand_in("COUNTERSIGN_MAIL_FROM", said, usual)
    return formataddr((name or "Countersign", address))
