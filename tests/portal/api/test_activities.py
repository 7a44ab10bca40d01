"""An activity as it is shown: who is asked, what is needed, why, until when (POL-10, POL-11, POL-17)."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from audit.canonical import instant_text
from audit.models import Notice
from portal.services.people import add_member, set_user_active
from releases.services.lifecycle import hold_release
from tests import builders as b
from tests.portal.api.client import Api, ok, refused
from tests.portal.api.conftest import Company

pytestmark = [pytest.mark.sqlite]


@pytest.mark.req("POL-11", "POL-17")
def test_seats_show_who_decided_and_words_say_what_is_missing(company: Company) -> None:
    b.role("sre", "SRE")
    security = b.group("Security", company.ines)
    b.give("sre", company.omar)
    b.process(
        b.phase(
            "p",
            b.manual(
                "gate",
                {"group": "QA"},
                {"role": "sre"},
                {"group": "Security", "required": True},
                rule={"at_least": 2},
            ),
        ),
        slug="gate",
    )
    release = b.release(company.tom, process="gate")
    activity = b.activity(release, "gate")
    path = f"activities/{activity.pk}/"
    maya, ines = Api(company.maya), Api(company.ines)

    seen = ok(maya.get(path))
    assert seen["still_needed"] == "Security must approve and 1 more of QA or SRE"
    assert [one["words"] for one in seen["approvers"]] == ["QA", "SRE", "Security"]
    assert [one["may_decide"] for one in seen["approvers"]] == [
        ["Maya Lind"], ["Omar Reyes"], ["Inês Costa"],
    ]  # fmt: skip
    assert (seen["needed"], seen["approvals"], seen["seats"]) == (2, 0, 3)
    assert seen["rule"] == {"kind": "at_least", "number": 2}
    answer = ok(maya.post(f"{path}decisions/", {"verdict": "approve"}), 201)
    assert answer["reason"] == "1 of 2; still needed: Security must approve"
    seen = ok(ines.get(path))
    assert seen["still_needed"] == "Security must approve; QA is satisfied by Maya Lind"
    filled = seen["approvers"][0]["filled_by"]
    assert (filled["username"], filled["verdict"]) == ("maya", "approve")
    assert seen["asked_because"]["ways"] == [
        {"seat": 3, "kind": "group", "name": "Security", "level": 0}
    ]
    b.vote(activity, company.omar)
    security.user_set.remove(company.ines)
    seen = ok(maya.get(path))
    assert seen["stuck"] is True
    assert seen["stuck_reason"] == "stuck: nobody may decide for Security"
    security.user_set.add(company.ines)
    done = ok(ines.post(f"{path}decisions/", {"verdict": "approve"}), 201)
    assert (done["state"], done["reason"]) == ("completed", "3 of 2; approved")
    seen = ok(maya.get(path))
    assert seen["still_needed"] == "Nothing more is needed: approved"
    assert [one["filled_by"]["username"] for one in seen["approvers"]] == ["maya", "omar", "ines"]


@pytest.mark.req("POL-17", "POL-6")
def test_why_one_may_not_decide_is_what_a_decision_would_be_refused_with(company: Company) -> None:
    b.give("release-manager", company.omar)
    b.give("auditor", company.ines)
    company.qa.user_set.add(company.ines)
    release = b.release(company.omar, authors=["maya"])
    b.report(b.activity(release, "tests"), company.pipeline)
    path = f"activities/{b.activity(release, 'qa').pk}/"
    people = {
        "omar": "own_change", "maya": "own_change", "tom": "not_an_approver", "ines": "auditor",
        "pipeline": "machine_user",
    }  # fmt: skip
    for name, code in people.items():
        api = Api(getattr(company, name))
        seen = ok(api.get(path))["may_decide"]
        assert (seen["granted"], seen["code"]) == (False, code)
        body = {"verdict": "approve", "inputs": {"summary": "s"}}
        problem = refused(api.post(f"{path}decisions/", body), 403, code)
        assert problem["detail"] == seen["sentence"]
    left_out = ok(Api(company.tom).get(path))["left_out"]
    assert {one["code"] for one in left_out} == {"own_change", "auditor"}


@pytest.mark.req("POL-17")
def test_the_moment_comes_after_the_person(company: Company) -> None:
    release = company.release()
    blocked = b.activity(release, "qa")
    tom, maya = Api(company.tom), Api(company.maya)
    assert ok(tom.get(f"activities/{blocked.pk}/"))["may_decide"]["code"] == "not_open"
    refused(
        tom.post(f"activities/{blocked.pk}/decisions/", {"verdict": "approve"}), 409, "not_open"
    )
    b.report(b.activity(release, "tests"), company.pipeline)
    b.vote(blocked, company.maya, "reject")
    path = f"activities/{blocked.pk}/"
    assert ok(maya.get(path))["may_decide"]["code"] == "already_decided"
    assert ok(tom.get(path))["may_decide"]["code"] == "not_an_approver"
    refused(tom.post(f"{path}decisions/", {"verdict": "approve"}), 403, "not_an_approver")
    refused(maya.post(f"{path}withdraw/"), 409, "already_decided")


@pytest.mark.req("POL-9", "POL-17")
def test_a_deadline_shows_its_rungs_and_decides_by_itself(company: Company) -> None:
    ladder = {
        "after": "1h",
        "on_miss": "escalate",
        "escalate_to": [{"group": "QA"}, {"reject": True, "after": "30m"}],
    }
    b.process(b.phase("p", b.manual("gate", {"user": "omar"}, deadline=ladder)), slug="late")
    start = timezone.now() - dt.timedelta(hours=2)
    release = b.release(company.tom, process="late", now=start)
    path = f"activities/{b.activity(release, 'gate').pk}/"
    omar = Api(company.omar)
    seen = ok(omar.get(path))
    due = start + dt.timedelta(hours=1)
    assert seen["deadline"]["due_at"] == instant_text(due)
    assert seen["deadline"]["overdue"] is True
    assert seen["deadline"]["rungs"] == [
        {"at": instant_text(due), "action": "escalate", "level": 1, "to": "QA", "taken": False},
        {"at": instant_text(due + dt.timedelta(minutes=30)), "action": "reject", "level": 0,
         "to": None, "taken": False},
    ]  # fmt: skip
    assert seen["may_decide"]["code"] == "deadline_passed"
    refused(omar.post(f"{path}decisions/", {"verdict": "approve"}), 409, "deadline_passed")
    assert ok(omar.get(path))["state"] == "awaiting_approval"


@pytest.mark.req("POL-10")
def test_conditions_say_why_they_do_or_do_not_hold(company: Company) -> None:
    b.process(
        b.phase(
            "p",
            b.manual(
                "gate",
                {"user": "maya"},
                {"user": "ines", "when": {"risk": ["high"]}},
                when={"risk": ["low", "high"]},
            ),
            b.manual("none", {"user": "maya"}, when={"environment": ["prod"]}),
        ),
        slug="cond",
    )
    release = b.release(company.tom, process="cond", risk="low")
    maya = Api(company.maya)
    gate = ok(maya.get(f"activities/{b.activity(release, 'gate').pk}/"))
    assert gate["condition"]["code"] == "applies"
    assert gate["condition"]["sentence"] == (
        "Applies: asked for with risk low or high, as the release has low."
    )
    assert gate["left_out"] == [
        {
            "name": "Inês Costa",
            "code": "does_not_apply",
            "sentence": "Does not apply: asked for with risk high, while the release has low.",
        }
    ]
    none = ok(maya.get(f"activities/{b.activity(release, 'none').pk}/"))
    assert (none["state"], none["applies"]) == ("skipped", False)
    assert none["condition"]["conditions"][0]["code"] == "missing"


@pytest.mark.req("EXE-1", "POL-17")
def test_a_blocked_activity_says_what_it_waits_for_and_whom_it_will_ask(company: Company) -> None:
    release = company.release()
    qa, go = b.activity(release, "qa"), b.activity(release, "go")
    tom = Api(company.tom)
    seen = ok(tom.get(f"activities/{qa.pk}/"))
    assert seen["blocked_because"]["sentences"] == ["It needs verify.tests."]
    assert seen["blocked_because"]["waits_for"] == ["verify.tests"]
    assert [one["words"] for one in seen["approvers"]] == ["QA", "Omar Reyes"]
    assert [one["seat"] for one in seen["approvers"]] == [None, None]
    assert seen["attempts"] == []
    assert seen["fields"][0]["key"] == "summary"
    hold_release(release_id=release.pk, reason="", actor=b.actor_for(company.tom))
    sentences = ok(tom.get(f"activities/{go.pk}/"))["blocked_because"]["sentences"]
    assert sentences[0] == "The release manager holds the release."
    assert sentences[1].startswith("It needs phase verify")


@pytest.mark.req("EXE-6", "EXE-7", "CAP-4")
def test_attempts_keep_every_decision_readable(company: Company) -> None:
    activity = company.waiting()
    maya, omar, tom = Api(company.maya), Api(company.omar), Api(company.tom)
    path = f"activities/{activity.pk}/"
    first = ok(
        maya.post(f"{path}decisions/", {"verdict": "approve", "inputs": {"summary": "one"}}), 201
    )
    changed = ok(
        maya.post(f"{path}decisions/", {"verdict": "approve", "inputs": {"summary": "two"}}), 201
    )
    assert changed["decision"]["id"] != first["decision"]["id"]
    taken_back = ok(maya.post(f"{path}withdraw/", {"reason": "Wait."}))
    assert taken_back["decision"]["verdict"] == "withdraw"
    refused(maya.post(f"{path}withdraw/"), 409, "nothing_to_withdraw")
    ok(omar.post(f"{path}decisions/", {"verdict": "reject", "comment": "No."}), 201)
    refused(omar.post(f"{path}retry/", {"reason": "r"}), 403, "no_permission")
    refused(tom.post(f"{path}retry/", {"reason": "  "}), 422, None, "reason")
    seen = ok(tom.post(f"{path}retry/", {"reason": "Mended."}))
    assert seen["attempt"] == 2
    old = seen["attempts"][0]
    assert (old["number"], old["state"], old["because"]) == (1, "rejected", "rejected")
    assert [one["counts"] for one in old["decisions"]] == [False, False, False, True]
    assert [one["inputs"] for one in old["decisions"][:2]] == [
        {"summary": "one"}, {"summary": "two"},
    ]  # fmt: skip
    assert old["decisions"][0]["answers"] == [
        {"key": "summary", "label": "Summary", "type": "text", "value": "one"}
    ]
    assert seen["decisions"] == []
    stale = {"verdict": "approve", "inputs": {"summary": "s"}, "attempt": 1}
    refused(maya.post(f"{path}decisions/", stale), 409, "changed_since")
    stale = {"verdict": "approve", "inputs": {"summary": "s"}, "fingerprint": "0" * 64}
    refused(maya.post(f"{path}decisions/", stale), 409, "changed_since")


@pytest.mark.req("REL-3")
def test_each_kind_has_its_own_words_and_one_record(company: Company) -> None:
    words = {
        "sign_off": ("Approve", "Reject"), "verification": ("Pass", "Fail"),
        "evidence": ("Submit", "Decline"), "information": ("Submit", "Decline"),
        "handoff": ("Acknowledge", "Send back"),
    }  # fmt: skip
    acts = [b.manual(kind, {"user": "maya"}, kind=kind, needs=[]) for kind in words]
    b.process(b.phase("p", *acts), slug="kinds")
    release = b.release(company.tom, process="kinds")
    maya = Api(company.maya)
    for kind, (approve, reject) in words.items():
        path = f"activities/{b.activity(release, kind).pk}/"
        seen = ok(maya.get(path))
        assert (seen["verdicts"]["approve"], seen["verdicts"]["reject"]) == (approve, reject)
        waits = "Awaiting Approval" if kind == "sign_off" else "Waiting for Input"
        assert seen["label"] == f"On Hold – {waits}"
        taken = ok(maya.post(f"{path}decisions/", {"verdict": "approve"}), 201)["decision"]
        assert (taken["verdict"], taken["word"]) == ("approve", approve)


@pytest.mark.req("EXE-3", "A-070")
def test_comments_can_be_written_always_but_by_auditors(company: Company) -> None:
    activity = company.waiting()
    b.give("auditor", company.ines)
    path = f"activities/{activity.pk}/comments/"
    refused(Api(company.ines).post(path, {"text": "t"}), 403, "auditor")
    refused(Api(company.maya).post(path, {"text": " "}), 422, None, "text")
    b.vote(activity, company.maya, "reject")
    ok(Api(company.maya).post(path, {"text": "Sorry."}), 201)
    assert [one["text"] for one in ok(Api(company.ines).get(path))["results"]] == ["Sorry."]
    shown = ok(Api(company.ines).get(f"activities/{activity.pk}/"))["comments"]
    assert shown[0]["by"] == {"username": "maya", "name": "Maya Lind"}


@pytest.mark.req("EXE-3")
def test_a_comment_that_is_a_question_is_taken_from_whoever_is_asked_alone(
    company: Company,
) -> None:
    activity = company.waiting()
    path = f"activities/{activity.pk}/comments/"
    asked = {"text": "Which log?", "question": True}
    refused(Api(company.tom).post(path, asked), 403, "not_an_approver")
    assert ok(Api(company.maya).post(path, asked), 201)["question"] is True
    assert ok(Api(company.maya).post(path, {"text": "Found it."}), 201)["question"] is False
    told = Notice.objects.filter(moment="information_asked")
    assert [(one.user.username, one.why) for one in told] == [("tom", "manager")]
    b.vote(activity, company.maya, "reject")
    refused(Api(company.maya).post(path, asked), 409, "already_decided")
    assert told.count() == 1


@pytest.mark.req("EXE-6")
def test_skipping_asks_a_second_person_who_holds_the_override(company: Company) -> None:
    activity = company.waiting()
    b.vote(activity, company.maya, "reject")
    b.role("overrider", rights=["view", "override"])
    b.give("overrider", company.ines)
    b.give("overrider", company.tom)
    tom, ines = Api(company.tom), Api(company.ines)
    asked = ok(tom.post(f"activities/{activity.pk}/skip/", {"reason": "Must ship."}), 202)
    refused(tom.post(f"activities/{activity.pk}/skip/", {"reason": "Now."}), 409, "already_asked")
    request = f"activities/{asked['request']}/"
    refused(tom.post(f"{request}decisions/", {"verdict": "approve"}), 403)
    seen = ok(ines.get(request))
    assert (seen["overrides"], seen["requested_because"]) == (activity.pk, "Must ship.")
    assert seen["approvers"][0]["words"] == "anyone with the right “override”"
    refused(ines.post(f"{request}decisions/", {"verdict": "approve"}), 422)
    agreed = {"verdict": "approve", "comment": "Agreed with operations."}
    assert ok(ines.post(f"{request}decisions/", agreed), 201)["state"] == "completed"
    assert ok(tom.get(f"activities/{activity.pk}/"))["state"] == "skipped"


@pytest.mark.req("CHK-8")
def test_a_pipeline_reports_once_and_only_while_it_runs(company: Company) -> None:
    release = company.release()
    tests, go = b.activity(release, "tests"), b.activity(release, "go")
    pipeline = Api(company.pipeline)
    report = {
        "outcome": "failed",
        "summary": "3 red",
        "url": "https://ci.example/1",
        "data": {"n": 3},
    }
    refused(Api(company.tom).post(f"activities/{tests.pk}/result/", report), 403, "no_permission")
    refused(pipeline.post(f"activities/{go.pk}/result/", report), 409, "not_running")
    ok(pipeline.post(f"activities/{tests.pk}/result/", report), 201)
    ok(pipeline.post(f"activities/{tests.pk}/result/", report), 200)
    refused(
        pipeline.post(f"activities/{tests.pk}/result/", {"outcome": "passed"}), 409, "not_running"
    )
    seen = ok(Api(company.tom).get(f"activities/{tests.pk}/"))
    assert seen["results"][0]["data"] == {"n": 3}
    assert seen["attempts"][0]["state"] == "failed"
    assert seen["times_out_at"] is None


@pytest.mark.req("CHK-8", "EXE-6")
def test_a_late_report_is_never_booked_on_the_next_attempt(company: Company) -> None:
    tests = b.activity(company.release(), "tests")
    pipeline, path = Api(company.pipeline), f"activities/{tests.pk}/result/"
    first = ok(pipeline.post(path, {"outcome": "failed", "attempt": 1}), 201)
    ok(Api(company.tom).post(f"activities/{tests.pk}/retry/", {"reason": "Flaky."}))
    again = ok(pipeline.post(path, {"outcome": "failed", "attempt": 1}), 200)
    assert (again["result"], again["state"]) == (first["result"], "running")
    refused(pipeline.post(path, {"outcome": "passed", "attempt": 1}), 409, "changed_since")
    refused(pipeline.post(path, {"outcome": "passed", "attempt": "one"}), 422)
    second = ok(pipeline.post(path, {"outcome": "failed", "attempt": 2}), 201)
    assert second["state"] == "failed"


@pytest.mark.req("POL-3", "POL-17", "B-15")
def test_a_linked_account_is_told_that_the_vote_is_another_s(company: Company) -> None:
    second = b.person("maya-2", person=company.maya.person)
    add_member(user=second, group=company.qa, actor=b.SYSTEM)
    activity = company.waiting()
    b.vote(activity, company.maya, inputs={"summary": "s"})
    path, api = f"activities/{activity.pk}/", Api(second)
    assert ok(api.get(path))["may_decide"]["code"] == "not_your_vote"
    other = {"verdict": "reject", "comment": "No."}
    refused(api.post(f"{path}decisions/", other), 403, "not_your_vote")
    refused(api.post(f"{path}withdraw/", {"reason": "x"}), 403, "not_your_vote")
    ok(api.post(f"{path}decisions/", {"verdict": "approve", "inputs": {"summary": "s"}}), 200)


@pytest.mark.req("POL-7")
def test_deciding_for_somebody_else_is_refused_and_never_one_s_own_vote(company: Company) -> None:
    activity = company.waiting()
    path = f"activities/{activity.pk}/decisions/"
    body = {"verdict": "approve", "inputs": {"summary": "s"}}
    for other in ("omar", "nobody"):
        refused(
            Api(company.maya).post(path, {**body, "on_behalf_of": other}), 403, "not_a_delegate"
        )
    refused(Api(company.ines).post(path, {**body, "on_behalf_of": "omar"}), 404)
    ok(Api(company.maya).post(path, {**body, "on_behalf_of": "Maya"}), 201)


@pytest.mark.req("EXE-9", "A-060")
def test_a_round_that_nobody_can_complete_says_why(company: Company) -> None:
    activity = company.waiting()
    b.vote(activity, company.maya, inputs={"summary": "s"})
    set_user_active(user_id=company.omar.pk, active=False, actor=b.SYSTEM)
    seen = ok(Api(company.tom).get(f"activities/{activity.pk}/"))
    assert seen["stuck"] is True
    assert seen["still_needed"].startswith("stuck: ")
    assert "Omar Reyes is deactivated" in seen["stuck_reason"]
    assert seen["state"] == "awaiting_approval"
    set_user_active(user_id=company.maya.pk, active=False, actor=b.SYSTEM)
    kept = ok(Api(company.tom).get(f"activities/{activity.pk}/"))
    assert kept["approvers"][0]["filled_by"]["name"] == "Maya Lind"
