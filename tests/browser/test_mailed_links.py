"""Whoever follows a mailed link without a session, a scanner above all, decides nothing (A-085, B-26)."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.installation import Installation
from tests.browser.releases import make_release
from tests.browser.signs import mailed_link
from tests.portal.notifications.servers import MailBox

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only]

# Whatever a person's act would write; sessions and sign-in attempts are no decisions.
RECORDED = (
    "approvals_decision", "audit_ledgerentry", "audit_notice", "audit_delivery", "releases_comment",
)  # fmt: skip
# To the sign-in page, or that this address is for pressing buttons.
REFUSED = ((302, "/accounts/login/"), (405, ""))


class _Stay(urllib.request.HTTPRedirectHandler):
    """Answers with the redirection itself."""

    def redirect_request(self, *args: object) -> None:  # type: ignore[override]
        return None


@pytest.mark.req("EXE-8", "A-085", "B-26", "NTF-1")
def test_a_mailed_link_read_again_and_again_without_a_session_decides_nothing(
    open_window: Open, installation: Installation, mail_box: MailBox
) -> None:
    made = make_release(installation, "Link", "either")
    page = made.activity("gate")
    link = mailed_link(mail_box, "maya", page, installation.address)
    mailed_link(mail_box, "omar", page, installation.address)  # so that nothing is still to be sent
    before = recorded(installation)

    for method in ("GET", "HEAD") * 10:
        assert answer_to(method, installation.address + link) == (302, "/accounts/login/")
    for path in addresses_that_decide(page):
        for method in ("GET", "HEAD") * 2:
            assert answer_to(method, installation.address + path) in REFUSED, path
        # What a scanner sends that presses the buttons of a page: no session, no token.
        assert answer_to("POST", installation.address + path)[0] == 403

    stranger = open_window()
    for _ in range(2):
        stranger.go(link)
        expect(stranger.page.get_by_role("button", name="Sign in")).to_be_visible()
        assert made.name not in stranger.page.content()
    assert recorded(installation) == before


DECIDING = ("decide", "comment", "question", "withdraw", "retry", "skip")


def addresses_that_decide(page: str) -> Iterator[str]:
    yield from (f"{page}{verb}/" for verb in DECIDING)
    number = page.strip("/").rpartition("/")[2]
    yield from (f"/inbox/{number}/{verb}/" for verb in ("press", "snooze", "unsnooze"))


def recorded(installation: Installation) -> dict[str, int]:
    """How many rows the record has."""
    return {
        table: int(installation.rows(f"select count(*) from {table}")[0][0]) for table in RECORDED
    }


def answer_to(method: str, address: str) -> tuple[int, str]:
    """Status and, of a redirection, the path, by a client that keeps no cookies."""
    data = b"" if method == "POST" else None
    request = urllib.request.Request(address, method=method, data=data)  # noqa: S310
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=30) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Location", "").partition("?")[0]
