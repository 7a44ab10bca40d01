"""The story of one release, over the API alone, from the demo's process to a record that is checked."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from audit.actor import SCHEDULER
from audit.models import LedgerEntry
from audit.triggers import drop_triggers
from portal.demo.company import DOOR
from portal.tick import tick
from releases.models import Release
from tests.journeys.callers import Caller, Journey

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db, pytest.mark.slow]

QA_INPUTS = {
    "summary": "Regression and an exploratory session on payouts; nothing open.",
    "ticket": "PAY-500",
    "risk": "low",
    "critical": True,
}
REPORT = {"report": "https://ci.example.com/reports/17", "passed": 1310, "failed": 0}
BOARD = ("omar", "ines", "kenji", "ruth", "priya")


@pytest.fixture
def people() -> dict[str, Caller]:
    """The demo, and a token for everyone of the story."""
    call_command("seed_demo", verbosity=0)
    names = (*BOARD, "tom", "maya", "lena", "amara", "sofia", "pipeline", "aud")
    return {name: Caller(name) for name in names}


def _later(hours: float) -> None:
    """Time goes by, by the demo's clock: what falls due until then is done."""
    tick(actor=replace(SCHEDULER, door=DOOR), now=timezone.now() + dt.timedelta(hours=hours))


def _started(people: dict[str, Caller], **details: Any) -> Journey:
    """Tom makes a release of Payments from the demo's process, and starts it."""
    tom = people["tom"]
    values = {
        "product": "payments", "process": "payments", "name": "Payments", "version": "5.0.0",
        "authors": ["diego"], "risk": "high", "environments": ["production"],
    }  # fmt: skip
    made = tom.post("releases/", 201, **{**values, **details})
    assert made["state"] == "draft"
    assert tom.post(f"releases/{made['id']}/start/")["state"] == "running"
    return Journey(made, tom)


def _built(journey: Journey, pipeline: Caller) -> None:
    journey.report("build.dependencies", pipeline)
    url = "https://ci.example.com/runs/17"
    journey.report("build.build", pipeline, summary="1,310 tests passed.", url=url)


def _verified() -> str:
    out = StringIO()
    call_command("verify_ledger", stdout=out)
    return out.getvalue()


@pytest.mark.req(
    "REL-4", "EXE-1", "EXE-4", "EXE-5", "EXE-6", "EXE-8", "POL-2", "POL-6", "POL-9", "CAP-3",
    "API-1", "AUD-3",
)  # fmt: skip
def test_a_release_goes_through_its_gates(people: dict[str, Caller]) -> None:
    journey = _started(people)
    _maya_is_asked_and_approves(journey, people)
    _a_rejection_fails_the_phase_and_tom_retries(journey, people)
    _a_deadline_escalates(journey, people)
    _a_deadline_rejects(journey, people)
    _three_of_five_decide(journey, people)
    _it_is_deployed_and_handed_over(journey, people)
    _ines_alone_is_refused_on_her_own_release(people)
    _the_record_holds_and_shows_a_changed_byte(journey, people)


def _maya_is_asked_and_approves(journey: Journey, people: dict[str, Caller]) -> None:
    maya = people["maya"]
    people["lena"].get(f"releases/{journey.id}/", 404)
    waiting = len(maya.get("activities/?awaiting=me")["results"])
    _built(journey, people["pipeline"])
    seen = maya.get(f"releases/{journey.id}/")
    assert (seen["state"], seen["waiting_for_me"]) == ("on_hold", 2)
    assert len(maya.get("activities/?awaiting=me")["results"]) == waiting + 2

    problem = journey.decide("quality.qa-sign-off", maya, status=422, inputs={"ticket": "none"})
    assert {"inputs.summary", "inputs.ticket", "inputs.risk"} <= problem["errors"].keys()
    assert journey.activity("quality.qa-sign-off") == "awaiting_approval"

    decided = journey.decide("quality.qa-sign-off", maya, inputs=QA_INPUTS)
    assert decided["state"] == "completed"
    again = journey.decide("quality.qa-sign-off", maya, status=200, inputs=QA_INPUTS)
    assert again["state"] == "completed"
    assert maya.get(f"releases/{journey.id}/")["waiting_for_me"] == 1


def _a_rejection_fails_the_phase_and_tom_retries(
    journey: Journey, people: dict[str, Caller]
) -> None:
    ref, lena, tom = "quality.test-report", people["lena"], people["tom"]
    journey.decide(ref, lena, "reject", 422)  # never without a reason
    journey.decide(ref, lena, "reject", comment="The suite broke off after twenty minutes.")
    assert (journey.activity(ref), journey.phase("quality")) == ("rejected", "failed")
    assert journey.state == "failed"
    lena.post(f"{journey.at(ref)}retry/", 403, reason="I would like to.")
    tom.post(f"{journey.at(ref)}retry/", reason="The runner was mended.")
    assert journey.state == "on_hold"
    seen = lena.get(journey.at(ref))
    assert [one["number"] for one in seen["attempts"]] == [1, 2]
    late = journey.decide(ref, lena, status=409, inputs=REPORT, attempt=1)
    assert late["code"] == "changed_since"
    journey.decide(ref, lena, inputs=REPORT, attempt=2)
    assert journey.phase("quality") == "completed"


