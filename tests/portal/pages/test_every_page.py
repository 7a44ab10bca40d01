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
from django.test import Client

from approvals.models import Decision, Role
from audit.models import LedgerEntry, Notice
from portal.models import User
from releases.models import Activity, Release
from releases.services.activities import write_comment
from tests import builders as b
from tests.pages import Page, inline_parts
from tests.permissions.routes import patterns

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
    acts = ("retry", "skip", "withdraw", "reassign", "reject", "start", "hold", "abort", "defer")
    words = {"key": ["main"], "act": acts, "name": acts}
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
        if "<html" in (html := answer.content.decode()) and (found := list(faults(Page(html))))
    }
    assert wrong == {}


def faults(page: Page) -> Iterator[str]:
    for tag in ("h1", "main"):
        if len(page.all(tag)) != 1:
            yield f"{len(page.all(tag))} × {tag}"
    ids = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
    yield from (f"twice: #{one}" for one in sorted({each for each in ids if ids.count(each) > 1}))
    labelled = {label["for"] for label in page.all("label") if "for" in label}
    for tag in ("input", "select", "textarea"):
        for field in page.all(tag):
            silent = field.get("type") in {"hidden", "submit"}
            named = {"aria-label", "aria-labelledby"} & field.keys() or field.get("id") in labelled
            if not (silent or named or _wrapped(field)):
                yield f"no label: {tag} {field.get('name') or field.get('id')}"
    for link in page.all("a"):
        if "://" in link.get("href", "") and "noopener" not in link.get("rel", ""):
            yield f"leads away: {link['href']}"
    for form in page.all("form"):
        if form.get("method", "get").lower() == "post" and not form.get("action", "/").startswith(
            "/"
        ):
            yield f"posts elsewhere: {form['action']}"


def _wrapped(field: dict[str, str]) -> bool:
    """A choice stands inside its label."""
    return field.get("type") in {"radio", "checkbox"}


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
