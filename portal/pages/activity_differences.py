"""What two attempts of an activity were asked about differently, in words (EXE-6, EXE-10)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from approvals.facts import seats_of
from approvals.models import Approval
from approvals.wording import seat_words
from portal.pages.activity_standing import ActivityPage
from portal.rule_words import rule_words

_DIGEST_SHOWN: Final = 19  # "sha256:" and twelve digits


@dataclass(frozen=True)
class Difference:
    """What one attempt was asked about and another was not; without `before`, what has changed."""

    label: str
    before: str
    after: str


def differences_between(
    before: Approval | None, after: Approval | None, page: ActivityPage
) -> tuple[Difference, ...]:
    """What two rounds were asked about differently, by what each opened with."""
    if before is None or after is None:
        return ()
    shown = _Shown(page)
    pairs = (
        *((label, show(before), show(after)) for label, show in shown.content()),
        ("Form", "", "; ".join(_form_changes(before, after))),
    )
    return tuple(Difference(label, former, now) for label, former, now in pairs if former != now)


class _Shown:
    """How the content of a round is told; rounds that read the same were asked about the same."""

    def __init__(self, page: ActivityPage) -> None:
        self.page = page
        authors = json.loads(page.activity.release.authors)
        self.names = {one["user"]: one["name"] for one in authors}

    def content(self) -> tuple[tuple[str, Callable[[Approval], str]], ...]:
        """(label, how a round shows it)."""
        return (
            ("Version", lambda one: _content(one).get("version") or "none"),
            ("Commit", lambda one: _content(one).get("commit") or "none"),
            ("Artifacts", _artifacts),
            ("Authors", self._authors),
            ("Process", self._process),
            ("Rule", _rule),
            ("Seats", self._seats),
        )

    def _authors(self, approval: Approval) -> str:
        keys = _content(approval).get("authors") or ()
        return ", ".join(self.names.get(one, "somebody") for one in keys) or "none"

    def _process(self, approval: Approval) -> str:
        document = self.page.board.document
        if _content(approval).get("process") != document.digest:
            return "another version"
        return f"{document.data['name']}, version {document.number}"

    def _seats(self, approval: Approval) -> str:
        seats = seats_of(approval)
        names = self.page.names
        named = [seat_words([one.to_dict() for one in seat.sources], names) for seat in seats]
        noun = "seat" if len(seats) == 1 else "seats"
        return f"{len(seats)} {noun}: {', '.join(sorted(named))}"


def _content(approval: Approval) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(approval.content)
    return found


def _artifacts(approval: Approval) -> str:
    given = _content(approval).get("artifacts") or ()
    named = (f"{one.get('name')} {one.get('digest', '')[:_DIGEST_SHOWN]}".strip() for one in given)
    return ", ".join(named) or "none"


def _rule(approval: Approval) -> str:
    policy = json.loads(approval.policy)
    return rule_words(policy["rule"], policy["needed"], policy["seat_count"])


def _form_changes(before: Approval, after: Approval) -> Iterator[str]:
    """ "field Summary added", for each field that the two do not ask for in the same way."""
    former, now = _fields(before), _fields(after)
    for key, one in now.items():
        if key not in former:
            yield f"field {one['label']} added"
        elif former[key] != one:
            yield f"field {one['label']} changed"
    yield from (f"field {one['label']} removed" for key, one in former.items() if key not in now)


def _fields(approval: Approval) -> dict[str, Mapping[str, Any]]:
    return {one["key"]: one for one in json.loads(approval.form)}
