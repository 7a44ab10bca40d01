"""The ways out of a failure at an activity's page, by the definition of release and phase (EXE-6)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cache, cached_property

from approvals.selectors import Held, reach_of
from audit.actor import YES, Answer
from portal.pages.activity_standing import ActivityPage
from portal.pages.release_acts import Choice, ways_out
from portal.pages.release_scene import Scene
from releases.facts import lineage_of
from releases.models import Activity
from releases.permissions import (
    Rights,
    can_manage_phase,
    can_manage_release,
    rights_around,
)
from releases.rules.transitions import ACTIVITY_FAILED


class _SceneOfActivity(Scene):
    """The release of an activity's page: read with the activity, and the right when it is needed."""

    activity: Activity

    @property
    def now(self) -> dt.datetime:
        """The moment at which the activity was read."""
        return self.activity.read_at  # type: ignore[attr-defined]

    @cached_property
    def may_manage(self) -> Answer:
        """Whether the reader manages the release."""
        held = self.reach().held(lineage_of(self.release))
        return can_manage_release(self.actor, self.release, held)


@dataclass
class Mending:
    """What the reader holds around an activity, and what they may do about its failure."""

    page: ActivityPage

    @property
    def has_failed(self) -> bool:
        """Whether it keeps its phase failed; a rejected request to skip keeps none."""
        activity = self.page.activity
        failed = activity.state in ACTIVITY_FAILED and activity.overrides_id is None
        return failed and self.page.facts.live

    @cached_property
    def held(self) -> Held:
        """What the reader holds around the release; one query, whatever else is asked of it."""
        if self.has_failed:
            return self._scene.reach().held(lineage_of(self.page.activity.release))
        return self._rights.held

    @cached_property
    def _rights(self) -> Rights:
        return rights_around(self.page.actor, self.page.activity.release)

    @cached_property
    def may(self) -> Answer:
        """Whether they may retry and skip here: the owner of the phase, or who manages the release."""
        activity = self.page.activity
        if self.has_failed:
            return YES if self._scene.mends(activity) else self._scene.may_manage
        return can_manage_phase(self.page.actor, activity.release, activity.phase, self._rights)

    @cached_property
    def ways_out(self) -> list[Choice]:
        """Retry (this activity), fix and abort, each with its consequence; nothing without a failure."""
        if not self.has_failed or not self.may:
            return []
        query = f"?activity={self.page.activity.pk}"
        return [
            replace(one, path=one.path + query) if one.key == "retry" else one
            for one in ways_out(self._scene, self.page.activity.pk)
        ]

    @cached_property
    def _scene(self) -> Scene:
        page = self.page
        reach = cache(lambda: reach_of(page.actor.user_id))
        scene = _SceneOfActivity(page.actor, page.activity.release, page.board, reach)
        scene.activity = page.activity
        return scene
