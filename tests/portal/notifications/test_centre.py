"""The notification centre: one's own, what still needs one first, read when one says so (NTF-5, NTF-7)."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import Delivery, LedgerEntry, Notice
from audit.services.deliveries import end
from audit.services.notices import mark_all_read, mark_read
from portal.notifications.sending import deliver_due
from portal.pages.notifications import centre_page, notices_of, unread_counts
from portal.services.people import set_user_active
from releases.services.products import change_product
from tests import builders as b
from tests.portal.api.client import Api, ok, refused
from tests.portal.notifications.scenes import make_due, reachable, told, tom_by_mail
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
    assert unread_counts(b.actor_for(who.ann))[0] == 1
    b.vote(one, who.ann)
    assert "Needs you" not in shown(client).words
    assert unread_counts(b.actor_for(who.ann))[0] == 0


@pytest.mark.req("NTF-5", "EXE-9")
def test_a_stuck_round_needs_its_manager_until_it_is_stuck_no_more() -> None:
    who, tom = reachable("ann"), tom_by_mail()
    ask({"user": "ann"}, by=tom)
    set_user_active(user_id=who.ann.pk, active=False, actor=b.SYSTEM)
    assert unread_counts(b.actor_for(tom)) == (1, 1)
    set_user_active(user_id=who.ann.pk, active=True, actor=b.SYSTEM)
    assert unread_counts(b.actor_for(tom)) == (0, 1)


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
def test_all_read_means_all_that_had_been_shown() -> None:
    ann, tom = reachable("ann").ann, tom_by_mail()
    ask({"user": "ann"}, by=tom)
    page = centre_page(b.actor_for(ann))
    ask({"user": "ann"}, by=tom)
    client = client_for(ann)
    for before in ("", "x", "0"):
        client.post("/notifications/read-all/", {"before": before})
        assert unread_counts(b.actor_for(ann)) == (2, 2)
    client.post("/notifications/read-all/", {"before": page.newest})
    assert unread_counts(b.actor_for(ann)) == (1, 1)
    words = shown(client, "/notifications/?show=unread").words
    assert words.count("waits for you") >= 1
    assert mark_all_read(actor=b.actor_for(ann)) == 1
    assert "Nothing is unread." in shown(client, "/notifications/?show=unread").words


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
        assert unread_counts(b.actor_for(user)) == (0, 0)
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
    gates = [b.manual(f"g{number}", {"user": "ann"}, needs=[]) for number in range(3)]
    run(b.phase("p", *gates), by=tom)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            shown(client)
        counts.append(len(captured))
        more = [b.manual(f"h{number}", {"user": "ann"}, needs=[]) for number in range(55)]
        run(b.phase("p", *more), by=tom)
    assert counts[0] == counts[1]
    first, second = (shown(client, f"/notifications/?page={page}").words for page in (1, 2))
    assert first.count("waits for you.") >= 50
    assert "Older" in first
    assert "Newer" in second
    for odd in ("0", "-1", "x", "99999999999999999999"):
        assert client.get(f"/notifications/?page={odd}").status_code == 200


@pytest.mark.req("NTF-7")
def test_who_was_told_what_over_which_channel_with_what_result() -> None:
    who, tom = reachable("ann", "bea"), tom_by_mail()
    nomail = b.person("nomail", display_name="Nora Mail")
    gate = ask({"user": "ann"}, {"user": "bea"}, {"user": "nomail"}, rule="unanimous", by=tom)
    b.vote(gate, who.bea)
    deliver_due()
    mark_all_read(actor=b.actor_for(who.ann))
    rows = {(one.name, one.channel): one.result for one in notices_of(gate)}
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
