"""Run a command in an environment of its own, for checks: `… [--embedded] COMMAND…`.

Production: PostgreSQL (which no check connects to), HTTPS, keys made for this one run. `--embedded`:
an SQLite database in memory, for what asks the database. Nothing of the shell's own settings counts,
and nothing is written under `var/`.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys

_OURS = ("COUNTERSIGN_", "EVIDENCE_", "SLACK_", "CHECK_")
_OTHERS = {"DATABASE_URL", "REDIS_URL", "EMAIL_URL", "DJANGO_SETTINGS_MODULE", "HOST", "PORT"}


def environment(*, embedded: bool) -> dict[str, str]:
    """The environment: what is the machine's of the present one, and settings for a check."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in _OTHERS and not name.startswith(_OURS)
    }
    keys = ("COUNTERSIGN_SECRET_KEY", "COUNTERSIGN_SIGNING_KEY", "COUNTERSIGN_FIELD_KEY")
    return {
        **inherited,
        **{name: secrets.token_urlsafe(64) for name in keys},
        "DATABASE_URL": "sqlite://:memory:"
        if embedded
        else "postgres://countersign@127.0.0.1:1/countersign",
        "COUNTERSIGN_ALLOWED_HOSTS": "signoff.example.org",
        "COUNTERSIGN_BASE_URL": "https://signoff.example.org",
        "EMAIL_URL": "smtp+tls://mail.example.org:587",
    }


def main(arguments: list[str]) -> int:
    """Run the command; its exit status."""
    embedded = arguments[:1] == ["--embedded"]
    command = arguments[embedded:]
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    return subprocess.run(command, env=environment(embedded=embedded), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
