"""What a posted form of the activity page asks for: read, done once under its key, told in words."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from django.http import QueryDict

from approvals.services.decisions import Ballot
from audit.actor import Actor
from portal.forms.decision import parse_inputs, plain_lines
from portal.pages.activity_results import (
    Clock,
    result_after_comment,
    result_after_question,
    result_after_retry,
    result_after_vote,
    result_after_withdrawal,
)
from portal.pages.activity_standing import ActivityPage, load_activity_page
from portal.result_texts import ResultText, result_of_old_form, result_of_skip_request
from portal.sent_forms import ANEW_EACH_TIME
from portal.services.idempotency import KeptAnswer, answer_once
from releases.services.activities import (
    ask_for_information,
    request_skip,
    retry_activity,
    write_comment,
)
from releases.services.decisions import decide_activity, withdraw_from_activity

_LONGEST_KEY: Final = 100
_LONGEST_ATTEMPT: Final = 9
_NO_ATTEMPT: Final = 0

_EPOCH: Final = 1970


class Posted:
    """A posted form: nothing in it is believed, and only what is asked for is read (A-102)."""

    def __init__(self, data: QueryDict) -> None:
        self.data = data

    def text(self, name: str) -> str:
        """A text with the line ends as they were typed; empty when it is not there."""
        return plain_lines(self.data.get(name, ""))

    @property
    def attempt(self) -> int:
        """The attempt that the form was shown for; one that never was, when it names none."""
        raw = self.data.get("attempt", "")
        known = raw.isascii() and raw.isdigit() and len(raw) <= _LONGEST_ATTEMPT
        return int(raw) if known else _NO_ATTEMPT

    @property
    def key(self) -> str:
        """The idempotency key of the form; empty for none, or what is not one."""
        raw = self.data.get("idempotency_key", "")
        return raw if raw.isascii() and raw.isprintable() and len(raw) <= _LONGEST_KEY else ""

    def digest(self, name: str, activity_id: int) -> str:
        """Stands for everything that was sent, but for what each sending has anew."""
        sent = {key: self.data.getlist(key) for key in self.data if key not in ANEW_EACH_TIME}
        call = json.dumps([name, activity_id, sent], sort_keys=True)
        return hashlib.sha256(call.encode()).hexdigest()


def moment_in(text: str) -> dt.datetime | None:
    """The moment that a form names, with its zone; None for what is not one of this age."""
    try:
        found = dt.datetime.fromisoformat(text)
        in_utc = found.astimezone(dt.UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None
    return in_utc if in_utc and in_utc.year >= _EPOCH else None


def act_once(name: str, activity_id: int, posted: Posted, actor: Actor, clock: Clock) -> ResultText:
    """Do the act, or give the result that the same form has had before (A-006).

    The key is bound to what was sent: whoever goes back and sends something else acts anew. Raises
    the refusals of the services.
    """

    def act() -> KeptAnswer:
        result = _ACTS[name](activity_id, posted, actor, clock)
        return KeptAnswer(200, json.dumps(asdict(result)))

    if not posted.key:
        answer = act()
    else:
        digest = posted.digest(name, activity_id)
        key = f"page:{posted.key}:{digest[:32]}"
        answer = answer_once(key=key, digest=digest, act=act, actor=actor)
        if answer.replayed and name == "decide" and not _stands(activity_id, posted, actor):
            return result_of_old_form()
    return ResultText(**json.loads(answer.body))


def _stands(activity_id: int, posted: Posted, actor: Actor) -> bool:
    """Whether what the form said once is still what the actor says."""
    page = load_activity_page(actor, activity_id)
    if page.standing is None or page.activity.attempt != posted.attempt or actor.person is None:
        return False
    given = page.standing.live.get(actor.person)
    return given is not None and given.verdict == posted.text("verdict")


def _decide(activity_id: int, posted: Posted, actor: Actor, clock: Clock) -> ResultText:
    before = load_activity_page(actor, activity_id)
    ballot = Ballot(
        verdict=posted.text("verdict"),
        comment=posted.text("comment"),
        inputs=_inputs(before, posted),
        fingerprint=posted.text("fingerprint") or None,
        attempt=posted.attempt,
    )
    decided = decide_activity(activity_id=activity_id, ballot=ballot, actor=actor)
    after = load_activity_page(actor, activity_id)
    return result_after_vote(decided, before, after, clock)


def _inputs(page: ActivityPage, posted: Posted) -> Mapping[str, Any]:
    """The answers to the fields of the round; an abstention gives none."""
    if page.approval is None or posted.text("verdict") == "abstain":
        return {}
    return parse_inputs(json.loads(page.approval.form), posted.data)


def _withdraw(activity_id: int, posted: Posted, actor: Actor, clock: Clock) -> ResultText:
    reason = posted.text("reason")
    withdrawn = withdraw_from_activity(activity_id=activity_id, reason=reason, actor=actor)
    return result_after_withdrawal(withdrawn, load_activity_page(actor, activity_id), clock)


def _comment(activity_id: int, posted: Posted, actor: Actor, clock: Clock) -> ResultText:
    write_comment(activity_id=activity_id, text=posted.text("text"), actor=actor)
    return result_after_comment(load_activity_page(actor, activity_id))


def _question(activity_id: int, posted: Posted, actor: Actor, clock: Clock) -> ResultText:
    asked = ask_for_information(activity_id=activity_id, text=posted.text("question"), actor=actor)
    return result_after_question(load_activity_page(actor, activity_id), asked)


def _retry(activity_id: int, posted: Posted, actor: Actor, clock: Clock) -> ResultText:
    retry_activity(activity_id=activity_id, reason=posted.text("reason"), actor=actor)
    return result_after_retry(load_activity_page(actor, activity_id))


def _skip(activity_id: int, posted: Posted, actor: Actor, clock: Clock) -> ResultText:
    request = request_skip(activity_id=activity_id, reason=posted.text("reason"), actor=actor)
    name = request.overrides.name if request.overrides else "the activity"
    return result_of_skip_request(request.reference, name)


_ACTS: Final[Mapping[str, Callable[[int, Posted, Actor, Clock], ResultText]]] = {
    "decide": _decide,
    "withdraw": _withdraw,
    "comment": _comment,
    "question": _question,
    "retry": _retry,
    "skip": _skip,
}
