"""One rendering of a notice for every channel: plain texts, which each channel sets in its own form."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings

from approvals.models import Approval
from approvals.wording import still_needed
from portal.moments import moment_words, short_moment_words, zone_for
from portal.notifications.look import Look
from portal.notifications.words import ASKING, MOMENTS, asks_for, sentence_of, why_words
from portal.pages.activity_deadline import DeadlinePanel, deadline_panel
from portal.pages.activity_differences import differences_between
from portal.pages.activity_facts import fact_panel
from portal.wording import ACTIVITY_STATES, RELEASE_STATES, verdict_words

LONGEST_SUBJECT: Final = 160
_MOST_DECISIONS: Final = 5
_LONGEST_COMMENT: Final = 300
_DECIDES_NOTHING: Final = (
    "Opening the link decides nothing. Decisions are given in the portal, signed in."
)
_FACTS: Final = ("Version", "Environments", "Risk", "Change type", "Window", "Commit")


@dataclass(frozen=True, slots=True)
class Message:
    """What is said, in the order of ux.md, appendix D; every text is one line and plain."""

    subject: str
    headline: str
    asks: str
    until: str
    why: str
    quote: str
    facts: tuple[tuple[str, str], ...]
    changed: tuple[str, ...]
    standing: tuple[str, ...]
    action: str
    link: str
    footer: str
    thread: str


def render(look: Look, now: dt.datetime) -> Message:
    """The message of a notice, in the reader's time zone (named wherever a time stands)."""
    zone = zone_for(look.reader)
    asking = look.notice.moment in ASKING
    why = why_words(look.notice.why, look.notice.why_name)
    return Message(
        subject=one_line(f"[{_tag(look, zone, now)}] {look.facts.get('title', '')}")[
            :LONGEST_SUBJECT
        ],
        headline=one_line(sentence_of(look.notice.moment, look.facts)),
        asks=one_line(_asks(look)) if asking else "",
        until=one_line(_until(look, zone)),
        why=one_line(f"You are asked because {why}.") if asking else "",
        quote=one_line(str(look.facts.get("quote") or "")),
        facts=tuple((label, one_line(value)) for label, value in _facts(look, zone)),
        changed=tuple(one_line(each) for each in _changed(look)),
        standing=tuple(one_line(each) for each in _standing(look, zone)),
        action=_action(look),
        link=f"{settings.COUNTERSIGN_BASE_URL.rstrip('/')}{look.path}",
        footer=one_line(f"You get this because {why}. {_DECIDES_NOTHING}"),
        thread=look.notice.host.replace(":", "."),
    )


def one_line(text: str) -> str:
    """Text without line breaks, control and direction marks: whoever wrote it moves nothing (A-092)."""
    kept = (" " if unicodedata.category(one) in _BREAKS else one for one in text)
    return " ".join("".join(kept).split())


# Control, format (direction marks, zero-width), private use, surrogates, line and paragraph ends.
_BREAKS: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def _tag(look: Look, zone: ZoneInfo, now: dt.datetime) -> str:
    """What is asked and until when: "Approve by 12:11"; else what has happened."""
    if look.notice.moment not in ASKING:
        return MOMENTS[look.notice.moment].tag
    asks = asks_for(look.page.activity.kind) if look.page else "Decide"
    if look.notice.moment == "reminded":
        asks = f"Reminder: {asks[:1].lower()}{asks[1:]}"
    panel = _deadline(look)
    return f"{asks} by {short_moment_words(panel.due_at, zone, now)}" if panel else asks


def _asks(look: Look) -> str:
    """What is asked, as the process describes it: "Verify: The backup can be read."."""
    page = look.page
    if page is None:
        return ""
    target = page.board.by_id.get(page.activity.overrides_id or 0)
    what = str(page.spec.get("description") or "")
    if target is not None:
        what = f"Skip {target.name} without its approval. {page.activity.asked_by} asked: "
        what += f"“{_short(page.activity.asked_because)}”"
    verb = asks_for(page.activity.kind)
    return f"{verb}: {_short(what)}" if what else ""


