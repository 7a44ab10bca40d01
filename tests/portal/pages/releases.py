"""Scenes for the pages of releases: a release in each state, read without script."""

from __future__ import annotations

from typing import Any

from releases.models import Release
from tests import builders as b
from tests.portal.pages.browser import Browser, Node, Page
from tests.scenes import run


def seen(user: Any, release: Release, ending: str = "") -> Page:
    """A release's page, or one below it, as somebody sees it."""
    return Browser(user).get(f"/releases/{release.pk}/{ending}")


def two_branches(**more: Any) -> Release:
    """Two phases side by side that ask Maya and Omar, and a third one that needs both.

    Its creator is the release manager Tom.
    """
    return run(
        b.phase(
            "qa",
            b.manual("regression", {"user": "maya"}, kind="sign_off", name="Regression"),
            b.manual("report", {"user": "omar"}, kind="evidence", name="Report", needs=[]),
            name="Test and QA",
            needs=[],
            failure=more.pop("failure", "fail"),
        ),
        b.phase(
            "security",
            b.manual(
                "scan",
                {"user": "maya"},
                {"user": "omar"},
                rule="unanimous",
                name="Scan review",
                deadline={"after": "1h", "on_miss": "stay"},
            ),
            name="Security",
            needs=[],
        ),
        b.phase("deploy", b.pipeline("go"), name="Deploy", needs=["qa", "security"]),
        **more,
    )


def row_of(page: Page, name: str) -> Node:
    """The table row that begins with this activity."""
    rows = [
        row
        for row in page.root.all("tr")
        if any(cell.text.startswith(name) for cell in row.all("th", scope="row"))
    ]
    assert len(rows) == 1, f"{len(rows)} rows of {name}"
    return rows[0]


def links(node: Node) -> dict[str, str]:
    """Where the links lead, by what they say."""
    return {one.text: one.attrs["href"] for one in node.all("a")}
