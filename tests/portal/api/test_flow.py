"""A release through its gates, over the API alone."""

from __future__ import annotations

import pytest

from tests.portal.api.client import Api, ok, refused
from tests.portal.api.conftest import Company

pytestmark = [pytest.mark.sqlite]


@pytest.mark.req("API-1", "EXE-1", "EXE-4", "EXE-6")
def test_a_release_is_made_started_decided_and_completed(company: Company) -> None:
    tom, maya, omar, pipeline = (
        Api(one) for one in (company.tom, company.maya, company.omar, company.pipeline)
    )
    made = ok(
        tom.post(
            "releases/",
            {"product": "pay", "process": "proc", "name": "Payments", "version": "2.1"},
        ),
        201,
    )
    assert made["state"] == "draft"
    assert made["phases"][0]["activities"][0]["id"] is None
    release = ok(tom.post(f"releases/{made['id']}/start/"))
    assert release["state"] == "running"
    tests, qa = release["phases"][0]["activities"]
    go = release["phases"][1]["activities"][0]

    assert ok(maya.get("activities/?awaiting=me"))["results"] == []
    taken = ok(pipeline.post(f"activities/{tests['id']}/result/", {"outcome": "passed"}), 201)
    assert taken["state"] == "completed"
    again = pipeline.post(f"activities/{tests['id']}/result/", {"outcome": "passed"})
    assert ok(again, 200)["result"] == taken["result"]

    mine = ok(maya.get("activities/?awaiting=me"))
    assert [one["id"] for one in mine["results"]] == [qa["id"]]
    assert mine["total"] == 1
    seen = ok(maya.get(f"activities/{qa['id']}/"))
    assert seen["label"] == "On Hold – Awaiting Approval"
    assert seen["still_needed"] == "2 more of QA or Omar Reyes"
    assert seen["may_decide"]["granted"] is True
    assert seen["asked_because"]["sentence"] == "You are asked as a member of QA."

    decision = {"verdict": "approve", "inputs": {"summary": "fine"}, "attempt": seen["attempt"]}
    first = ok(maya.post(f"activities/{qa['id']}/decisions/", decision), 201)
    assert first["state"] == "awaiting_approval"
    assert first["reason"] == "1 of 2; still needed: 1 more of Omar Reyes"
    seen = ok(omar.get(f"activities/{qa['id']}/"))
    assert seen["still_needed"] == "1 more of Omar Reyes; QA is satisfied by Maya Lind"

    refused(
        omar.post(f"activities/{qa['id']}/decisions/", {"verdict": "reject"}), 422, None, "comment"
    )
    rejected = omar.post(
        f"activities/{qa['id']}/decisions/", {"verdict": "reject", "comment": "Not yet."}
    )
    assert ok(rejected, 201)["state"] == "rejected"
    assert ok(tom.get(f"releases/{made['id']}/"))["state"] == "failed"

    retried = ok(tom.post(f"activities/{qa['id']}/retry/", {"reason": "Mended."}))
    assert retried["attempt"] == 2
    assert [one["state"] for one in retried["attempts"]] == ["rejected", "open"]
    for one in (maya, omar):
        ok(one.post(f"activities/{qa['id']}/decisions/", {**decision, "attempt": 2}), 201)
    ok(pipeline.post(f"activities/{go['id']}/result/", {"outcome": "passed"}), 201)
    done = ok(tom.get(f"releases/{made['id']}/"))
    assert done["state"] == "completed"
    entries = ok(tom.get(f"releases/{made['id']}/ledger/?page_size=200"))["results"]
    assert [one["seq"] for one in entries] == list(range(1, len(entries) + 1))
    kinds = [one["kind"] for one in entries]
    assert kinds.count("approval.decision_cast") == 4
    assert all(entries[n]["former"] == entries[n - 1]["hash"] for n in range(1, len(entries)))
