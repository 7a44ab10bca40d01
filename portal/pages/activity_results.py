"""What became of an act, gathered for `portal.result_texts` from how the activity stood and stands."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from approvals.wording import still_needed, stuck_words
from audit.selectors import notices_about
from portal.moments import short_moment_words
from portal.pages.activity_deadline import deadline_panel
from portal.pages.activity_next import mender, started_between
from portal.pages.activity_seats import awaited_names
from portal.pages.activity_standing import ActivityPage
from portal.result_texts import (
    Outcome,
    ResultText,
    result_of_comment,
    result_of_retry,
    result_of_vote,
    result_of_withdrawal,
)
from portal.wording import RELEASE_STATES, verdict_words
from releases.rules.transitions import (
    ACTIVITY_OPEN,
    ActivityState,
    PhaseState,
    ReleaseState,
)
from releases.services.decisions import Decided

_ENDINGS: Final = ("completed", "rejected", "stuck")


@dataclass(frozen=True)
class Clock:
    """The reader's zone, for moments inside a sentence."""

    zone: ZoneInfo

    def words(self, moment: dt.datetime, now: dt.datetime) -> str:
        """As short as stays clear, with the zone when it is not today."""
        return short_moment_words(moment, self.zone, now)


def result_after_vote(
    decided: Decided, before: ActivityPage, after: ActivityPage, clock: Clock
) -> ResultText:
    """What a vote came to."""
    return result_of_vote(_outcome(decided, before, after, clock))


def _outcome(decided: Decided, before: ActivityPage, after: ActivityPage, clock: Clock) -> Outcome:
    evaluation, verdict = decided.cast.evaluation, decided.decision.verdict
    words = verdict_words(after.activity.kind)
    due, follows = _due(after, clock)
    ended = after.activity.state
    release = after.activity.release.state
    target = after.board.by_id.get(after.activity.overrides_id or 0)
    failed = ended == ActivityState.REJECTED and after.activity.phase.state == PhaseState.FAILED
    reason = evaluation.reason
    return Outcome(
        verdict=verdict,
        word=words.get(verdict, verdict),
        state=evaluation.state,
        approvals=evaluation.approvals,
        needed=evaluation.needed,
        rejections=evaluation.rejections,
        seats=evaluation.seat_count,
        still_needed=_still_needed(after),
        awaited=awaited_names(after),
        due=due,
        follows=follows,
        starts=started_between(before, after),
        completes_release=release == ReleaseState.COMPLETED,
        skipped=target.name if target else "",
        phase_failed=after.activity.phase.name if failed and target is None else "",
        release_state=RELEASE_STATES[release] if failed and target is None else "",
        menders=mender(after) if failed and target is None else "",
        told=_told(after),
        stuck=stuck_words(reason, after.names) if evaluation.stuck else "",
        unreachable=evaluation.finding.cause == "number_unreachable",
        created=decided.created,
    )


def _told(page: ActivityPage) -> list[str]:
    """Who is told of how this attempt ended, or that nobody can complete it: whoever has a notice."""
    if page.evaluation is not None and not page.evaluation.stuck:
        return []
    notices = notices_about(page.activity.host).filter(
        attempt=page.activity.attempt, moment__in=_ENDINGS
    )
    return sorted({one.display_name for one in notices})


def _still_needed(page: ActivityPage) -> str:
    """Only what is missing, without what has been given already."""
    if page.evaluation is None:
        return ""
    return still_needed(page.evaluation.reason, page.names).partition(";")[0]


def _due(page: ActivityPage, clock: Clock) -> tuple[str, str]:
    panel = deadline_panel(page)
    if panel is None or not panel.is_open or panel.overdue:
        return "", ""
    return clock.words(panel.due_at, page.now), panel.follows


def result_after_withdrawal(page: ActivityPage, clock: Clock) -> ResultText:
    """A vote was taken back."""
    due, follows = _due(page, clock)
    outcome = Outcome("withdraw", "Withdraw", "open", 0, 0, due=due, follows=follows)
    return result_of_withdrawal(outcome)


def result_after_comment(page: ActivityPage) -> ResultText:
    """A comment was written."""
    standing, person = page.standing, page.actor.person
    voted = standing is not None and person in standing.live
    return result_of_comment(my_turn=not voted and bool(page.may_decide()))


def result_after_retry(page: ActivityPage) -> ResultText:
    """An activity is tried again."""
    return result_of_retry(page.activity.attempt, opened=page.activity.state in ACTIVITY_OPEN)
