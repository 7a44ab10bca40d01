"""The administration stands in the portal's frame: same bar, same ways, same colours (ux.md 5.2, 5.3)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace

import pytest
import unfold
from django.test import Client

from tests.admin.pages import address
from tests.pages import Page

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

# unfold's files before which ours stand. When one has changed, look at what is new in it, carry over
# what ours needs, and only then write the new hash here.
UPSTREAM = {
    "admin/base.html": "2ce9250b3c649e3a1d3c7ea52308a2858c60374b76089c29a838c7cc870dbcf0",
    "admin/base_site.html": "50eb1e71a0b2729ca7ff280934828eecc42d0c526e1effbeafcdfe9b3695637d",
    "unfold/helpers/command.html": "ae6ce324d85366131fc82945b3c35c1b980829229508343993e6adcbee4c975d",
    "unfold/layouts/skeleton.html": "66af9f0bb45f98ba4e16ba5e5a11f36d87b8e07430d19066d088b29548491c2e",
}
PAGES = [
    "/admin/",
    "/admin/releases/product/",
    "/admin/releases/release/",
    "/admin/portal/user/add/",
]


@pytest.mark.parametrize("name", UPSTREAM)
def test_what_ours_stands_before_has_not_changed(name: str) -> None:
    file = Path(unfold.__file__).parent / "templates" / name
    assert hashlib.sha256(file.read_bytes()).hexdigest() == UPSTREAM[name]


@pytest.mark.req("ADM-1")
@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_the_portals_frame(ada: Client, path: str) -> None:
    page = Page(ada.get(path).content.decode())
    portal = Page(ada.get("/help/").content.decode())
    assert len(page.all("h1")) == 1
    assert len(page.all("main", id="main")) == 1
    assert page.all("a", class_="skip", href="#main")
    ways = [link["href"] for link in page.all("a", class_="nav-link")]
    assert ways == [link["href"] for link in portal.all("a", class_="nav-link")]
    assert "/admin/" in ways
    assert page.all("header", class_="top")
    sheets = [link["href"] for link in page.all("link", rel="stylesheet")]
    ours = [one for one in sheets if "portal/css/" in one]
    # Layers of ours must come after unfold's, or its reset takes their edges away.
    assert sheets.index(ours[0]) > max(n for n, one in enumerate(sheets) if "unfold/css" in one)


@pytest.mark.req("ADM-1")
def test_unfolds_own_sidebar_and_palette_are_gone(ada: Client) -> None:
    html = ada.get("/admin/").content.decode()
    assert 'id="nav-sidebar"' not in html
    assert "searchCommand" not in html


@pytest.mark.req("SEC-1")
def test_signing_out_in_the_administration_ends_the_session(ada: Client) -> None:
    page = Page(ada.get("/admin/").content.decode())
    forms = [form["action"] for form in page.all("form") if "logout" in form.get("action", "")]
    assert forms == ["/accounts/logout/"]
    ada.post(forms[0])
    assert ada.get("/admin/").status_code == 302


@pytest.mark.req("ADM-1", "REL-4")
def test_states_are_called_what_people_call_them(ada: Client, world: SimpleNamespace) -> None:
    release = world.release
    release.refresh_from_db()
    for path in ("/admin/releases/release/", address("releases.Release", "change", release.pk)):
        page = Page(ada.get(path).content.decode())
        labels = page.all("span", class_="state")
        assert labels, path
        assert "on_hold" not in page.text
        assert "waiting_for_approval" not in page.text
    kept = Page(ada.get("/admin/releases/release/?state=completed").content.decode())
    assert len(kept.all("span", class_="state")) == (1 if release.state == "completed" else 0)


@pytest.mark.req("ADM-1")
def test_a_record_leads_to_its_page_in_the_portal(ada: Client, world: SimpleNamespace) -> None:
    page = Page(ada.get(address("releases.Release", "change", world.release.pk)).content.decode())
    links = [link["href"] for link in page.all("a", class_="cs-button")]
    assert links == [f"/releases/{world.release.pk}/"]
    assert ada.get(links[0]).status_code == 200


@pytest.mark.req("NTF-5", "SEC-1")
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_live_and_knows_when_the_session_ends(ada: Client, path: str) -> None:
    page = Page(ada.get(path).content.decode())
    [source] = page.all("div", id="live-source")
    assert (source["hx-get"], source["hx-trigger"]) == ("/live/", "live:tick")
    [scope] = page.all("input", name="scope")
    assert (scope["value"], scope["class"]) == ("none", "live-input")
    for counter in ("waiting", "unread"):
        assert page.all("span", data_count=counter)
    [marks] = page.all("meta", name="page-marks")
    portal = Page(ada.get("/help/").content.decode()).all("html")[0]
    for name in ("data-csrf-cookie", "data-account", "data-session-ends"):
        assert marks[name] == portal[name] != ""
    assert marks["data-now"]
    assert page.all("div", id="session-note")
    scripts = [one["src"].rpartition("/")[2] for one in page.all("script") if "src" in one]
    order = [one for one in scripts if one.startswith(("htmx", "portal", "moments", "session"))]
    assert [one.partition(".")[0] for one in order] == ["htmx", "portal", "moments", "session"]


@pytest.mark.req("NTF-5")
def test_a_popup_asks_for_nothing(ada: Client) -> None:
    page = Page(ada.get("/admin/portal/user/?_popup=1").content.decode())
    assert page.all("div", id="live-source") == []
    assert page.all("meta", name="page-marks") == []


def test_a_popup_has_no_frame(ada: Client) -> None:
    page = Page(ada.get("/admin/portal/user/?_popup=1").content.decode())
    assert page.all("header", class_="top") == []
    assert len(page.all("h1")) == 1
