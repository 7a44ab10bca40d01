"""From where an installation is reached: from this machine alone, or from elsewhere too."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def is_this_machine(host: str) -> bool:
    """Whether a name or an address means the machine that it is used on."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_private() -> bool:
    """Whether only this machine reaches the installation, as far as its settings say."""
    named = urlsplit(settings.COUNTERSIGN_BASE_URL).hostname or ""
    return is_this_machine(settings.HOST) and is_this_machine(named)


def is_from_here(request: HttpRequest) -> bool:
    """Whether a request was made on this machine, as far as it tells, to a private installation.

    A tunnel or a proxy beside the installation comes from this machine too; it is known by the
    headers it adds (`TrustedProxies` notes them) or by the name that was asked for.
    """
    if not is_private() or getattr(request, "was_forwarded", True):
        return False
    asked = urlsplit(f"//{request.get_host()}").hostname or ""
    return is_this_machine(asked) and is_this_machine(request.META.get("REMOTE_ADDR", ""))
