"""The banner of a release: why it stands still, and the press that moves it (ux.md 4 b 2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from approvals.wording import listed
from portal.event_words import verdict_verb
from portal.pages.release_acts import answer_for
from portal.pages.release_phases import next_phase_words
from portal.pages.release_rows import ActivityRow, waiting_order, who_holds_it_up
from portal.pages.release_scene import Scene
from releases.rules.transitions import ReleaseState

_MOST_NAMED: Final = 4


@dataclass(frozen=True, slots=True)
class Banner:
    """A headline (with a moment, where it names one), sentences below it, and at most one button."""

    tone: str
    icon: str
    headline: str
    lines: Sequence[str] = ()
    button: str = ""
    path: str = ""
    when: dt.datetime | None = None


def banner_of(scene: Scene) -> Banner | None:
    """The banner for the state a release is in; nothing to say while it simply runs, or is done."""
    state = ReleaseState(scene.release.state)
    if state == ReleaseState.FAILED or (scene.failed and state == ReleaseState.ON_HOLD):
        return _failed(scene)
    if state == ReleaseState.ON_HOLD:
        return _on_hold(scene)
    if state in (ReleaseState.DRAFT, ReleaseState.SCHEDULED):
        return _before(scene)
    if scene.failed and state == ReleaseState.RUNNING:
        return _failed(scene)
    return _after(scene, state)


def _on_hold(scene: Scene) -> Banner:
    rows = sorted(scene.waiting, key=waiting_order)
    mine = [row for row in rows if row.is_mine]
    lines = [*_held_words(scene), *_stuck_words(rows)]
    if not rows:
        return Banner("amber", "back_hand", "The release is held", lines)
    if mine:
        lines = [f"{total_words(len(rows))} {next_phase_words(scene)}".strip(), *lines]
        return Banner(
            "amber", "back_hand", f"{activities(len(mine))} your input", lines,
            f"Start with: {mine[0].activity.name}", mine[0].path,
        )  # fmt: skip
    awaited = awaited_words(rows)
    headline = f"{activities(len(rows))} input"
    stuck = next((row for row in rows if row.is_stuck), None)
    return Banner(
        "amber", "back_hand", f"{headline}: {awaited}" if awaited else headline,
        [line for line in (next_phase_words(scene), *lines) if line],
        *((f"Look at: {stuck.activity.name}", stuck.path) if stuck else ()),
    )  # fmt: skip


def activities(number: int) -> str:
    """ "2 activities require", in the words of the seed."""
    return f"{number} activity requires" if number == 1 else f"{number} activities require"


def total_words(number: int) -> str:
    """ "5 are open in total."."""
    return f"{number} {'is' if number == 1 else 'are'} open in total."


def awaited_words(rows: Sequence[ActivityRow]) -> str:
    """ "Inês Prado (2), Ruth Cole (1)": whom a release waits for."""
    named = [f"{one.name} ({one.seats})" for one in who_holds_it_up(rows)]
    if len(named) <= _MOST_NAMED:
        return listed(named, "and")
    return f"{', '.join(named[:_MOST_NAMED])} and {len(named) - _MOST_NAMED} more"


def _held_words(scene: Scene) -> list[str]:
    if not scene.release.held:
        return []
    return [f"{scene.release.manager} holds the release: nothing new starts until it is resumed."]


def _stuck_words(rows: Sequence[ActivityRow]) -> list[str]:
    return [
        f"Nobody can complete {row.activity.name} any more: its page says whom it lacks."
        for row in rows
        if row.is_stuck
    ]


def _failed(scene: Scene) -> Banner:
    mine = [row for row in sorted(scene.waiting, key=waiting_order) if row.is_mine]
    phases = list(dict.fromkeys(row.activity.phase.name for row in scene.failed))
    headline = f"Phase {listed(phases, 'and')} failed" if phases else "Nothing can move any more"
    lines = [line for row in scene.failed for line in failure_words(row)]
    if not any(answer_for(scene, key) for key in ("retry", "abort")):
        lines.append(
            f"{scene.release.manager}, or the owner of the phase, retries, fixes or aborts."
        )
    lines += _held_words(scene)
    if not mine:
        return Banner("red", "cancel", headline, [*lines, *_others_words(scene)])
    lines.append(f"{activities(len(mine))} your input. {total_words(len(scene.waiting))}")
    return Banner(
        "red", "cancel", headline, lines, f"Start with: {mine[0].activity.name}", mine[0].path
    )


def _others_words(scene: Scene) -> list[str]:
    """Both numbers where nothing waits for the reader, and whom the others wait for."""
    if not scene.waiting:
        return []
    total, awaited = total_words(len(scene.waiting)), awaited_words(scene.waiting)
    everything = f"{total.removesuffix('.')}: {awaited}." if awaited else total
    return [f"No activity requires your input. {everything}"]


def failure_words(row: ActivityRow) -> list[str]:
    """ "QA sign-off was rejected by Maya Lind: “Two tests fail.”", for each who said so."""
    name, state = row.activity.name, row.activity.state
    if not row.failures:
        because = row.activity.state_because
        reason = "its deadline was missed" if because == "deadline_missed" else ""
        return [f"{name} {_STATE_WORDS.get(state, state)}{f': {reason}' if reason else ''}."]
    return [_said(name, row, one.by, one.word, one.text) for one in row.failures]


_STATE_WORDS: Final = {"rejected": "was rejected", "failed": "failed", "expired": "expired"}


def _said(name: str, row: ActivityRow, by: str, word: str, text: str) -> str:
    if word == "timed_out":
        return f"{name} failed: no report came in time."
    verb = verdict_verb("reject", row.activity.kind) if word == "reject" else "failed"
    told = f"{name} failed, as {by} reported" if word == "failed" else f"{by} {verb} {name}"
    return f"{told}: “{text}”" if text else f"{told}."


def _before(scene: Scene) -> Banner:
    release = scene.release
    may = answer_for(scene, "start")
    button = ("Start the release", f"{scene.path}start/") if may else ("", "")
    lines = [] if may else [f"{release.manager} or a pipeline starts it."]
    if release.scheduled_at is not None:
        return Banner("grey", "calendar_month", "Starts", lines, *button, release.scheduled_at)
    return Banner("grey", "edit", "Not started yet", lines, *button)


def _after(scene: Scene, state: ReleaseState) -> Banner | None:
    release = scene.release
    if state == ReleaseState.DEFERRED:
        when = release.deferred_until
        return Banner("grey", "schedule", "Put off until", ["Nothing of it runs."], when=when)
    words = {ReleaseState.ABORTED: "Aborted", ReleaseState.CANCELLED: "Cancelled"}
    if state in words:
        return Banner("grey", "stop_circle", words[state], when=release.ended_at)
    return None
