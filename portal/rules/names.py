"""Names of people and groups that can't be taken for another's (A-119; Unicode UTS 39 in spirit)."""

from __future__ import annotations

import re
import unicodedata

_ASCII_NAME = re.compile(r"[A-Za-z0-9.@+_-]{1,150}")

# Japanese and Korean write these side by side; none of them passes for a Latin letter.
_WRITTEN_TOGETHER = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL"})

# Letters of other scripts that look like Latin ones, in lower case after folding.
_LOOKALIKES = str.maketrans(
    {
        "а": "a", "в": "b", "с": "c", "ԁ": "d", "е": "e", "һ": "h", "і": "i", "ј": "j", "к": "k",
        "ӏ": "l", "м": "m", "н": "h", "о": "o", "р": "p", "ԛ": "q", "г": "r", "ѕ": "s", "т": "t",
        "у": "y", "ѵ": "v", "ԝ": "w", "х": "x", "α": "a", "β": "b", "ε": "e", "η": "n", "ι": "i",
        "κ": "k", "ν": "v", "ο": "o", "ρ": "p", "τ": "t", "υ": "u", "χ": "x", "γ": "y", "ı": "i",
        "0": "o", "1": "l", "|": "l",
    }
)  # fmt: skip


def find_name_error(name: str, *, ascii_only: bool = False) -> str | None:
    """A sentence when a name can't be used; usernames are ASCII, other names of one script."""
    if not name.strip() or len(name) > 150:
        return "Give a name of at most 150 characters."
    if ascii_only:
        if _ASCII_NAME.fullmatch(name):
            return None
        return "A username has letters, digits and . @ + - _ only, without accents."
    if any(unicodedata.category(char)[0] == "C" for char in name):
        return "The name contains an invisible character."
    if len(_scripts(name)) > 1:
        return "The name mixes letters of different scripts, which could pass for another name."
    return None


def skeleton(name: str) -> str:
    """What a name looks like: equal for names that could be taken for each other."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    bare = "".join(
        char
        for char in unicodedata.normalize("NFD", folded)
        if unicodedata.category(char)[0] not in "CZ"
    )
    return unicodedata.normalize("NFC", bare.translate(_LOOKALIKES))


def _scripts(name: str) -> set[str]:
    """The scripts of the letters of a name, by the first word of their Unicode names."""
    found = {
        unicodedata.name(char, "UNKNOWN").split()[0]
        for char in name
        if unicodedata.category(char).startswith("L")
    }
    return {"EAST ASIAN" if script in _WRITTEN_TOGETHER else script for script in found}
