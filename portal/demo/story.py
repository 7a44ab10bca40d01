"""A release's story: its acts one after the other, each by somebody at a moment of its own clock."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace
from typing import Any, Final

from approvals.models import Approval
from approvals.services.decisions import Ballot
from audit.actor import POLICY
from portal.demo.answers import ANSWERS
from portal.demo.company import DOOR, Company
from releases.models import Activity
from releases.services.activities import request_skip, retry_activity, write_comment
from releases.services.creation import ReleaseDetails, create_release
from releases.services.decisions import decide_activity, withdraw_from_activity
from releases.services.due import enforce_deadline
from releases.services.lifecycle import (
    abort_release,
    defer_release,
    hold_release,
    resume_release,
    start_release,
)
from releases.services.results import Report, fail_timed_out, report_result

_POLICY: Final = replace(POLICY, door=DOOR)


def digest_of(text: str) -> str:
    """A digest that looks like one and is the same in every demo."""
    return hashlib.sha256(text.encode()).hexdigest()


class Story:
    """Tells one release. Every act takes `after`: the minutes since the act before it."""

    def __init__(
        self,
        company: Company,
        begins: dt.datetime,
        product: str,
        version: str,
        name: str,
        *,
        by: str = "tom",
        **details: Any,
    ) -> None:
        """Create the release as a draft at `begins`; `details` are those of `ReleaseDetails`."""
        self.company = company
        self.at = begins
        self.process = product
        build = f"{product} {version}"
        given: dict[str, Any] = {
            "manager": "tom",
            "authors": ("diego",),
            "environments": ("production",),
            "commit": digest_of(build)[:40],
            "risk": "low",
            "change_type": "normal",
            "artifacts": (
                {"name": build.replace(" ", ":"), "digest": f"sha256:{digest_of(build)}"},
            ),
            "links": (
                {
                    "kind": "release_notes",
                    "title": f"Release notes {version}",
                    "url": f"https://example.com/{product}/notes/{version}",
                },
            ),
        }
        self.release = create_release(
            product=product,
            process=product,
            details=ReleaseDetails(name=name, version=version, **{**given, **details}),
            actor=company.actor(by),
            now=begins,
        )
        self.ids: dict[str, int] = {}

    def _pass(self, minutes: float) -> dt.datetime:
        self.at += dt.timedelta(minutes=minutes)
        return self.at

    def _id(self, ref: str) -> int:
        if not self.ids:
            rows = Activity.objects.filter(release=self.release).select_related("phase")
            self.ids = {f"{row.phase.key}.{row.key}": row.pk for row in rows}
        return self.ids[ref]

    def start(self, *, by: str = "tom", after: float = 10, at: dt.datetime | None = None) -> Story:
        """It is started now, or scheduled for `at`."""
        start_release(
            release_id=self.release.pk, actor=self.company.actor(by), at=at, now=self._pass(after)
        )
        return self

    def report(
        self, ref: str, *, after: float, outcome: str = "passed", summary: str = "", **data: Any
    ) -> Story:
        """The pipeline reports how a run ended."""
        run = f"{self.release.pk}-{ref.replace('.', '-')}"
        report_result(
            activity_id=self._id(ref),
            report=Report(outcome, summary, f"https://ci.example.com/runs/{run}", data or None),
            actor=self.company.actor("pipeline"),
            now=self._pass(after),
        )
        return self

    def time_out(self, ref: str) -> Story:
        """A run said nothing until its time was over."""
        activity = Activity.objects.get(pk=self._id(ref))
        self.at = activity.times_out_at or self.at
        fail_timed_out(activity_id=activity.pk, actor=_POLICY, now=self.at)
        return self

    def _decide(
        self, ref: str, who: str, after: float, verdict: str, comment: str, inputs: dict[str, Any]
    ) -> Story:
        decide_activity(
            activity_id=self._id(ref),
            ballot=Ballot(verdict=verdict, comment=comment, inputs=inputs),
            actor=self.company.actor(who),
            now=self._pass(after),
        )
        return self

    def approve(
        self, ref: str, who: str, *, after: float, comment: str = "", **inputs: Any
    ) -> Story:
        """Somebody approves, with the usual answers of this gate unless told otherwise."""
        usual = ANSWERS[self.process].get(ref, ("", {}))
        return self._decide(ref, who, after, "approve", comment or usual[0], {**usual[1], **inputs})

    def reject(self, ref: str, who: str, comment: str, *, after: float, **inputs: Any) -> Story:
        """Somebody rejects and says why."""
        return self._decide(ref, who, after, "reject", comment, inputs)

    def abstain(self, ref: str, who: str, comment: str, *, after: float) -> Story:
        """Somebody takes themselves out."""
        return self._decide(ref, who, after, "abstain", comment, {})

    def withdraw(self, ref: str, who: str, reason: str, *, after: float) -> Story:
        """Somebody takes their decision back."""
        withdraw_from_activity(
            activity_id=self._id(ref),
            reason=reason,
            actor=self.company.actor(who),
            now=self._pass(after),
        )
        return self

    def say(self, ref: str, who: str, text: str, *, after: float) -> Story:
        """Somebody writes a comment."""
        write_comment(
            activity_id=self._id(ref),
            text=text,
            actor=self.company.actor(who),
            now=self._pass(after),
        )
        return self

    def miss_deadline(self, ref: str) -> Story:
        """The next thing that falls due on an open round has come."""
        host = f"activity:{self._id(ref)}"
        approval = Approval.objects.get(host=host, state=Approval.State.OPEN)
        self.at = approval.next_due_at or self.at
        enforce_deadline(approval_id=approval.pk, actor=_POLICY, now=self.at)
        return self

    def retry(self, ref: str, reason: str, *, by: str = "tom", after: float) -> Story:
        """What had failed is tried again."""
        retry_activity(
            activity_id=self._id(ref),
            reason=reason,
            actor=self.company.actor(by),
            now=self._pass(after),
        )
        return self

    def skip(
        self, ref: str, reason: str, *, agrees: str, why: str, by: str = "tom", after: float
    ) -> Story:
        """A gate is skipped: one asks, another who holds the right agrees half an hour later."""
        request = request_skip(
            activity_id=self._id(ref),
            reason=reason,
            actor=self.company.actor(by),
            now=self._pass(after),
        )
        decide_activity(
            activity_id=request.pk,
            ballot=Ballot(verdict="approve", comment=why),
            actor=self.company.actor(agrees),
            now=self._pass(30),
        )
        return self

    def _manage(self, service: Any, by: str, after: float, **more: Any) -> Story:
        service(
            release_id=self.release.pk,
            actor=self.company.actor(by),
            now=self._pass(after),
            **more,
        )
        return self

    def hold(self, reason: str, *, by: str = "tom", after: float) -> Story:
        """Its manager holds it."""
        return self._manage(hold_release, by, after, reason=reason)

    def resume(self, reason: str, *, by: str = "tom", after: float) -> Story:
        """Its manager lets it go on."""
        return self._manage(resume_release, by, after, reason=reason)

    def defer(self, until: dt.datetime, reason: str, *, by: str = "tom", after: float) -> Story:
        """It is put off."""
        return self._manage(defer_release, by, after, until=until, reason=reason)

    def give_up(self, reason: str, *, by: str = "tom", after: float) -> Story:
        """It is aborted, or cancelled before its start."""
        return self._manage(abort_release, by, after, reason=reason)
