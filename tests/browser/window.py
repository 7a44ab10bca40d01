"""A window of one person, and what its browser complained of."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, Page

from portal.demo import PASSWORD

WIDE, PHONE = (1440, 900), (390, 844)
# Reported by the page itself, so that a breach of its policy is a complaint like any other.
REPORT_BREACHES = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} refuses ${event.blockedURI} ${event.sample}`));
"""
# Pages ask every two seconds instead of every ten: only how long tests wait depends on it.
HASTEN = """
new MutationObserver(() => {
  for (const one of document.querySelectorAll("[data-live='']")) one.dataset.live = "2";
}).observe(document, { childList: true, subtree: true });
"""
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_MARK = "window.openedOnce = true"
# What the browser drops because the person has gone on to another page.
_GONE_ON = "net::ERR_ABORTED"


@dataclass
class Refused:
    """An answer of 400 and above that a test says will come: its status, and a part of its path."""

    status: int
    path: str
    needed: bool = True
    came: int = 0

    def fits(self, status: int, url: str) -> bool:
        """Whether this is the one."""
        return status == self.status and self.path in url


@dataclass
class Window:
    """A window of one person: the page, and everything that its browser complained of.

    Complaints are console errors and warnings, uncaught errors, breaches of the Content Security
    Policy, requests to the installation that failed, and every answer of 400 and above that the test
    has not declared with `expects()`.
    """

    context: BrowserContext
    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    declared: list[Refused] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._note_message)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", self._note_answer)
        self.page.on("requestfailed", self._note_failure)

    # --- What a test declares

    def expects(self, status: int, path: str) -> Refused:
        """A refusal will come, of this status and from an address with this in it."""
        self.declared.append(Refused(status, path))
        return self.declared[-1]

    def may_get(self, status: int, path: str) -> Refused:
        """A refusal may come: which of two windows gets it is not known beforehand."""
        self.declared.append(Refused(status, path, needed=False))
        return self.declared[-1]

    def unmet(self) -> list[str]:
        """What was declared and never came."""
        return [
            f"no {one.status} came from {one.path}"
            for one in self.declared
            if one.needed and not one.came
        ]

    # --- What a person does

    def go(self, path: str) -> int:
        """Open a page of the installation; its status."""
        answer = self.page.goto(self.address + path)
        assert answer is not None
        return answer.status

    def sign_in(self, name: str) -> None:
        """Through the sign-in page, as people do."""
        self.go("/accounts/login/")
        self.page.fill("input[name=login]", name)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url(lambda url: "/accounts/login/" not in url)
        # A script that is cut off by the next address would be a complaint.
        self.page.wait_for_load_state("networkidle")

    def enter(self, name: str) -> None:
        """Be signed in, by the same form without its page: a session of this window's own."""
        address = f"{self.address}/accounts/login/"
        found = _TOKEN.search(self.context.request.get(address).text())
        assert found is not None
        answer = self.context.request.post(
            address,
            form={"login": name, "password": PASSWORD, "csrfmiddlewaretoken": found[1]},
            headers={"Referer": address},
            max_redirects=0,
        )
        assert answer.status == 302, f"{name} could not sign in: {answer.status}"

    def stays_open(self) -> None:
        """From here on `has_stayed_open()` tells whether the page has been loaded again."""
        self.page.evaluate(_MARK)

    def has_stayed_open(self) -> bool:
        """Whether the page is the one of `stays_open()`: whatever it shows now came by itself."""
        return bool(self.page.evaluate("window.openedOnce === true"))

    # --- What the browser says

    def _note_message(self, message: Any) -> None:
        if message.type not in ("error", "warning"):
            return
        # The browser tells of each answer of 400 and above; `_note_answer` judges them all.
        if "the server responded with a status of" in message.text:
            return
        told = re.search(r"Response Status Error Code (\d+) from (\S+)", message.text)
        if told and any(one.fits(int(told[1]), told[2]) for one in self.declared):
            return
        self.complaints.append(f"{self.page.url}: {message.text}")

    def _note_answer(self, answer: Any) -> None:
        if answer.status < 400 or not answer.url.startswith(self.address):
            return
        fitting = [one for one in self.declared if one.fits(answer.status, answer.url)]
        # The one that has been waited for longest, else one that came before.
        for one in sorted(fitting, key=lambda one: one.came > 0)[:1]:
            one.came += 1
        if not fitting:
            self.complaints.append(f"{self.page.url}: {answer.status} from {answer.url}")

    def _note_failure(self, request: Any) -> None:
        if request.url.startswith(self.address) and request.failure != _GONE_ON:
            self.complaints.append(f"{self.page.url}: {request.url} failed: {request.failure}")
