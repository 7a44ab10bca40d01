"""From where an installation is reached: from this machine alone, or from elsewhere too."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings


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
