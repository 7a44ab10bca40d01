"""Reads typed values out of the YAML tree and notes what is wrong where it stands.

Every reading function returns the value, or None after noting why there is none; the caller goes
on with a default, so that one go finds as many errors as possible.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from approvals.rules.fields import LARGEST_NUMBER
from releases.rules.process_errors import Findings, did_you_mean, quoted
from releases.rules.process_nodes import (
    ListNode,
    MapNode,
    Node,
    TextNode,
    is_null,
    join_path,
    kind_of,
    number_of,
)
from releases.rules.process_words import LONGEST_NAME, MOST_ITEMS

KEY_PATTERN: Final = re.compile(r"[a-z][a-z0-9_-]{0,49}")
KEY_RULE: Final = "a small letter, then at most 49 small letters, digits, _ or -"

_LINE_BREAK = re.compile("[\n\r\u0085\u2028\u2029]")
_FLAGS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A value of the file with its path, the line of its key, and where findings go."""

    node: Node
    path: str
    line: int
    findings: Findings

    def wrong(self, code: str, sentence: str) -> None:
        """Note an error here."""
        self.findings.wrong(self.line, self.path, code, sentence)

    def later(self, what: str) -> None:
        """Note that this is not available yet."""
        self.findings.later(self.line, self.path, what)

    @property
    def word(self) -> str | None:
        """The text as written, when it is a scalar; notes nothing."""
        return self.node.text if isinstance(self.node, TextNode) else None

    def scalar(self, wanted: str = "a text") -> str | None:
        """The text as written; a list, a mapping or nothing is `wrong_type`, `empty_value`."""
        if not isinstance(self.node, TextNode):
            self.wrong("wrong_type", f"This must be {wanted}, not {kind_of(self.node)}.")
        elif self.node.is_null:
            self.wrong("empty_value", f"This must be {wanted}; nothing is written here.")
        else:
            return self.node.text
        return None

    def text(self, longest: int = LONGEST_NAME, *, blank: bool = False) -> str | None:
        """A text of any number of lines and at most `longest` characters."""
        written = self.scalar()
        if written is None:
            return None
        if len(written) > longest:
            self.wrong("too_long", f"This has at most {longest:,} characters.")
        elif not blank and not written.strip():
            self.wrong("empty_value", "This must not be blank.")
        else:
            return written
        return None

    def name(self, longest: int = LONGEST_NAME, *, blank: bool = False) -> str | None:
        """A text on one line."""
        written = self.text(longest, blank=blank)
        if written is not None and _LINE_BREAK.search(written):
            self.wrong("wrong_value", "This must stand on one line.")
            return None
        return written

    def key(self) -> str | None:
        """A key: a small letter, then at most 49 small letters, digits, `_` and `-`."""
        written = self.scalar("a key")
        if written is not None and not KEY_PATTERN.fullmatch(written):
            self.wrong("bad_key", f"{quoted(written)} is no key: {KEY_RULE}.")
            return None
        return written

    def one_of(self, options: Sequence[str], also: Sequence[str] = ()) -> str | None:
        """One of some words; `also` are other forms that the sentence mentions."""
        shown = ", ".join((*options, *also))
        written = self.scalar(f"one of {shown}")
        if written is not None and written not in options:
            hint = did_you_mean(written, options)
            sentence = f"{quoted(written)} is none of {shown}.{hint}"
            self.wrong("wrong_value", sentence)
            return None
        return written

    def flag(self) -> bool | None:
        """`true` or `false`, without quotes."""
        if isinstance(self.node, TextNode) and self.node.plain and self.node.text in _FLAGS:
            return _FLAGS[self.node.text]
        self.wrong("wrong_type", "This must be true or false.")
        return None

    def whole(self, low: int, high: int = LARGEST_NUMBER) -> int | None:
        """A whole number from `low` to `high`, without quotes."""
        number = number_of(self.node)
        if not isinstance(number, int):
            self.wrong("wrong_type", "This must be a whole number.")
        elif not low <= number <= high:
            limits = f"at least {low}" if high == LARGEST_NUMBER else f"from {low} to {high:,}"
            self.wrong("wrong_value", f"This must be a whole number {limits}.")
        else:
            return number
        return None

    def number(self) -> int | float | None:
        """A finite number of at most 2**53 - 1, without quotes; whole ones come as int."""
        number = number_of(self.node)
        if number is None:
            self.wrong("wrong_type", "This must be a number.")
        elif not math.isfinite(number) or abs(number) > LARGEST_NUMBER:
            self.wrong("wrong_value", "This number is too large.")
        else:
            return int(number) if number == int(number) else number
        return None

    def items(self, most: int = MOST_ITEMS, *, empty: bool = True) -> list[Place] | None:
        """The items of a list of at most `most`."""
        if not isinstance(self.node, ListNode):
            shown = "nothing" if is_null(self.node) else kind_of(self.node)
            self.wrong("wrong_type", f"This must be a list ([a, b], or [] for none), not {shown}.")
        elif len(self.node.items) > most:
            self.wrong("too_many", f"This list has at most {most:,} items.")
        elif not empty and not self.node.items:
            self.wrong("empty_value", "This list must not be empty.")
        else:
            return [
                Place(node, f"{self.path}[{index}]", line, self.findings)
                for index, (line, node) in enumerate(self.node.items)
            ]
        return None

    def names(self, longest: int = LONGEST_NAME, *, empty: bool = True) -> list[str] | None:
        """A list of different texts, each on one line."""
        items = self.items(empty=empty)
        if items is None:
            return None
        names: dict[str, None] = {}
        for item in items:
            name = item.name(longest)
            if name is not None and name in names:
                item.wrong("duplicate_item", f"{quoted(name)} is written twice.")
            elif name is not None:
                names[name] = None
        return list(names)

    def section(self, known: Sequence[str], what: str) -> Section | None:
        """The mapping that stands here; keys that are not known are noted as `unknown_key`."""
        if not isinstance(self.node, MapNode):
            shown = "nothing" if is_null(self.node) else kind_of(self.node)
            self.wrong("wrong_type", f"{what.capitalize()} is a mapping of keys, not {shown}.")
            return None
        section = Section(self, self.node)
        for key in self.node.entries:
            if key not in known:
                hint = did_you_mean(key, known)
                sentence = f"{quoted(key)} is not a key of {what}.{hint}"
                section.place(key).wrong("unknown_key", sentence)
        return section


