"""Commands act as the system, door `command`, with the operating-system user as label."""

from __future__ import annotations

import getpass

from audit.actor import Actor, system_actor


def command_actor() -> Actor:
    """The actor of a management command."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        name = "unknown"
    return system_actor(f"command by {name}", door="command")
