"""What has become new on an activity's page since it last asked: everything but what one writes in.

The panel where one decides is sent when something else stands there for this reader than on their
page. A form that somebody has begun to fill is not taken from under them: the page keeps it, and
says that there is something new (portal/static/portal/js/live.js).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from audit.actor import Actor
from portal.pages.activity import Record, load_activity
from portal.pages.live_asked import Asked, Part
from releases.selectors import comments_of

_FOLDER: Final = "portal/activities"
_WITHIN: Final = ("more", "blocked", "facts", "so_far", "runs", "next", "snoozers", "deadline")


def activity_parts(actor: Actor, asked: Asked) -> Iterator[Part]:
    """The parts. Raises NotFound for an activity that the actor may not see (any more)."""
    record = load_activity(actor, asked.scope.key, changing=asked.changing)
    for name in ("meta", "seats"):
        yield _part(name, record)
    for name in _WITHIN:
        yield _part("live_part", record, part=name)
    if asked.situation and asked.situation != record.situation:
        yield _part("decide", record)
        yield _part("bar", record)
    if asked.comment is not None:
        newer = comments_of(record.activity).filter(pk__gt=asked.comment).count()
        yield _part("comments_bar", record, newer=newer)


def _part(name: str, record: Record, **more: Any) -> Part:
    return Part(f"{_FOLDER}/_{name}.html", {"record": record, "oob": True, **more})
