"""Extracts docs/requirements.md from the specification: `python -m tools.requirements SPEC ABUSE`.

SPEC holds the requirement rows (REL-1 …), ABUSE the catalogue of abuse and faults (A-001 …, B-01 …,
I1 …). One line a row, `ID — first sentence`, in the order of the documents.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "docs" / "requirements.md"
HEAD = """# Requirements

Every row of the specification by its number and first sentence. A behaviour test names the rows it
shows to hold, `@pytest.mark.req("EXE-3")`; `make trace` sets the rows against the tests.
"""
_MARKUP = re.compile(r"\*+|`")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z(“\"])")
_LONGEST = 220


def first_sentence(text: str) -> str:
    """The first sentence, without markup, cut at a word when it is very long."""
    plain = re.sub(r"\s+", " ", _MARKUP.sub("", text)).strip()
    sentence = _SENTENCE_END.split(plain)[0].rstrip(".:;, ")
    if len(sentence) > _LONGEST:
        sentence = sentence[:_LONGEST].rsplit(" ", 1)[0].rstrip(",;:") + " …"
    return sentence[:1].upper() + sentence[1:]


def specification_rows(spec: str) -> dict[str, dict[str, str]]:
    """Heading → {ID: first sentence} for REL … OPS, and CAT and IND, which are a row each."""
    sections: dict[str, dict[str, str]] = {}
    heading = ""
    for line in spec.splitlines():
        if found := re.match(r"## ((?:[A-Z]{2,4}).*)", line):
            heading = found[1].strip()
            whole = re.match(r"(CAT|IND): (.+)", heading)
            if whole:
                sections.setdefault(heading, {})[whole[1]] = whole[2].capitalize()
        elif found := re.match(r"- ([A-Z]{2,4}-\d+) (.+)", line):
            sections.setdefault(heading, {})[found[1]] = first_sentence(found[2])
    return sections


def abuse_rows(text: str) -> dict[str, dict[str, str]]:
    """The catalogue's tests, the bypasses of other tools, and the invariants."""
    catalogue = {
        found[1]: first_sentence(found[2].replace(" / ", ", "))
        for found in re.finditer(r"^- \*\*(A-\d{3}) \[P\d\]\*\* (.+)$", text, re.MULTILINE)
    }
    invariants = text[text.index("**invariant check**") :].split("\n\n", maxsplit=1)[0]
    invariants = re.sub(r"\s+", " ", invariants)
    kept = {
        found[1]: first_sentence(found[2])
        for found in re.finditer(r"\b(I\d{1,2}) (.+?)(?=; I\d{1,2} |\.$)", invariants)
    }
    return {
        "A: abuse and faults": catalogue,
        "B: approval bypasses of other tools": _bypasses(text),
        "I: invariants": kept,
    }


def _bypasses(text: str) -> dict[str, str]:
    rows: dict[str, str] = {}
    for cells in re.findall(r"^\| (.+?) \| (.+?) \| (.*?B-\d\d.*?) \|$", text, re.MULTILINE):
        _, wrong, ours = cells
        numbers = re.findall(r"B-\d\d", ours)
        if "…" in ours:
            continue  # spelled out below the table
        said = re.sub(r"^(?:B-\d\d[,:]?\s*)+", "", ours).strip()
        said = said or wrong
        parts = said.split("; ")
        each = parts if len(parts) == len(numbers) else [said] * len(numbers)
        rows.update(zip(numbers, map(first_sentence, each), strict=True))
    for number, said in re.findall(r"\*\*(B-\d\d)\*\* (.+?)(?=\s*\*\*B-\d\d\*\*|\n)", text):
        rows[number] = first_sentence(said.replace(" / ", ", "))
    return dict(sorted(rows.items()))


def document(spec: str, abuse: str) -> str:
    """The whole page."""
    parts = [HEAD]
    for heading, rows in {**specification_rows(spec), **abuse_rows(abuse)}.items():
        parts.append(f"## {heading}\n")
        parts.append("\n".join(f"- {row} — {sentence}" for row, sentence in rows.items()) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    texts = [Path(name).read_text(encoding="utf-8") for name in sys.argv[1:]]
    TARGET.write_text(document(*texts), encoding="utf-8")
    print(TARGET)
