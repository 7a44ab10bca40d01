"""What a mail says, in the order in which people read, whatever people have typed (A-086, A-092)."""

from __future__ import annotations

import datetime as dt
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from approvals.models import Decision
from audit.models import LedgerEntry, Notice
from portal.notifications.render import one_line
from portal.notifications.sending import deliver_due
from portal.notifications.words import MOMENTS, sentence_of
from portal.services.people import change_user, set_user_active
from releases.models import Activity
from releases.services.activities import retry_activity
from releases.services.due import enforce_deadline
from releases.services.reminding import remind_awaited
from tests import builders as b
from tests.portal.notifications.scenes import deliveries, make_due, reachable, tom_by_mail
from tests.scenes import ask, run

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{ 7|add:7 }}'


def sent() -> list[EmailMessage]:
    """The mails that went out, as a mail box reads them."""
    return [
        message_from_bytes(one.message().as_bytes(), policy=policy.default) for one in mail.outbox
    ]


def subject(of: EmailMessage) -> str:
    """The subject, unfolded."""
    return str(of["Subject"]).strip()


def parts(of: EmailMessage) -> tuple[str, str]:
    """Text and HTML."""
    text, html = of.get_body(("plain",)), of.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


class Links(HTMLParser):
    """What in a page leads, loads or runs."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in {"href", "src", "action"}:
                self.addresses.append(value)
            elif name.startswith("on"):
                self.handlers.append(name)


def asked_ann(**more: Any) -> Any:
    """A gate that asks Ann until tomorrow, then Cid."""
    reachable("ann", "cid")
    deadline = {"after": "24h", "on_miss": "escalate", "escalate_to": [{"user": "cid"}]}
    return ask(
        {"user": "ann"}, by=tom_by_mail(), kind="sign_off", name="QA sign-off", deadline=deadline,
        **more,
    )  # fmt: skip


@pytest.mark.req("EXE-2", "NTF-2", "NTF-3")
def test_a_mail_says_what_is_asked_until_when_why_about_what_and_leads_to_one_page() -> None:
    gate = asked_ann(risk="high")
    ann = Notice.objects.get(moment="asked").user
    change_user(
        user_id=ann.pk, actor=b.SYSTEM, display_name="Ann", email=ann.email,
        time_zone="Asia/Kathmandu",
    )  # fmt: skip
    assert deliver_due().sent == 1
    [one] = sent()
    due = (gate.opened_at + dt.timedelta(hours=24)).astimezone(
        dt.timezone(dt.timedelta(hours=5.75))
    )
    assert re.fullmatch(
        rf"\[Approve by \w+ {due:%H:%M}\] QA sign-off – Payments 1\.0", subject(one)
    )
    assert one["To"] == "ann@example.com"
    link = f"http://testserver/activities/{gate.pk}/"
    for body in parts(one):
        order = [
            "QA sign-off – Payments 1.0 waits for you.",
            f"{due:%H:%M} +0545, then escalates to cid.",
            "You are asked because you are named as an approver.",
            f"Payments 1.0 (REL-{gate.release_id})",
            "High",
            "Still needed",
            "Review and decide",
            "You get this because you are named as an approver.",
            "decides nothing",
        ]
        places = [body.find(each) for each in order]
        assert -1 not in places, (order, places, body)
        assert places == sorted(places)
        assert "not provided" in body
        assert link in body
    links = Links(parts(one)[1])
    assert links.addresses == [link]
    assert not links.handlers
    assert not links.tags & {"script", "form", "img", "input", "button", "iframe", "link"}


@pytest.mark.req("NTF-3")
def test_mails_about_one_activity_are_one_thread_and_each_has_a_name_of_its_own() -> None:
    gate = asked_ann()
    ann = Notice.objects.get(moment="asked").user
    deliver_due()
    b.vote(gate, ann, "reject", "Not yet.")
    retry_activity(activity_id=gate.pk, reason="Mended.", actor=b.actor_for(gate.release.manager))
    make_due()
    deliver_due()
    about = [one for one in sent() if "QA sign-off" in subject(one)]
    assert len(about) == 3
    assert len({one["References"] for one in about}) == 1
    assert {one["References"] for one in about} == {one["In-Reply-To"] for one in about}
    assert len({one["Message-ID"] for one in about}) == 3
    assert {one["Auto-Submitted"] for one in about} == {"auto-generated"}
    again = next(
        one for one in about if subject(one).startswith("[Approve") and "attempt 2" in parts(one)[0]
    )
    assert "ann had rejected: “Not yet.”" in parts(again)[0]


@pytest.mark.req("NTF-3", "EXE-5")
def test_a_rejection_says_by_whom_and_why() -> None:
    gate = asked_ann()
    ann = Notice.objects.get(moment="asked").user
    b.vote(gate, ann, "reject", "The totals differ.")
    make_due()
    deliver_due()
    [one] = [each for each in sent() if subject(each).startswith("[Rejected]")]
    text, html = parts(one)
    assert one["To"] == "tom@example.com"
    for body in (text, html):
        assert "QA sign-off – Payments 1.0 was rejected by ann." in body
        assert "“The totals differ.”" in body


@pytest.mark.req("A-086", "A-092")
def test_hostile_names_and_comments_are_inert_in_every_part() -> None:
    ann = b.person("ann", email="ann@example.com", display_name="Ann")
    tom = tom_by_mail()
    release = run(
        b.phase("p", b.manual("gate", {"user": "ann"}, name=HOSTILE)),
        by=tom, name=HOSTILE, environments=[HOSTILE],
    )  # fmt: skip
    deliver_due()
    b.vote(b.activity(release, "gate"), ann, "reject", f"{HOSTILE}\nSubject: x\n\nBcc: y")
    make_due()
    deliver_due()
    assert len(mail.outbox) == 3
    for one in sent():
        text, html = parts(one)
        links = Links(html)
        assert not links.tags & {"script", "img"}
        assert not links.handlers
        assert all(each.startswith("http://testserver/") for each in links.addresses)
        assert "{{ 7|add:7 }}" in text
        assert not one["Bcc"]
        assert set(one.keys()) <= {
            "Subject", "From", "To", "Date", "Message-ID", "In-Reply-To", "References",
            "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type",
        }  # fmt: skip


@pytest.mark.req("A-092")
def test_a_name_with_line_breaks_or_direction_marks_is_one_line_and_is_delivered() -> None:
    asked_ann()
    notice = Notice.objects.get(moment="asked")
    hostile = "QA\r\nBcc: eve@example.com\u2028\u202eevil\x00\u200b"
    Notice.objects.update(
        facts=notice.facts.replace("QA sign-off", "QA\\r\\nBcc: eve@example.com\\u202eevil")
    )
    assert deliver_due().sent == 1
    [one] = sent()
    assert one["Bcc"] is None
    assert subject(one).endswith("QA Bcc: eve@example.com evil – Payments 1.0")
    assert one_line(hostile) == "QA Bcc: eve@example.com evil"
    assert mail.outbox[0].recipients() == ["ann@example.com"]


@pytest.mark.req("A-092")
def test_a_long_subject_is_cut() -> None:
    reachable("ann")
    ask({"user": "ann"}, by=tom_by_mail(), name="x" * 190)
    deliver_due()
    assert len(subject(sent()[0])) <= 160


@pytest.mark.req("B-26", "A-085", "A-060")
def test_to_open_the_link_of_a_mail_decides_nothing_whoever_does_it_and_how_often() -> None:
    gate = asked_ann()
    ann = Notice.objects.get(moment="asked").user
    deliver_due()
    [path] = [one.removeprefix("http://testserver") for one in Links(parts(sent()[0])[1]).addresses]
    scanner, herself = Client(), Client()
    herself.force_login(ann)
    before = (LedgerEntry.objects.count(), list(Notice.objects.values_list("read_at")))
    for _ in range(5):
        for client in (scanner, herself):
            for call in (client.get, client.head):
                call(path, headers={"purpose": "prefetch"})
                call("/notifications/", headers={"purpose": "prefetch"})
                call("/notifications/read/?notice=1")
                call("/notifications/read-all/?before=999999")
    assert (LedgerEntry.objects.count(), list(Notice.objects.values_list("read_at"))) == before
    assert not Decision.objects.exists()
    assert b.round_of(gate).state == "open"
    assert scanner.get("/notifications/").status_code == 302


@pytest.mark.req("NTF-3")
def test_times_are_in_the_zone_of_each_reader_and_named() -> None:
    asked_ann()
    ann = Notice.objects.get(moment="asked").user
    tom = tom_by_mail()
    for user, zone in ((ann, "Europe/Lisbon"), (tom, "America/New_York")):
        change_user(
            user_id=user.pk, actor=b.SYSTEM, display_name=str(user), email=user.email,
            time_zone=zone,
        )  # fmt: skip
    later = timezone.now() + dt.timedelta(hours=25)
    enforce_deadline(approval_id=b.round_of(Activity.objects.get()).pk, now=later)
    deliver_due()
    due = {
        one["To"]: re.search(r"due \d+ \w+ \d{4}, \d\d:\d\d (\w+)", parts(one)[0]) for one in sent()
    }
    zones = {to: found[1] for to, found in due.items() if found}
    assert zones["ann@example.com"] in {"WET", "WEST"}
    assert zones["tom@example.com"] in {"EST", "EDT"}


@pytest.mark.req("NTF-3", "EXE-5")
def test_a_mail_about_a_former_attempt_says_nothing_of_the_new_one_as_if_it_were_its_own() -> None:
    gate = asked_ann()
    ann = Notice.objects.get(moment="asked").user
    b.vote(gate, ann, "reject", "The totals differ.")
    retry_activity(activity_id=gate.pk, reason="Mended.", actor=b.actor_for(gate.release.manager))
    deliver_due()
    [old] = [each for each in sent() if subject(each).startswith("[Rejected]")]
    for body in parts(old):
        assert "This is about attempt 1; attempt 2 has begun since." in body
        assert "ann, " in body  # who decided in attempt 1
        assert "Still needed" not in body
        assert "escalates" not in body
        assert not re.search(r"\b(Due|Was due)\b", body)
    [new] = [each for each in sent() if subject(each).startswith("[Approve")]
    assert "Still needed" in parts(new)[0]
    assert "then escalates to cid" in parts(new)[0]


@pytest.mark.req("NTF-1")
def test_whoever_answered_before_the_mail_goes_out_is_not_told_that_it_is_overdue() -> None:
    who = reachable("ann", "bea", "cid")
    gate = ask(
        {"user": "ann"}, {"user": "bea"}, {"user": "cid"}, by=tom_by_mail(), rule="unanimous",
        deadline={"after": "1h", "on_miss": "stay"},
    )  # fmt: skip
    later = timezone.now() + dt.timedelta(hours=2)
    enforce_deadline(approval_id=b.round_of(gate).pk, now=later)
    b.vote(gate, who.ann)
    set_user_active(user_id=who.cid.pk, active=False, actor=b.SYSTEM)
    set_user_active(user_id=who.cid.pk, active=True, actor=b.SYSTEM)
    deliver_due()
    overdue = sorted(str(one["To"]) for one in sent() if subject(one).startswith("[Overdue]"))
    assert overdue == ["bea@example.com", "cid@example.com", "tom@example.com"]
    assert ("ann", "dropped", "settled") in deliveries(notice__moment="deadline_missed")


@pytest.mark.req("POL-9", "NTF-1")
def test_what_happened_is_said_by_its_code_and_not_by_who_is_missing() -> None:
    facts = {"title": "QA"}
    assert sentence_of("rejected", facts) == "QA was rejected."
    missed = {**facts, "because": "deadline_missed", "by": "somebody"}
    assert sentence_of("rejected", missed) == "QA was rejected: its deadline passed."
    assert sentence_of("failed", facts) == "QA has failed."
    late = {**facts, "because": "timed_out"}
    assert sentence_of("failed", late) == "QA has failed: it said nothing in time."
    reported = {**facts, "because": "failed", "by": "pipeline"}
    assert sentence_of("failed", reported) == "QA has failed, as pipeline reports."
    for moment, words in MOMENTS.items():
        every = [words.sentence, words.by_itself, *words.by_code.values()]
        assert all(one.strip() == one for one in every), moment


@pytest.mark.req("NTF-1", "EXE-2")
def test_a_reminder_is_the_mail_that_asks_in_the_name_of_whoever_reminds() -> None:
    gate = asked_ann()
    deliver_due()
    tom = gate.release.manager
    remind_awaited(release_id=gate.release_id, actor=b.actor_for(tom))
    deliver_due()
    first, second = sent()
    assert second["To"] == "ann@example.com"
    assert subject(second).startswith("[Reminder: approve by ")
    assert subject(second).endswith(subject(first).partition("]")[2])
    assert second["References"] == first["References"]
    for body in parts(second):
        assert "tom reminds you: QA sign-off – Payments 1.0 waits for you." in body
        assert "You are asked because you are named as an approver." in body
        assert "Review and decide" in body
    b.vote(gate, Notice.objects.get(moment="asked").user)


@pytest.mark.req("NTF-1")
def test_a_reminder_of_what_was_settled_meanwhile_is_not_sent() -> None:
    gate = asked_ann()
    deliver_due()
    remind_awaited(release_id=gate.release_id, actor=b.actor_for(gate.release.manager))
    b.vote(gate, Notice.objects.get(moment="asked").user)
    deliver_due()
    assert [one for one in sent() if "Reminder" in subject(one)] == []
    assert ("ann", "dropped", "settled") in deliveries(notice__moment="reminded")


@pytest.mark.req("NTF-1")
def test_every_mail_says_why_one_gets_it() -> None:
    gate = asked_ann()
    b.vote(gate, Notice.objects.get(moment="asked").user, "reject", "No.")
    deliver_due()
    assert len(sent()) >= 2
    for one in sent():
        for body in parts(one):
            assert body.count("You get this because you ") == 1
