"""An open page in somebody's browser, as `/live/` hears of it."""

from __future__ import annotations

import json
from typing import Any

from tests.portal.pages.browser import Browser, Page, _read


class Tab:
    """An open page in somebody's browser, as `/live/` hears of it."""

    def __init__(self, user: Any, scope: str = "none", page: Page | None = None) -> None:
        self.browser = Browser(user)
        self.page = page
        self.fields: dict[str, Any] = {"scope": scope, "since": ""}
        if page is not None:
            inputs = page.root.all("input", class_="live-input")
            rows = [one.attrs["value"] for one in inputs if one.attrs["name"] == "row"]
            self.fields |= {one.attrs["name"]: one.attrs["value"] for one in inputs} | {"row": rows}

    def ask(self) -> Any:
        """One poll, as htmx sends it."""
        return self.browser.client.get("/live/", self.fields, headers={"HX-Request": "true"})

    @classmethod
    def of(cls, user: Any, path: str) -> Tab:
        """A page that somebody has open and that has asked once, so that it has all there is."""
        page = Browser(user).get(path)
        assert page.status == 200, page.status
        tab = cls(user, page=page)
        tab.news()
        tab.page = page
        return tab

    def news(self) -> Page:
        """One poll that brings something; the place it has come to is kept."""
        answer = self.ask()
        assert answer.status_code == 200, answer.status_code
        page = _read(answer)
        if self.page is not None:
            sent = swapped(page) - {"live-since"}
            missing = {one for one in sent if not self.page.has(one)}
            assert not missing, f"sent, and the page has no place for it: {missing}"
        self.fields["since"] = page.part("live-since").attrs["value"]
        return page


def counts(page: Page) -> dict[str, int]:
    return json.loads(page.headers["HX-Trigger"])["counts"]


def swapped(page: Page) -> set[str]:
    """The ids of what an answer of `/live/` puts in its place."""
    return {one.attrs["id"] for one in page.root.all("", hx_swap_oob="true")}
