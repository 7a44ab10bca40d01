"""When what a release ships may change: not under those who decide, nor under what has passed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from audit.actor import YES, Answer
from releases.rules.transitions import ACTIVITY_WAITING, ActivityState

# Authors stand in the fingerprint as well, but more of them only narrow who may decide.
AUTHORS: Final = "authors"
# What an answer was given for (EXE-10).
SHIPPED: Final = frozenset({"version", "commit", "artifacts"})

PASSED_OR_RUNNING: Final = frozenset({ActivityState.COMPLETED, ActivityState.RUNNING})


def content_may_change(fields: Collection[str], states: Collection[str]) -> Answer:
    """Whether these fields of a release may change while its activities are in these states.

    Authors may be added at any time. Refusals: `rounds_open` while people decide on the content,
    `already_passed` for what is shipped once something has passed or runs with it.
    """
    if set(fields) <= {AUTHORS}:
        return YES
    if not ACTIVITY_WAITING.isdisjoint(states):
        return Answer(
            False,
            "rounds_open",
            "People are deciding on this content; it can change when they are done.",
        )
    if not SHIPPED.isdisjoint(fields) and not PASSED_OR_RUNNING.isdisjoint(states):
        return Answer(
            False,
            "already_passed",
            "Something has passed or runs with what this release ships now; ship other content by "
            "a new release.",
        )
    return YES
