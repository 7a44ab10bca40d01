"""The notification centre: one's own, what still needs one first, read when one says so (NTF-5, NTF-7)."""

from __future__ import annotations

import datetime as dt
import json
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Delivery, LedgerEntry, Notice
from audit.services.deliveries import end
from audit.services.notices import mark_all_read, mark_read
from portal.notifications.centre import count_unread
from portal.notifications.sending import deliver_due
from portal.pages.notifications import told_page
from portal.pages.standing import standing_of
from portal.services.people import set_user_active
from releases.services.activities import retry_activity
from releases.services.lifecycle import hold_release
from releases.services.ownership import change_manager
from releases.services.products import change_product
from releases.services.roles import end_role
from tests import builders as b
from tests.portal.api.client import Api, ok, refused
from tests.portal.notifications.scenes import make_due, reachable, told, tom_by_mail
from tests.portal.pages.browser import Browser, values_of
from tests.scenes import ask, run

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


class Page(HTMLParser):
    """The words and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.words = ""
        self.feed(text)
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name == "href" and tag == "a"]
        assert not [name for name, _ in attrs if name == "style" or name.startswith("on")], attrs

    def handle_data(self, data: str) -> None:
        self.words += f" {data}"


def client_for(user: Any) -> Client:
    """A browser in which a person is signed in."""
    client = Client()
    client.force_login(user)
    return client


def at_the_bell(user: Any) -> int:
    """The number that somebody sees at the bell."""
    return standing_of(user.pk).unread


def activities_in(page: Page) -> list[str]:
    """The activities that a page of the centre names, in their order."""
    return [link for link in page.links if link.startswith("/activities/")]


def shown(client: Client, path: str = "/notifications/") -> Page:
    """A page."""
    answer = client.get(path)
    assert answer.status_code == 200
    return Page(answer.content.decode())


@pytest.mark.req("NTF-5")
def test_what_needs_me_comes_first_and_leaves_the_group_when_it_is_settled() -> None:
    who, tom = reachable("ann", "bea"), tom_by_mail()
    release = run(
        b.phase(
            "p",
            b.manual("one", {"user": "ann"}, needs=[]),
            b.manual("two", {"user": "ann"}, {"user": "bea"}, needs=[]),
        ),
        by=tom,
    )
    one, two = b.activity(release, "one"), b.activity(release, "two")
    b.vote(two, who.bea)
    client = client_for(who.ann)
    words = shown(client).words
    assert words.index("Needs you") < words.index("One – Payments 1.0 waits for you.")
    assert words.index("For your information") < words.index("Two – Payments 1.0 is complete")
    assert "because you are named as an approver" in words
    assert f"/activities/{one.pk}/" in shown(client).links
    assert at_the_bell(who.ann) == 1
    b.vote(one, who.ann)
    assert "Needs you" not in shown(client).words
    assert at_the_bell(who.ann) == 0


@pytest.mark.req("NTF-5", "EXE-9")
def test_a_stuck_round_needs_its_manager_until_it_is_stuck_no_more() -> None:
    who, tom = reachable("ann"), tom_by_mail()
    ask({"user": "ann"}, by=tom)
    set_user_active(user_id=who.ann.pk, active=False, actor=b.SYSTEM)
    assert (at_the_bell(tom), count_unread(b.actor_for(tom))) == (1, 1)
    set_user_active(user_id=who.ann.pk, active=True, actor=b.SYSTEM)
    assert (at_the_bell(tom), count_unread(b.actor_for(tom))) == (0, 1)


@pytest.mark.req("NTF-5")
def test_one_marks_ones_own_as_read_and_nobody_elses() -> None:
    who = reachable("ann", "bea")
    ask({"user": "ann"}, {"user": "bea"}, by=tom_by_mail())
    keys = list(Notice.objects.values_list("pk", flat=True))
    entries = LedgerEntry.objects.count()
    client = client_for(who.ann)
    answer = client.post("/notifications/read/", {"notice": keys})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/notifications/")
    assert list(Notice.objects.exclude(read_at=None).values_list("user", flat=True)) == [who.ann.pk]
    assert mark_read(notice_ids=keys, actor=b.actor_for(who.ann)) == 0
    assert LedgerEntry.objects.count() == entries
    first = Notice.objects.get(user=who.ann).read_at
    client.post("/notifications/read/", {"notice": [*map(str, keys), "x", "9" * 30, "-1"]})
    assert Notice.objects.get(user=who.ann).read_at == first


@pytest.mark.req("NTF-5")
def test_all_read_means_all_that_there_were_when_the_page_was_made() -> None:
    ann, tom = reachable("ann").ann, tom_by_mail()
    ask({"user": "ann"}, by=tom)
    browser = Browser(ann)
    form = browser.get("/notifications/").form("/notifications/read-all/")
    ask({"user": "ann"}, by=tom)
    for before in ("", "x", "0"):
        browser.client.post("/notifications/read-all/", {"before": before})
        assert (at_the_bell(ann), count_unread(b.actor_for(ann))) == (2, 2)
    browser.send(form)
    assert (at_the_bell(ann), count_unread(b.actor_for(ann))) == (1, 1)
    client = client_for(ann)
    words = shown(client, "/notifications/?show=unread").words
    assert words.count("waits for you") >= 1
    assert mark_all_read(actor=b.actor_for(ann)) == 1
    assert "Nothing is unread." in shown(client, "/notifications/?show=unread").words


@pytest.mark.req("NTF-5")
def test_all_read_is_all_of_the_account_and_not_of_the_page() -> None:
    ann, tom = reachable("ann").ann, tom_by_mail()
    gates = [b.manual(f"g{number}", {"user": "ann"}, needs=[]) for number in range(60)]
    long_ago = timezone.now() - dt.timedelta(hours=1)
    run(b.phase("p", *gates), by=tom, now=long_ago)
    assert at_the_bell(ann) == 60
    browser = Browser(ann)
    for address in ("/notifications/?show=unread", "/notifications/"):
        form = browser.get(address).form("/notifications/read-all/")
        assert values_of(form)["recent"] == ""
    browser.send(form)
    assert (at_the_bell(ann), Notice.objects.filter(read_at=None, user=ann).count()) == (0, 0)


@pytest.mark.req("NTF-5")
def test_what_was_written_but_not_yet_seen_stays_unread() -> None:
    """Keys are given before a commit: one below the newest may come to light after the page was made."""
    ann, tom = reachable("ann").ann, tom_by_mail()
    ask({"user": "ann"}, by=tom)
    hidden = Notice.objects.get(user=ann)
    ask({"user": "ann"}, by=tom)
    other = Notice.objects.exclude(pk=hidden.pk).get(user=ann)
    kept = {field.attname: getattr(hidden, field.attname) for field in Notice._meta.fields}
    Delivery.objects.filter(notice=hidden).delete()
    hidden.delete()
    browser = Browser(ann)
    form = browser.get("/notifications/").form("/notifications/read-all/")
    Notice.objects.create(**kept)
    browser.send(form)
    unread = Notice.objects.filter(read_at=None).values_list("pk", flat=True)
    assert kept["id"] < other.pk
    assert list(unread) == [kept["id"]]


@pytest.mark.req("NTF-5")
def test_marking_leads_back_to_the_page_and_filter_without_script() -> None:
    ann, tom = reachable("ann").ann, tom_by_mail()
    gates = [b.manual(f"g{number}", {"user": "ann"}, needs=[]) for number in range(55)]
    run(b.phase("p", *gates), by=tom)
    client = client_for(ann)
    older = Notice.objects.filter(user=ann).order_by("pk")[3].pk
    for path, form in (("read", {"notice": older - 1}), ("read-all", {"before": "0"})):
        place = {"older": older, "show": "unread"}
        answer = client.post(f"/notifications/{path}/", {**form, **place})
        assert answer.headers["Location"] == f"/notifications/?show=unread&older={older}"
        odd = {"older": "//evil", "show": "https://evil.example/"}
        answer = client.post(f"/notifications/{path}/", {**form, **odd})
        assert answer.headers["Location"] == "/notifications/"


@pytest.mark.req("NTF-5")
def test_with_htmx_the_list_alone_comes_back_and_counters_are_told() -> None:
    ann = reachable("ann").ann
    ask({"user": "ann"}, by=tom_by_mail())
    client = client_for(ann)
    answer = client.post(
        "/notifications/read/", {"notice": Notice.objects.get().pk}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert b"<html" not in answer.content
    assert answer.headers["HX-Trigger"] == "approvals:changed"
    assert "HX-Request" in answer.headers["Vary"]
    panel = client.get("/notifications/latest/")
    assert b"<html" not in panel.content
    assert "All notifications" in panel.content.decode()


@pytest.mark.req("MON-5", "A-059")
def test_of_what_one_may_not_see_nothing_is_listed_or_counted() -> None:
    ann, tom = reachable("ann").ann, tom_by_mail()
    gate = ask({"user": "ann"}, by=tom)
    product = gate.release.product
    change_product(
        product_id=product.pk, name=product.name, description="", tags=[], is_archived=True,
        reason="Gone.", actor=b.SYSTEM,
    )  # fmt: skip
    for user in (ann, tom):
        assert (at_the_bell(user), count_unread(b.actor_for(user))) == (0, 0)
        assert "Payments" not in shown(client_for(user)).words
        assert ok(Api(user).get("notifications/"))["results"] == []


@pytest.mark.req("A-086")
def test_hostile_names_are_inert_in_the_centre() -> None:
    ann = reachable("ann").ann
    hostile = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
    gate = ask({"user": "ann"}, by=tom_by_mail(), name=hostile)
    page = shown(client_for(ann))
    assert hostile in page.words
    assert "img" not in page.tags
    other = reachable("bea").bea
    b.group(hostile[:60], other)
    gate = ask({"group": hostile[:60]}, by=tom_by_mail())
    assert told(gate) == [("asked", "bea", "group")]
    assert "img" not in shown(client_for(other)).tags


@pytest.mark.req("NTF-5")
def test_fifty_a_page_and_the_same_number_of_statements() -> None:
    ann, tom = reachable("ann").ann, tom_by_mail()
    client = client_for(ann)
    counts = []
    for round_number in range(3):
        gates = [b.manual(f"g{number}", {"user": "ann"}, needs=[]) for number in range(55)]
        run(b.phase("p", *gates), by=tom)
        with CaptureQueriesContext(connection) as captured:
            page = shown(client)
        counts.append(len(captured))
        assert len(activities_in(page)) == 50, round_number
    assert len(set(counts)) == 1, counts
    seen = set(activities_in(page))
    while further := [link for link in page.links if "older=" in link]:
        page = shown(client, further[0])
        assert "/notifications/" in page.links
        assert not seen & set(activities_in(page))
        seen |= set(activities_in(page))
    assert len(seen) == 165
    for odd in ("0", "-1", "x", "99999999999999999999"):
        assert client.get(f"/notifications/?older={odd}").status_code == 200
    assert client.get("/notifications/?page=10000").status_code == 200


@pytest.mark.req("NTF-5")
def test_pages_go_from_what_needs_me_to_the_oldest_without_a_gap() -> None:
    ann, tom = reachable("ann").ann, tom_by_mail()
    gates = [b.manual(f"g{number}", {"user": "ann"}, needs=[]) for number in range(65)]
    release = run(b.phase("p", *gates), by=tom)
    for number in range(58):
        b.vote(b.activity(release, f"g{number}"), ann)
    client = client_for(ann)
    first = shown(client)
    assert first.words.count("Needs you") == 1
    waiting = {b.activity(release, f"g{number}").pk for number in range(58, 65)}
    assert {int(link.split("/")[2]) for link in activities_in(first)[:7]} == waiting
    [older] = [link for link in first.links if "older=" in link]
    second = shown(client, older)
    assert "Needs you" not in second.words
    both = activities_in(first) + activities_in(second)
    assert len(both) == len(set(both)) == 65
    assert not [link for link in second.links if "older=" in link]


@pytest.mark.req("NTF-5", "EXE-9", "MON-5")
def test_what_is_stuck_counts_for_whoever_manages_it_now() -> None:
    who, tom = reachable("ann", "vera"), tom_by_mail()
    gate = ask({"user": "ann"}, by=tom)
    given = b.give("release-manager", who.vera, gate.release.scope)
    set_user_active(user_id=who.ann.pk, active=False, actor=b.SYSTEM)
    assert (at_the_bell(tom), at_the_bell(who.vera)) == (1, 1)
    assert "Needs you" in shown(client_for(who.vera)).words
    end_role(assignment_id=given.pk, actor=b.SYSTEM)
    assert (at_the_bell(tom), at_the_bell(who.vera)) == (1, 0)
    words = shown(client_for(who.vera)).words
    assert "Needs you" not in words
    assert "Payments" not in words


@pytest.mark.req("NTF-7")
def test_who_was_told_what_over_which_channel_with_what_result() -> None:
    who, tom = reachable("ann", "bea"), tom_by_mail()
    nomail = b.person("nomail", display_name="Nora Mail")
    gate = ask({"user": "ann"}, {"user": "bea"}, {"user": "nomail"}, rule="unanimous", by=tom)
    b.vote(gate, who.bea)
    deliver_due()
    mark_all_read(actor=b.actor_for(who.ann))
    rows = {(one.name, one.channel): one.result for one in told_page(gate).lines}
    assert rows == {
        ("ann", "In the portal"): "read", ("ann", "Email"): "sent",
        ("bea", "In the portal"): "not read yet",
        ("bea", "Email"): "not sent: it was settled before",
        ("Nora Mail", "In the portal"): "not read yet",
        ("Nora Mail", "Email"): "not sent: no e-mail address",
    }  # fmt: skip
    answer = ok(Api(tom).get(f"activities/{gate.pk}/notices/"))["results"]
    by_name = {one["to"]["username"]: one for one in answer}
    assert set(by_name) == {"ann", "bea", "nomail"}
    assert by_name["ann"]["channels"] == [
        {**by_name["ann"]["channels"][0], "channel": "in_app", "result": "read"},
        {**by_name["ann"]["channels"][1], "channel": "email", "result": "sent", "attempts": 1},
    ]
    assert "example.com" not in str(answer)
    assert nomail is not None
    refused(Api(b.person("stranger")).get(f"activities/{gate.pk}/notices/"), 404)


@pytest.mark.req("NTF-7")
def test_who_was_told_comes_fifty_at_a_time_the_newest_attempt_first() -> None:
    ann, tom = reachable("ann").ann, tom_by_mail()
    voters = [b.person(f"v{number}") for number in range(60)]
    gate = ask({"group": b.group("all", ann, *voters).name}, by=tom)
    b.vote(gate, ann, "reject")
    retry_activity(activity_id=gate.pk, reason="Again.", actor=b.actor_for(tom))
    names: list[tuple[bool, str]] = []
    address, pages = f"/activities/{gate.pk}/?tab=notifications", 0
    while address:
        page = Browser(tom).get(address)
        rows = page.part("tabs").all("tr")[1:]
        assert 0 < len(rows) <= 100, "two lines a notice, fifty notices"
        pages += 1
        older = [one.attrs["href"] for one in page.part("tabs").all("a") if one.text == "Older"]
        address = older[0].partition("#")[0] if older else ""
        names += [("attempt 2" in row.text, row.text) for row in rows]
    total = Notice.objects.filter(host=gate.host).count()
    assert pages == -(-total // 50) > 2
    assert [newer for newer, _ in names] == sorted((newer for newer, _ in names), reverse=True)
    for odd in ("-1", "x", "9" * 30, "9" * 18):
        answer = Browser(tom).get(f"/activities/{gate.pk}/?tab=notifications&older={odd}")
        assert answer.status == 200


@pytest.mark.req("NTF-5", "API-1")
def test_the_api_lists_ones_own_newest_first() -> None:
    who, tom = reachable("ann", "bea"), tom_by_mail()
    gates = [ask({"user": "ann"}, by=tom) for _ in range(3)]
    api = Api(who.ann)
    found = ok(api.get("notifications/?page_size=2"))
    assert [one["path"] for one in found["results"]] == [
        f"/activities/{gate.pk}/" for gate in reversed(gates[1:])
    ]
    assert found["next"]
    assert {one["waits"] for one in found["results"]} == {True}
    mark_read(notice_ids=[found["results"][0]["id"]], actor=b.actor_for(who.ann))
    assert len(ok(api.get("notifications/?unread=true"))["results"]) == 2
    assert len(ok(api.get("notifications/?unread=false"))["results"]) == 1
    refused(api.get("notifications/?unread=maybe"), 422)
    assert ok(Api(who.bea).get("notifications/"))["results"] == []


@pytest.mark.req("NTF-3", "SEC-1")
def test_an_administrator_has_a_dead_mail_sent_again_and_nobody_else() -> None:
    reachable("ann")
    ask({"user": "ann"}, by=tom_by_mail())
    row = Delivery.objects.get()
    end(row, Delivery.State.DEAD, "smtp_550", address="a…@example.com")
    path = f"/admin/audit/delivery/{row.pk}/send-again/"
    staff = b.person("staff", is_staff=True)
    assert client_for(staff).post(path).status_code in {403, 404}
    ada = client_for(b.superuser())
    listed = ada.get("/admin/audit/delivery/").content.decode()
    assert "smtp 550" in listed
    assert "ann@example.com" not in listed
    assert ada.get(path).status_code == 200
    row.refresh_from_db()
    assert row.state == "dead"
    assert ada.post(path, {"reason": "The relay was mended."}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.attempts, row.error) == ("pending", 0, "")
    [told] = LedgerEntry.objects.filter(kind="delivery.sent_again")
    assert json.loads(told.text)["data"]["reason"] == "The relay was mended."
    make_due()
    deliver_due()
    again = ada.post(path)
    assert "whoever got it has it" in again.content.decode()
    assert Delivery.objects.get().state == "sent"


@pytest.mark.req("NTF-5")
def test_an_empty_centre_says_what_will_stand_there() -> None:
    assert "You were told nothing yet." in shown(client_for(reachable("ann").ann)).words


@pytest.mark.req("NTF-5", "MON-5", "REL-1")
def test_whoever_managed_a_release_reads_that_it_was_given_away_and_nothing_after_it() -> None:
    who = reachable("ann", "former", "new")
    release = run(
        b.phase("p", b.manual("gate", {"user": "ann"})), by=tom_by_mail(), manager="former"
    )
    change_manager(release_id=release.pk, manager="new", reason="He left.", actor=b.SYSTEM)
    hold_release(release_id=release.pk, reason="Wait.", actor=b.SYSTEM)
    client, sentence = client_for(who.former), "has another release manager: new."
    assert client.get(f"/releases/{release.pk}/").status_code == 404
    for path in ("/notifications/", "/notifications/latest/"):
        page = shown(client, path)
        assert sentence in page.words
        assert "On Hold" not in page.words
        assert not [link for link in page.links if link.startswith(f"/releases/{release.pk}")]
    assert count_unread(b.actor_for(who.former)) == 1
    # Whoever may see it, and whoever never managed it, reads it by what they may see.
    assert sentence in shown(client_for(who.new)).words
    assert f"/releases/{release.pk}/" in shown(client_for(who.new)).links
    assert sentence not in shown(client_for(who.ann)).words
    product = release.product
    change_product(
        product_id=product.pk, name=product.name, description="", tags=[], is_archived=True,
        reason="Gone.", actor=b.SYSTEM,
    )  # fmt: skip
    assert sentence not in shown(client).words
