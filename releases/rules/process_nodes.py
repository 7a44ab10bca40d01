"""The tree that a process file is composed to: scalars, lists and mappings, with their lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from releases.rules.process_errors import quoted

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_WHOLE: Final = re.compile(r"[-+]?[0-9]{1,20}")
_DECIMAL: Final = re.compile(
    r"[-+]?(\.[0-9]{1,20}|[0-9]{1,20}(\.[0-9]{0,20})?)([eE][-+]?[0-9]{1,3})?"
)
_LONGEST_STEP: Final = 50  # characters of one key in a path


@dataclass(frozen=True, slots=True)
class TextNode:
    """A scalar: its text as written; `plain` when it stood without quotes or block sign."""

    text: str
    plain: bool

    @property
    def is_null(self) -> bool:
        """Nothing was written, or what YAML 1.2 calls null."""
        return self.plain and self.text in _NULLS


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list: each item with its line."""

    items: list[tuple[int, Node]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MapNode:
    """A mapping in the order written: each key with its line and value."""

    entries: dict[str, tuple[int, Node]] = field(default_factory=dict)


Node = TextNode | ListNode | MapNode


def join_path(path: str, key: str) -> str:
    """The dotted path of a key; a key that is absurdly long is cut."""
    shown = key if len(key) <= _LONGEST_STEP else key[:_LONGEST_STEP] + "…"
    return f"{path}.{shown}" if path else shown


def kind_of(node: Node) -> str:
    """What a node is, for a sentence: a list, a mapping, or its text in quotes."""
    if isinstance(node, ListNode):
        return "a list"
    return "a mapping" if isinstance(node, MapNode) else quoted(node.text)


def is_null(node: Node) -> bool:
    """Whether nothing is written where the node stands."""
    return isinstance(node, TextNode) and node.is_null


def number_of(node: Node) -> int | float | None:
    """The number that is written without quotes, in decimal digits; None for anything else."""
    if not (isinstance(node, TextNode) and node.plain and _DECIMAL.fullmatch(node.text)):
        return None
    return int(node.text) if _WHOLE.fullmatch(node.text) else float(node.text)
