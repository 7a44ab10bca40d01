"""What a window's watch sees; without this, journeys that find no complaint would prove nothing."""

from __future__ import annotations

import time

import pytest

from tests.browser.conftest import PATIENCE, Open, Window

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only]

BREACHES = {
    "console.warn('so so')": "so so",
    "console.error('not so')": "not so",
    "setTimeout(() => { throw new Error('uncaught'); })": "uncaught",
    "document.head.append(Object.assign(document.createElement('script'), {text: '1'}))": "policy: ",
    "document.body.setAttribute('style', 'color: red')": "policy: ",
    "document.body.append(Object.assign(new Image(), {src: '/static/no-such.png'}))": "404 from",
    "fetch('/no/such/page/').then((answer) => answer.text())": "404 from",
}


@pytest.mark.req("SEC-4")
@pytest.mark.parametrize("script", BREACHES)
def test_each_kind_of_fault_is_a_complaint(open_window: Open, script: str) -> None:
    window = open_window()
    window.go("/help/")
    assert window.complaints == []
    window.page.evaluate(script)
    hear(window, BREACHES[script])
    window.complaints.clear()


def hear(window: Window, words: str) -> None:
    """Wait until there is a complaint with these words."""
    end = time.monotonic() + PATIENCE / 1000
    while not any(words in told for told in window.complaints):
        assert time.monotonic() < end, f"nothing of {words}: {window.complaints}"
        window.page.wait_for_timeout(50)


@pytest.mark.req("SEC-4")
def test_a_request_that_fails_is_a_complaint_and_so_is_a_server_that_fails(
    open_window: Open,
) -> None:
    window = open_window()
    window.page.route("**/portal/css/parts*.css", lambda route: route.abort("failed"))
    window.page.route("**/portal/mark.svg?broken", lambda route: route.fulfill(status=500))
    window.go("/help/")
    window.page.evaluate(
        "document.body.append(Object.assign(new Image(), {src: '/static/portal/mark.svg?broken'}))"
    )
    hear(window, "failed: net::ERR_FAILED")
    hear(window, "500 from")
    window.complaints.clear()


def test_a_refusal_that_is_declared_is_none_and_one_that_never_comes_is_said(
    open_window: Open,
) -> None:
    window = open_window()
    window.expects(404, "/no/such/page/")
    never = window.expects(409, "/decide/")
    assert window.go("/no/such/page/") == 404
    assert window.complaints == []
    assert window.unmet() == ["no 409 came from /decide/"]
    window.declared.remove(never)
