"""Mail goes out through a real server: at least once, ever more rarely, never for nothing (NTF-3)."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone
from structlog.testing import capture_logs

from audit.errors import Conflict
from audit.models import Delivery
from audit.services.deliveries import MOST_ATTEMPTS, claim_next, end, fail, pause_after
from portal.doctor import examine
from portal.mail import NO_MAIL_BACKEND
from portal.models import Heartbeat
from portal.notifications import sending
from portal.notifications.email import masked
from portal.notifications.sending import GIVE_UP_AFTER, MOST_FAULTS, deliver_due
from portal.services.deliveries import send_again
from portal.services.people import set_user_active
from portal.tick import tick
from releases.services.lifecycle import hold_release
from releases.services.ownership import change_manager
from releases.services.products import change_product
from releases.services.roles import end_role
from tests import builders as b
from tests.portal.notifications.scenes import deliveries, make_due, reachable, tom_by_mail
from tests.portal.notifications.servers import MailBox, mail_server
from tests.refusals import refused
from tests.scenes import ask, run

pytestmark = [pytest.mark.django_db]

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def box(settings: Any) -> Iterator[MailBox]:
    """A server that the product is set to."""
    with mail_server() as made:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", made.port
        settings.EMAIL_TIMEOUT = 1
        yield made


def asked(*names: str) -> Any:
    """A gate that asks these people."""
    reachable(*names)
    return ask(*({"user": name} for name in names), rule="unanimous", by=tom_by_mail())


def again(box: MailBox) -> None:
    """The pauses are over, and the server is well."""
    box.does = "take"
    make_due()
    deliver_due()


@pytest.mark.req("NTF-2", "NTF-3")
def test_each_is_sent_once_with_text_and_html_and_noted(box: MailBox) -> None:
    asked("ann", "bea")
    assert tick().done == {"sent": 2}
    assert tick().done == {}
    assert {one["To"] for one in box.taken} == {"ann@example.com", "bea@example.com"}
    assert all(one.get_content_type() == "multipart/alternative" for one in box.taken)
    assert set(Delivery.objects.values_list("state", "attempts", "error")) == {("sent", 1, "")}
    assert set(Delivery.objects.values_list("address", flat=True)) == {
        "a…@example.com", "b…@example.com",
    }  # fmt: skip
    assert not Delivery.objects.filter(sent_at=None).exists()


@pytest.mark.req("NTF-3")
@pytest.mark.parametrize("does", ["later", "drop"])
def test_what_fails_is_tried_again_after_a_pause_under_the_same_name(
    box: MailBox, does: str
) -> None:
    asked("ann")
    box.does = does
    assert deliver_due().failed == 1
    [row] = Delivery.objects.all()
    assert (row.state, row.attempts) == ("failed", 1)
    assert row.next_try_at > timezone.now() + dt.timedelta(seconds=20)
    assert deliver_due().failed == 0
    again(box)
    assert deliveries() == [("ann", "sent", "")]
    assert box.ids == [f"<{row.mark}@testserver>"]


@pytest.mark.req("NTF-3")
def test_a_server_that_does_not_answer_in_time_is_left_alone(box: MailBox) -> None:
    asked("ann")
    box.does, box.delay = "slow", 2.0
    started = time.monotonic()
    assert deliver_due().failed == 1
    assert time.monotonic() - started < 2
    # smtplib says for a socket that timed out while it reads that the server has gone.
    assert deliveries()[0][1:] == ("failed", "SMTPServerDisconnected")


@pytest.mark.req("NTF-3")
def test_a_silent_server_costs_few_attempts_however_many_wait(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    asked(*(f"p{number}" for number in range(8)))
    assert deliver_due().failed == GIVE_UP_AFTER
    assert Delivery.objects.filter(attempts=0).count() == 8 - GIVE_UP_AFTER


@pytest.mark.req("NTF-3")
@pytest.mark.parametrize(
    ("does", "code"), [("refuse", "smtp_550_5.1.1"), ("content", "smtp_554_5.6.0")]
)
def test_what_will_never_be_taken_is_dead_at_once_and_keeps_no_other_from_going_out(
    box: MailBox, does: str, code: str
) -> None:
    asked("ann")
    box.does = does
    assert deliver_due().failed == 1
    assert deliveries() == [("ann", "dead", code)]
    asked("bea")
    again(box)
    assert deliveries() == [("ann", "dead", code), ("bea", "sent", "")]


@pytest.mark.req("NTF-3")
@pytest.mark.parametrize(
    ("does", "code"),
    [
        ("554 5.7.1 Relay access denied", "smtp_refuses_us_554_5.7.1"),
        ("550 5.7.1 Client host is not authenticated", "smtp_refuses_us_550_5.7.1"),
        ("550 relay not permitted", "smtp_refuses_us_550"),
        ("530 5.5.1 Authentication required", "smtp_refuses_us_530_5.5.1"),
        ("data 550 5.7.26 This mail is unauthenticated", "smtp_refuses_us_550_5.7.26"),
    ],
)
def test_a_server_that_refuses_this_installation_kills_no_mail_and_is_left_alone(
    box: MailBox, does: str, code: str
) -> None:
    asked("ann", "bea", "cid", "dora", "eve")
    box.does = does
    assert deliver_due().failed == GIVE_UP_AFTER
    assert sorted(deliveries()) == [
        ("ann", "failed", code), ("bea", "failed", code), ("cid", "failed", code),
        ("dora", "pending", ""), ("eve", "pending", ""),
    ]  # fmt: skip
    again(box)
    assert {state for _, state, _ in deliveries()} == {"sent"}
    assert len(box.taken) == 5


@pytest.mark.req("NTF-3")
def test_recipients_who_let_nobody_unknown_write_to_them_keep_no_other_from_getting_mail(
    box: MailBox,
) -> None:
    shut = ["ann", "bea", "cid", "dora"]
    asked(*shut, "eve")
    box.does = "550 5.7.1 Delivery not authorized, message refused"
    box.only = frozenset(f"{name}@example.com" for name in shut)
    assert len(shut) > GIVE_UP_AFTER
    done = deliver_due()
    assert (done.sent, done.failed) == (1, len(shut))
    code = "smtp_refuses_us_550_5.7.1"
    assert sorted(deliveries()) == [
        *((name, "failed", code) for name in shut), ("eve", "sent", ""),
    ]  # fmt: skip
    again(box)
    assert {state for _, state, _ in deliveries()} == {"sent"}


@pytest.mark.req("NTF-3")
def test_after_the_last_attempt_it_is_dead_and_doctor_says_so(box: MailBox) -> None:
    asked("ann")
    box.does = "later"
    for _ in range(MOST_ATTEMPTS):
        make_due()
        deliver_due()
    assert deliveries() == [("ann", "dead", "smtp_451_4.3.0")]
    make_due()
    assert claim_next(channel="email") is None
    found = examine()
    [note] = [one for one in found.notes if one.code == "dead_mail"]
    assert "failed for good after 20 attempts: smtp_451_4.3.0" in note.detail


@pytest.mark.req("NTF-3", "A-022")
def test_what_kills_whoever_sends_it_is_given_up() -> None:
    asked("ann")
    for _ in range(MOST_ATTEMPTS):
        make_due()
        assert claim_next(channel="email") is not None
    make_due()
    assert claim_next(channel="email") is None
    assert deliveries() == [("ann", "dead", "worker_died")]


@pytest.mark.req("NTF-3")
def test_pauses_grow_to_an_hour_and_are_not_all_alike() -> None:
    tries = range(1, 30)
    several = [[pause_after(number).total_seconds() for _ in range(50)] for number in tries]
    for number, found in zip(tries, several, strict=True):
        whole = min(30 * 2 ** (number - 1), 3600)
        assert 0.75 * whole <= min(found) < max(found) <= 1.25 * whole, number
        assert len(set(found)) > 5


@pytest.mark.req("NTF-3")
def test_a_try_is_counted_before_it_begins(box: MailBox, monkeypatch: pytest.MonkeyPatch) -> None:
    asked("ann")
    counted: list[int] = []

    def look(*_: Any, **__: Any) -> None:
        counted.append(Delivery.objects.get().attempts)
        raise ConnectionResetError

    monkeypatch.setattr("portal.notifications.sending._Mailer.send", look)
    deliver_due()
    assert counted == [1]


@pytest.mark.req("NTF-3", "EXE-2")
def test_what_was_settled_meanwhile_is_not_sent(box: MailBox) -> None:
    gate = asked("ann", "bea")
    who = reachable("ann", "bea")
    b.vote(gate, who.ann)
    deliver_due()
    assert deliveries() == [("ann", "dropped", "settled"), ("bea", "sent", "")]
    b.vote(gate, who.bea, "reject")
    gone = asked("cid")
    b.vote(gone, reachable("cid").cid)
    deliver_due()
    assert ("cid", "dropped", "settled") in deliveries()


@pytest.mark.req("NTF-3", "A-061", "SEC-1")
def test_whoever_has_left_or_may_no_longer_see_it_gets_nothing(box: MailBox) -> None:
    who, tom = reachable("ann", "bea"), tom_by_mail()
    b.role("lead")
    held = b.give("lead", who.bea)
    ask({"user": "ann"}, {"role": "lead"}, rule="any", by=tom)
    end_role(assignment_id=held.pk, actor=b.SYSTEM)
    set_user_active(user_id=who.ann.pk, active=False, actor=b.SYSTEM)
    deliver_due()
    found = {name: (state, error) for name, state, error in deliveries()}
    assert found["ann"] == ("dropped", "inactive")
    assert found["bea"] == ("dropped", "no_longer_asked")
    # Tom alone is told: that nobody can complete it any more.
    assert [one["To"] for one in box.taken] == ["tom@example.com"]


@pytest.mark.req("NTF-3", "MON-5")
def test_nothing_is_sent_about_a_product_that_was_archived(box: MailBox) -> None:
    gate = asked("ann")
    release = gate.release
    hold_release(release_id=release.pk, reason="Wait.", actor=b.actor_for(b.superuser()))
    assert ("tom", "pending", "") in deliveries()
    product = release.product
    change_product(
        product_id=product.pk, name=product.name, description="", tags=[], is_archived=True,
        reason="Gone.", actor=b.SYSTEM,
    )  # fmt: skip
    deliver_due()
    assert {(state, error) for _, state, error in deliveries()} == {("dropped", "archived")}
    assert box.taken == []


@pytest.mark.req("NTF-3")
def test_without_a_mail_server_nothing_waits_for_ever(settings: Any) -> None:
    settings.EMAIL_BACKEND = NO_MAIL_BACKEND
    asked("ann")
    assert deliver_due().dropped == 1
    assert deliveries() == [("ann", "dropped", "no_mail")]


@pytest.mark.req("NTF-3")
def test_one_mail_that_cannot_be_made_keeps_no_other_from_going_out(
    box: MailBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked("ann", "bea")
    real_render = sending.render

    def once(look: Any, now: Any) -> Any:
        if look.reader.username == "ann":
            raise ValueError("no such thing")
        return real_render(look, now)

    monkeypatch.setattr(sending, "render", once)
    deliver_due()
    assert sorted(deliveries()) == [("ann", "failed", "ValueError"), ("bea", "sent", "")]


@pytest.mark.req("NTF-3")
def test_a_fault_of_ours_is_logged_with_its_place_and_given_up_soon(
    box: MailBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked("ann")
    address = reachable("ann").ann.email

    def broken(*_: Any) -> Any:
        raise ValueError(address)

    monkeypatch.setattr(sending, "render", broken)
    with capture_logs() as logs:
        for _ in range(MOST_FAULTS + 1):
            make_due()
            deliver_due()
    assert deliveries() == [("ann", "dead", "ValueError")]
    assert Delivery.objects.get().attempts == MOST_FAULTS == len(logs)
    assert "in broken" in logs[0]["trace"]
    assert address not in str(logs)


@pytest.mark.req("NTF-3")
@pytest.mark.parametrize(
    ("address", "shown"),
    [("maya@x.org", "m…@x.org"), ("ab@x.org", "…@x.org"), ("a@x.org", "…@x.org"), ("", "…")],
)
def test_an_address_is_masked_however_short(address: str, shown: str) -> None:
    assert masked(address) == shown


@pytest.mark.req("NTF-3")
def test_doctor_says_what_a_server_that_refuses_us_wants(box: MailBox) -> None:
    asked("ann", "bea")
    box.does = "554 5.7.1 Relay access denied"
    deliver_due()
    found = examine()
    [note] = [one for one in found.notes if one.code == "mail_waits"]
    assert note.detail.startswith("2 messages were not taken and will be tried again")
    assert "(smtp 554 5.7.1)" in note.detail
    assert "COUNTERSIGN_MAIL_FROM" in note.mend
    again(box)
    assert [one for one in examine().notes if one.code == "mail_waits"] == []


@pytest.mark.req("NTF-3")
@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_two_senders_never_take_the_same_one(box: MailBox) -> None:
    asked(*(f"p{number}" for number in range(12)))

    def send() -> int:
        try:
            return deliver_due().sent
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        numbers = [one.result() for one in [pool.submit(send) for _ in range(3)]]
    assert sum(numbers) == 12
    assert len(box.taken) == len(set(box.ids)) == 12


@pytest.mark.req("NTF-3")
def test_embedded_mail_is_a_file(settings: Any, tmp_path: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    asked("ann")
    assert deliver_due().sent == 1
    [file] = tmp_path.iterdir()
    assert b"ann@example.com" in file.read_bytes()
    assert mail.outbox == []
    assert deliveries() == [("ann", "sent", "")]


@pytest.mark.req("NTF-3", "EXE-2")
def test_whoever_left_before_the_mail_and_is_asked_again_gets_one(box: MailBox) -> None:
    who, tom = reachable("ann", "bea"), tom_by_mail()
    b.role("lead")
    held = b.give("lead", who.bea)
    ask({"user": "ann"}, {"role": "lead"}, rule="any", by=tom)
    end_role(assignment_id=held.pk, actor=b.SYSTEM)
    deliver_due()
    assert ("bea", "dropped", "no_longer_asked") in deliveries()
    b.give("lead", who.bea)
    for _ in range(2):
        make_due()
        deliver_due()
    assert [one["To"] for one in box.taken].count("bea@example.com") == 1


@pytest.mark.req("NTF-3", "MON-5")
def test_what_was_asked_of_a_product_that_comes_back_is_mailed_then(box: MailBox) -> None:
    gate = asked("ann", "bea")
    product, who = gate.release.product, reachable("ann", "bea")

    def archive(is_archived: bool) -> None:
        change_product(
            product_id=product.pk, name=product.name, is_archived=is_archived, actor=b.SYSTEM
        )
        make_due()
        deliver_due()

    archive(True)
    assert {(state, error) for _, state, error in deliveries()} == {("dropped", "archived")}
    b.vote(gate, who.bea)
    archive(False)
    assert deliveries() == [("ann", "sent", ""), ("bea", "dropped", "settled")]
    assert [one["To"] for one in box.taken] == ["ann@example.com"]


@pytest.mark.req("NTF-3", "A-022")
def test_of_two_workers_with_one_mail_the_later_claim_says_how_it_ended(box: MailBox) -> None:
    asked("ann")
    slow = claim_next(channel="email")
    assert slow is not None
    Delivery.objects.update(next_try_at=LONG_AGO)  # its lease has run out
    quick = claim_next(channel="email")
    assert quick is not None
    assert (quick.pk, quick.attempts) == (slow.pk, 2)
    fail(slow, "timeout")
    end(slow, Delivery.State.DEAD, "smtp_550")
    row = Delivery.objects.get()
    assert (row.state, row.error) == ("pending", "")
    assert row.next_try_at == quick.next_try_at
    end(quick, Delivery.State.SENT)
    assert Delivery.objects.get().state == "sent"


@pytest.mark.req("NTF-3", "A-022")
def test_what_is_being_sent_is_not_sent_a_second_time_meanwhile(box: MailBox) -> None:
    asked("ann")
    ada = b.actor_for(b.superuser())
    taken = claim_next(channel="email")
    assert taken is not None
    with refused("being_sent", Conflict):
        send_again(delivery_id=taken.pk, actor=ada)
    # The worker that was thought lost comes back after another one has sent it: that one counts.
    Delivery.objects.update(next_try_at=LONG_AGO)
    deliver_due()
    fail(taken, "timeout")
    assert Delivery.objects.get(pk=taken.pk).state == "sent"


@pytest.mark.req("OPS-3")
def test_a_server_that_answers_slowly_does_not_stop_the_heart(
    box: MailBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The task is killed while it sends; what is due has been done, and the heart has beaten."""
    asked("ann")

    def killed(name: str) -> None:
        if name == "before_send":
            raise KeyboardInterrupt

    monkeypatch.setattr(sending, "faultpoint", killed)
    with pytest.raises(KeyboardInterrupt):
        tick(beat="here")
    assert Heartbeat.objects.filter(name="here").exists()


