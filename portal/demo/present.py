"""What goes on at the company right now; every deadline is relative to this moment."""

from __future__ import annotations

import datetime as dt
from typing import Any

from portal.demo.company import Company
from portal.demo.past import build_mobile, build_payments, test_mobile
from portal.demo.story import Story


def tell_the_present(company: Company, now: dt.datetime) -> None:
    """Make every release that is planned, under way, held up or failed."""
    for tell in (
        _overdue_store_text, _escalated_board, _overdue_sign_off, _due_soon, _due_within_hours,
        _failed_decision, _held_by_its_manager,
        _board_votes, _stuck_steward, _security_refused, _scheduled, _maya_votes,
        _waits_for_maya, _draft, _ready_to_start, _building,
    ):  # fmt: skip
        tell(company, now)


def _ago(now: dt.datetime, *, days: float = 0, hours: float = 0, minutes: float = 0) -> dt.datetime:
    return now - dt.timedelta(days=days, hours=hours, minutes=minutes)


def _window(now: dt.datetime, days: float) -> dict[str, Any]:
    start = (now + dt.timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
    return {"window_from": start, "window_until": start + dt.timedelta(hours=3)}


def _waits_for_maya(company: Company, now: dt.datetime) -> None:
    """On hold: two activities wait for Maya, others for Inês and Ruth."""
    story = Story(
        company,
        _ago(now, hours=5),
        "payments",
        "4.12.0",
        "Pay by bank account",
        risk="high",
        description="Customers pay from their bank account. First for one in twenty shops.",
        environments=("staging", "production"),
        tags=("open-banking",),
        stakeholders=({"group": "support"}, {"user": "ruth"}),
        **_window(now, 3),
    )
    build_payments(story)
    story.say(
        "quality.qa-sign-off",
        "diego",
        "The sandbox of one bank is slow today; time-outs there are not ours.",
        after=35,
    )


def _board_votes(company: Company, now: dt.datetime) -> None:
    """On hold: the board has two votes for and one against, of five; three are needed."""
    story = Story(
        company, _ago(now, hours=29), "payments", "4.11.2", "Rounding of refunds", **_window(now, 1)
    )
    build_payments(story)
    story.approve("quality.test-report", "lena", after=100)
    story.approve("quality.qa-sign-off", "maya", after=45)
    story.approve("security.security-review", "ines", after=70)
    story.approve("approval.product", "priya", after=40)
    story.approve("approval.cab", "omar", after=35)
    story.reject(
        "approval.cab", "ruth", "The window touches the end-of-month settlement.", after=50
    )
    story.approve("approval.cab", "kenji", after=8 * 60.0)


def _security_refused(company: Company, now: dt.datetime) -> None:
    """On hold by its phase: security rejected, Tom is to retry, skip or abort."""
    story = Story(
        company, _ago(now, hours=22), "payments", "4.11.3", "New card scanner", risk="high"
    )
    build_payments(story)
    story.approve("security.compliance", "ruth", after=110)
    story.reject(
        "security.security-review",
        "ines",
        "libcard 2.1 writes card numbers to its debug log (CVE-2026-21877). Take 2.3 or switch it off.",
        after=60,
    )
    story.approve("quality.test-report", "lena", after=30)


def _maya_votes(company: Company, now: dt.datetime) -> None:
    """On hold: QA votes, one vote for; the emergency fix came from the pipeline itself."""
    story = Story(
        company,
        _ago(now, hours=8),
        "mobile-app",
        "7.3.1",
        "Sign-in on old iPhones",
        by="pipeline",
        change_type="emergency",
        risk="medium",
        **_window(now, 0.5),
    )
    test_mobile(build_mobile(story))
    story.approve("decision.qa", "lena", after=20, comment="Three old phones, all sign in.")


def _overdue_store_text(company: Company, now: dt.datetime) -> None:
    """On hold and overdue: everything is tested, the store text is missing since yesterday."""
    story = Story(
        company, _ago(now, days=6), "mobile-app", "7.4.0", "Family accounts", risk="medium"
    )
    story.start()
    story.report("prepare.build-ios", after=38, summary="Archive signed and uploaded.")
    story.report("prepare.build-android", after=12, summary="Bundle signed and uploaded.")
    test_mobile(story)
    story.say(
        "prepare.store-text", "tom", "Priya, all that is missing is your text.", after=24 * 60.0
    )
    story.miss_deadline("prepare.store-text")


def _sign_off_waits(
    company: Company, version: str, name: str, begins: dt.datetime, **details: Any
) -> Story:
    """Everything of the first approvals is done but Maya's sign-off, due two days after it opened."""
    story = Story(company, begins, "payments", version, name, **details)
    build_payments(story)
    story.approve("quality.test-report", "noah", after=50)
    story.approve("security.security-review", "amara", after=90)
    return story


def _overdue_sign_off(company: Company, now: dt.datetime) -> None:
    """On hold: Maya's sign-off is overdue since this night, Tom asks after it."""
    story = _sign_off_waits(company, "4.11.6", "Refunds in yen", _ago(now, hours=57))
    story.say(
        "quality.qa-sign-off",
        "tom",
        "Maya, Tokyo waits for this one. What is missing?",
        after=26 * 60.0,
    )
    story.say(
        "quality.qa-sign-off",
        "maya",
        "Two receipts from the sandbox; I have asked for them.",
        after=40,
    )
    story.miss_deadline("quality.qa-sign-off")


def _due_within_hours(company: Company, now: dt.datetime) -> None:
    """On hold: Maya's sign-off is due in less than six hours."""
    _sign_off_waits(
        company, "4.11.4", "Card logos", _ago(now, hours=42, minutes=55), environments=("staging",)
    )


def _due_soon(company: Company, now: dt.datetime) -> None:
    """On hold: Maya's sign-off is due in less than two hours, and production waits for it."""
    story = Story(
        company,
        _ago(now, hours=46, minutes=50),
        "payments",
        "4.11.5",
        "Receipts by mail",
        risk="medium",
    )
    build_payments(story)
    story.approve("quality.test-report", "lena", after=80)
    story.approve("security.security-review", "ines", after=30)


def _failed_decision(company: Company, now: dt.datetime) -> None:
    """Failed: too many are against publishing."""
    story = Story(
        company, _ago(now, days=1, hours=10), "mobile-app", "7.3.2", "New home screen", risk="high"
    )
    test_mobile(build_mobile(story))
    story.approve("decision.qa", "maya", after=25)
    story.approve("decision.qa", "noah", after=10)
    story.approve("decision.privacy", "amara", after=30)
    story.approve("decision.go", "priya", after=20)
    story.reject(
        "decision.go",
        "sofia",
        "In the pilot four of ten could not find their receipts. We would drown in calls.",
        after=45,
    )
    story.reject(
        "decision.go",
        "kenji",
        "The new screen doubles the calls to search; it is not scaled.",
        after=20,
    )
    story.reject("decision.go", "maya", "After the pilot I no longer stand by it either.", after=60)


def _stuck_steward(company: Company, now: dt.datetime) -> None:
    """Stuck: the only data steward is the author, so nobody may decide."""
    story = Story(
        company,
        _ago(now, hours=26),
        "data-platform",
        "2.6.1",
        "Rename of the ledger columns",
        authors=("hana",),
        change_type="standard",
    )
    story.start()
    story.approve("plan.rollback", "kenji", after=75)
    story.report("plan.schema", after=20, summary="43 readers run.")


def _escalated_board(company: Company, now: dt.datetime) -> None:
    """On hold: the board missed its deadline six hours ago, its chair is asked besides."""
    story = Story(
        company, _ago(now, days=5, hours=9), "data-platform", "2.6.0", "Archive of old orders"
    )
    story.start()
    story.approve("plan.rollback", "amara", after=90)
    story.report("plan.schema", after=20, summary="43 readers run.")
    story.approve("approve.steward", "hana", after=30)
    story.approve("approve.board", "kenji", after=25)
    story.approve("approve.board", "priya", after=3 * 24 * 60.0)
    story.miss_deadline("approve.board")


def _held_by_its_manager(company: Company, now: dt.datetime) -> None:
    """On hold by Diego: approved, and nothing new starts until the month is closed."""
    story = Story(
        company,
        _ago(now, hours=30),
        "data-platform",
        "2.6.2",
        "Currency of invoices",
        by="diego",
        manager="diego",
        authors=("tom",),
        change_type="standard",
    )
    story.start(by="diego")
    story.approve("plan.rollback", "kenji", after=40)
    story.hold("Finance closes the month; nothing moves until they are done.", by="diego", after=15)
    story.report("plan.schema", after=30, summary="43 readers run.")


def _building(company: Company, now: dt.datetime) -> None:
    """Running: machines work, nobody is asked yet."""
    story = Story(
        company, _ago(now, minutes=25), "payments", "4.12.1", "Translations", **_window(now, 2)
    )
    story.start()
    story.report("build.dependencies", after=6, summary="3 of 3 services answer.")


def _scheduled(company: Company, now: dt.datetime) -> None:
    """Scheduled: starts tomorrow."""
    story = Story(
        company,
        _ago(now, hours=20),
        "mobile-app",
        "7.4.1",
        "Accessibility fixes",
        **_window(now, 4),
    )
    story.start(after=15, at=now + dt.timedelta(hours=20))


def _draft(company: Company, now: dt.datetime) -> None:
    """A draft of Diego's, not started."""
    Story(
        company,
        _ago(now, hours=3),
        "data-platform",
        "3.0.0",
        "Streaming instead of nightly loads",
        by="diego",
        manager="diego",
        authors=("diego", "hana"),
        risk="high",
        description="Needs a second look at costs before it starts.",
        **_window(now, 21),
    )


def _ready_to_start(company: Company, now: dt.datetime) -> None:
    """A draft of Tom's: as soon as he starts it Maya is asked, and after her Omar."""
    Story(
        company,
        _ago(now, hours=1),
        "fees",
        "2027.1",
        "New fees",
        description="Transfers in euro become free; cash abroad costs 1.5 percent.",
        environments=("production",),
        **_window(now, 9),
    )
