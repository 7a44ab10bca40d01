"""What each call answers to whom: one line for our product, one for theirs (contract.md, Rights).

The columns are those of `scene.WHO`:
anonymous outsider approver manager owner admin auditor pipeline superuser deactivated expired reader both
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SEEN = "401 404 200 200 200 200 200 200 200 401 401 200 200"
SEEN_THERE = "401 404 404 404 404 200 404 404 200 401 401 404 200"
EVERYBODY = "401 200 200 200 200 200 200 200 200 401 401 200 200"
MANAGED = "401 404 403 200 403 403 403 403 200 401 401 403 403"
MANAGED_THERE = "401 404 404 404 404 403 404 404 200 401 401 404 403"
VOTE_THERE = "401 404 404 404 404 403 404 404 403 401 401 404 403"

REASON = {"reason": "Because."}
YAML = (
    '{"kind": "Process", "slug": "new", "name": "New", "phases": [{"key": "p", "name": "P", '
    '"activities": [{"key": "a", "name": "A", "kind": "pipeline"}]}]}'
)


@dataclass(frozen=True)
class Case:
    """One call: method, route as in the URL table, its object, body, and the two lines of answers."""

    method: str
    route: str
    target: str
    body: dict[str, Any] | None
    ours: str
    theirs: str


def _release(act: str, target: str, body: Any, ours: str = MANAGED, theirs: str = "") -> Case:
    route = f"/api/v1/releases/<int:release_id>/{act}"
    return Case("POST", route, target, body, ours, theirs or MANAGED_THERE)


def _activity(act: str, target: str, body: Any, ours: str, theirs: str) -> Case:
    return Case("POST", f"/api/v1/activities/<int:activity_id>/{act}", target, body, ours, theirs)


CASES = [
    # What everybody may read who has signed in; what stands in lists is for test_absence.py.
    *(
        Case("GET", f"/api/v1/{path}/", "", None, EVERYBODY, EVERYBODY)
        for path in (
            "products", "processes", "releases", "activities", "notifications", "schema",
        )
    ),
    Case("GET", "/api/v1/docs/", "", None, EVERYBODY.replace("401", "302", 1),
         EVERYBODY.replace("401", "302", 1)),
    Case("GET", "/api/v1/processes/<slug:slug>/", "product", None, EVERYBODY, EVERYBODY),
    # Configuration is for everything, so it makes no difference whose product it is.
    *(
        Case("POST", f"/api/v1/{path}/", "", body,
             f"401 403 403 403 403 {good} 403 403 {good} 401 401 403 403",
             f"401 403 403 403 403 {good} 403 403 {good} 401 401 403 403")
        for path, body, good in (
            ("products", {"key": "new", "name": "New"}, 201),
            ("processes", {"yaml": YAML}, 201),
            ("processes/validate", {"yaml": YAML}, 200),
        )
    ),
    # Releases.
    Case("GET", "/api/v1/releases/<int:release_id>/", "running", None, SEEN, SEEN_THERE),
    Case("GET", "/api/v1/releases/<int:release_id>/ledger/", "running", None, SEEN, SEEN_THERE),
    Case("POST", "/api/v1/releases/", "",
         {"product": "{product}", "process": "{product}", "name": "N", "version": "1",
          "manager": "manager", "authors": ["owner"]},
         "401 404 403 201 403 403 403 201 201 401 401 403 403",
         "401 404 404 404 404 403 404 404 201 401 401 404 403"),
    Case("PATCH", "/api/v1/releases/<int:release_id>/", "draft", {**REASON, "commit": "abc"},
         "401 404 404 200 404 403 403 403 200 401 401 403 403", MANAGED_THERE),
    _release("start/", "draft", None, "401 404 404 200 404 403 403 200 200 401 401 403 403"),
    _release("hold/", "running", REASON),
    _release("resume/", "held", REASON),
    _release("abort/", "running", REASON),
    _release("abort/", "failed", REASON, "401 404 403 200 200 403 403 403 200 401 401 403 403"),
    _release("defer/", "running", {**REASON, "until": "2031-01-01T00:00:00Z"}),
    # Activities.
    Case("GET", "/api/v1/activities/<int:activity_id>/", "open", None, SEEN, SEEN_THERE),
    Case("GET", "/api/v1/activities/<int:activity_id>/comments/", "open", None, SEEN, SEEN_THERE),
    Case("GET", "/api/v1/activities/<int:activity_id>/notices/", "open", None, SEEN, SEEN_THERE),
    _activity("comments/", "open", {"text": "Hello."},
              "401 404 201 201 201 201 403 201 201 401 401 403 403",
              "401 404 404 404 404 201 404 404 201 401 401 404 403"),
    _activity("decisions/", "open", {"verdict": "approve"},
              "401 404 201 403 403 403 403 403 403 401 401 403 403", VOTE_THERE),
    _activity("withdraw/", "voted", REASON,
              "401 404 200 403 403 403 403 403 403 401 401 403 403", VOTE_THERE),
    _activity("result/", "build", {"outcome": "passed"},
              "401 404 403 403 403 403 403 201 201 401 401 403 403",
              "401 404 404 404 404 403 404 404 201 401 401 404 403"),
    _activity("retry/", "rejected", REASON,
              "401 404 403 200 200 403 403 403 200 401 401 403 403", MANAGED_THERE),
    _activity("skip/", "rejected", REASON,
              "401 404 403 202 202 403 403 403 202 401 401 403 403",
              "401 404 404 404 404 403 404 404 202 401 401 404 403"),
]  # fmt: skip
