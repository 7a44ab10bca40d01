"""One company with two products that have nothing to do with each other, and everybody there is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from approvals.models import RoleAssignment
from portal.services.people import set_user_active
from portal.services.tokens import issue_token
from releases.models import Activity, Product, Release
from releases.services.lifecycle import hold_release
from tests import builders as b

# The columns of the matrix. `reader` is the manager with a token of scope `read`; `both` is Auditor and
# Process Admin of everything: the right to configure is there, and an auditor writes nothing.
WHO = (
    "anonymous", "outsider", "approver", "manager", "owner", "admin", "auditor", "pipeline",
    "superuser", "deactivated", "expired", "reader", "both",
)  # fmt: skip
PASSWORD = "correct horse battery staple"


@dataclass
class Place:
    """A product with a release in each state that the calls need."""

    product: Product
    draft: Release
    running: Release
    held: Release
    failed: Release
    open: Activity
    voted: Activity
    build: Activity
    rejected: Activity
    assignment: RoleAssignment

    def names(self) -> dict[str, Any]:
        """What stands for the braces in the addresses and bodies of the table."""
        return {
            "product": self.product.key,
            "role": self.assignment.role_id,
            **{
                name: getattr(self, name).pk
                for name in (
                    "draft",
                    "running",
                    "held",
                    "failed",
                    "open",
                    "voted",
                    "build",
                    "rejected",
                    "assignment",
                )
            },
        }


def make_place(key: str, manager: Any, approver: Any, owner: Any) -> Place:
    """A product, its process, and its releases; the manager's role is for the product alone."""
    product = b.product(key, key.title())
    assignment = b.give("release-manager", manager, product.scope)
    b.process(
        b.phase(
            "p",
            b.pipeline("build", needs=[]),
            b.manual("gate", {"user": approver.username}, needs=[]),
            b.manual(
                "two",
                {"user": approver.username},
                {"user": f"second-{key}"},
                rule="unanimous",
                needs=[],
            ),
            owner={"user": owner.username},
        ),
        slug=key,
    )

    def started() -> Release:
        return b.release(manager, process=key, product=key)

    running, held, failed = started(), started(), started()
    b.vote(b.activity(running, "two"), approver)
    b.vote(b.activity(failed, "gate"), approver, "reject")
    for one in (approver, get_user_model().objects.get(username=f"second-{key}")):
        b.vote(b.activity(failed, "two"), one)
    hold_release(release_id=held.pk, reason="", actor=b.actor_for(manager))
    return Place(
        product=product,
        draft=b.release(manager, process=key, product=key, start=False),
        running=running,
        held=held,
        failed=failed,
        open=b.activity(running, "gate"),
        voted=b.activity(running, "two"),
        build=b.activity(running, "build"),
        rejected=b.activity(failed, "gate"),
        assignment=assignment,
    )


def _person(username: str) -> Any:
    """With a password, as those have who sign in."""
    return b.person(username, password=PASSWORD)


class Scene:
    """Two places, and a token for everybody: what they may do is about `ours` alone."""

    def __init__(self) -> None:
        people = {name: _person(name) for name in ("outsider", "manager", "approver", "owner")}
        for name in ("second-ours", "second-theirs"):
            b.person(name)
        others = [b.person(f"their-{name}") for name in ("manager", "approver", "owner")]
        self.ours = make_place("ours", people["manager"], people["approver"], people["owner"])
        self.theirs = make_place("theirs", *others)
        people["admin"] = _person("admin")
        b.give("process-admin", people["admin"])
        people["auditor"] = _person("auditor")
        b.give("auditor", people["auditor"], self.ours.product.scope)
        # Nobody may ask for an override where nobody could approve it.
        b.role("opener", rights=["override"])
        b.give("opener", b.person("opener"))
        people["both"] = _person("both")
        b.give("auditor", people["both"])
        b.give("process-admin", people["both"])
        people["pipeline"] = b.machine(password=PASSWORD)
        b.give("pipeline", people["pipeline"], self.ours.product.scope)
        people["superuser"] = b.superuser()
        people["deactivated"] = _person("deactivated")
        b.give("release-manager", people["deactivated"])
        self.people = people
        self.tokens: dict[str, str | None] = {"anonymous": None}
        self.tokens |= {name: b.token_for(user) for name, user in people.items()}
        self.tokens["reader"] = b.token_for(people["manager"], "read")
        past = timezone.now() - dt.timedelta(days=9)
        self.tokens["expired"] = issue_token(
            user=people["manager"], name="old", actor=b.SYSTEM, days=1, now=past
        )[1]
        set_user_active(user_id=people["deactivated"].pk, active=False, actor=b.SYSTEM)
