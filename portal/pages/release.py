"""The page of a release: where it stands, why it stands still, who can move it (MON-1)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from approvals.rules.seats import SourceKey
from approvals.wording import listed, source_words
from audit.actor import Actor
from portal.pages.graph import Graph, graph_of
from portal.pages.release_acts import Act, Choice, allowed_acts, ways_out
from portal.pages.release_banner import Banner, banner_of
from portal.pages.release_feed import Entries, Feed, FeedQuery, feed_of, read_entries
from portal.pages.release_phases import Column, PhaseCard, columns_of, phase_cards
from portal.pages.release_rows import (
    ActivityRow,
    Holder,
    cells_text,
    waiting_order,
    who_holds_it_up,
)
from portal.pages.release_scene import Scene, load_scene, owner_keys
from portal.pages.reminding import remindable_in
from releases.models import Release

_LINK_KINDS: Final[Mapping[str, str]] = {
    "requirements": "Requirements",
    "release_notes": "Release notes",
    "tracker": "Tracker",
    "repository": "Repository",
    "other": "Link",
}
_MOST_HOLDERS: Final = 8


@dataclass
class ReleasePage:
    """A release as one reader sees it."""

    scene: Scene
    feed: Feed
    everything: bool = False

    @property
    def release(self) -> Release:
        """The release."""
        return self.scene.release

    @property
    def path(self) -> str:
        """Its address."""
        return self.scene.path

    @property
    def own_path(self) -> str:
        """The address of this page."""
        return f"{self.path}?graph=all" if self.everything else self.path

    @property
    def live_cells(self) -> str:
        """The activities whose rows stand on the page, for `/live/`."""
        return cells_text(self.open_rows)

    @property
    def live_scope(self) -> str:
        """What `/live/` is asked for."""
        return self.scene.live_scope

    @cached_property
    def banner(self) -> Banner | None:
        """Why it stands as it does, when there is something to say."""
        return banner_of(self.scene)

    @cached_property
    def choices(self) -> Sequence[Choice]:
        """The ways out of a failure that the reader may take."""
        return ways_out(self.scene)

    @cached_property
    def acts(self) -> Sequence[Act]:
        """What the reader may do now; the first one to be pressed stands outside the menu."""
        return allowed_acts(self.scene)

    @property
    def main_act(self) -> Act | None:
        """Start, or resume: what the release waits for."""
        return next((act for act in self.acts if act.key in ("start", "resume")), None)

    @property
    def more_acts(self) -> list[Act]:
        """The others, for the menu."""
        return [act for act in self.acts if act is not self.main_act]

    @cached_property
    def cards(self) -> list[PhaseCard]:
        """The phases in their order."""
        return phase_cards(self.scene)

    @property
    def columns(self) -> list[Column]:
        """The phases as a pipeline."""
        return columns_of(self.scene, self.cards)

    @cached_property
    def open_rows(self) -> list[ActivityRow]:
        """What has failed, then what waits for people, the reader's first."""
        return [*self.scene.failed, *sorted(self.scene.waiting, key=waiting_order)]

    @property
    def mine(self) -> list[ActivityRow]:
        """What waits for the reader."""
        return [row for row in self.open_rows if row.is_mine]

    @property
    def running(self) -> list[ActivityRow]:
        """What runs by itself."""
        return [row for row in self.scene.rows if row.activity.state == "running"]

    @cached_property
    def holders(self) -> list[Holder]:
        """Who holds it up: after a failure those who can mend it, and whoever is asked."""
        return [*self._menders(), *who_holds_it_up(self.scene.waiting)]

    def _menders(self) -> list[Holder]:
        """The release manager, and the owners of the phases in which something has failed."""
        failed, release = self.scene.failed, self.release
        if not failed or release.ended_at is not None:
            return []
        manager = ("user", release.manager_id)
        found: dict[SourceKey, tuple[str, list[ActivityRow]]] = {
            manager: (str(release.manager), list(failed))
        }
        for row in failed:
            for kind, ref in owner_keys(row.activity.phase):
                name = source_words({"kind": kind, "ref": ref}, self.scene.names)
                named = name if kind == "user" else f"{name} ({kind})"
                if (kind, ref) != manager:
                    found.setdefault((kind, ref), (named, []))[1].append(row)
        return [self._mender(key, *told) for key, told in found.items()]

    def _mender(self, key: SourceKey, name: str, failed: Sequence[ActivityRow]) -> Holder:
        closed = [row.activity.closed_at for row in failed if row.activity.closed_at]
        owned = key[0] != "user" and failed[0].activity.phase_id in self.scene.owned
        is_me = owned or key == ("user", self.scene.actor.user_id)
        return Holder(name, len(failed), min(closed, default=None), is_me, mends=True)

    @property
    def top_holders(self) -> list[Holder]:
        """The first of them."""
        return self.holders[:_MOST_HOLDERS]

    @property
    def other_holders(self) -> int:
        """How many more there are."""
        return max(len(self.holders) - _MOST_HOLDERS, 0)

    @cached_property
    def remindable(self) -> frozenset[int]:
        """The accounts that the reader may remind now, because something waits for them."""
        return remindable_in(self.scene)

    @cached_property
    def graph(self) -> Graph:
        """What waits for what."""
        return graph_of(self.scene.board, everything=self.everything)

    @cached_property
    def content(self) -> Mapping[str, Any]:
        """What it is made of: environments, tags, artifacts, links, authors, stakeholders."""
        release = self.release
        lists = ("environments", "tags", "artifacts", "stakeholders")
        found = {name: json.loads(getattr(release, name)) for name in lists}
        stakeholders = [_stakeholder(one) for one in found.pop("stakeholders")]
        links = [
            {**one, "word": _LINK_KINDS.get(one["kind"], "Link")}
            for one in json.loads(release.links)
        ]
        authors = [one["name"] for one in json.loads(release.authors)]
        return {**found, "links": links, "authors": authors, "stakeholders": stakeholders}

    @property
    def environment_words(self) -> str:
        """ "staging and production"."""
        return listed(self.content["environments"], "and")

    @property
    def short_commit(self) -> str:
        """As much of the commit as people compare."""
        return self.release.commit[:10]


def _stakeholder(named: Mapping[str, str]) -> str:
    kind, name = next(iter(named.items()))
    return name if kind == "user" else f"{name} ({kind})"


def load_release_page(
    actor: Actor,
    release_id: int,
    query: FeedQuery | None = None,
    *,
    everything: bool = False,
) -> ReleasePage:
    """Load the page for a reader. Raises NotFound for a release that they may not see."""
    wanted = query or FeedQuery()

    def entries(release: Release) -> Entries:
        return read_entries(release, wanted)

    scene, read = load_scene(actor, release_id, entries=entries)
    feed = feed_of(read or Entries((), (), False), wanted, scene.board, scene.said)
    return ReleasePage(scene, feed, everything=everything)
