"""Keys of an embedded installation: made once, kept in files that only their owner can read."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

KEY_BYTES = 32
_OWNER_ONLY = 0o600


def new_key() -> str:
    """A fresh random key: 32 bytes in URL-safe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")


def key_from_file(path: Path) -> str:
    """The key kept in `path`, made when there is none yet.

    Processes that start together end up with the same key: the file appears whole or not at all, by
    linking a finished one to the name, which fails when another process was faster.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(new_key() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process made it first: that one counts
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()
