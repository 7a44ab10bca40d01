"""Whether the same stands for a reader where they decide: form, decision, refusal or result."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portal.pages.activity import Record


def situation_of(record: Record) -> str:
    """Another text whenever another panel is to stand there than before; the same while it is the same.

    A vote of somebody else changes nothing for whoever is still to decide on the same content.
    """
    told = "\n".join(str(one) for one in _parts(record))
    return hashlib.sha256(told.encode()).hexdigest()[:20]


def _parts(record: Record) -> list[Any]:
    approval, panel = record.page.approval, record.panel
    content = (approval.attempt, approval.fingerprint) if approval else ()
    if panel == "form":
        return [panel, *content, record.mine and record.mine.decision.pk]
    mine = record.mine
    return [
        panel,
        *content,
        record.activity.state,
        record.activity.attempt,
        [(one.key, one.consequence) for one in record.mending.ways_out],
        mine and (mine.decision.pk, bool(mine.withdraw), bool(record.may_decide)),
        record.may_decide.sentence if panel == "cannot" else "",
        record.seats.still_needed if panel == "closed" else "",
    ]
