"""An activity as a person reads it: what is asked, of whom, until when, what they may do (MON-3).

`load_activity` is what the activity page and the pane of the inbox show; the parts are worked out
when a template asks for them.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from approvals.models import Decision
from approvals.services.explaining import may_withdraw
from audit.actor import Actor, Answer
from portal.forms.decision import DecisionForm, Typed, decision_form, typed_before
from portal.pages.activity_deadline import DeadlinePanel, deadline_panel
from portal.pages.activity_differences import Difference, differences_between
from portal.pages.activity_facts import FactPanel, fact_panel
from portal.pages.activity_history import Attempt, attempts_of
from portal.pages.activity_mending import Mending
from portal.pages.activity_next import (
    Following,
    effect_of_approving,
    following,
    question_words,
    with_names,
)
from portal.pages.activity_policy import PolicyPanel, policy_panel
from portal.pages.activity_seats import SeatPanel, answers_of, asked_words, seat_panel
from portal.pages.activity_since import Since, since_last_opened
from portal.pages.activity_situation import situation_of
from portal.pages.activity_so_far import SoFar, so_far
from portal.pages.activity_standing import ActivityPage, load_with_the_rest
from portal.pages.notifications import ToldPage, told_page
from portal.visits import known_to
from portal.wording import blocked_words, kind_word, verdict_words
from releases.inbox import snoozers_of
from releases.models import Activity, Comment, Snooze
from releases.permissions import can_comment
from releases.rules.progress import explain_blocked
from releases.rules.transitions import (
    ACTIVITY_FAILED,
    ACTIVITY_FINAL,
    AUTOMATED_KINDS,
    ActivityKind,
    ActivityState,
)
from releases.selectors import COMMENTS_OF_A_PAGE, newest_comments

TABS: Final = ("discussion", "history", "policy", "notifications")
# What one is asked to look at, by kind.
_SUBJECTS: Final[Mapping[str, str]] = {
    ActivityKind.VERIFICATION: "What you are verifying",
    ActivityKind.EVIDENCE: "What this is about",
    ActivityKind.INFORMATION: "What this is about",
    ActivityKind.HANDOFF: "What you are taking over",
    ActivityKind.PIPELINE: "What this runs for",
    ActivityKind.CHECK: "What this checks",
}


@dataclass(frozen=True)
class Notice:
    """Why something was not done, at the place where it was asked for."""

    heading: str
    text: str = ""
    tone: str = "amber"


@dataclass(frozen=True)
class Draft:
    """What somebody had typed for an act that was refused: nobody types it twice (CAP-3)."""

    act: str = ""
    typed: Typed | None = None
    text: str = ""
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    notice: Notice | None = None
    known_attempt: int | None = None


@dataclass(frozen=True)
class MyDecision:
    """The decision of the reader that stands."""

    decision: Decision
    word: str
    answers: tuple[tuple[str, str], ...]
    withdraw: Answer


@dataclass(frozen=True)
class Tab:
    """A tab is a link: it works without script and can be sent to somebody."""

    key: str
    label: str
    current: bool


@dataclass
class Record:
    """An activity as one actor sees it, in words."""

    page: ActivityPage
    tab: str = "discussion"
    draft: Draft = field(default_factory=Draft)
    changing: bool = False
    older: int | None = None
    key: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    @property
    def activity(self) -> Activity:
        return self.page.activity

    @property
    def live_scope(self) -> str:
        """What /live/ is asked for: state and seats, never the form that somebody fills."""
        return self.activity.host

    @property
    def release(self) -> Any:
        return self.page.activity.release

    @property
    def actor(self) -> Actor:
        return self.page.actor

    @property
    def now(self) -> Any:
        return self.page.now

    @property
    def kind_word(self) -> str:
        """What kind of activity it is."""
        return kind_word(self.activity.kind, overrides=self.activity.overrides_id is not None)

    @property
    def subject(self) -> str:
        """The heading of the facts."""
        return _SUBJECTS.get(self.activity.kind, "What you are approving")

    @property
    def description(self) -> str:
        return str(self.page.spec.get("description", ""))

    @property
    def instructions(self) -> str:
        return str(self.page.spec.get("instructions", ""))

    @property
    def automated(self) -> bool:
        """Whether a pipeline or check answers, not people."""
        return ActivityKind(self.activity.kind) in AUTOMATED_KINDS

    @cached_property
    def verdicts(self) -> dict[str, str]:
        """What the verdicts are called here."""
        return verdict_words(self.activity.kind)

    @cached_property
    def facts(self) -> FactPanel:
        return fact_panel(self.release, self.page.approval, self.page.former_version)

    @cached_property
    def seats(self) -> SeatPanel:
        return seat_panel(self.page)

    @cached_property
    def deadline(self) -> DeadlinePanel | None:
        return deadline_panel(self.page)

    @cached_property
    def asked_because(self) -> str:
        return asked_words(self.page)

    @property
    def independent(self) -> bool:
        """Whether the policy keeps authors and requester out, so that the reader is neither."""
        separation = self.page.spec.get("separation") or {}
        return bool(separation.get("authors") and separation.get("requester"))

    @cached_property
    def following(self) -> Following:
        return following(self.page)

    @cached_property
    def effect(self) -> str:
        """What approving does at once, for its button: "and start Deploy"; mostly nothing."""
        return effect_of_approving(self.page, self.following)

    @property
    def question_words(self) -> str:
        """Who is told when the reader asks for information, and that it leaves their seat open."""
        return question_words(self.page)

    @cached_property
    def policy(self) -> PolicyPanel:
        return policy_panel(self.page)

    @cached_property
    def told(self) -> ToldPage:
        """Who was told what, when, over which channel, with what result (NTF-7)."""
        return told_page(self.activity, self.older or 0)

    @cached_property
    def attempts(self) -> list[Attempt]:
        return attempts_of(self.page)

    @cached_property
    def may_decide(self) -> Answer:
        return self.page.may_decide()

    @cached_property
    def mine(self) -> MyDecision | None:
        """The reader's decision that stands in the newest round."""
        standing, person = self.page.standing, self.actor.person
        found = standing.live.get(person) if standing and person else None
        if found is None or standing is None:
            return None
        withdraw = may_withdraw(standing, self.actor, self.now)
        word = self.verdicts.get(found.verdict, found.verdict)
        return MyDecision(found, word, answers_of(found), withdraw)

    @cached_property
    def panel(self) -> str:
        """What stands where one decides: form, decided, cannot, closed, blocked or automated."""
        if self.automated:
            return "automated"
        if self.page.approval is None:
            return "blocked"
        if self.page.evaluation is None:
            return "closed"
        if self.mine is not None and not (self.changing and self.may_decide):
            return "decided"
        return "form" if self.may_decide else "cannot"

    @cached_property
    def situation(self) -> str:
        """What stands there for this reader, for /live/ to compare."""
        return situation_of(self)

    @cached_property
    def form(self) -> DecisionForm | None:
        """The form to decide with, filled with what was typed."""
        approval = self.page.approval
        if self.panel != "form" or approval is None:
            return None
        typed = self.draft.typed
        if typed is None and self.mine is not None:
            former = self.mine.decision
            typed = typed_before(json.loads(former.inputs), former.comment)
        return decision_form(
            fields=json.loads(approval.form),
            comment=json.loads(approval.policy)["comment"],
            kind=self.activity.kind,
            attempt=approval.attempt,
            fingerprint=approval.fingerprint,
            key=self.key,
            typed=typed,
            errors=self.draft.errors if self.draft.act == "decide" else None,
        )

    @cached_property
    def changed(self) -> tuple[Difference, ...]:
        """What differs from the attempt that the reader knew, else from the attempt before."""
        rounds = {one.attempt: one for one in self.page.rounds}
        approval = self.page.approval
        if approval is None:
            return ()
        known = self.draft.known_attempt or approval.attempt - 1
        told = {one.label for one in self.since.differences} if self.since else set()
        return tuple(
            one
            for one in differences_between(rounds.get(known), approval, self.page)
            if self.draft.known_attempt or one.label not in told
        )

    @cached_property
    def since(self) -> Since | None:
        """What has changed since the reader last opened it."""
        return since_last_opened(self.page)

    @cached_property
    def so_far(self) -> SoFar | None:
        """What has come of the rest of the release; a pipeline asks nobody, so nobody needs it there."""
        return None if self.automated else so_far(self.page)

    @property
    def first_time(self) -> bool:
        """Whether the reader has never decided on anything, and may here."""
        return self.panel == "form" and not self.activity.has_decided  # type: ignore[attr-defined]

    @cached_property
    def blocked_because(self) -> list[str]:
        """Why it has not started, a sentence for each cause."""
        if self.activity.state != ActivityState.BLOCKED:
            return []
        explained = explain_blocked(self.page.facts, self.activity.pk)
        return blocked_words(with_names(explained, self.page.board))

    @cached_property
    def mending(self) -> Mending:
        """What the reader may do about a failure."""
        return Mending(self.page)

    @cached_property
    def may_comment(self) -> Answer:
        return can_comment(self.actor, self.release, self.mending.held)

    @cached_property
    def snoozers(self) -> list[Snooze]:
        """Who has put this aside, for whoever manages it: nothing hides in a snooze."""
        approval = self.page.approval
        if approval is None or self.page.evaluation is None:
            return []
        if not self.activity.was_snoozed or not self.mending.may:  # type: ignore[attr-defined]
            return []
        return snoozers_of(approval.pk, self.now)

    @property
    def can_ask_to_skip(self) -> bool:
        """Whether to offer a request to skip: while none is open and there is something to skip."""
        skippable = self.activity.state not in ACTIVITY_FINAL and self.activity.overrides_id is None
        asked = any(one.state not in _SETTLED for one in self.skip_requests)
        return skippable and not asked and self.page.facts.live and bool(self.mending.may)

    @cached_property
    def skip_requests(self) -> list[Activity]:
        """Requests to skip this activity, oldest first."""
        return [one for one in self.page.board.activities if one.overrides_id == self.activity.pk]

    @cached_property
    def overridden(self) -> Activity | None:
        """The activity that this request wants skipped."""
        return self.page.board.by_id.get(self.activity.overrides_id or 0)

    @cached_property
    def _newest_comments(self) -> list[Comment]:
        return newest_comments(self.activity.pk, self.older)

    @property
    def comments(self) -> list[Comment]:
        """The newest comments (or those before `older`), oldest first."""
        return self._newest_comments[:COMMENTS_OF_A_PAGE][::-1]

    @property
    def comments_shown(self) -> str:
        """What the list of comments is made of: nobody can change one, so equal marks are equal lists."""
        shown = " ".join(f"{one.pk}@{one.written_at.timestamp()}" for one in self.comments)
        return f"{self.activity.pk} {self.activity.attempt} {shown}"

    @property
    def newest_comment(self) -> int:
        """The key of the newest comment, 0 without one."""
        newest = self._newest_comments
        return newest[0].pk if newest else 0

    @property
    def older_comments(self) -> int | None:
        """The key before which there are more."""
        newest = self._newest_comments
        return newest[COMMENTS_OF_A_PAGE - 1].pk if len(newest) > COMMENTS_OF_A_PAGE else None

    @property
    def unsent_comment(self) -> str:
        """What stands in the comment's field: what was refused and has no field of its own any more."""
        draft = self.draft
        if draft.act == "decide" and draft.typed and self.panel != "form":
            return draft.typed.comment
        if draft.act == "question" and self.panel != "form":
            return draft.text
        return draft.text if draft.act == "comment" else ""

    @property
    def tabs(self) -> list[Tab]:
        return [Tab(key, key.capitalize(), key == self.tab) for key in TABS]


_SETTLED: Final = ACTIVITY_FAILED | ACTIVITY_FINAL


def load_activity(
    actor: Actor,
    activity_id: int,
    *,
    tab: str = "discussion",
    draft: Draft | None = None,
    changing: bool = False,
    older: int | None = None,
) -> Record:
    """An activity for its page, or for a pane. Raises NotFound for one that the actor may not see."""
    page = load_with_the_rest(actor, activity_id, known_to)
    shown = tab if tab in TABS else TABS[0]
    return Record(page, shown, draft or Draft(), changing, older)
