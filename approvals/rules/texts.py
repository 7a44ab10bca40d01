"""What no text may hold, whoever sends it."""

from __future__ import annotations

from audit.errors import Invalid

LONGEST_REASON = 10_000


def unsafe_text(text: str) -> str | None:
    """A sentence when the text cannot be stored: NUL (PostgreSQL), lone surrogates (UTF-8)."""
    if "\x00" in text:
        return "This contains a NUL character."
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "This contains a broken character (a lone surrogate)."
    return None


def check_reason(reason: str, *, needed: bool = True) -> None:
    """Lets a reason that can be kept pass; a blank one only where none is needed.

    Raises Invalid with the field `reason`.
    """
    error = unsafe_text(reason)
    if needed and not reason.strip():
        error = "Say why."
    elif len(reason) > LONGEST_REASON:
        error = f"This has {len(reason)} characters; at most {LONGEST_REASON} fit."
    if error:
        raise Invalid(errors={"reason": [error]})
