"""What an embedded installation keeps for its owner alone: its folder, and keys made once."""

from __future__ import annotations

import base64
import os
import secrets
import stat
from pathlib import Path

KEY_BYTES = 32
_OWNER_ONLY = 0o600
_OWNERS_FOLDER = 0o700


def make_private(folder: Path) -> None:
    """Make `folder`, or shut one that is there, so that other accounts of the machine see nothing in it.

    Database, files of mail with links in them and keys stand below it. A folder of somebody else stays
    as it is: they have decided who reads it.
    """
    folder.mkdir(mode=_OWNERS_FOLDER, exist_ok=True)
    found = folder.stat()
    if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & 0o077:
        folder.chmod(_OWNERS_FOLDER)


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
