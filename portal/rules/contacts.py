"""How an account is reached: what can be kept, whoever sends it (SEC-1)."""

from __future__ import annotations

import re
from functools import lru_cache
from zoneinfo import available_timezones

LONGEST_EMAIL = 254
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+")
_PHONE = re.compile(r"[+0-9 ()/.-]{1,32}")


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def find_contact_errors(email: str, phone: str, time_zone: str) -> dict[str, list[str]]:
    """Every error by field; empty when all is well. Each of them may be left empty."""
    errors: dict[str, list[str]] = {}
    usable = email.isprintable() and len(email) <= LONGEST_EMAIL and _EMAIL.fullmatch(email)
    if email and not usable:
        errors["email"] = ["Give an e-mail address such as maya@example.org."]
    if phone and not _PHONE.fullmatch(phone):
        errors["phone"] = ["A phone number has digits, blanks and + ( ) / . - only, at most 32."]
    if time_zone and time_zone not in _zones():
        errors["time_zone"] = ["Give the name of a time zone such as Europe/Berlin."]
    return errors
