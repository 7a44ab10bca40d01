"""Ninety days of releases that have ended: most went well, some took a second try, some were given up."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from portal.demo.company import Company
from portal.demo.story import Story

NEXT_MORNING: Final = 20 * 60.0  # minutes


def tuesday(now: dt.datetime, weeks_ago: int) -> dt.datetime:
    """Ten past nine (UTC) on the Tuesday of the week so many weeks before this one."""
    day = (now - dt.timedelta(weeks=weeks_ago)).astimezone(dt.UTC)
    day -= dt.timedelta(days=day.weekday() - 1)
    return day.replace(hour=9, minute=10, second=0, microsecond=0)


def tell_the_past(company: Company, now: dt.datetime) -> None:
    """Make every release that has ended, the oldest first."""
    for weeks_ago, tell in (
        (12, _smooth_payments), (11, _mobile_with_a_defect), (10, _normal_data_change),
        (9, _payments_sent_back), (8, _mobile_with_second_thoughts), (7, _emergency),
        (6, _payments_escalated), (5, _mobile_aborted), (4, _data_timed_out),
        (3, _payments_with_a_vote_against), (2, _mobile_held_for_two_days), (2, _cancelled),
        (1, _deferred),
    ):  # fmt: skip
        tell(company, tuesday(now, weeks_ago))


def build_payments(story: Story) -> Story:
    """Start and build, an hour's work for machines."""
    story.start()
    story.report("build.dependencies", after=6, summary="3 of 3 services answer.")
    return story.report("build.build", after=22, summary="1,284 unit tests passed.", tests=1284)


def finish_payments(story: Story) -> None:
    """From the approved change to the handover."""
    story.report("deploy.deploy", after=45, summary="4 regions, no rollback.")
    story.approve("deploy.verification", "kenji", after=35)
    story.approve("deploy.handover", "sofia", after=25)


def build_mobile(story: Story) -> Story:
    """Start, both builds, store text."""
    story.start()
    story.report("prepare.build-ios", after=41, summary="Archive signed and uploaded.")
    story.report("prepare.build-android", after=9, summary="Bundle signed and uploaded.")
    return story.approve("prepare.store-text", "priya", after=55)


def test_mobile(story: Story) -> Story:
    """Both regressions and the scan."""
    story.approve("test.ios", "lena", after=70)
    story.approve("test.android", "noah", after=25)
    return story.report("test.accessibility", after=5, summary="No new finding.")


def roll_out_mobile(story: Story) -> None:
    """From one in ten to everyone."""
    story.report("rollout.tenth", after=50, summary="Live for 10 %.")
    story.report("rollout.crash-rate", after=NEXT_MORNING, summary="1.1 in 1,000 sessions.")
    story.approve("rollout.widen", "kenji", after=30)
    story.approve("rollout.widen", "priya", after=15)
    story.approve("rollout.support", "sofia", after=20)
    story.report("rollout.all", after=60, summary="Live for everyone.")


def _smooth_payments(company: Company, begins: dt.datetime) -> None:
    story = Story(company, begins, "payments", "4.8.0", "Faster refunds")
    build_payments(story)
    story.approve("quality.test-report", "lena", after=95)
    story.approve("quality.qa-sign-off", "maya", after=40)
    story.approve("security.security-review", "ines", after=75)
    story.approve("approval.product", "priya", after=30)
    for who, after in (("omar", 20), ("kenji", 15), ("ruth", 60)):
        story.approve("approval.cab", who, after=after)
    finish_payments(story)


def _mobile_with_a_defect(company: Company, begins: dt.datetime) -> None:
    story = Story(company, begins, "mobile-app", "7.1.0", "Split a bill")
    build_mobile(story)
    story.reject(
        "test.android",
        "noah",
        "On the Galaxy A54 the app closes when a bill is split between more than nine people.",
        after=80,
        devices="Galaxy A54 (Android 14)",
        defects=1,
    )
    story.approve("test.ios", "lena", after=35)
    story.report("test.accessibility", after=5, summary="No new finding.")
    story.retry("test.android", "Build 7.1.0-rc2 has the fix (APP-288).", after=NEXT_MORNING)
    story.approve("test.android", "noah", after=50)
    _decide_mobile(story, "maya", "noah")
    roll_out_mobile(story)