def _action(look: Look) -> str:
    if look.notice.moment == "information_asked":
        return "Read and answer"
    return "Review and decide" if look.notice.moment in ASKING else "Open"


def _deadline(look: Look) -> DeadlinePanel | None:
    """The deadline of the round, or run, that is told of; of an attempt that has gone by none is left."""
    page = look.page
    if page is None or page.activity.attempt != look.notice.attempt:
        return None
    return deadline_panel(page)


def _until(look: Look, zone: ZoneInfo) -> str:
    """Until when, and what follows then."""
    until = look.facts.get("until")
    if until:
        return f"Until {moment_words(dt.datetime.fromisoformat(str(until)), zone)}."
    panel = _deadline(look)
    if panel is None or not panel.is_open:
        return "No deadline." if look.notice.moment in ASKING else ""
    lead = "Was due" if panel.overdue else "Due"
    follows = f", {panel.follows}" if panel.follows else ""
    return f"{lead} {moment_words(panel.due_at, zone)}{follows}."


def _facts(look: Look, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    """What it is about: a fact that nobody gave is said to be missing, where one would look for it."""
    release = look.release
    if release is None:
        return
    yield "Release", f"{release} ({release.reference}), {release.product}"
    if look.page is not None:
        activity = look.page.activity
        yield "Activity", f"{activity} ({activity.reference}), phase {activity.phase}"
        if activity.attempt == look.notice.attempt:
            yield "State now", ACTIVITY_STATES[activity.state]
    else:
        yield "State now", RELEASE_STATES[release.state]
    yield "Description", _short(release.description) or "not provided"
    panel = fact_panel(release, _round(look), look.page.former_version if look.page else "")
    for fact in panel.facts:
        if fact.label in _FACTS:
            yield fact.label, _value(fact, zone)


def _value(fact: Any, zone: ZoneInfo) -> str:
    if fact.missing:
        return "not provided"
    window = [moment_words(each, zone) for each in (fact.since, fact.until) if each]
    return fact.risk.capitalize() or " – ".join(window) or ", ".join(fact.values)


def _round(look: Look) -> Approval | None:
    """The round that is told of, which need not be the newest one any more."""
    rounds = look.page.rounds if look.page else []
    return next((one for one in rounds if one.attempt == look.notice.attempt), None)


def _changed(look: Look) -> Iterator[str]:
    """What is different from the attempt before, and that another one has begun since."""
    page, told_of = look.page, look.notice.attempt
    if page is None:
        return
    former = next((one for one in page.rounds if one.attempt == told_of - 1), None)
    if former is not None:
        yield f"This is attempt {told_of}; attempt {former.attempt} was {former.state}."
        for decision in page.decisions[former.pk]:
            if decision.verdict == "reject":
                yield f"{decision.display_name} had rejected: “{_short(decision.comment)}”"
        for one in differences_between(former, _round(look), page):
            before = f"{_short(one.before)} → " if one.before else ""
            yield f"{one.label}: {before}{_short(one.after)}"
    if page.activity.attempt > told_of > 0:
        yield f"This is about attempt {told_of}; attempt {page.activity.attempt} has begun since."


def _standing(look: Look, zone: ZoneInfo) -> Iterator[str]:
    """Who decided, and who is awaited."""
    page, approval = look.page, _round(look)
    if page is None or approval is None:
        return
    if page.evaluation is not None and page.approval is approval:
        words = still_needed(page.evaluation.reason, page.names)
        stuck = page.evaluation.stuck
        yield f"{words[:1].upper()}{words[1:]}." if stuck else f"Still needed: {words}."
    for decision in page.decisions[approval.pk][-_MOST_DECISIONS:]:
        word = verdict_words(page.activity.kind).get(decision.verdict, "Withdraw")
        said = f": “{_short(decision.comment)}”" if decision.comment else ""
        at = moment_words(decision.decided_at, zone)
        yield f"{decision.display_name}, {at}: {word}{said}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_COMMENT else f"{text[: _LONGEST_COMMENT - 1]}…"
