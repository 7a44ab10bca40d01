"""What is wrong with a process file: each finding with its line and key (REL-2, REL-6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from audit.errors import Invalid, TooLarge

# More than anyone reads at once; it also bounds the work that a hostile file can cause.
MOST_FINDINGS: Final = 100
LONGEST_ECHO: Final = 50


@dataclass(frozen=True, order=True, slots=True)
class ProcessError:
    """One finding: the line (from 1), the dotted path of the key, a stable code, a sentence.

    `key` is empty when the finding is about the file as a whole.
    """

    line: int
    key: str
    code: str
    sentence: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.key + ': ' if self.key else ''}{self.sentence}"

    def as_dict(self) -> dict[str, object]:
        """The finding as plain data, for an answer or a page."""
        return {
            "line": self.line,
            "key": self.key,
            "code": self.code,
            "sentence": self.sentence,
        }


class ProcessErrors(Invalid):
    """A process cannot be taken as it is written; `items` holds every finding, by line.

    `code` is the code of the findings when they share one, `invalid_process` otherwise.
    `errors` has the sentences by key (`process` for the file as a whole), `data["problems"]`
    the findings as plain data. A file that is too large has the status of TooLarge.
    """

    title = "Invalid process"

    def __init__(self, items: Iterable[ProcessError]) -> None:
        self.items = tuple(sorted(items))
        codes = {item.code for item in self.items}
        errors: dict[str, list[str]] = {}
        for item in self.items:
            errors.setdefault(item.key or "process", []).append(
                f"Line {item.line}: {item.sentence}"
            )
        super().__init__(
            "; ".join(str(item) for item in self.items) or "The process is not valid.",
            errors=errors,
            code=codes.pop() if len(codes) == 1 else "invalid_process",
            data={"problems": [item.as_dict() for item in self.items]},
        )
        if self.code == "too_large":
            self.status, self.title = TooLarge.status, TooLarge.title


class Findings:
    """Collects findings while a process is read, so that one go shows as many as possible."""

    def __init__(self) -> None:
        self.errors: list[ProcessError] = []
        self.not_available: list[ProcessError] = []
        self.lines: dict[str, int] = {}

    def wrong(self, line: int, key: str, code: str, sentence: str) -> None:
        """Note an error; raises ProcessErrors with all of them when there are `MOST_FINDINGS`."""
        self.errors.append(ProcessError(line, key, code, sentence))
        if len(self.errors) >= MOST_FINDINGS:
            raise ProcessErrors(self.errors)

    def later(self, line: int, key: str, what: str) -> None:
        """Note a use of something that parses and that nothing enforces yet (the first 100)."""
        if len(self.not_available) < MOST_FINDINGS:
            sentence = f"Not available yet: {what}. A process that uses it cannot be published."
            self.not_available.append(ProcessError(line, key, "not_available_yet", sentence))

    def raise_if_any(self) -> None:
        """Raises ProcessErrors when an error was noted."""
        if self.errors:
            raise ProcessErrors(self.errors)


def quoted(text: str) -> str:
    """What was written, in quotes, cut to a length that a sentence bears."""
    cut = text if len(text) <= LONGEST_ECHO else text[:LONGEST_ECHO] + "…"
    return f'"{cut}"'


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """` Did you mean "kind"?`, or nothing when no known word is close."""
    if len(written) > LONGEST_ECHO:
        return ""
    close = get_close_matches(written, list(known), n=1, cutoff=0.6)
    return f" Did you mean {quoted(close[0])}?" if close else ""