def _decide_mobile(story: Story, *testers: str) -> None:
    for who in testers:
        story.approve("decision.qa", who, after=20)
    story.approve("decision.privacy", "ines", after=45)
    for who, after in (("priya", 30), ("kenji", 12), ("sofia", 25)):
        story.approve("decision.go", who, after=after)


def _plan_data(story: Story) -> Story:
    story.start()
    story.approve("plan.rollback", "kenji", after=50)
    return story.report("plan.schema", after=30, summary="41 readers run.")


def _run_data(story: Story) -> None:
    story.report("run.migrate", after=95, summary="86 million rows.")
    story.approve("run.reconcile", "amara", after=40)


def _normal_data_change(company: Company, begins: dt.datetime) -> None:
    story = Story(company, begins, "data-platform", "2.3.0", "Settlement by hour", risk="medium")
    story.start()
    story.approve("plan.rollback", "kenji", after=50)
    story.report(
        "plan.schema", after=30, outcome="failed", summary="1 of 41 readers: legacy_report fails."
    )
    story.skip(
        "plan.schema",
        "legacy_report was switched off in spring; the scan still lists it.",
        agrees="ruth",
        why="Confirmed with finance: nobody has opened that report since March.",
        after=25,
    )
    story.approve("approve.steward", "hana", after=25)
    story.approve("approve.board", "omar", after=60)
    story.abstain("approve.board", "ruth", "I wrote the policy that this change follows.", after=15)
    story.approve("approve.board", "priya", after=45)
    story.approve("approve.board", "kenji", after=10)
    _run_data(story)


def _payments_sent_back(company: Company, begins: dt.datetime) -> None:
    story = Story(company, begins, "payments", "4.9.0", "Partial captures")
    build_payments(story)
    story.approve("quality.test-report", "lena", after=120, passed=1301, failed=2)
    story.reject(
        "quality.qa-sign-off",
        "maya",
        "A partial capture of a cancelled order is booked twice (PAY-377). That is money.",
        after=30,
        summary="Exploratory session on captures; one defect of severity 1, see PAY-377.",
    )
    story.say("quality.qa-sign-off", "diego", "Found it; the fix is one line.", after=55)
    story.retry(
        "quality.qa-sign-off", "PAY-377 is fixed and has a test of its own.", after=NEXT_MORNING
    )
    story.approve("quality.qa-sign-off", "maya", after=90, ticket="PAY-377", risk="medium")
    story.approve("security.security-review", "amara", after=20)
    story.approve("approval.product", "priya", after=15)
    for who, after in (("kenji", 30), ("omar", 40), ("ines", 5)):
        story.approve("approval.cab", who, after=after)
    finish_payments(story)


def _mobile_with_second_thoughts(company: Company, begins: dt.datetime) -> None:
    story = Story(company, begins, "mobile-app", "7.2.0", "Shared wallets", risk="medium")
    test_mobile(build_mobile(story))
    story.approve("decision.qa", "noah", after=15)
    story.withdraw("decision.qa", "noah", "I want to see the dark theme first.", after=12)
    story.approve("decision.qa", "lena", after=20)
    story.approve("decision.qa", "noah", after=30, comment="The dark theme is fine.")
    story.approve("decision.privacy", "ines", after=45)
    story.approve("decision.go", "priya", after=30)
    story.reject(
        "decision.go", "sofia", "Two of five are on leave; we would be thin on Friday.", after=14
    )
    story.approve("decision.go", "kenji", after=25)
    story.approve("decision.go", "maya", after=5, comment="We publish on Monday instead of Friday.")
    roll_out_mobile(story)


def _emergency(company: Company, begins: dt.datetime) -> None:
    story = Story(
        company,
        begins + dt.timedelta(hours=12),
        "data-platform",
        "2.3.1",
        "Duplicate settlement rows",
        change_type="emergency",
        risk="high",
    )
    _plan_data(story)
    story.approve("approve.steward", "hana", after=8)
    story.approve("approve.emergency-board", "omar", after=6)
    story.approve("approve.emergency-board", "amara", after=4)
    _run_data(story)


