"""What differs between two versions of a process, by key and not by position (REL-6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from releases.rules.process_words import ProcessDocument

# Lists whose items have a key: an item that moved is the same item.
_KEYED: Final = frozenset({"phases", "activities", "fields"})


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; the path names items by key: `phases[verify].activities[qa].rule`."""

    path: str
    kind: Literal["added", "removed", "changed"]
    before: Any
    after: Any

    def as_dict(self) -> dict[str, Any]:
        """The change as plain data."""
        return {"path": self.path, "kind": self.kind, "before": self.before, "after": self.after}


def diff_processes(old: ProcessDocument, new: ProcessDocument) -> list[Change]:
    """Every difference from one document to another, in the order of the documents.

    Phases, activities and fields are matched by key; when those that both versions have stand in
    another order, the list itself is `changed`, with the keys before and after. Other lists
    (approvers, choices, needs) are compared as a whole.
    """
    return list(_mappings("", old, new))


def _mappings(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for key in [*old, *(key for key in new if key not in old)]:
        inner = f"{path}.{key}" if path else key
        if key not in new:
            yield Change(inner, "removed", old[key], None)
        elif key not in old:
            yield Change(inner, "added", None, new[key])
        else:
            yield from _values(inner, key, old[key], new[key])


def _values(path: str, key: str, old: object, new: object) -> Iterator[Change]:
    if key in _KEYED and isinstance(old, list) and isinstance(new, list):
        yield from _keyed(path, old, new)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _mappings(path, old, new)
    elif not _same(old, new):
        yield Change(path, "changed", old, new)


def _same(old: object, new: object) -> bool:
    """Equal, and of one type: True is no 1."""
    return old == new and isinstance(old, bool) == isinstance(new, bool)


def _keyed(
    path: str, old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]
) -> Iterator[Change]:
    before = {item["key"]: item for item in old}
    after = {item["key"]: item for item in new}
    kept = [key for key in before if key in after]
    kept_now = [key for key in after if key in before]
    if kept != kept_now:
        yield Change(path, "changed", kept, kept_now)
    for key, item in before.items():
        inner = f"{path}[{key}]"
        if key in after:
            yield from _mappings(inner, item, after[key])
        else:
            yield Change(inner, "removed", item, None)
    for key, item in after.items():
        if key not in before:
            yield Change(f"{path}[{key}]", "added", None, item)