def _a_deadline_escalates(journey: Journey, people: dict[str, Caller]) -> None:
    ref, omar = "security.security-review", people["omar"]
    inputs = {"high": 0, "critical": 0}
    journey.decide("security.compliance", people["ruth"], inputs={"scope": "unchanged"})
    review = {"inputs": inputs, "comment": "Went through the scan with Inês by phone."}
    assert journey.decide(ref, omar, status=403, **review)["code"] == "not_an_approver"
    _later(25)
    assert omar.get(journey.at(ref))["deadline"]["overdue"] is True
    journey.decide(ref, omar, **review)
    assert journey.phase("security") == "completed"


def _a_deadline_rejects(journey: Journey, people: dict[str, Caller]) -> None:
    ref = "approval.cab"
    assert journey.activity(ref) == "awaiting_approval"
    _later(49)
    assert (journey.activity(ref), journey.phase("approval")) == ("rejected", "failed")
    assert journey.state == "failed"
    late = journey.decide(ref, people["omar"], status=409)
    assert late["code"] in {"already_decided", "deadline_passed"}
    rejected = _events(journey, people, "approval.rejected")[-1]
    assert (rejected["actor"]["kind"], rejected["data"]["because"]) == ("system", "deadline_missed")
    people["tom"].post(f"{journey.at(ref)}retry/", reason="The board meets now.")
    assert journey.state == "on_hold"


def _three_of_five_decide(journey: Journey, people: dict[str, Caller]) -> None:
    ref = "approval.cab"
    own = journey.decide(ref, people["tom"], status=403)
    assert own["code"] in {"own_change", "not_an_approver"}
    assert journey.decide(ref, people["omar"])["state"] == "awaiting_approval"
    against = journey.decide(ref, people["ruth"], "reject", comment="The window is too short.")
    assert against["state"] == "awaiting_approval"
    assert journey.decide(ref, people["kenji"])["state"] == "awaiting_approval"
    assert people["ines"].get(journey.at(ref))["still_needed"]
    assert journey.decide(ref, people["priya"])["state"] == "completed"
    fifth = journey.decide(ref, people["ines"], status=409)
    assert fifth["code"] == "already_decided"
    journey.decide("approval.product", people["priya"], inputs={"notes": True})
    assert journey.phase("approval") == "completed"


def _it_is_deployed_and_handed_over(journey: Journey, people: dict[str, Caller]) -> None:
    assert journey.activity("deploy.deploy") == "running"
    people["maya"].post(f"{journey.at('deploy.deploy')}result/", 403, outcome="passed")
    journey.report("deploy.deploy", people["pipeline"], summary="Four regions.")
    journey.report("deploy.deploy", people["pipeline"], 200, summary="Four regions.")
    journey.decide(
        "deploy.verification", people["kenji"], inputs={"error_rate": 0.01, "refund": True}
    )
    assert journey.state == "on_hold"
    journey.decide("deploy.handover", people["sofia"])
    assert journey.state == "completed"
    people["tom"].post(f"releases/{journey.id}/abort/", 409, reason="Too late.")


def _ines_alone_is_refused_on_her_own_release(people: dict[str, Caller]) -> None:
    journey = _started(people, version="5.0.1", risk="low", authors=["ines"])
    _built(journey, people["pipeline"])
    review = {"inputs": {"high": 0, "critical": 0}, "comment": "Nothing found in the scan."}
    refused = journey.decide("security.security-review", people["ines"], status=403, **review)
    assert refused["code"] == "own_change"
    journey.decide("security.security-review", people["amara"], **review)
    journey.decide("quality.qa-sign-off", people["maya"], inputs=QA_INPUTS)
    journey.decide("quality.test-report", people["maya"], inputs=REPORT)
    assert journey.decide("approval.cab", people["ines"], status=403)["code"] == "own_change"
    for name in ("omar", "kenji", "ruth"):
        journey.decide("approval.cab", people[name])
    assert journey.activity("approval.cab") == "completed"


def _events(journey: Journey, people: dict[str, Caller], kind: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    page: str | None = f"releases/{journey.id}/ledger/"
    while page:
        answer = people["aud"].get(page)
        entries += answer["results"]
        page = answer["next"] and answer["next"].partition("/api/v1/")[2]
    seqs = sorted(one["seq"] for one in entries)
    assert seqs == list(range(1, len(seqs) + 1))
    return [one for one in sorted(entries, key=lambda one: one["seq"]) if one["kind"] == kind]


def _the_record_holds_and_shows_a_changed_byte(journey: Journey, people: dict[str, Caller]) -> None:
    assert _verified().rstrip().endswith("everything holds.")
    cast = _events(journey, people, "approval.decision_cast")[0]
    stream = Release.objects.get(pk=journey.id).stream
    entry = LedgerEntry.objects.get(stream__key=stream, seq=cast["seq"])
    changed = entry.text.replace("approve", "Approve", 1)
    assert changed != entry.text
    drop_triggers(connection)
    with connection.cursor() as cursor:
        table = LedgerEntry._meta.db_table
        cursor.execute(f"UPDATE {table} SET text = %s WHERE id = %s", [changed, entry.pk])
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("verify_ledger", stdout=out)
    assert caught.value.returncode == 1
    named = [line for line in out.getvalue().splitlines() if stream in line]
    assert any(str(entry.seq) in line for line in named), out.getvalue()
