"""What parses and is not available yet: each key is checked for shape and then noted.

Nothing is accepted and then not enforced (`contract.md`, Process): a process that uses one of these
can be drafted and not published. Whoever builds one moves it out of this module.
"""

from __future__ import annotations

import re
from typing import Final

from releases.rules.process_approvers import read_holder
from releases.rules.process_reader import KEY_PATTERN, Place, Section, written_keys
from releases.rules.process_words import HOLDER_KEYS

_SIZE: Final = re.compile(r"[1-9][0-9]{0,11} ?(B|kB|KB|MB|GB|TB)")
_ADDRESS: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
_FILE_TYPE: Final = re.compile(r"\.?[a-z0-9][a-z0-9.+-]{0,49}")
_CHANNELS: Final = ("email", "slack", "teams", "sms", "in_app")
_SIGNATURES: Final = ("confirm", "reauthenticate")
_MOST_FILES: Final = 1_000


def check_carry_over(place: Place | None) -> None:
    """What a retry or a re-opened release keeps (EXE-6, REL-9)."""
    if place is not None:
        place.later("carry_over")
        place.one_of(("same_digest",))


def check_policy(place: Place | None) -> None:
    """The key of a policy kept elsewhere."""
    if place is not None:
        place.later("policies kept elsewhere")
        place.key()


def check_signature(place: Place | None) -> None:
    """none (which is what holds), confirm, reauthenticate, or {ask, meaning} (POL-12)."""
    if place is None or place.word == "none":
        return
    if place.word is not None:
        if place.one_of(("none", *_SIGNATURES), also=("{ask: …, meaning: …}",)):
            place.later("signatures")
        return
    section = place.section(("ask", "meaning"), "a signature")
    if section is None:
        return
    place.later("signatures")
    asked = section.need("ask")
    if asked is not None:
        asked.one_of(_SIGNATURES)
    meaning = section.take("meaning")
    if meaning is not None:
        meaning.text(1_000)


def check_notify(place: Place | None) -> None:
    """Who else is told, and where (NTF-8)."""
    known = ("stakeholders", "addresses", "slack", "teams", "channels")
    section = place.section(known, "notify") if place else None
    if place is None or section is None:
        return
    place.later("notify")
    for item in _items(section, "stakeholders"):
        named = item.section(HOLDER_KEYS, "a stakeholder")
        if named is not None:
            read_holder(named)
    for item in _items(section, "addresses"):
        _check_shape(item, _ADDRESS, "an e-mail address")
    section.name("slack")
    section.name("teams")
    channels = section.take("channels")
    if channels is not None:
        _check_channels(channels)


def _check_channels(place: Place) -> None:
    section = place.section(written_keys(place), "channels")
    for moment in section.keys if section else ():
        if section is not None and not KEY_PATTERN.fullmatch(moment):
            section.place(moment).wrong("bad_key", "This is no moment, such as waiting.")
        for item in _items(section, moment):
            item.one_of(_CHANNELS)


def check_evidence(place: Place | None) -> None:
    """What evidence an activity asks for (CAP-5)."""
    known = ("required", "types", "kinds", "max_size")
    section = place.section(known, "evidence") if place else None
    if place is None or section is None:
        return
    place.later("evidence")
    section.whole("required", 0, _MOST_FILES)
    check_file_limits(section)
    for item in _items(section, "kinds"):
        item.key()


def check_file_limits(section: Section) -> None:
    """`types`, `max_size` and `max_files`, of evidence and of file fields."""
    for item in _items(section, "types"):
        _check_shape(item, _FILE_TYPE, "a file type such as pdf")
    size = section.take("max_size")
    if size is not None:
        _check_shape(size, _SIZE, "a size such as 200MB")
    section.whole("max_files", 1, _MOST_FILES)


def check_field_later(section: Section) -> bool:
    """The keys of a field that are not available yet; whether there are any."""
    used = [
        key
        for key in ("visible_on", "types", "max_size", "max_files", "items")
        if key in section.keys
    ]
    for key in used:
        section.place(key).later(f"{key} of a field")
    visible = section.take("visible_on")
    if visible is not None and visible.word is not None:
        visible.one_of(("approve", "reject"))
    elif visible is not None:
        for item in visible.items(empty=False) or []:
            item.one_of(("approve", "reject"))
    check_file_limits(section)
    for item in _items(section, "items"):
        _check_checklist_item(item)
    return bool(used)


def _check_checklist_item(place: Place) -> None:
    section = place.section(("key", "label", "evidence"), "an item")
    if section is None:
        return
    key = section.need("key")
    if key is not None:
        key.key()
    section.name("label")
    section.flag("evidence", default=False)


def _items(section: Section | None, key: str) -> list[Place]:
    place = section.take(key) if section is not None else None
    return (place.items() if place else None) or []


def _check_shape(place: Place, pattern: re.Pattern[str], wanted: str) -> None:
    written = place.scalar(wanted)
    if written is not None and not pattern.fullmatch(written):
        place.wrong("wrong_value", f"This must be {wanted}.")
