"""Every page that there is, read from the URL table: strict, escaped, well made (SEC-4, A-086, A-103, B-26).

The people, products and words of the scene are hostile, so that whatever a page forgets to escape
stands there as markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from approvals.models import Decision, Role
from audit.models import LedgerEntry, Notice
from portal.models import User
from portal.pages.release_acts import ACTS as RELEASE_ACTS
from portal.views.activities import ACTS as ACTIVITY_ACTS
from releases.models import Activity, Release
from releases.services.activities import write_comment
from tests import builders as b
from tests.pages import Page, inline_parts
from tests.permissions.routes import patterns
from tests.portal.pages.browser import Node, parsed, values_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
NO_PAGES = re.compile(r"(api/|admin/|healthz|readyz|metrics|accounts/|demo/)")
# Must be there by their addresses, so that an empty table does not pass.
P1 = {"/inbox/", "/releases/", "/notifications/", "/help/"}


@pytest.fixture
def scene() -> SimpleNamespace:
    """A release under way, whose every name and text is hostile."""
    maya, tom = b.person("maya", display_name=f"Maya {HOSTILE}"), b.manager()
    User.objects.filter(pk=tom.pk).update(display_name=f"Tom {HOSTILE}")
    omar = b.person("omar", display_name=f"Omar {HOSTILE}")
    b.group("qa", maya, omar)
    b.product(name=f"Payments {HOSTILE}"[:100])
    b.process(
        b.phase(
            "main",
            b.manual("first", {"group": "qa"}, name=f"QA {HOSTILE}"[:100]),
            b.manual("second", {"group": "qa"}, instructions=f"Read *this* {HOSTILE}"),
        )
    )
    release = b.release(tom, name=f"Cards {HOSTILE}"[:100], description=HOSTILE)
    first, second = b.activity(release, "first"), b.activity(release, "second")
    b.vote(first, omar, comment=HOSTILE)
    write_comment(activity_id=second.pk, text=HOSTILE, actor=b.actor_for(omar))
    return SimpleNamespace(maya=maya, tom=tom, release=release, open=second, done=first)


def addresses(scene: SimpleNamespace) -> Iterator[str]:
    """An address or more for each route that is no API, no admin and no sign-in."""
    role = Role.objects.order_by("pk").first()
    assert role is not None
    numbers = {
        "release_id": [scene.release.pk], "role_id": [role.pk], "assignment_id": [1],
        "activity_id": [scene.open.pk, scene.done.pk],
    }  # fmt: skip
    words = {"key": ["main"], "act": tuple(RELEASE_ACTS), "name": ACTIVITY_ACTS}
    for route, _ in patterns():
        if NO_PAGES.match(route):
            continue
        found = [f"/{route}"]
        for name, values in {**numbers, **words}.items():
            found = [
                re.sub(rf"<(?:int:|slug:)?{name}>", str(value), path)
                for path in found
                for value in (values if f"{name}>" in path else [""])
            ]
        yield from dict.fromkeys(found)


def pages_for(user: Any, scene: SimpleNamespace) -> dict[str, Any]:
    """Each address that answers with a page, and its answer."""
    client = Client(raise_request_exception=True)
    client.force_login(user)
    answers = {path: client.get(path) for path in addresses(scene)}
    assert [path for path, answer in answers.items() if answer.status_code >= 500] == []
    return {
        path: answer
        for path, answer in answers.items()
        if answer.status_code == 200 and "text/html" in answer["Content-Type"]
    }


@pytest.fixture
def shown(scene: SimpleNamespace) -> dict[str, Any]:
    """Every page as the approver, the release manager and a superuser are shown it."""
    found: dict[str, Any] = {}
    for user in (scene.maya, scene.tom, b.superuser()):
        found |= {f"{user.username} {path}": page for path, page in pages_for(user, scene).items()}
    assert {f"maya {path}" for path in P1} <= set(found)
    own = f"tom /releases/{scene.release.pk}/"
    assert {f"{own}{act}/" for act in ("hold", "change", "abort", "defer", "skip")} <= set(found)
    return found


@pytest.mark.req("SEC-4", "A-086")
def test_nothing_is_inline_and_nothing_hostile_comes_alive(shown: dict[str, Any]) -> None:
    wrong = {}
    for path, answer in shown.items():
        html = answer.content.decode()
        alive = [image for image in Page(html).all("img") if image.get("src") == "x"]
        if found := inline_parts(html) + ["<img>" for _ in alive]:
            wrong[path] = found
    assert wrong == {}


@pytest.mark.req("SEC-4", "A-103")
def test_the_policy_is_strict_and_nobody_keeps_a_copy(shown: dict[str, Any]) -> None:
    wrong = [
        path
        for path, answer in shown.items()
        if "unsafe" in answer["Content-Security-Policy"]
        or "no-store" not in answer.get("Cache-Control", "")
        or answer["X-Frame-Options"] != "DENY"
        or "HX-Request" not in answer["Vary"]
    ]
    assert wrong == []


@pytest.mark.req("MON-1")
def test_every_page_is_well_made(shown: dict[str, Any]) -> None:
    """One h1 and main, no id twice, every field labelled, every button named, every link local."""
    wrong = {
        path: found
        for path, answer in shown.items()
        if "<html" in (html := answer.content.decode()) and (found := list(faults(html)))
    }
    assert wrong == {}


def faults(html: str) -> Iterator[str]:
    """What is wrong with a page, in a few words each."""
    page = Page(html)
    for tag in ("h1", "main"):
        if len(page.all(tag)) != 1:
            yield f"{len(page.all(tag))} × {tag}"
    ids = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
    yield from (f"twice: #{one}" for one in sorted({each for each in ids if ids.count(each) > 1}))
    yield from unlabelled(html)
    for link in page.all("a"):
        if "://" in link.get("href", "") and "noopener" not in link.get("rel", ""):
            yield f"leads away: {link['href']}"
    for form in page.all("form"):
        if form.get("method", "get").lower() == "post" and not form.get("action", "/").startswith(
            "/"
        ):
            yield f"posts elsewhere: {form['action']}"


def unlabelled(html: str) -> Iterator[str]:
    """The fields that nothing names: no label, around them or by their id, and no aria name."""
    root = parsed(html)
    labels = root.all("label")
    named = {label.attrs["for"] for label in labels if "for" in label.attrs}
    wrapped = {id(inside) for label in labels if label.text for inside in label.all()}
    for tag in ("input", "select", "textarea"):
        for field in root.all(tag):
            silent = field.attrs.get("type") in {"hidden", "submit"}
            told = {"aria-label", "aria-labelledby"} & field.attrs.keys()
            if not (silent or told or field.attrs.get("id") in named or id(field) in wrapped):
                yield f"no label: {tag} {field.attrs.get('name') or field.attrs.get('id')}"


@pytest.mark.parametrize("kind", ["radio", "checkbox", "text"])
def test_a_field_beside_a_label_that_does_not_name_it_is_noticed(kind: str) -> None:
    field = f'<input type="{kind}" name="a" id="a">'
    for silent in (field, f"{field}<label>A</label>", f'{field}<label for="b">A</label>'):
        assert list(unlabelled(silent)) == ["no label: input a"]
    assert list(unlabelled(f"<label>{field}</label>")) == ["no label: input a"]  # says nothing
    for fine in (f"<label>{field} A</label>", f'{field}<label for="a">A</label>'):
        assert list(unlabelled(fine)) == []


# --- What people sent, and what they are shown of it ---------------------------------------------------

LONG = HOSTILE * 3_000  # more than any field takes
SENT = {"hostile": HOSTILE, "too long": LONG, "nothing": ""}


def forms_of(shown: dict[str, Any]) -> Iterator[tuple[str, str, Node]]:
    """Every form that is posted: who is shown it, where it goes; one of each kind."""
    found = set()
    for path, answer in shown.items():
        for form in parsed(answer.content.decode()).all("form"):
            if form.attrs.get("method", "get").lower() == "post":
                address = form.attrs.get("action") or path.partition(" ")[2]
                if not address.startswith(("/accounts/", "/setup/demo/")):  # loads a whole demo
                    kind = re.sub(r"\d+", "0", address)
                    if kind not in found:
                        yield path.partition(" ")[0], address, form
                    found.add(kind)


def sent_back(user: str, address: str, data: dict[str, Any]) -> Any:
    """The page that a browser shows after sending a form; what it did is undone."""
    client = Client()
    client.force_login(User.objects.get(username=user))
    with transaction.atomic():
        answer = client.post(address, data)
        if answer.status_code in (302, 303):
            answer = client.get(answer["Location"].partition("#")[0])
        transaction.set_rollback(True)
    return answer


def filled(form: Node, text: str) -> dict[str, Any]:
    """A form in which every field that one can type in holds this; the first button is pressed."""
    typed = {one.attrs.get("name", "") for one in form.all("textarea")} | {
        one.attrs.get("name", "")
        for one in form.all("input")
        if one.attrs.get("type", "text") not in {"hidden", "checkbox", "radio", "submit"}
    }
    buttons = [one for one in form.all("button") if one.attrs.get("name")]
    pressed = {one.attrs["name"]: one.attrs["value"] for one in buttons[-2:-1] or buttons}
    return {**values_of(form), **pressed, **dict.fromkeys(typed - {""}, text)}


@pytest.mark.req("A-086", "A-102", "SEC-4")
def test_what_is_sent_comes_back_as_text_whatever_is_wrong_with_it(shown: dict[str, Any]) -> None:
    wrong, refused = {}, set()
    for user, address, form in forms_of(shown):
        for what, text in SENT.items():
            answer = sent_back(user, address, filled(form, text))
            html = answer.content.decode(errors="replace")
            alive = [image for image in Page(html).all("img") if image.get("src") == "x"]
            found = inline_parts(html) + ["<img>" for _ in alive]
            if found or answer.status_code >= 500:
                wrong[f"{user} {address}, {what}"] = (answer.status_code, found)
            if answer.status_code == 422:
                refused.add((address.rsplit("/", 2)[1], what))
    assert wrong == {}
    for act in ("decide", "comment", "skip", "change", "abort"):
        assert {(act, "too long"), (act, "nothing")} <= refused, sorted(refused)


@pytest.mark.req("B-26", "A-085")
def test_looking_at_pages_changes_nothing(scene: SimpleNamespace) -> None:
    def state() -> list[Any]:
        return [
            LedgerEntry.objects.count(), Decision.objects.count(), Notice.objects.count(),
            list(Activity.objects.order_by("pk").values_list("state", flat=True)),
            list(Release.objects.order_by("pk").values_list("state", flat=True)),
            Notice.objects.filter(read_at__isnull=False).count(),
        ]  # fmt: skip

    before = state()
    for user in (scene.maya, scene.tom):
        pages_for(user, scene)
        pages_for(user, scene)
    assert state() == before