@pytest.mark.req("NTF-1", "MON-5", "REL-1")
def test_whoever_managed_a_release_is_told_that_it_was_given_away_and_no_more(box: MailBox) -> None:
    reachable("ann", "former", "new")
    release = run(
        b.phase("p", b.manual("gate", {"user": "ann"})),
        by=tom_by_mail(), manager="former", commit="c0ffee",
    )  # fmt: skip
    change_manager(release_id=release.pk, manager="new", reason="He left.", actor=b.SYSTEM)
    deliver_due()
    mails = {one["To"]: one for one in box.taken if one["Subject"].startswith("[New manager]")}
    assert set(mails) == {f"{name}@example.com" for name in ("former", "new", "tom")}
    texts = {to: one.get_body(("plain",)).get_content() for to, one in mails.items()}
    theirs, his = texts["new@example.com"], texts["former@example.com"]
    assert "c0ffee" in theirs
    assert f"/releases/{release.pk}/" in theirs
    assert "has another release manager: new." in his
    assert "you managed this release until now" in his
    # Nothing of the release itself: it is out of their sight.
    for hidden in ("c0ffee", f"/releases/{release.pk}/", release.reference, "State now"):
        assert hidden not in his


@pytest.mark.req("NTF-3", "MON-5")
def test_nor_is_the_former_manager_of_a_release_whose_product_was_archived(box: MailBox) -> None:
    reachable("ann", "former", "new")
    release = run(
        b.phase("p", b.manual("gate", {"user": "ann"})), by=tom_by_mail(), manager="former"
    )
    change_manager(release_id=release.pk, manager="new", reason="He left.", actor=b.SYSTEM)
    product = release.product
    change_product(
        product_id=product.pk, name=product.name, description="", tags=[], is_archived=True,
        reason="Gone.", actor=b.SYSTEM,
    )  # fmt: skip
    deliver_due()
    assert ("former", "dropped", "archived") in deliveries(notice__moment="manager_changed")
    assert box.taken == []
