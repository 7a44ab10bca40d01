"""A set of row keys in one bit each, so that a verification's memory stays small (targets.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_BITS = 1024


class KeySet:
    """A set of whole numbers, kept as bit fields of 1,024: dense keys cost a bit, stray ones 300 bytes."""

    __slots__ = ("_fields",)

    def __init__(self, keys: Iterable[int] = ()) -> None:
        self._fields: dict[int, int] = {}
        for key in keys:
            self.add(key)

    def add(self, key: int) -> bool:
        """Add a key; False when it was there already."""
        number, bit = divmod(key, _BITS)
        known = self._fields.get(number, 0)
        mask = 1 << bit
        if known & mask:
            return False
        self._fields[number] = known | mask
        return True

    def __contains__(self, key: int) -> bool:
        number, bit = divmod(key, _BITS)
        return bool(self._fields.get(number, 0) >> bit & 1)

    def __len__(self) -> int:
        return sum(bits.bit_count() for bits in self._fields.values())

    def without(self, other: KeySet) -> Iterator[int]:
        """The keys that `other` lacks, in order."""
        for number in sorted(self._fields):
            left = self._fields[number] & ~other._fields.get(number, 0)
            while left:
                lowest = left & -left
                yield number * _BITS + lowest.bit_length() - 1
                left ^= lowest
