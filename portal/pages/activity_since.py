"""What has changed at an activity since its reader last opened it; nothing when nothing has."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from approvals.models import Decision
from portal.pages.activity_differences import Difference
from portal.pages.activity_standing import ActivityPage
from portal.visits import CONTENT
from portal.wording import verdict_words
from releases.models import Release

_LABELS: Final[Mapping[str, str]] = {
    "version": "Version",
    "commit": "Commit",
    "artifacts": "Artifacts",
    "authors": "Authors",
    "environments": "Environments",
    "risk": "Risk",
    "change_type": "Change type",
    "description": "Description",
    "links": "Links",
}
_JSON: Final = frozenset({"artifacts", "authors", "environments", "links"})


@dataclass(frozen=True)
class NewVote:
    """What somebody else has decided since."""

    who: str
    word: str
    at: dt.datetime


@dataclass(frozen=True)
class Since:
    """What is new since `seen_at`: the content, the attempt, votes of others."""

    seen_at: dt.datetime
    differences: tuple[Difference, ...] = ()
    attempt: int = 0
    votes: tuple[NewVote, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything has changed."""
        return bool(self.differences or self.attempt or self.votes)


def since_last_opened(page: ActivityPage) -> Since | None:
    """What the reader has not seen yet; None for one who has never opened it (or without script)."""
    seen_at: dt.datetime | None = getattr(page.activity, "seen_at", None)
    if seen_at is None:
        return None
    approval = page.approval
    is_new = approval is not None and approval.attempt > 1 and approval.opened_at > seen_at
    return Since(
        seen_at,
        tuple(_content(page.activity.release, getattr(page.activity, "release_seen", None))),
        approval.attempt if approval is not None and is_new else 0,
        tuple(_votes(page, seen_at)),
    )


def _content(release: Release, then: Mapping[str, Any] | None) -> Iterator[Difference]:
    for name in CONTENT if then else ():
        former, now = (then or {}).get(name), getattr(release, name)
        if former != now:
            yield Difference(_LABELS[name], _shown(name, former), _shown(name, now))


def _shown(name: str, value: Any) -> str:
    if not value:
        return "none"
    if name not in _JSON:
        return str(value)
    return ", ".join(_one(each) for each in json.loads(value)) or "none"


def _one(each: Any) -> str:
    """An entry of a list: a name, an artifact with its digest, a link with its address."""
    if not isinstance(each, Mapping):
        return str(each)
    words = (each.get("name") or each.get("title"), each.get("digest") or each.get("url"))
    return " ".join(str(one) for one in words if one)


def _votes(page: ActivityPage, seen_at: dt.datetime) -> Iterator[NewVote]:
    """Of the newest round; what somebody takes back is told as well."""
    given: list[Decision] = page.decisions[page.approval.pk] if page.approval else []
    words = {**verdict_words(page.activity.kind), "withdraw": "took the decision back"}
    for one in given:
        if one.decided_at > seen_at and one.person != page.actor.person:
            yield NewVote(one.display_name, words[one.verdict], one.decided_at)
