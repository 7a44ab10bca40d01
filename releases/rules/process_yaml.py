"""YAML text to a tree of nodes that know their line (REL-6, `contract.md`, Process).

YAML 1.2 as far as a process needs it: mappings, lists and scalars. Anchors, aliases and tags are
refused while the parser's events pass by, before anything is composed, so nothing can expand.
A scalar keeps the text that was written (`no`, `1.0` and `2026-12-01T18:00:00+01:00` stay what
they are); what it means is decided where it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from releases.rules.process_errors import Findings, ProcessErrors, quoted
from releases.rules.process_nodes import ListNode, MapNode, Node, TextNode, join_path

LARGEST: Final = 1_000_000
DEEPEST: Final = 20
# A megabyte of `a,a,a` costs seconds; a process of 500 activities written out has fewer values.
MOST_VALUES: Final = 50_000

_REFUSED_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def load_process(text: str | bytes) -> tuple[int, MapNode]:
    """The line and the tree of the one mapping that a process file holds.

    Refuses with ProcessErrors: `too_large` (more than 1,000,000 bytes), `not_utf8`,
    `bad_character`, `bad_yaml` (line and column), `anchor_refused`, `alias_refused`,
    `tag_refused`, `directive_refused`, `duplicate_key`, `complex_key`, `several_documents`,
    `too_deep` (20 levels), `too_many_values` and `not_a_mapping`.
    """
    findings = Findings()
    decoded = _decode(text, findings)
    findings.raise_if_any()
    composer = _Composer(decoded, findings)
    root = composer.compose()
    findings.raise_if_any()
    if isinstance(root, MapNode):
        return composer.first_line, root
    findings.wrong(composer.first_line, "", "not_a_mapping", "A process is a mapping of keys.")
    raise ProcessErrors(findings.errors)


def _decode(text: str | bytes, findings: Findings) -> str:
    """The text without a byte order mark; size and characters are checked before any parsing."""
    if len(text) <= LARGEST:
        try:
            raw = text.encode() if isinstance(text, str) else text
            decoded = raw.decode()
        except (UnicodeDecodeError, UnicodeEncodeError) as error:
            before = error.object[: error.start]
            breaks = before.count("\n") if isinstance(before, str) else before.count(b"\n")
            findings.wrong(1 + breaks, "", "not_utf8", "The file is not UTF-8 text.")
            return ""
        if len(raw) <= LARGEST:
            _check_characters(decoded, findings)
            return decoded.removeprefix("\ufeff")
    findings.wrong(1, "", "too_large", "A process file has at most 1 MB (1,000,000 bytes).")
    return ""


def _check_characters(decoded: str, findings: Findings) -> None:
    found = _REFUSED_CHARACTERS.search(decoded)
    if found:
        line = 1 + decoded.count("\n", 0, found.start())
        findings.wrong(line, "", "bad_character", _character_sentence(found.group()))


def _character_sentence(character: str) -> str:
    return f"The character U+{ord(character):04X} is not allowed."


class _RefusedError(Exception):
    """Reading on makes no sense; the finding is noted already."""


class _Composer:
    """Makes the tree from the parser's events; goes on after what it can go on after."""

    def __init__(self, text: str, findings: Findings) -> None:
        self._text = text
        self._findings = findings
        self._values = 0
        self._events: Iterator[Event] = iter(())
        self.line = 1
        self.first_line = 1

    def compose(self) -> Node | None:
        """The root node, or None when the file holds none or cannot be read to its end."""
        try:
            self._events = YAML(typ="safe", pure=True).parse(self._text)
            return self._document()
        except _RefusedError:
            return None
        except YAMLError as error:
            self._note_syntax(error)
        except (ValueError, OverflowError):  # an escape such as \UFFFFFFFF names no character
            self._wrong("", "bad_yaml", "This is not valid YAML: an escape names no character.")
        return None

    def _document(self) -> Node | None:
        root: Node | None = None
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                self._at(event)
                self._check_directives(event)
                if root is not None:
                    self._wrong("", "several_documents", "A file holds one process only.")
                    raise _RefusedError
                root = self._node(self._next(), "", 1)
        return root

    def _check_directives(self, event: DocumentStartEvent) -> None:
        version = tuple(event.version) if event.version else (1, 2)
        if event.tags or version != (1, 2):
            self._wrong("", "directive_refused", "Only YAML 1.2 without tags can be read.")

    def _next(self) -> Event:
        event = next(self._events)
        self._at(event)
        return event

    def _at(self, event: Event) -> None:
        self.line = event.start_mark.line + 1

    def _wrong(self, path: str, code: str, sentence: str) -> None:
        self._findings.wrong(self.line, path, code, sentence)

    def _node(self, event: Event, path: str, depth: int) -> Node:
        self._count(path)
        self._check_properties(event, path)
        if depth > DEEPEST and not isinstance(event, (ScalarEvent, AliasEvent)):
            self._wrong("", "too_deep", f"Values are nested deeper than {DEEPEST} levels.")
            raise _RefusedError
        if isinstance(event, MappingStartEvent):
            return self._mapping(path, depth)
        if isinstance(event, SequenceStartEvent):
            return self._list(path, depth)
        if isinstance(event, ScalarEvent):
            return self._scalar(event, path)
        return TextNode("", plain=True)  # an alias: refused, and followed nowhere

    def _count(self, path: str) -> None:
        self._values += 1
        if self._values == 1:
            self.first_line = self.line
        if self._values > MOST_VALUES:
            sentence = f"A process file holds at most {MOST_VALUES:,} values."
            self._wrong(path, "too_many_values", sentence)
            raise _RefusedError

    def _check_properties(self, event: Event, path: str) -> None:
        if isinstance(event, AliasEvent):
            self._wrong(path, "alias_refused", "Aliases (*name) are not allowed; write it out.")
        elif getattr(event, "anchor", None) is not None:
            self._wrong(path, "anchor_refused", "Anchors (&name) are not allowed.")
        if getattr(event, "tag", None) is not None:
            self._wrong(path, "tag_refused", "Tags (!name) are not allowed.")

    def _scalar(self, event: ScalarEvent, path: str) -> TextNode:
        found = _REFUSED_CHARACTERS.search(event.value)  # an escape in quotes can name one
        if found:
            self._wrong(path, "bad_character", _character_sentence(found.group()))
        return TextNode(event.value, plain=bool(event.implicit[0]))

    def _list(self, path: str, depth: int) -> ListNode:
        node = ListNode()
        while not isinstance(event := self._next(), SequenceEndEvent):
            line = self.line
            value = self._node(event, f"{path}[{len(node.items)}]", depth + 1)
            node.items.append((line, value))
        return node

    def _mapping(self, path: str, depth: int) -> MapNode:
        node = MapNode()
        while not isinstance(event := self._next(), MappingEndEvent):
            line = self.line
            key = self._node(event, path, depth + 1)
            inner = join_path(path, key.text) if isinstance(key, TextNode) else path
            if not isinstance(key, TextNode):
                self._findings.wrong(line, path, "complex_key", "A key is a single word.")
            elif key.text in node.entries:
                sentence = f"The key {quoted(key.text)} is written twice."
                self._findings.wrong(line, inner, "duplicate_key", sentence)
            value = self._node(self._next(), inner, depth + 1)
            if isinstance(key, TextNode):
                node.entries.setdefault(key.text, (line, value))
        return node

    def _note_syntax(self, error: YAMLError) -> None:
        column = 1
        problem = "it cannot be read"
        if isinstance(error, MarkedYAMLError):
            mark = error.problem_mark or error.context_mark
            if mark is not None:
                self.line, column = mark.line + 1, mark.column + 1
            problem = " ".join(part for part in (error.context, error.problem) if part)
        elif isinstance(error, ReaderError):
            self.line = 1 + self._text.count("\n", 0, error.position)
            problem = "a character is not allowed"
        if "'\\t'" in problem:
            problem = "a tab stands where only spaces may indent"
        sentence = f"This is not valid YAML (line {self.line}, column {column}): {problem}."
        self._wrong("", "bad_yaml", sentence)
