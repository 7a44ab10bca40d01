"""Releases over the API: made, started, held, put off, given up, mended (REL-1, REL-4, EXE-6)."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from audit.canonical import instant_text
from releases.models import Release
from tests import builders as b
from tests.portal.api.client import Api, ok, refused
from tests.portal.api.conftest import Company

pytestmark = [pytest.mark.sqlite]

WHOLE = {
    "product": "pay", "process": "proc", "name": "Payments", "version": "2.4.0",
    "description": "What it is.", "manager": "tom", "authors": ["ines", "omar"],
    "environments": ["staging", "prod"], "commit": "9f2c1e7", "risk": "high",
    "change_type": "normal", "tags": ["pci"],
    "window": {"from": "2030-12-01T18:00:00+01:00", "until": "2030-12-01T22:00:00+01:00"},
    "artifacts": [{"name": "api", "digest": "sha256:ab", "url": "https://r.example/api"}],
    "links": [{"kind": "tracker", "title": "PAY-1", "url": "https://t.example/PAY-1"}],
    "stakeholders": [{"group": "QA"}, {"role": "auditor"}, {"user": "maya"}],
}  # fmt: skip


@pytest.mark.req("REL-1", "API-1")
def test_what_a_release_is_made_with_comes_back_as_it_was_sent(company: Company) -> None:
    made = ok(Api(company.tom).post("releases/", WHOLE), 201)
    seen = ok(Api(company.tom).get(f"releases/{made['id']}/"))
    assert seen == made
    for name in set(WHOLE) - {"window"}:
        assert seen[name] == WHOLE[name]
    assert seen["window"] == {
        "from": "2030-12-01T17:00:00.000000Z", "until": "2030-12-01T21:00:00.000000Z",
    }  # fmt: skip
    assert seen["people"] == {"tom": "tom", "ines": "Inês Costa", "omar": "Omar Reyes"}
    assert seen["reference"] == f"REL-{made['id']}"
    assert [one["key"] for one in seen["phases"]] == ["verify", "deploy"]
    assert [one["state"] for one in seen["phases"][0]["activities"]] == ["blocked", "blocked"]


@pytest.mark.req("REL-1", "API-1")
def test_only_four_parts_are_required(company: Company) -> None:
    refused(
        Api(company.tom).post("releases/", {}), 422, None, "product", "process", "name", "version"
    )
    least = {name: WHOLE[name] for name in ("product", "process", "name", "version")}
    made = ok(Api(company.tom).post("releases/", least), 201)
    assert (made["manager"], made["authors"], made["risk"]) == ("tom", [], None)


@pytest.mark.req("REL-1")
def test_a_machine_names_authors_and_the_manager_where_there_is_a_choice(company: Company) -> None:
    least = {name: WHOLE[name] for name in ("product", "process", "name", "version")}
    pipeline = Api(company.pipeline)
    refused(pipeline.post("releases/", least), 422, None, "authors")
    body = {**least, "authors": ["ines"]}
    made = ok(pipeline.post("releases/", body), 201)
    assert made["manager"] == "tom"
    b.give("release-manager", company.omar)
    refused(pipeline.post("releases/", body), 422, None, "manager")
    ok(pipeline.post("releases/", {**body, "manager": "tom"}), 201)
    ok(pipeline.post(f"releases/{made['id']}/start/"))
    refused(pipeline.post(f"releases/{made['id']}/hold/"), 403, "no_permission")


@pytest.mark.req("API-1", "SEC-1")
def test_the_person_is_told_404_then_403_before_anything_about_the_body(company: Company) -> None:
    release = company.release()
    ines, omar, tom = Api(company.ines), Api(company.omar), Api(company.tom)
    b.report(b.activity(release, "tests"), company.pipeline)
    for act in ("start", "hold", "resume", "abort", "defer"):
        path = f"releases/{release.pk}/{act}/"
        for body in (None, {"wrong": 1}, {"reason": "r", "until": "2031-01-01T00:00:00Z"}):
            refused(ines.post(path, body), 404, "not_found")
            refused(omar.post(path, body), 403, "no_permission")
        refused(ines.post(path, raw="{"), 404, "not_found")
    refused(tom.post(f"releases/{release.pk}/abort/"), 422, None, "reason")
    refused(tom.post(f"releases/{release.pk}/abort/", {"reason": " "}), 422, None, "reason")
    refused(tom.post(f"releases/{release.pk}/defer/", {"until": "x"}), 422, None, "reason", "until")
    refused(ines.post("releases/", {"product": "pay"}), 404, "not_found")
    refused(omar.post("releases/", {"product": "pay"}), 403, "no_permission")
    refused(omar.post("releases/", {"product": "none"}), 404, "not_found")
    refused(omar.patch(f"releases/{release.pk}/", {}), 403, "no_permission")


@pytest.mark.req("REL-4")
def test_hold_and_resume_end_only_what_they_began(company: Company) -> None:
    release = company.release()
    tom = Api(company.tom)
    path = f"releases/{release.pk}/"
    refused(tom.post(f"{path}resume/"), 409, "not_held")
    held = ok(tom.post(f"{path}hold/", {"reason": "Lunch."}))
    assert (held["state"], held["held"]) == ("on_hold", True)
    assert held["causes"] == [{"code": "held", "sentence": "Its manager holds it."}] or (
        held["causes"][0]["sentence"] == "Its manager holds it."
    )
    refused(tom.post(f"{path}hold/"), 409, "already_held")
    assert ok(tom.post(f"{path}resume/"))["state"] == "running"
    refused(tom.post(f"{path}start/"), 409, "already_started")


@pytest.mark.req("REL-4")
def test_a_start_in_the_future_is_scheduled(company: Company) -> None:
    release = company.release(start=False)
    tom = Api(company.tom)
    at = timezone.now() + dt.timedelta(days=1)
    for wrong in ("tomorrow", at.replace(tzinfo=None).isoformat(), 17):
        refused(tom.post(f"releases/{release.pk}/start/", {"at": wrong}), 422, None, "at")
    assert Release.objects.get(pk=release.pk).state == "draft"
    seen = ok(tom.post(f"releases/{release.pk}/start/", {"at": at.isoformat()}))
    assert (seen["state"], seen["scheduled_at"]) == ("scheduled", instant_text(at))
    assert seen["phases"][0]["activities"][0]["id"] is None


@pytest.mark.req("REL-4", "EXE-6", "A-076")
def test_giving_up_and_putting_off_close_what_is_open(company: Company) -> None:
    aborted, deferred = company.waiting(), company.waiting()
    tom, maya = Api(company.tom), Api(company.maya)
    path = f"releases/{aborted.release_id}/"
    assert ok(tom.post(f"{path}abort/", {"reason": "Wrong."}))["state"] == "aborted"
    until = "2031-01-01T00:00:00Z"
    put_off = {"until": until, "reason": "Later."}
    seen = ok(tom.post(f"releases/{deferred.release_id}/defer/", put_off))
    assert (seen["state"], seen["deferred_until"]) == ("deferred", "2031-01-01T00:00:00.000000Z")
    draft = company.release(start=False)
    assert ok(tom.post(f"releases/{draft.pk}/abort/", {"reason": "No."}))["state"] == "cancelled"
    for activity in (aborted, deferred):
        refused(
            maya.post(f"activities/{activity.pk}/decisions/", {"verdict": "approve"}),
            409, "not_open",
        )  # fmt: skip
    refused(tom.post(f"{path}resume/"), 409)
    refused(tom.post(f"{path}abort/", {"reason": "Again."}), 409, "already_ended")


@pytest.mark.req("EXE-6", "POL-6")
def test_mending_waits_until_people_have_decided_and_leaves_what_has_passed(
    company: Company,
) -> None:
    activity = company.waiting(commit="aaa")
    tom = Api(company.tom)
    path = f"releases/{activity.release_id}/"
    change = {"reason": "Fixed.", "commit": "bbb", "add_authors": ["ines"]}
    refused(tom.patch(path, change), 409, "rounds_open")
    b.vote(activity, company.omar, "reject")
    refused(tom.patch(path, {"commit": "bbb"}), 422, None, "reason")
    refused(tom.patch(path, {**change, "authors": []}), 422, None, "authors")
    refused(tom.patch(path, {**change, "add_authors": ["nobody"]}), 422, None, "add_authors")
    # The build has passed with the commit as it is: other content takes a new release.
    refused(tom.patch(path, change), 409, "already_passed")
    seen = ok(tom.patch(path, {"reason": "Said better.", "description": "Only this differs."}))
    assert (seen["commit"], seen["description"]) == ("aaa", "Only this differs.")


@pytest.mark.req("AUD-1", "SEC-1")
def test_the_ledger_shows_addresses_only_with_the_right_to_audit(company: Company) -> None:
    activity = company.waiting()
    b.give("auditor", company.ines)
    maya, auditor = Api(company.maya), Api(company.ines)
    ok(
        maya.post(
            f"activities/{activity.pk}/decisions/",
            {"verdict": "approve", "inputs": {"summary": "s"}},
        ),
        201,
    )
    path = f"releases/{activity.release_id}/ledger/?page_size=3"
    pages, address = [], path
    while address:
        page = ok(maya.get(address.replace("http://testserver", "")))
        pages += page["results"]
        address = page["next"]
    assert [one["seq"] for one in pages] == list(range(1, len(pages) + 1))
    cast = next(one for one in pages if one["kind"] == "approval.decision_cast")
    assert cast["actor"]["username"] == "maya"
    assert cast["data"]["verdict"] == "approve"
    assert all("personal" not in one for one in pages)
    assert "127.0.0.1" not in str(pages)
    audited = ok(auditor.get(path.replace("page_size=3", "page_size=200")))["results"]
    cast = next(one for one in audited if one["kind"] == "approval.decision_cast")
    assert cast["personal"]["ip"] == "127.0.0.1"
    refused(Api(b.person("nosy")).get(path), 404)


@pytest.mark.req("A-064")
def test_a_right_taken_away_is_gone_at_the_next_call(company: Company) -> None:
    release = company.release()
    tom = Api(company.tom)
    ok(tom.post(f"releases/{release.pk}/hold/"))
    other = b.person("other")
    given = b.give("release-manager", other)
    api = Api(other)
    ok(api.get(f"releases/{release.pk}/"))
    from releases.services.roles import end_role

    end_role(assignment_id=given.pk, actor=b.SYSTEM)
    refused(api.get(f"releases/{release.pk}/"), 404)
    refused(api.post(f"releases/{release.pk}/resume/"), 404)
    assert ok(api.get("releases/"))["results"] == []


@pytest.mark.req("A-070")
def test_an_auditor_reads_everything_and_writes_nothing(company: Company) -> None:
    activity = company.waiting()
    b.give("auditor", company.ines)
    api = Api(company.ines)
    release = f"releases/{activity.release_id}/"
    for path in (release, f"{release}ledger/", f"activities/{activity.pk}/", "releases/"):
        ok(api.get(path))
    reason = {"reason": "r"}
    for path, body in (
        (f"{release}hold/", None), (f"{release}abort/", reason),
        (f"activities/{activity.pk}/retry/", reason), (f"activities/{activity.pk}/skip/", reason),
        (f"activities/{activity.pk}/comments/", {"text": "t"}),
        (f"activities/{activity.pk}/decisions/", {"verdict": "approve"}),
        (f"activities/{activity.pk}/result/", {"outcome": "passed"}),
        ("products/", {"key": "k", "name": "n"}), ("processes/", {"yaml": "x"}),
        ("releases/", {"product": "pay", "process": "proc", "name": "n", "version": "1"}),
    ):  # fmt: skip
        refused(api.post(path, body), 403)
