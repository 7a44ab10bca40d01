"""What a reader may do with a release, each act with its consequence, or why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from approvals.wording import listed
from audit.actor import YES, Answer
from audit.errors import Conflict
from portal.pages.release_rows import ActivityRow
from portal.pages.release_scene import Scene
from releases.rules.content_moments import SHIPPED, content_may_change
from releases.rules.progress import (
    Plan,
    ReleaseFacts,
    halting_phases,
    plan_abort,
    plan_defer,
    plan_hold,
    plan_resume,
    plan_start,
)
from releases.rules.transitions import RELEASE_ENDED, ReleaseState


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be done with a release: words for button and page."""

    key: str
    label: str
    icon: str
    consequence: str
    button: str
    is_danger: bool = False


ACTS: Final[Mapping[str, Act]] = {
    act.key: act
    for act in (
        Act(
            "start", "Start", "play_circle",
            "Its first activities open and whoever they ask is told. The process version it was "
            "made with stays.",
            "Start the release",
        ),
        Act(
            "hold", "Hold", "pause_circle",
            "Nothing new starts until it is resumed. What is open can still be decided, and its "
            "deadlines run on.",
            "Hold the release",
        ),
        Act(
            "resume", "Resume", "play_circle",
            "Your hold ends, and whatever has all it needs starts at once.",
            "Resume the release",
        ),
        Act(
            "retry", "Retry what failed", "replay",
            "A new attempt opens: everyone is asked afresh, and the former round stays readable.",
            "Retry",
        ),
        Act(
            "fix", "Fix and resubmit", "build",
            "The release ships what you say here, and a new attempt opens: everyone is asked afresh, "
            "about the new content.",
            "Fix and resubmit",
        ),
        Act(
            "skip", "Ask to skip an activity", "skip_next",
            "Somebody else who holds the right to override must approve it. Then the activity "
            "counts as done and is shown as skipped for good.",
            "Ask to skip it",
        ),
        Act(
            "change", "Change content", "edit",
            "The next attempts are asked about the new content. Nothing changes under people who "
            "are deciding.",
            "Save the change",
        ),
        Act(
            "manager", "Change the release manager", "assignment_ind",
            "From now on the other one holds, retries, changes and aborts it; both are told. Nothing "
            "that is open or decided changes.",
            "Change the manager",
        ),
        Act(
            "defer", "Defer", "schedule",
            "The release is put off. Open questions close without a result, and nothing runs.",
            "Defer the release",
        ),
        Act(
            "abort", "Abort", "stop_circle",
            "The release ends for good: what is open is closed, and nothing of it can be resumed.",
            "Abort the release", is_danger=True,
        ),
    )
}  # fmt: skip
# Before the start "aborting" is cancelling.
_CANCEL: Final = Act(
    "abort", "Cancel the release", "block",
    "The release is cancelled before it has started, for good.",
    "Cancel the release", is_danger=True,
)  # fmt: skip

_PLANNERS: Final[Mapping[str, Callable[[ReleaseFacts], Plan]]] = {
    "start": plan_start,
    "hold": plan_hold,
    "resume": plan_resume,
    "defer": plan_defer,
    "abort": plan_abort,
}


# What is said instead where a new attempt may have to wait, whichever of them are ticked.
_LATER: Final[Mapping[str, str]] = {
    "retry": "What is ticked gets a new attempt once {then}: everyone is asked afresh then, and the "
    "former round stays readable.",
    "fix": "The release ships what you say here. What is ticked gets a new attempt once {then}: "
    "everyone is asked afresh then, about the new content.",
}


def act_of(scene: Scene, key: str) -> Act:
    """An act, in the words that suit the release. Raises KeyError for what is no act.

    What it says of a new attempt holds for any choice of activities: they may be ticked and unticked
    after it was said.
    """
    if key == "abort" and scene.is_planned:
        return _CANCEL
    then = _once(scene) if key in _LATER else ""
    return replace(ACTS[key], consequence=_LATER[key].format(then=then)) if then else ACTS[key]


def _halting(scene: Scene) -> dict[int, str]:
    """What has failed and keeps everything new from opening: names by key.

    Where another activity of the release is called the same, as its box calls it.
    """
    facts, in_full = scene.board.facts(), _in_full(scene)
    called = Counter(one.name for one in scene.board.activities)
    phases = {
        one.key for one in halting_phases(facts, {one.id: one.state for one in facts.activities})
    }
    return {
        row.activity.pk: in_full[row.activity.pk]
        if called[row.activity.name] > 1
        else row.activity.name
        for row in scene.failed
        if scene.board.phase_keys[row.activity.phase_id] in phases
    }


def _in_full(scene: Scene) -> dict[int, str]:
    """Every activity as "Phase: name", by key; with its number where two of a phase are called the same."""
    full = {one.pk: f"{one.phase.name}: {one.name}" for one in scene.board.activities}
    called = Counter(full.values())
    return {
        one.pk: full[one.pk] if called[full[one.pk]] == 1 else f"{full[one.pk]} ({one.reference})"
        for one in scene.board.activities
    }


