"""Releases for journeys: their processes, and how they are made and moved over the API."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from tests.browser.installation import Installation

PROCESSES = {
    # A question for two, then one for another, and what follows from each.
    "journey": """
kind: Process
slug: journey
name: Journey
failure: fail
phases:
  - key: check
    name: Check
    activities:
      - key: gate
        name: Gate
        kind: approval
        instructions: Read the report, then decide.
        approvers: [{user: maya}, {user: omar}]
        rule: unanimous
        deadline: {after: 2h, on_miss: stay}
  - key: launch
    name: Launch
    activities:
      - {key: go, name: Go live, kind: approval, approvers: [{user: ruth}], rule: any}
""",
    # One question that any of two may answer.
    "either": """
kind: Process
slug: either
name: Either of two
failure: fail
phases:
  - key: check
    name: Check
    activities:
      - key: gate
        name: Gate
        kind: approval
        approvers: [{user: maya}, {user: omar}]
        rule: any
        deadline: {after: 3h, on_miss: stay}
      - {key: after, name: After the gate, kind: approval, approvers: [{user: ruth}], rule: any}
""",
    # A question for an administrator.
    "for-ada": """
kind: Process
slug: for-ada
name: For Ada
failure: fail
phases:
  - key: check
    name: Check
    activities:
      - {key: gate, name: Gate, kind: approval, approvers: [{user: ada}], rule: any}
""",
    # Everything that an activity can be, for pages that have to be looked at.
    "sampler": """
kind: Process
slug: sampler
name: Sampler
failure: fail
phases:
  - key: check
    name: Check
    activities:
      - key: gate
        name: Gate
        kind: sign_off
        needs: []
        description: The quality bar is met.
        instructions: "1. Open the report.\\n2. **Decide**."
        approvers: [{user: maya}, {user: omar}]
        rule: unanimous
        comment: {min_length: 20}
        deadline: {after: 5h, on_miss: stay}
        fields:
          - {key: ticket, type: text, label: Ticket, pattern: "[A-Z]+-[0-9]+", message: "Like PAY-123"}
          - {key: risk, type: dropdown, label: Residual risk, choices: [low, medium, high], required: approve}
          - {key: passed, type: checkbox, label: All critical tests passed, required: approve}
      - {key: other, name: Other, kind: approval, needs: [], approvers: [{user: omar}], rule: any}
      - {key: build, name: Build, kind: pipeline, needs: []}
  - key: launch
    name: Launch
    activities:
      - {key: go, name: Go live, kind: approval, approvers: [{user: maya}], rule: any}
""",
}
# Who acts over the API.
PEOPLE = ("tom", "maya", "omar", "ruth")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Made:
    """A release with its activities: numbers by key."""

    pk: int
    name: str
    activities: dict[str, int]

    @property
    def path(self) -> str:
        """The address of its page."""
        return f"/releases/{self.pk}/"

    def activity(self, key: str) -> str:
        """The address of an activity's page."""
        return f"/activities/{self.activities[key]}/"


def make_release(
    installation: Installation, name: str, process: str, *, start: bool = True
) -> Made:
    """A release of a test's own, by Tom, over the API; its name is like no other's."""
    own = f"{name} {next(_numbers)}"
    told = {"product": "mobile-app", "process": process, "name": own, "version": "1.0"}
    pk = installation.call("tom", "releases/", told)["id"]
    if not start:
        return Made(pk, own, {})
    installation.call("tom", f"releases/{pk}/start/", {})
    found: dict[str, Any] = installation.call("tom", f"releases/{pk}/")
    known = {one["key"]: one["id"] for phase in found["phases"] for one in phase["activities"]}
    return Made(pk, own, known)


def vote(installation: Installation, name: str, activity: int, verdict: str, **more: Any) -> None:
    """A decision over the API."""
    installation.call(name, f"activities/{activity}/decisions/", {"verdict": verdict, **more})
