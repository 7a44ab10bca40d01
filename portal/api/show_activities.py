"""An activity as the API shows it: a row of a list, and the page."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Final

from portal.api.show_rounds import (
    show_approvers,
    show_asked_because,
    show_attempts,
    show_deadline,
    show_decisions,
    show_left_out,
    show_standing,
)
from portal.api.shown import instant, person
from portal.pages.activity_standing import ActivityPage
from portal.wording import ACTIVITY_STATES, blocked_words, condition_words, verdict_words
from releases.models import Activity, ActivityResult, Comment
from releases.rules.conditions import applies
from releases.rules.progress import explain_blocked
from releases.rules.transitions import ActivityState
from releases.selectors import NEVER, comments_of

Shown = dict[str, Any]

NEWEST_COMMENTS: Final = 50


def activity_row(activity: Activity, due_at: dt.datetime, now: dt.datetime) -> Shown:
    """An activity in a list; `due_at` is `NEVER` or later for one without a deadline."""
    release = activity.release
    has_deadline = due_at < NEVER
    return {
        **_named(activity),
        "release": {
            "id": release.pk,
            "reference": release.reference,
            "name": release.name,
            "version": release.version,
            "product": release.product.key,
        },
        "phase": {"key": activity.phase.key, "name": activity.phase.name},
        "due_at": instant(due_at) if has_deadline else None,
        "overdue": has_deadline and due_at <= now,
        "opened_at": instant(activity.opened_at),
    }


def _named(activity: Activity) -> Shown:
    return {
        "id": activity.pk,
        "reference": activity.reference,
        "key": activity.key,
        "name": activity.name,
        "kind": activity.kind,
        "state": activity.state,
        "label": ACTIVITY_STATES[activity.state],
        "attempt": activity.attempt,
    }


def show_activity(page: ActivityPage) -> Shown:
    """All that an activity's page says, for the actor who looks at it."""
    return {
        **_named(page.activity),
        **_place(page),
        **_task(page),
        **show_standing(page),
        "approvers": show_approvers(page),
        "left_out": show_left_out(page),
        "deadline": show_deadline(page),
        "evidence": [],
        "decisions": _current_decisions(page),
        "attempts": show_attempts(page),
        "may_decide": _may_decide(page),
        "asked_because": show_asked_because(page),
        "blocked_because": _blocked_because(page),
        "results": [show_result(one) for one in page.results],
        "comments": _comments(page),
        **_override(page),
    }


def _place(page: ActivityPage) -> Shown:
    activity, release = page.activity, page.activity.release
    return {
        "state_because": activity.state_because,
        "release": {
            "id": release.pk,
            "reference": release.reference,
            "name": release.name,
            "version": release.version,
            "product": release.product.key,
            "state": release.state,
        },
        "phase": {
            "key": activity.phase.key,
            "name": activity.phase.name,
            "state": activity.phase.state,
        },
        "opened_at": instant(activity.opened_at),
        "closed_at": instant(activity.closed_at),
        "times_out_at": instant(activity.times_out_at),
    }


def _task(page: ActivityPage) -> Shown:
    """What is asked: texts, form, condition, the words of the verdicts."""
    approval, spec = page.approval, page.spec
    applied = applies(spec.get("when"), page.condition_facts)
    default = spec.get("comment") or {"required": False, "min_length": 0}
    return {
        "category": spec.get("category"),
        "description": spec.get("description", ""),
        "instructions": spec.get("instructions", ""),
        "verdicts": verdict_words(page.activity.kind),
        "fields": json.loads(approval.form) if approval else list(spec.get("fields") or ()),
        "comment": json.loads(approval.policy)["comment"] if approval else default,
        "applies": page.activity.applies,
        "condition": {**applied.reason, "sentence": condition_words(applied.reason)},
    }


def _current_decisions(page: ActivityPage) -> list[Shown]:
    if page.approval is None:
        return []
    return show_decisions(page.approval, page.decisions[page.approval.pk], page)


def _may_decide(page: ActivityPage) -> Shown:
    answer = page.may_decide()
    return {"granted": bool(answer), "code": answer.code, "sentence": answer.sentence}


def _blocked_because(page: ActivityPage) -> Shown | None:
    if page.activity.state != ActivityState.BLOCKED:
        return None
    explained = explain_blocked(page.board.facts(), page.activity.pk)
    return {
        "causes": explained["causes"],
        "waits_for": explained["waits_for"],
        "sentences": blocked_words(explained),
    }


def show_result(result: ActivityResult) -> Shown:
    """What a pipeline reported, or that it said nothing in time."""
    return {
        "attempt": result.attempt,
        "outcome": result.outcome,
        "summary": result.summary,
        "url": result.url,
        "data": json.loads(result.data),
        "reported_at": instant(result.reported_at),
        "reported_by": result.reported_by,
    }


def _comments(page: ActivityPage) -> list[Shown]:
    newest = list(comments_of(page.activity).order_by("-pk")[:NEWEST_COMMENTS])
    return [show_comment(one) for one in reversed(newest)]


def show_comment(comment: Comment) -> Shown:
    """What somebody said, under the name that they had."""
    return {
        "id": comment.pk,
        "by": {"username": comment.user.username, "name": comment.display_name},
        "text": comment.text,
        "question": comment.question,
        "attempt": comment.attempt,
        "written_at": instant(comment.written_at),
    }


def _override(page: ActivityPage) -> Shown:
    activity = page.activity
    requests = [one.pk for one in page.board.activities if one.overrides_id == activity.pk]
    return {
        "overrides": activity.overrides_id,
        "override_requests": requests,
        "requested_by": person(activity.asked_by),
        "requested_because": activity.asked_because,
    }
