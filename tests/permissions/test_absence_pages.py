"""What one may not see is on no page: whatever happens there, every page stays as it was (MON-5)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from approvals.models import Role
from audit.models import Delivery, Notice
from portal.pages.activity import TABS as ACTIVITY_TABS
from portal.pages.inbox_filters import TABS
from releases.services.activities import write_comment
from releases.services.lifecycle import hold_release
from releases.services.ownership import change_manager
from tests import builders as b
from tests.pages import Page

pytestmark = [pytest.mark.django_db]

WORD, NOTHING = "Quokka", "zzyzx"
LOOKERS = ("outsider", "approver", "manager", "auditor", "setter")


@pytest.fixture
def world(db: None) -> SimpleNamespace:
    """Ours is under way; theirs has a product, people and a role, and no release yet.

    `setter` configures without seeing any release, `former` manages their product for now.
    """
    names = ("outsider", "approver", "manager", "auditor", "their-approver", "former", "tim")
    people = {name: b.person(name) for name in names}
    people["setter"] = b.person("setter", is_staff=True)
    b.role("setter", rights=["configure"])
    b.give("setter", people["setter"])
    ours, theirs = b.product("ours", "Ours"), b.product("quokka", f"{WORD} shop")
    b.role("lead", "Lead")
    for who, product in ((people["manager"], ours), (people["tim"], theirs)):
        b.give("release-manager", who, product.scope)
    b.give("auditor", people["auditor"], ours.scope)
    b.process(
        b.phase(
            "p",
            b.manual("gate", {"user": "approver"}, {"user": "their-approver"}, rule="unanimous"),
            b.manual("last", {"user": "approver"}, {"role": "lead"}, needs=[]),
        ),
        slug="line",
    )
    b.process(
        b.phase(
            "p",
            b.manual("gate", {"user": "their-approver"}, name=f"{WORD} gate", needs=[]),
            b.manual("late", {"user": "their-approver"}, name=f"{WORD} late", needs=[]),
            b.manual("stuck", {"role": "lead"}, name=f"{WORD} stuck", needs=[]),
        ),
        slug="their-line",
        name="Their line",
    )
    release = b.release(people["manager"], process="line", product="ours", name="Seen")
    gate = b.activity(release, "gate")
    return SimpleNamespace(people=people, release=release, gate=gate, theirs=theirs)


def hide(world: SimpleNamespace) -> Any:
    """Much happens where the lookers may not look."""
    tim, approver = world.people["tim"], world.people["their-approver"]
    release = b.release(tim, process="their-line", product="quokka", name=f"{WORD} release")
    write_comment(
        activity_id=b.activity(release, "gate").pk,
        text=f"{WORD}, and @approver should look.",
        actor=b.actor_for(approver),
    )
    b.vote(b.activity(release, "gate"), approver)
    b.vote(b.activity(release, "late"), approver, "reject")
    b.give("lead", world.people["their-approver"], release.scope)
    b.release(tim, process="their-line", product="quokka", name=f"{WORD} draft", start=False)
    held = b.release(tim, process="their-line", product="quokka", name=f"{WORD} held")
    hold_release(release_id=held.pk, reason=WORD, actor=b.actor_for(tim))
    return release


def addresses(world: SimpleNamespace) -> Iterator[str]:
    """Every list, count, tab, filter, feed, panel and fragment that one can ask for."""
    yield from ("/", "/help/", "/setup/", "/notifications/", "/notifications/latest/")
    yield from ("/notifications/?show=unread", "/inbox/decided.csv", "/releases/new/", "/admin/")
    for tab in TABS:
        yield from (f"/inbox/?tab={tab}", f"/inbox/?tab={tab}&product=quokka")
    for state in ("", "active", "draft", "running", "on_hold", "failed"):
        yield from (f"/releases/?state={state}", f"/releases/?state={state}&product=quokka")
    yield from (f"/inbox/?open=ACT-{world.gate.pk}", "/releases/?mine=1")
    release = f"/releases/{world.release.pk}/"
    yield from (release, f"{release}?feed=decisions", f"{release}?graph=all", f"{release}phases/p/")
    page = f"/activities/{world.gate.pk}/"
    yield from (
        page,
        *(f"{page}?tab={tab}" for tab in ACTIVITY_TABS),
    )
    for scope in ("none", "inbox", world.release.stream, world.gate.host):
        yield f"/live/?scope={scope}"
    for model in ("releases/release", "releases/activity", "approvals/approval", "approvals/scope",
                  "approvals/roleassignment", "audit/delivery"):  # fmt: skip
        yield f"/admin/{model}/"


def roles(role_ids: list[int]) -> list[str]:
    """The pages of roles, which are for those who configure."""
    return ["/config/roles/", *(f"/config/roles/{one}/" for one in role_ids)]


# What differs each time a page is made: tokens against forgery, keys, moments, marks of progress.
_CHANGING = re.compile(
    r'name="csrfmiddlewaretoken" value="[^"]*"|hx-headers=\'[^\']*\'|"X-CSRFToken": "[^"]*"'
    r'|name="(?:idempotency_key|since|shown|seen_at|before|recent)"\s+value="[^"]*"|since=[^"&]*|content="[^"]*"'
    r'|<time\b.*?</time>|data-[a-z-]*(?:now|due|at|since|ends|token|left)="[^"]*"'
    r'|id="live-since".*?>|\?v=[0-9a-f]+|Request [0-9a-f-]{36}|data-account="\d+"'
    r"|\b[0-9a-f]{24,}\b|\b\d+ (?:s|min|h|d)\b",
    re.DOTALL,
)


def looked_at(client: Client, path: str, **headers: str) -> str:
    """What a page says: status, where it leads, counts for the frame, and its text."""
    answer = client.get(path, headers=headers)
    body = b"".join(answer) if answer.streaming else answer.content
    told = [str(answer.status_code), answer.headers.get("Location", "")]
    told.append(re.sub(r'"(told|shown)": ?"?[^,}]*', "", answer.headers.get("HX-Trigger", "")))
    return "\n".join([*told, _CHANGING.sub("", body.decode())])


def client_for(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.req("MON-5", "A-059", "B-12")
def test_whatever_happens_out_of_sight_every_page_stays_as_it_was(world: SimpleNamespace) -> None:
    role_ids = list(Role.objects.values_list("pk", flat=True))
    clients = {who: client_for(world.people[who]) for who in LOOKERS}
    asked = {
        who: [*addresses(world), *(roles(role_ids) if who == "setter" else ())] for who in LOOKERS
    }
    # A page of notices lists those of the last half minute, which on a slow machine is over meanwhile.
    Notice.objects.update(created_at=F("created_at") - dt.timedelta(hours=1))
    before = {who: [looked_at(clients[who], path) for path in asked[who]] for who in LOOKERS}
    hidden = hide(world)
    names = re.compile(rf"\bREL-{hidden.pk}\b|{WORD} (release|gate|late|stuck|draft|held)")
    for who in LOOKERS:
        for path, was in zip(asked[who], before[who], strict=True):
            now = looked_at(clients[who], path)
            assert now == was, (who, path, _differences(was, now))
            assert not names.search(now), (who, path)
            if who != "setter" and "product=quokka" not in path:
                assert WORD not in now, (who, path)
    # The same pages tell of it to those who may see it.
    tim = client_for(world.people["tim"])
    assert all(
        f"{WORD} release" in tim.get(path).content.decode()
        for path in ("/releases/", "/inbox/?tab=all", "/notifications/")
    )


def _differences(was: str, now: str) -> list[str]:
    old, new = was.splitlines(), now.splitlines()
    return [f"- {one}" for one in old if one not in new] + [
        f"+ {one}" for one in new if one not in old
    ]


@pytest.mark.sqlite  # it compares letters in its own way
@pytest.mark.req("MON-5", "A-059")
def test_search_finds_what_is_hidden_as_it_finds_what_is_not_there(world: SimpleNamespace) -> None:
    hidden = hide(world)
    words = (f"{WORD.lower()} release", f"REL-{hidden.pk}", WORD)
    for who in LOOKERS:
        client = client_for(world.people[who])
        for word in words:
            for path in ("/releases/?q={}", *(f"/inbox/?tab={tab}&q={{}}" for tab in TABS)):
                found = looked_at(client, path.format(word.replace(" ", "+")))
                none = looked_at(client, path.format(NOTHING))
                found, none = _without(found, word), _without(none, NOTHING)
                assert found == none, (who, path, word, _differences(none, found))


def _without(text: str, word: str) -> str:
    """The page without the word that was looked for, which it says again."""
    for said in (word.replace(" ", "+"), word.replace(" ", "%20"), word):
        text = re.sub(rf"\b{re.escape(said)}\b", "…", text)
    return _digits(text)


@pytest.mark.req("MON-5", "A-059", "B-13")
def test_a_hidden_thing_is_answered_as_one_that_is_not_there(world: SimpleNamespace) -> None:
    hidden = hide(world)
    gate = b.activity(hidden, "gate")
    for who in LOOKERS:
        client = client_for(world.people[who])
        for path in (
            "/releases/{r}/", "/releases/{r}/phases/p/", "/releases/{r}/hold/", "/activities/{a}/",
            "/activities/{a}/?tab=history", "/inbox/{a}/snooze/", "/live/?scope=release:{r}",
            "/live/?scope=activity:{a}", "/inbox/?open=ACT-{a}",
        ):  # fmt: skip
            for headers in ({}, {"HX-Request": "true", "HX-Target": "pane"}):
                there = looked_at(client, path.format(r=hidden.pk, a=gate.pk), **headers)
                nowhere = looked_at(client, path.format(r=8_888_888, a=9_999_999), **headers)
                there, nowhere = _digits(there), _digits(nowhere)
                assert there == nowhere, (who, path, headers, _differences(nowhere, there))


def _digits(text: str) -> str:
    # A key as short as the hidden one's may stand elsewhere in the page as well.
    return re.sub(r"\d+", "N", text)


@pytest.mark.req("MON-5", "NTF-5")
def test_the_bell_counts_nothing_of_what_one_sees_no_more(world: SimpleNamespace) -> None:
    former, tim = world.people["former"], world.people["tim"]
    client = client_for(former)
    quiet = looked_at(client, "/notifications/latest/")
    release = b.release(
        tim, process="their-line", product="quokka", name=f"{WORD} release", manager="former"
    )
    assert Notice.objects.filter(user=former, moment="stuck", read_at=None).exists()
    assert _badge(client) == "some"
    change_manager(release_id=release.pk, manager="tim", reason="He left.", actor=b.SYSTEM)
    assert b.round_of(b.activity(release, "stuck")).stuck
    assert _badge(client) == "0"
    # That it is theirs no more is all they read of it; it leads to nothing that they can't see.
    for path in ("/notifications/latest/", "/notifications/"):
        text = client.get(path).content.decode()
        assert text.count(WORD) == text.count(
            f"{WORD} release 1.0 has another release manager: tim."
        )
        assert f"/releases/{release.pk}/" not in text
        assert "stuck" not in text.lower()
    Delivery.objects.filter(notice__why="former_manager").delete()
    Notice.objects.filter(why="former_manager").delete()
    assert looked_at(client, "/notifications/latest/") == quiet
    assert WORD not in client.get("/notifications/").content.decode()
    live = client.get("/live/?scope=none")
    assert '"unread": 0' in live.headers["HX-Trigger"]
    assert WORD not in live.content.decode()


def _badge(client: Client) -> str:
    page = Page(client.get("/help/").content.decode())
    [badge] = page.all("span", data_count="unread")
    return "0" if "hidden" in badge else "some"
