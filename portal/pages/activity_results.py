"""What became of an act, gathered for `portal.result_texts` from how the activity stood and stands."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from approvals.rules.quorum import Evaluation
from approvals.wording import listed, seat_words, stuck_words
from audit.models import Delivery, Notice
from audit.selectors import entries_of, notices_about
from portal.moments import short_moment_words
from portal.pages.activity_deadline import deadline_panel
from portal.pages.activity_next import mender, started_between
from portal.pages.activity_seats import awaited_names
from portal.pages.activity_standing import ActivityPage
from portal.result_texts import (
    Outcome,
    ResultText,
    Told,
    result_of_comment,
    result_of_question,
    result_of_retry,
    result_of_vote,
    result_of_withdrawal,
)
from portal.wording import RELEASE_STATES, verdict_words
from releases.models import Comment
from releases.rules.transitions import (
    ACTIVITY_OPEN,
    ActivityState,
    PhaseState,
    ReleaseState,
)
from releases.services.decisions import Decided

_ENDINGS: Final = ("completed", "rejected", "stuck")
_CHANNELS: Final[Mapping[str, str]] = {Delivery.Channel.EMAIL: "email"}
# One's own is the newest, but for those of others in the same moment.
_NEWEST_ENTRIES: Final = 20


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
        required=_required(after),
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
        remaining=_remaining(evaluation),
        unreachable=evaluation.finding.cause == "number_unreachable",
        created=decided.created,
    )


def _told(page: ActivityPage) -> list[Told]:
    """Who is told of how this attempt ended, or that nobody can complete it: whoever has a notice.

    A channel counts when a message is on its way by it; everybody finds it in the portal.
    """
    if page.evaluation is not None and not page.evaluation.stuck:
        return []
    return _reached(
        notices_about(page.activity.host).filter(attempt=page.activity.attempt, moment__in=_ENDINGS)
    )


def _reached(notices: Iterable[Notice]) -> list[Told]:
    found = {
        one.display_name: tuple(
            _CHANNELS[delivery.channel]
            for delivery in one.deliveries.all()
            if delivery.state != Delivery.State.DROPPED
        )
        for one in notices
    }
    return [Told(name, channels) for name, channels in sorted(found.items())]


def _required(page: ActivityPage) -> list[str]:
    """What is missing besides the number: "1 from Security (Inês Prado)"."""
    if page.standing is None or page.evaluation is None:
        return []
    waiting = page.waiting_by_seat()
    missing: dict[tuple[str, tuple[str, ...]], int] = {}
    for seat in page.standing.seats:
        if seat.required and seat.number not in page.seating:
            words = seat_words([one.to_dict() for one in seat.sources], page.names)
            key = words, tuple(waiting.get(seat.number, ()))
            missing[key] = missing.get(key, 0) + 1
    return [
        f"{number} from {words}{_of_whom(words, names)}"
        for (words, names), number in missing.items()
    ]


def _of_whom(words: str, names: tuple[str, ...]) -> str:
    return "" if not names or names == (words,) else f" ({listed(names, 'or')})"


def _remaining(evaluation: Evaluation) -> int | None:
    """How many could approve of a round that is stuck for want of voters, and of nothing else."""
    finding = evaluation.finding
    too_few = finding.cause == "too_few_people" and not finding.unfillable
    return finding.possible if too_few else None


def _due(page: ActivityPage, clock: Clock) -> tuple[str, str]:
    panel = deadline_panel(page)
    if panel is None or not panel.is_open or panel.overdue:
        return "", ""
    return clock.words(panel.due_at, page.now), panel.follows


def result_after_withdrawal(withdrawn: Decided, page: ActivityPage, clock: Clock) -> ResultText:
    """A vote was taken back."""
    due, follows = _due(page, clock)
    entry = _entry_of(withdrawn)
    outcome = Outcome("withdraw", "Withdraw", "open", 0, 0, due=due, follows=follows, entry=entry)
    return result_of_withdrawal(outcome)


def _entry_of(withdrawn: Decided) -> int | None:
    """The number of the ledger entry that tells of a withdrawal, in the release's own stream."""
    told = entries_of(withdrawn.release.stream).filter(kind="approval.decision_withdrawn")
    newest = told.order_by("-seq")[:_NEWEST_ENTRIES]
    mine = (one for one in newest if _decision_in(one.text) == withdrawn.decision.pk)
    return next((one.seq for one in mine), None)


def _decision_in(text: str) -> int | None:
    found: int | None = json.loads(text)["data"].get("decision")
    return found


def result_after_comment(page: ActivityPage) -> ResultText:
    """A comment was written."""
    return result_of_comment(my_turn=_my_turn(page))


def _my_turn(page: ActivityPage) -> bool:
    standing, person = page.standing, page.actor.person
    voted = standing is not None and person in standing.live
    return not voted and bool(page.may_decide())


def result_after_question(page: ActivityPage, asked: Comment) -> ResultText:
    """Somebody who is asked has asked back."""
    about = notices_about(asked.activity.host).filter(
        attempt=asked.attempt, moment="information_asked", created_at=asked.written_at
    )
    return result_of_question(_reached(about), my_turn=_my_turn(page))


def result_after_retry(page: ActivityPage) -> ResultText:
    """An activity is tried again."""
    return result_of_retry(page.activity.attempt, opened=page.activity.state in ACTIVITY_OPEN)
