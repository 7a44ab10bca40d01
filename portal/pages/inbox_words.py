"""Words of the inbox: its tabs, its groups, what the one button of a row is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from portal.wording import KIND_WORDS, verdict_words
from releases.inbox import MOST_COUNTED
from releases.rules.process_words import CATEGORIES
from releases.rules.transitions import (
    ACTIVITY_FAILED,
    MANUAL_KINDS,
    ActivityKind,
    ActivityState,
)

TABS: Final[Mapping[str, str]] = {
    "mine": "Needs me",
    "others": "Waiting on others",
    "snoozed": "Snoozed",
    "decided": "Decided",
    "all": "All pending",
}
TAB_NOTES: Final[Mapping[str, str]] = {
    "others": "What others are asked of releases that you created or manage, of phases that you own, "
    "and requests of yours.",
    "snoozed": "Put aside by you. It still counts in the number beside “My approvals”, comes back at "
    "its deadline at the latest, and whoever manages the release sees that you put it aside.",
    "decided": "Your decisions of the last 90 days, newest first.",
    "all": "Every open question of every active release that you may see.",
}
GROUPS: Final[Mapping[str, str]] = {
    "overdue": "Overdue",
    "soon": "Due in 4 hours",
    "today": "Due today",
    "week": "In 7 days",
    "later": "Later",
    "none": "No deadline",
}
DUE: Final[Mapping[str, str]] = {
    "overdue": "Overdue",
    "soon": "Overdue or due in 4 hours",
    "today": "Overdue or due today",
    "week": "Overdue or due in 7 days",
}
BLOCKS: Final[Mapping[str, str]] = {"1": "Blocks other activities"}
RISKS: Final[Mapping[str, str]] = {"high": "High risk", "medium": "Medium risk", "low": "Low risk"}
# What the bar says of rows that a list has by now and the page does not show.
NEW_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "mine": ("new approval", "new approvals"),
    "others": ("new question to others", "new questions to others"),
    "snoozed": ("more put aside", "more put aside"),
    "decided": ("new decision", "new decisions"),
    "all": ("new question", "new questions"),
}
# What a row says that has left the list while the page was open.
GONE_WORDS: Final[Mapping[str, str]] = {
    "mine": "No longer waits for you.",
    "others": "No longer waits on others.",
    "snoozed": "No longer put aside.",
    "decided": "No longer among your decisions.",
    "all": "No longer pending.",
}
RISK_ORDER: Final[Mapping[str, int]] = {"high": 0, "medium": 1, "low": 2}
VERDICTS_GIVEN: Final[Mapping[str, str]] = {
    "approve": "You approved",
    "reject": "You rejected",
    "abstain": "You abstained",
}
_SPELLED: Final[Mapping[str, str]] = {
    "cab": "CAB",
    "final_go_no_go": "Final Go/No-Go",
    "operations_sre": "Operations (SRE)",
    "qa_sign_off": "QA sign-off",
}

KINDS: Final[Mapping[str, str]] = {
    str(kind): words for kind, words in KIND_WORDS.items() if kind in MANUAL_KINDS
}
CATEGORY_NAMES: Final[Mapping[str, str]] = {
    one: _SPELLED.get(one, one.replace("_", " ").capitalize()) for one in CATEGORIES
}
_ICONS: Final[Mapping[str, str]] = {
    "code_review": "code",
    "build_verification": "build",
    "environment_readiness": "storefront",
    "dependency_readiness": "hub",
    "product_owner": "assignment_ind",
    "customer_readiness": "campaign",
    "qa_sign_off": "science",
    "security": "shield",
    "regulatory_compliance": "policy",
    "audit": "fact_check",
    "operations_sre": "monitoring",
    "support_team": "support_agent",
    "cab": "groups",
    "risk_assessment": "balance",
    "final_go_no_go": "how_to_vote",
}
_KIND_ICONS: Final[Mapping[str, str]] = {
    ActivityKind.APPROVAL: "how_to_reg",
    ActivityKind.SIGN_OFF: "verified",
    ActivityKind.VERIFICATION: "fact_check",
    ActivityKind.EVIDENCE: "upload_file",
    ActivityKind.INFORMATION: "assignment",
    ActivityKind.HANDOFF: "handshake",
}


def icon_of(kind: str, category: str | None) -> str:
    """The icon of a row: of its category, else of its kind."""
    return _ICONS.get(category or "") or _KIND_ICONS.get(kind, "assignment")


def done_look(state: str) -> tuple[str, str]:
    """The icon of a row that has left its list, and how it looks: a tick only for what is completed."""
    if state == ActivityState.COMPLETED:
        return "task_alt", "good"
    return ("cancel", "bad") if state in ACTIVITY_FAILED else ("info", "")


def press_word(kind: str) -> str:
    """What the button is called that decides with one press."""
    return verdict_words(kind).get("approve", "Approve")


def given_words(kind: str, verdict: str) -> str:
    """What somebody did, by the words of the kind: "You approved"."""
    if verdict == "abstain":
        return VERDICTS_GIVEN["abstain"]
    word = verdict_words(kind).get(verdict)
    if word in (None, "Approve", "Reject"):
        return VERDICTS_GIVEN[verdict]
    return f"You: {word}"


def number_words(number: int, one: str, many: str) -> str:
    """ "1 activity", "4 activities"."""
    return f"{number} {one if number == 1 else many}"


def counted_words(number: int) -> str:
    """A number that is counted no further than to a hundred: "7", "99+"."""
    return f"{MOST_COUNTED - 1}+" if number >= MOST_COUNTED else str(number)
