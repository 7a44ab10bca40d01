"""What one approves: the facts of the release, each there or said to be missing (C1, appendix A)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from approvals.models import Approval
from releases.models import Release

_SHORT_DIGEST = 12


@dataclass(frozen=True)
class Fact:
    """One line of the panel; without a value it reads "not provided"."""

    label: str
    values: tuple[str, ...] = ()
    code: bool = False
    risk: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    @property
    def missing(self) -> bool:
        """Whether nobody has given it."""
        return not (self.values or self.risk or self.since or self.until)


@dataclass(frozen=True)
class ReleaseLink:
    """Where more can be read."""

    title: str
    url: str
    kind: str


@dataclass(frozen=True)
class FactPanel:
    """The panel "What you are approving"."""

    facts: tuple[Fact, ...]
    links: tuple[ReleaseLink, ...]
    content: tuple[Fact, ...]
    fingerprint: str


def fact_panel(release: Release, approval: Approval | None, former_version: str = "") -> FactPanel:
    """The facts: of an open or ended round as they were asked about, the rest as they are today.

    `former_version`: what the product shipped before this release, where it is known.
    """
    content: dict[str, Any] = json.loads(approval.content) if approval else {}
    artifacts = content.get("artifacts", json.loads(release.artifacts))
    version = content.get("version", release.version)
    facts = (
        Fact("Version", _given(_from_to(former_version, version))),
        Fact("Environments", tuple(json.loads(release.environments))),
        Fact("Risk", risk=release.risk),
        Fact("Change type", _given(release.get_change_type_display())),
        Fact("Window", since=release.window_from, until=release.window_until),
        Fact("Commit", _given(content.get("commit", release.commit)), code=True),
        Fact("Requested by", _given(str(release.requester))),
        Fact("Authors", tuple(one["name"] for one in json.loads(release.authors))),
        Fact("Release manager", _given(str(release.manager))),
        Fact("Tags", tuple(json.loads(release.tags))),
    )
    return FactPanel(
        facts=facts,
        links=tuple(_links(release)),
        content=tuple(_artifact(one) for one in artifacts),
        fingerprint=approval.fingerprint[:_SHORT_DIGEST] if approval else "",
    )


def _from_to(former: str, version: str) -> str:
    """ "4.10.0 → 4.10.1", where there is a former one and it is another."""
    return f"{former} → {version}" if former and version and former != version else version


def _given(value: str) -> tuple[str, ...]:
    return (value,) if value else ()


def _artifact(one: dict[str, str]) -> Fact:
    return Fact(one.get("name", ""), _given(one.get("digest", "")), code=True)


def _links(release: Release) -> Iterable[ReleaseLink]:
    for one in json.loads(release.links):
        kind = str(one.get("kind", "other")).replace("_", " ")
        yield ReleaseLink(one.get("title") or kind.capitalize(), one["url"], kind)
