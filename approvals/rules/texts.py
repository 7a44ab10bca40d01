"""What no text may hold, whoever sends it."""

from __future__ import annotations


def unsafe_text(text: str) -> str | None:
    """A sentence when the text cannot be stored: NUL (PostgreSQL), lone surrogates (UTF-8)."""
    if "\x00" in text:
        return "This contains a NUL character."
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "This contains a broken character (a lone surrogate)."
    return None
