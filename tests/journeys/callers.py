"""Someone who uses the API with a token, as a program of theirs would."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.test import Client


class Caller:
    """One person or machine user with a token of their own; every answer's status is asserted."""

    def __init__(self, username: str) -> None:
        out = StringIO()
        call_command("issue_token", username, name="journey", stdout=out)
        self.client = Client(headers={"authorization": f"Bearer {out.getvalue().strip()}"})

    def get(self, path: str, status: int = 200) -> dict[str, Any]:
        """Read an address below /api/v1/."""
        return self._answer(self.client.get(f"/api/v1/{path}"), status)

    def post(self, path: str, status: int = 200, **body: Any) -> dict[str, Any]:
        """Send a body to an address below /api/v1/."""
        sent = self.client.post(
            f"/api/v1/{path}", data=json.dumps(body), content_type="application/json"
        )
        return self._answer(sent, status)

    @staticmethod
    def _answer(response: Any, status: int) -> dict[str, Any]:
        assert response.status_code == status, response.content.decode()
        if status >= 400:
            assert response.headers["content-type"] == "application/problem+json"
        answer: dict[str, Any] = response.json()
        return answer


class Journey:
    """A release as it is seen over the API, with the ids of its activities by reference."""

    def __init__(self, release: dict[str, Any], watched_by: Caller) -> None:
        self.id = release["id"]
        self.watcher = watched_by

    @property
    def now(self) -> dict[str, Any]:
        """The release as it stands."""
        return self.watcher.get(f"releases/{self.id}/")

    @property
    def state(self) -> str:
        """Its state."""
        return str(self.now["state"])

    def _rows(self) -> dict[str, dict[str, Any]]:
        return {
            f"{phase['key']}.{row['key']}": row
            for phase in self.now["phases"]
            for row in phase["activities"]
        }

    def phase(self, key: str) -> str:
        """The state of a phase."""
        return next(str(phase["state"]) for phase in self.now["phases"] if phase["key"] == key)

    def activity(self, ref: str) -> str:
        """The state of an activity."""
        return str(self._rows()[ref]["state"])

    def at(self, ref: str) -> str:
        """The address of an activity."""
        return f"activities/{self._rows()[ref]['id']}/"

    def decide(
        self, ref: str, who: Caller, verdict: str = "approve", status: int = 201, **body: Any
    ) -> dict[str, Any]:
        """Somebody decides on an activity."""
        return who.post(f"{self.at(ref)}decisions/", status, verdict=verdict, **body)

    def report(self, ref: str, who: Caller, status: int = 201, **body: Any) -> dict[str, Any]:
        """A pipeline reports."""
        return who.post(f"{self.at(ref)}result/", status, **{"outcome": "passed", **body})
