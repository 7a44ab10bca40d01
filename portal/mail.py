"""Where mail goes: to the server that EMAIL_URL names, embedded into files, otherwise nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from environ import Env

from portal.required import stand_in

NO_MAIL_BACKEND: Final = "django.core.mail.backends.dummy.EmailBackend"
_FILE_BACKEND: Final = "django.core.mail.backends.filebased.EmailBackend"
ANSWERS_WITHIN: Final = 10  # seconds; a request waits for it


def mail_settings(given: str, *, folder: Path | None) -> dict[str, Any]:
    """Django's settings for mail, from EMAIL_URL ("" for none) and the folder that stands in for it.

    Without either no mail is sent, and `doctor` says so: Django's own default is a server on this
    machine, which hardly ever is there.
    """
    found: dict[str, Any] = {}
    if given:
        try:
            found = Env.email_url_config(given)
        except (ImproperlyConfigured, KeyError, ValueError):  # not shown: it holds a password
            said = "names no mail server (smtp+tls://user:password@host:port)."
            stand_in("EMAIL_URL", said, None)
    if not found:
        found = {"EMAIL_BACKEND": NO_MAIL_BACKEND}
        if folder is not None:
            found = {"EMAIL_BACKEND": _FILE_BACKEND, "EMAIL_FILE_PATH": str(folder)}
    return {**found, "EMAIL_TIMEOUT": ANSWERS_WITHIN}