def _payments_escalated(company: Company, begins: dt.datetime) -> None:
    story = Story(company, begins, "payments", "4.10.0", "New fraud rules", risk="high")
    build_payments(story)
    story.approve("quality.test-report", "lena", after=95)
    story.approve("quality.qa-sign-off", "maya", after=40)
    story.approve("security.compliance", "ruth", after=50, scope="larger and assessed")
    story.miss_deadline("security.security-review")
    story.approve(
        "security.security-review",
        "omar",
        after=70,
        comment="Inês and Amara are at the audit. I went through the scan with Inês by phone.",
    )
    story.approve("approval.product", "priya", after=30)
    for who, after in (("priya", 10), ("omar", 15), ("kenji", 20)):
        story.approve("approval.cab", who, after=after)
    finish_payments(story)


def _mobile_aborted(company: Company, begins: dt.datetime) -> None:
    story = Story(company, begins, "mobile-app", "7.2.1", "Battery use")
    test_mobile(build_mobile(story))
    _decide_mobile(story, "lena", "noah")
    story.report("rollout.tenth", after=50, summary="Live for 10 %.")
    story.report(
        "rollout.crash-rate",
        after=NEXT_MORNING,
        outcome="failed",
        summary="4.7 crashes in 1,000 sessions; the limit is 2.",
        crashes_per_thousand=4.7,
    )
    story.give_up(
        "The crash is in the new scheduler. Rolled back to 7.2.0; the fix ships with 7.3.0.",
        after=40,
    )


def _data_timed_out(company: Company, begins: dt.datetime) -> None:
    story = Story(company, begins, "data-platform", "2.4.0", "Customer segments", risk="medium",
                  tags=("personal-data",), by="diego", manager="diego", authors=("tom",))  # fmt: skip
    story.start(by="diego")
    story.approve("plan.rollback", "amara", after=60)
    story.approve("plan.retention", "ruth", after=45)
    story.time_out("plan.schema")
    story.retry("plan.schema", "The runner had no disk left.", by="diego", after=13 * 60.0)
    story.report("plan.schema", after=25, summary="43 readers run.")
    story.approve("approve.steward", "hana", after=35)
    for who, after in (("omar", 20), ("priya", 50), ("ines", 10)):
        story.approve("approve.board", who, after=after)
    _run_data(story)


def _payments_with_a_vote_against(company: Company, begins: dt.datetime) -> None:
    story = Story(company, begins, "payments", "4.11.0", "Instant payouts", risk="medium")
    build_payments(story)
    story.approve("quality.qa-sign-off", "maya", after=130)
    story.approve("quality.test-report", "noah", after=10)
    story.approve("security.security-review", "amara", after=40)
    story.approve("security.compliance", "ruth", after=20)
    story.approve("approval.cab", "omar", after=30)
    story.reject(
        "approval.cab",
        "ines",
        "The way back was tried on one region only; I would try all.",
        after=9,
    )
    story.approve("approval.cab", "kenji", after=25, comment="Tried on the other three at noon.")
    story.approve("approval.cab", "priya", after=15)
    story.approve("approval.product", "priya", after=2)
    finish_payments(story)


def _mobile_held_for_two_days(company: Company, begins: dt.datetime) -> None:
    story = Story(company, begins, "mobile-app", "7.3.0", "Search that forgives typing errors")
    build_mobile(story)
    story.hold("The stores review nothing until Thursday.", after=10)
    story.approve("test.ios", "lena", after=60)
    story.approve("test.android", "noah", after=20)
    story.report("test.accessibility", after=8, summary="No new finding.")
    story.resume("The stores review again.", after=2 * NEXT_MORNING)
    _decide_mobile(story, "maya", "lena")
    roll_out_mobile(story)


def _cancelled(company: Company, begins: dt.datetime) -> None:
    story = Story(company, begins, "payments", "4.11.1", "Longer receipts")
    story.give_up("The tax office accepts the receipts as they are.", after=26 * 60.0)


def _deferred(company: Company, begins: dt.datetime) -> None:
    values: dict[str, Any] = {"by": "diego", "manager": "diego", "authors": ("diego",)}
    story = Story(company, begins, "data-platform", "2.5.0", "Move to the new cluster", **values)
    story.start(by="diego")
    story.approve("plan.rollback", "kenji", after=45, minutes=240, tried=False)
    until = begins + dt.timedelta(weeks=4)
    story.defer(until, "The cluster is delivered three weeks late.", by="diego", after=25 * 60.0)