def _once(scene: Scene, activity_id: int | None = None) -> str:
    """What must be so before a new attempt opens, in words; empty when it opens at once.

    Of this activity, or of any that the reader may try again.
    """
    halting = _halting(scene).keys()
    meant = [row.activity.pk for row in rows_for(scene, "retry")]
    others = any(halting - {key} for key in (meant if activity_id is None else [activity_id]))
    parts = _resumed(scene)
    parts += ["nothing else that has failed holds the release"] if others else []
    return listed(parts, "and")


def _resumed(scene: Scene) -> list[str]:
    return ["the release is resumed"] if scene.release.held else []


def choices_to_retry(scene: Scene) -> list[tuple[str, str]]:
    """The activities that the reader may try again, each with what its new attempt waits for."""
    halting, in_full = _halting(scene), _in_full(scene)
    return [
        (str(row.activity.pk), f"{in_full[row.activity.pk]}{after}")
        for row in rows_for(scene, "retry")
        for others in [[halting[key] for key in halting if key != row.activity.pk]]
        for after in [_waits_for(_resumed(scene), others)]
    ]


def _waits_for(first: Sequence[str], names: Sequence[str]) -> str:
    """ " – opens once Second is tried again or skipped", true whichever of them are ticked.

    `first`: what else must be so.
    """
    verb = "is" if len(names) == 1 else "are"
    parts = [*first, *([f"{listed(names, 'and')} {verb} tried again or skipped"] if names else [])]
    return f" – opens once {listed(parts, 'and')}" if parts else ""


def answer_for(scene: Scene, key: str) -> Answer:
    """Whether the reader may do this now: the person first, then the moment, by the rules' own word."""
    person = _person(scene, key)
    return person and _moment(scene, key)


def _person(scene: Scene, key: str) -> Answer:
    if key == "start":
        return scene.may_start
    if key in ("abort", "change"):
        return scene.may_mend
    if key == "fix":
        return scene.may_mend and _person(scene, "retry")
    if key in ("retry", "skip"):
        return YES if scene.owned else scene.may_manage
    return scene.may_manage


def _moment(scene: Scene, key: str) -> Answer:
    if key in ("change", "manager"):
        ended = ReleaseState(scene.release.state) in RELEASE_ENDED
        return Answer(False, "already_ended", "The release has ended.") if ended else YES
    if key == "fix":
        # Authors may be added at any time; what else must stay now, the form leaves out.
        return _moment(scene, "retry")
    if key in ("retry", "skip"):
        return YES if rows_for(scene, key) else _NOTHING[key]
    try:
        _PLANNERS[key](scene.board.facts())
    except Conflict as refusal:
        return Answer(False, refusal.code, refusal.sentence, refusal.data)
    return YES


_NOTHING: Final = {
    "retry": Answer(False, "not_failed", "Nothing here that you may retry has failed."),
    "skip": Answer(False, "cannot_skip", "There is nothing here that you may ask to skip."),
}


def rows_for(scene: Scene, key: str) -> list[ActivityRow]:
    """The activities that the reader may retry, or ask to skip."""
    return [row for row in scene.rows if key in row.acts]


def chosen_row(scene: Scene, key: str, text: str) -> int | None:
    """The activity that an address names for an act, if it is one of those that may be chosen."""
    chosen = [row.activity.pk for row in rows_for(scene, key) if str(row.activity.pk) == text]
    return chosen[0] if chosen else None


def allowed_acts(scene: Scene) -> list[Act]:
    """What the reader may do now, in the order of the menu."""
    return [act_of(scene, key) for key in ACTS if answer_for(scene, key)]


@dataclass(frozen=True, slots=True)
class Choice:
    """A way out of a failure, with its consequence in one sentence."""

    key: str
    label: str
    path: str
    consequence: str
    icon: str
    is_danger: bool = False


# Key, label, and the consequence up to its full stop.
_WAYS_OUT: Final = (
    ("retry", "Retry", "The same content is put to everyone again, in a new attempt"),
    (
        "fix",
        "Fix and resubmit",
        "You change what the release ships, and everyone is asked about the new content",
    ),
    ("abort", "Abort", "The release ends for good, and nothing of it can be resumed"),
)


def ways_out(scene: Scene, activity_id: int | None = None) -> list[Choice]:
    """Retry, fix and resubmit, abort: those that the reader may take after a failure (EXE-6).

    `activity_id`: the one that is to be tried again, where that is clear.
    """
    if not scene.failed:
        return []
    found = []
    then = _once(scene, activity_id)
    for key, label, words in _WAYS_OUT:
        if answer_for(scene, key):
            act = ACTS[key]
            told = f"{words}, once {then}." if then and key in _LATER else f"{words}."
            if key == "fix":
                told = _only_authors(scene) or told
            found.append(Choice(key, label, f"{scene.path}{key}/", told, act.icon, act.is_danger))
    return found


def _only_authors(scene: Scene) -> str:
    """What is said of fixing while people decide on the content; empty when nobody does."""
    states = {one.state for one in scene.board.activities}
    if content_may_change(SHIPPED, states).code != "rounds_open":
        return ""
    names = listed([row.activity.name for row in scene.waiting], "and")
    return (
        f"People are still deciding on this content ({names}). Until they are done you can add "
        "authors and nothing else."
    )
