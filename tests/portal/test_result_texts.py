"""Result texts: verdict × rule × outcome (ux.md, appendix B)."""

from __future__ import annotations

import pytest

from portal.result_texts import (
    DONE,
    DONE_BEFORE,
    NOT_DONE,
    RECORDED,
    TAKEN_BACK,
    Outcome,
    Told,
    result_of_comment,
    result_of_old_form,
    result_of_vote,
    result_of_withdrawal,
    too_late,
)

pytestmark = [pytest.mark.req("EXE-4", "POL-11")]


def said(verdict: str, word: str, state: str, **more: object) -> tuple[str, str]:
    """The sentences and the tone."""
    values = {"approvals": 1, "needed": 1, "seats": 1, **more}
    result = result_of_vote(Outcome(verdict, word, state, **values))  # type: ignore[arg-type]
    return result.text, result.tone


@pytest.mark.parametrize(
    ("given", "text", "tone"),
    [
        (
            said("approve", "Approve", "approved", approvals=3, needed=3, starts=["A", "B"]),
            "Approved. Quorum reached (3 of 3). 2 activities start now: A and B.",
            "green",
        ),
        (
            said("approve", "Pass", "approved"),
            "Passed. Quorum reached (1 of 1). Nothing else starts yet.",
            "green",
        ),
        (
            said("approve", "Approve", "approved", completes_release=True),
            "Approved. Quorum reached (1 of 1). The release is completed.",
            "green",
        ),
        (
            said("approve", "Approve", "approved", skipped="CAB", starts=["Deploy"]),
            "Approved. Quorum reached (1 of 1). CAB is skipped. 1 activity starts now: Deploy.",
            "green",
        ),
        (
            said(
                "approve", "Approve", "open",
                approvals=3, needed=3, required=["1 from Security (Inês Prado)"],
            ),
            "Approved. The number is met (3 of 3). Still needed: 1 from Security (Inês Prado).",
            "green",
        ),
        (
            said(
                "approve", "Approve", "open",
                approvals=2, needed=3, awaited=["Inês Prado", "Ruth Cole"], due="12:11",
                follows="then escalates to Omar Haddad",
            ),
            "Approved. 2 of 3. Still waiting on Inês Prado, Ruth Cole. Due 12:11, then escalates to "
            "Omar Haddad.",
            "green",
        ),
        (
            said(
                "reject", "Fail", "rejected",
                approvals=0, rejections=1, phase_failed="Test and QA", release_state="Failed",
                menders="Tom Reuter", told=[Told("Tom Reuter", ("email", "Slack"))],
            ),
            "Failed. Phase Test and QA failed, release is Failed. Tom Reuter was told (email, Slack) "
            "and can retry, fix or abort.",
            "red",
        ),
        (
            said("reject", "Reject", "open", approvals=2, needed=3, rejections=1, seats=5),
            "Rejected. 2 approvals and 1 rejection; 3 of 5 are still possible.",
            "blue",
        ),
        (
            said(
                "reject", "Reject", "rejected",
                approvals=2, needed=3, rejections=3, seats=5, unreachable=True,
                phase_failed="Change approval",
            ),
            "Rejected. 3 of 5 can no longer be reached. Phase Change approval failed.",
            "red",
        ),
        (
            said(
                "abstain", "Abstain", "stuck",
                approvals=0, needed=3, stuck="stuck: 3 must approve and only 2 can",
                told=[Told("Tom Reuter")], remaining=2,
            ),
            "Abstained. Only 2 voters remain, 3 are needed. Tom Reuter was told (in the portal).",
            "amber",
        ),
        (
            said("approve", "Approve", "open", needed=2, created=False),
            "Approved. You had said the same before; it counts once. 1 of 2.",
            "green",
        ),
    ],
)  # fmt: skip
def test_each_outcome_has_its_sentences(given: tuple[str, str], text: str, tone: str) -> None:
    assert given == (text, tone)


def test_a_rejection_never_waits_for_anybody() -> None:
    text, _ = said("reject", "Reject", "rejected", awaited=["Omar Haddad"], due="12:11")
    assert "waiting" not in text
    assert "12:11" not in text


def test_comments_withdrawals_and_what_comes_too_late() -> None:
    assert result_of_comment(my_turn=True).text == "Comment added. Your decision is still open."
    assert result_of_comment(my_turn=False).text == "Comment added."
    outcome = Outcome("withdraw", "Withdraw", "open", 0, 1, due="12:11", entry=48)
    assert result_of_withdrawal(outcome).text == (
        "Withdrawn. The activity waits for you again. Due 12:11. Ledger entry #48."
    )
    assert result_of_withdrawal(Outcome("withdraw", "Withdraw", "open", 0, 1)).text == (
        "Withdrawn. The activity waits for you again."
    )
    assert too_late(state="completed", decided_at="10:31", by="Kenji Watanabe") == (
        "Not counted: the activity was completed at 10:31 by Kenji Watanabe. Nothing else to do."
    )
    assert too_late(state="closed", decided_at="10:31", by="Tom", because="it was put off") == (
        "Not counted: the activity was closed at 10:31 by Tom: it was put off. Nothing else to do."
    )


def test_each_name_stands_with_the_channels_that_reach_it() -> None:
    told = [Told("Ada", ("email",)), Told("Bo"), Told("Cy", ("email",))]
    text, _ = said("approve", "Approve", "approved", told=told)
    assert text.endswith("Ada and Cy (email) and Bo (in the portal) were told.")


def test_of_many_awaited_only_the_first_are_named() -> None:
    text, _ = said("approve", "Approve", "open", needed=9, awaited=list("ABCDEFG"))
    assert text == "Approved. 1 of 9. Still waiting on A, B, C, D and 3 others."


def test_stuck_for_another_cause_says_that_one() -> None:
    text, _ = said("abstain", "Abstain", "stuck", stuck="stuck: nobody may decide for QA")
    assert text == "Abstained. Stuck: nobody may decide for QA."
    for number, words in ((0, "No voter remains, 1 is needed"), (1, "Only 1 voter remains")):
        assert words in said("abstain", "Abstain", "stuck", remaining=number)[0]


def test_the_heading_does_not_say_more_than_was_done() -> None:
    assert result_of_old_form().heading == NOT_DONE
    assert result_of_comment(my_turn=True).heading == DONE
    assert result_of_vote(Outcome("reject", "Reject", "open", 1, 2)).heading == RECORDED
    withdrawn = Outcome("withdraw", "Withdraw", "open", 0, 0)
    assert result_of_withdrawal(withdrawn).heading == TAKEN_BACK
    again = result_of_vote(Outcome("approve", "Approve", "open", 1, 2, created=False))
    assert again.heading == DONE_BEFORE
