"""Loading the demo and removing it: what each does, said before the button is pressed (ux.md 4 q 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from audit.actor import Actor, Answer
from audit.errors import NotFound
from portal.demo import PASSWORD
from portal.demo.company import PEOPLE, PRODUCTS, SUPERUSER
from portal.demo.loading import why_not_load, why_not_remove

ACTS: Final = ("load", "remove")


@dataclass(frozen=True, slots=True)
class DemoQuestion:
    """The question, what follows from a yes, and whether it can be said now."""

    act: str
    title: str
    points: tuple[str, ...]
    button: str
    answer: Answer


def demo_question(actor: Actor, act: str) -> DemoQuestion:
    """The question of an act. Raises NotFound for what is none, and for whoever may never ask it."""
    if act not in ACTS:
        raise NotFound
    answer = why_not_load(actor) if act == "load" else why_not_remove(actor)
    if answer.code == "no_permission":
        raise NotFound
    return _load(answer) if act == "load" else _remove(answer)


def _load(answer: Answer) -> DemoQuestion:
    admin = next(one.name for one in PEOPLE if one.username == SUPERUSER)
    return DemoQuestion(
        act="load",
        title="Load the demo?",
        points=(
            f"A company is made: {len(PEOPLE)} people, {len(PRODUCTS)} products, and releases with "
            "ninety days of history, some of which wait for somebody.",
            f"Everybody knows the password of its people, “{PASSWORD}”, and {admin} may do "
            "everything: keep this installation to yourself while they are here.",
            "You can remove it again. Its record stays then, as everything on record does: where you "
            "mean to work for good, use a new database.",
            "It takes up to a minute. Stay on this page until it is done.",
        ),
        button="Load the demo",
        answer=answer,
    )


def _remove(answer: Answer) -> DemoQuestion:
    return DemoQuestion(
        act="remove",
        title="Remove the demo’s data?",
        points=(
            "The accounts of the demo’s people are deactivated, and their access tokens revoked.",
            "Its products are archived: they and their releases go out of lists, counts and search.",
            "Nothing is deleted: what happened stays on record.",
            "What you made yourself stays, but for releases of the demo’s products, which go with them.",
            "The demo cannot be loaded into this database again.",
        ),
        button="Remove the demo’s data",
        answer=answer,
    )