class Section:
    """A mapping with known keys."""

    def __init__(self, at: Place, node: MapNode) -> None:
        self.at = at
        self._node = node
        for key, (line, _) in node.entries.items():
            at.findings.lines[join_path(at.path, key)] = line

    @property
    def keys(self) -> Iterable[str]:
        """The keys written, in order."""
        return self._node.entries.keys()

    def place(self, key: str) -> Place:
        """The value of a key that is written."""
        line, node = self._node.entries[key]
        return Place(node, join_path(self.at.path, key), line, self.at.findings)

    def take(self, key: str) -> Place | None:
        """The value of a key, or None when it is not written or nothing stands there."""
        if key not in self._node.entries:
            return None
        place = self.place(key)
        if is_null(place.node):
            place.wrong("empty_value", f"{quoted(key)} has no value: write one, or leave it out.")
            return None
        return place

    def need(self, key: str, why: str = "") -> Place | None:
        """As `take`; a key that is not written is `missing_key` at the line of the mapping."""
        if key not in self._node.entries:
            path = join_path(self.at.path, key)
            sentence = why or f"The key {quoted(key)} is missing."
            self.at.findings.wrong(self.at.line, path, "missing_key", sentence)
        return self.take(key)

    def text(self, key: str, longest: int) -> str:
        """A text that may be left out or blank, any number of lines."""
        place = self.take(key)
        return (place.text(longest, blank=True) if place else None) or ""

    def name(self, key: str, default: str = "") -> str:
        """A text on one line that may be left out."""
        place = self.take(key)
        return (place.name() if place else None) or default

    def needed_name(self, key: str) -> str:
        """A text on one line that must be written; empty after an error."""
        place = self.need(key)
        return (place.name() if place else None) or ""

    def one_of(self, key: str, options: Sequence[str], default: str) -> str:
        """One of some words, or the default."""
        place = self.take(key)
        return (place.one_of(options) if place else None) or default

    def flag(self, key: str, *, default: bool) -> bool:
        """`true` or `false`, or the default."""
        place = self.take(key)
        written = place.flag() if place else None
        return default if written is None else written

    def whole(self, key: str, low: int, high: int = LARGEST_NUMBER) -> int | None:
        """A whole number, or None."""
        place = self.take(key)
        return place.whole(low, high) if place else None


def written_keys(place: Place) -> tuple[str, ...]:
    """The keys of a mapping whose keys are names of the author's own; none of anything else."""
    return tuple(place.node.entries) if isinstance(place.node, MapNode) else ()
