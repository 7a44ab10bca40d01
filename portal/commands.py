"""Commands act as the system, door `command`, with the operating-system user as label."""

from __future__ import annotations

import getpass
from typing import Final

from django.core.management import CommandError

from audit.actor import Actor, system_actor
from audit.errors import Refusal

REFUSED: Final = 2  # the exit code of a command that refused what it was asked for


def command_actor() -> Actor:
    """The actor of a management command."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        name = "unknown"
    return system_actor(f"command by {name}", door="command")


def refused(reason: Refusal | str) -> CommandError:
    """What a command raises to end with exit code 2 and the reason on standard error."""
    if isinstance(reason, str):
        return CommandError(reason, returncode=REFUSED)
    sentences = [sentence for several in reason.errors.values() for sentence in several]
    return CommandError(" ".join(sentences) or reason.sentence, returncode=REFUSED)
