"""What people and pipelines do at an activity: decide, take back, report, retry, skip (EXE-4 to EXE-7)."""

from __future__ import annotations

from typing import Any

import structlog
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.services.decisions import Ballot
from approvals.wording import progress_words
from audit.errors import Conflict, NotPermitted, Refusal
from audit.permissions import require
from portal.api.activity_outputs import (
    ActivityShown,
    DecisionTaken,
    ResultTaken,
    SkipRequested,
)
from portal.api.base import ActView
from portal.api.documented import acting
from portal.api.inputs import NewDecision, NewResult, OptionalReason, Reason
from portal.api.show_activities import show_activity, show_result
from portal.api.show_rounds import show_decision
from portal.pages.activity_standing import load_activity_page
from portal.wording import ACTIVITY_STATES
from releases.permissions import can_manage_phase, can_report_result
from releases.selectors import activity_for, release_for
from releases.services.activities import request_skip, retry_activity
from releases.services.decisions import (
    Decided,
    decide_activity,
    goes_on_record,
    record_refused_decision,
    withdraw_from_activity,
)
from releases.services.results import Report, report_result

log = structlog.get_logger(__name__)


def show_decided(decided: Decided) -> dict[str, Any]:
    """What became of a vote: the decision that stands, and how the activity stands now."""
    evaluation = decided.cast.evaluation
    activity = decided.activity
    return {
        "id": decided.decision.pk,
        "activity": activity.pk,
        "attempt": activity.attempt,
        "state": activity.state,
        "label": ACTIVITY_STATES[activity.state],
        "release_state": decided.release.state,
        "reason": progress_words(evaluation, decided.cast.names),
        **evaluation.counts(),
        "stuck": evaluation.stuck,
        "decision": show_decision(decided.decision, activity.kind),
    }


@extend_schema_view(
    post=extend_schema(
        summary="Decide",
        description="200 with the decision that stands when nothing differs from it.",
        request=NewDecision,
        responses=acting({201: DecisionTaken, 200: DecisionTaken}, 404),
    )
)
class Decisions(ActView):
    """`decisions/`: approve, reject or abstain; again, to change one's mind while it is open."""

    def post(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Decide; what comes too late goes on record, after its transaction has ended (A-076)."""
        try:
            return super().post(request, **kwargs)
        except Conflict as refusal:
            if goes_on_record(refusal):
                self._keep(kwargs["activity_id"], refusal)
            raise

    def act(self, **kwargs: Any) -> Response:
        """Take the vote."""
        activity_id: int = kwargs["activity_id"]

        def first() -> None:
            load_activity_page(self.actor, activity_id).require_person()

        given = self.read(NewDecision, first)
        self._require_own(given.pop("on_behalf_of"), activity_id)
        given["comment"] = given["comment"] or ""
        decided = decide_activity(activity_id=activity_id, ballot=Ballot(**given), actor=self.actor)
        return Response(show_decided(decided), status=201 if decided.created else 200)

    def _require_own(self, username: str | None, activity_id: int) -> None:
        """Nobody has delegated to anybody: a vote for somebody else is refused, never one's own."""
        if username is None or username.lower() == self.actor.username.lower():
            return
        activity_for(self.actor, activity_id)
        raise NotPermitted("not_a_delegate", "You may decide for yourself only.")

    def _keep(self, activity_id: int, refusal: Refusal) -> None:
        verdict = dict(self.request.data).get("verdict")
        try:
            record_refused_decision(
                activity_id=activity_id, verdict=str(verdict), code=refusal.code, actor=self.actor
            )
        except Exception:
            # The refusal is the answer, whatever becomes of its note.
            log.exception("refused_decision_not_recorded", activity=activity_id)


@extend_schema_view(
    post=extend_schema(
        summary="Take one's own decision back",
        request=OptionalReason,
        responses=acting({200: DecisionTaken}, 404),
    )
)
class Withdrawal(ActView):
    """`withdraw/ {reason}`: while it is open; both stay on record."""

    def act(self, **kwargs: Any) -> Response:
        """Take it back."""
        activity_id: int = kwargs["activity_id"]

        def first() -> None:
            load_activity_page(self.actor, activity_id).require_person()

        given = self.read(OptionalReason, first)
        decided = withdraw_from_activity(
            activity_id=activity_id, reason=given["reason"], actor=self.actor
        )
        return Response(show_decided(decided))


@extend_schema_view(
    post=extend_schema(
        summary="Report how a run ended",
        description=(
            "200 for the same report again. 409 `changed_since` when it names another attempt than "
            "the present one; without `attempt` it counts for the run that is present, whatever "
            "was reported of an earlier one."
        ),
        request=NewResult,
        responses=acting({201: ResultTaken, 200: ResultTaken}, 404),
    )
)
class Result(ActView):
    """`result/`: a pipeline or check reports; needs `report_result`."""

    def act(self, **kwargs: Any) -> Response:
        """Record it."""
        activity_id: int = kwargs["activity_id"]

        def first() -> None:
            activity = activity_for(self.actor, activity_id)
            require(can_report_result(self.actor, release_for(self.actor, activity.release_id)))

        given = self.read(NewResult, first)
        reported = report_result(activity_id=activity_id, report=Report(**given), actor=self.actor)
        shown = {
            "activity": reported.activity.pk,
            "state": reported.activity.state,
            "label": ACTIVITY_STATES[reported.activity.state],
            "result": show_result(reported.result),
        }
        return Response(shown, status=201 if reported.created else 200)


class PhaseAct(ActView):
    """An act for the owner of the phase, or whoever manages the release."""

    def reason(self, activity_id: int) -> str:
        """The reason that was given; first of all, whether the caller may act here."""

        def first() -> None:
            activity = activity_for(self.actor, activity_id)
            release = release_for(self.actor, activity.release_id)
            require(can_manage_phase(self.actor, release, activity.phase))

        return str(self.read(Reason, first)["reason"])


@extend_schema_view(
    post=extend_schema(
        summary="Try again what was rejected, failed or expired",
        request=Reason,
        responses=acting({200: ActivityShown}, 404),
    )
)
class Retry(PhaseAct):
    """`retry/ {reason}`: attempt n+1, in which everyone is asked afresh."""

    def act(self, **kwargs: Any) -> Response:
        """Retry, and show the activity."""
        activity_id: int = kwargs["activity_id"]
        retry_activity(activity_id=activity_id, reason=self.reason(activity_id), actor=self.actor)
        return Response(show_activity(load_activity_page(self.actor, activity_id)))


@extend_schema_view(
    post=extend_schema(
        summary="Ask that an activity be skipped",
        request=Reason,
        responses=acting({202: SkipRequested}, 404),
    )
)
class Skip(PhaseAct):
    """`skip/ {reason}`: an approval of one seat opens for whoever holds `override`."""

    def act(self, **kwargs: Any) -> Response:
        """Ask for it."""
        activity_id: int = kwargs["activity_id"]
        request = request_skip(
            activity_id=activity_id, reason=self.reason(activity_id), actor=self.actor
        )
        shown = {
            "activity": activity_id,
            "request": request.pk,
            "reference": request.reference,
            "state": request.state,
        }
        return Response(shown, status=202)
