"""What people usually write at the gates of the demo's processes: (comment, inputs) by activity."""

from __future__ import annotations

from typing import Any, Final

Answers = dict[str, tuple[str, dict[str, Any]]]

_PAYMENTS: Answers = {
    "quality.test-report": (
        "",
        {
            "report": "https://ci.example.com/reports/payments-regression",
            "passed": 1284,
            "failed": 0,
        },
    ),
    "quality.qa-sign-off": (
        "",
        {
            "summary": "Regression and an exploratory session on refunds. Nothing open that touches money.",
            "ticket": "PAY-412",
            "risk": "low",
            "critical": True,
        },
    ),
    "security.security-review": (
        "Two findings rated low in a test image; both have tickets.",
        {"high": 0, "critical": 0},
    ),
    "security.compliance": (
        "The data flow is as it was approved in spring.",
        {"scope": "unchanged"},
    ),
    "approval.product": ("", {"notes": True}),
    "deploy.verification": (
        "All regions, both ways.",
        {"error_rate": 0.02, "refund": True},
    ),
    "deploy.handover": ("Read and passed on to the evening shift.", {}),
}
_MOBILE: Answers = {
    "prepare.store-text": (
        "",
        {
            "text": "Split a bill with friends, and see at a glance who has paid. Search is faster, too.",
            "screenshots": "unchanged",
        },
    ),
    "test.ios": ("", {"devices": "iPhone SE 2 (iOS 17), iPhone 16 (iOS 19)", "defects": 0}),
    "test.android": (
        "",
        {"devices": "Pixel 9, Galaxy A54, Redmi Note 12 (Android 13 to 16)", "defects": 1},
    ),
    "decision.privacy": ("The privacy labels are unchanged; the app asks for nothing new.", {}),
    "rollout.widen": ("1.1 crashes in a thousand sessions; the version before had 1.3.", {}),
    "rollout.support": ("We have the known issues and the phrases to answer them with.", {}),
}
_DATA: Answers = {
    "plan.rollback": (
        "",
        {
            "steps": "1. Stop the loader. 2. Swap the view back to the old table. 3. Start the loader.",
            "minutes": 20,
            "tried": True,
        },
    ),
    "plan.retention": ("The new table inherits the 13 months of the old one.", {}),
    "approve.emergency-board": ("Reports are wrong until this is in; the way back is short.", {}),
    "run.reconcile": ("Counts and sums agree for every day.", {"difference": 0}),
}
ANSWERS: Final[dict[str, Answers]] = {
    "payments": _PAYMENTS,
    "mobile-app": _MOBILE,
    "data-platform": _DATA,
}
