"""Whom the reader of a release may remind, and what they are told after a press (ux.md 4 b)."""

from __future__ import annotations

from typing import Final

from approvals.audience import REMINDER_PAUSE
from approvals.services.reminding import Reminders
from approvals.wording import listed
from portal.pages.release_scene import Scene

_MOST_NAMED: Final = 5


def remindable_in(scene: Scene) -> frozenset[int]:
    """The accounts of others for whom something waits and who were not reminded of it lately.

    Of others: a further account of the reader is the reader, whom nobody reminds of themselves.
    Only what the reader manages counts: all of it, or the phases that they own.
    """
    return frozenset(
        asked.user_id
        for row in scene.waiting
        if scene.mends(row.activity)
        for asked in row.asked
        if asked.user.person != scene.actor.person
        and not _lately(getattr(asked, "reminded_at", None), scene)
    )


def _lately(reminded_at: object, scene: Scene) -> bool:
    return reminded_at is not None and scene.now - reminded_at < REMINDER_PAUSE  # type: ignore[operator]


def done_words(done: Reminders) -> str:
    """ "Reminded Maya Lind and Omar Haddad. Ruth Cole was reminded within the last four hours."."""
    said = f"Reminded {_named(done.people)}."
    if done.lately:
        verb = "was" if len(done.lately) == 1 else "were"
        said += f" {_named(done.lately)} {verb} reminded before, within the last four hours."
    return said


def _named(names: tuple[str, ...]) -> str:
    if len(names) <= _MOST_NAMED:
        return listed(names, "and")
    return f"{', '.join(names[:_MOST_NAMED])} and {len(names) - _MOST_NAMED} more"
