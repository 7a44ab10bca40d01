"""What is sent badly is a 4xx with its reason, and leaves nothing behind (A-101, A-102)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from approvals.models import Decision
from audit.models import LedgerEntry
from portal.api import activity_outputs, inputs, outputs
from releases.models import Activity, ProcessVersion, Product, Release
from tests import builders as b
from tests.permissions.routes import patterns
from tests.portal.api.client import Api, ok, refused
from tests.portal.api.conftest import Company

pytestmark = [pytest.mark.sqlite, pytest.mark.req("A-101")]


@pytest.fixture
def ada(company: Company) -> Api:
    """A superuser's calls."""
    return Api(b.superuser())


BODIES: list[tuple[bytes | str, int, str]] = [
    ('{"key": "a", "key": "b", "name": "n"}', 400, "duplicate_key"),
    ('{"key": "a", "name": NaN}', 400, "not_json"),
    ('{"key": "a", "name": Infinity}', 400, "not_json"),
    ('{"key": "a", "name": -Infinity}', 400, "not_json"),
    ('{"key": "a", "name": 1e999}', 400, "number_too_large"),
    ('{"key": ' + "9" * 5000 + "}", 400, "number_too_large"),
    ('{"key": ' + "[" * 10_000 + "]" * 10_000 + "}", 400, "too_deep"),
    ('{"key": ' + '{"a":' * 60 + "1" + "}" * 60 + "}", 400, "too_deep"),
    (b'{"key": "\xff\xfe"}', 400, "not_utf8"),
    ('{"key": "a"', 400, "not_json"),
    ("", 422, "invalid"),
    ("{}", 422, "invalid"),
    ("[]", 400, "not_an_object"),
    ('"text"', 400, "not_an_object"),
    ("17", 400, "not_an_object"),
    ("null", 400, "not_an_object"),
    ('{"key": "a", "name": "' + "x" * 1_000_001 + '"}', 413, "too_large"),
    ('{"key": "a", "name": "' + "x" * 10_000_000 + '"}', 413, "too_large"),
]


def test_a_body_that_is_no_plain_json_object_is_refused(ada: Api) -> None:
    for raw, status, code in BODIES:
        refused(ada.post("products/", raw=raw), status, code)
    assert Product.objects.count() == 1


@pytest.mark.req("A-084")
def test_other_types_than_json_are_refused(ada: Api) -> None:
    raw = json.dumps({"key": "a", "name": "A"})
    for content_type in (
        "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
        "application/xml", "application/jsonp", "",
    ):  # fmt: skip
        refused(ada.post("products/", raw=raw, content_type=content_type), 415)
    assert Product.objects.count() == 1


def test_a_body_without_length_is_not_taken_for_an_empty_one(company: Company) -> None:
    draft = company.release(start=False)
    answer = Api(company.tom).post(f"releases/{draft.pk}/start/", TRANSFER_ENCODING="chunked")
    refused(answer, 411, "length_required")
    assert Release.objects.get(pk=draft.pk).state == "draft"


WRONG_TYPES = [None, 17, 1.5, True, [], ["a"], {}, {"a": "b"}]


def test_another_type_than_text_is_refused_at_its_field(ada: Api) -> None:
    for value in WRONG_TYPES:
        for field in ("key", "name"):
            body: dict[str, Any] = {"key": "a", "name": "A", field: value}
            refused(ada.post("products/", body), 422, "invalid", field)
    assert Product.objects.count() == 1


WRONG_RELEASES: list[tuple[dict[str, Any], str]] = [
    ({"authors": "ines"}, "authors"),
    ({"authors": [17]}, "authors.0"),
    ({"authors": ["nobody"]}, "authors"),
    ({"environments": {"a": 1}}, "environments"),
    ({"risk": "enormous"}, "risk"),
    ({"risk": ["low"]}, "risk"),
    ({"change_type": 3}, "change_type"),
    ({"window": {"from": "tomorrow"}}, "window.from"),
    ({"window": {"from": "2026-12-01T10:00:00"}}, "window.from"),
    ({"window": {"from": "0000-01-01T00:00:00Z"}}, "window.from"),
    ({"window": {"from": "2026-12-01T10:00:00Z", "until": "2026-11-01T10:00:00Z"}}, "window.until"),
    ({"window": {"since": "2026-12-01T10:00:00Z"}}, "window.since"),
    ({"window": []}, "window"),
    ({"artifacts": {"name": "a"}}, "artifacts"),
    ({"artifacts": [{"name": "a", "size": 3}]}, "artifacts.0.size"),
    ({"artifacts": [{"name": "a", "url": "javascript:alert(1)"}]}, "artifacts.0.url"),
    ({"links": [{"kind": "evil", "title": "t", "url": "https://e.example"}]}, "links.0.kind"),
    ({"links": [{"kind": "other", "title": "t"}]}, "links.0.url"),
    ({"stakeholders": [{"user": "maya", "group": "QA"}]}, "stakeholders.0"),
    ({"stakeholders": [{"user": "nobody"}]}, "stakeholders.0.user"),
    ({"manager": "pipeline"}, "manager"),
    ({"process": "none"}, "process"),
    ({"tags": ["x"] * 201}, "tags"),
    ({"name": "x" * 201}, "name"),
    ({"name": "   "}, "name"),
    ({"name": "a\x00b"}, "name"),
    ({"description": "\ud800"}, "description"),
]


def test_a_release_with_a_wrong_part_is_refused_at_its_field(company: Company) -> None:
    valid = {"product": "pay", "process": "proc", "name": "N", "version": "1"}
    tom = Api(company.tom)
    entries = LedgerEntry.objects.count()
    for body, field in WRONG_RELEASES:
        refused(tom.post("releases/", {**valid, **body}), 422, None, field)
    assert not Release.objects.exists()
    assert LedgerEntry.objects.count() == entries


@pytest.mark.req("A-102")
def test_what_nobody_may_set_is_refused_by_name(company: Company) -> None:
    valid = {"product": "pay", "process": "proc", "name": "N", "version": "1"}
    tom = Api(company.tom)
    for field in (
        "id", "state", "reference", "requester", "starter", "held", "created_at", "started_at",
        "process_version", "scope", "waiting", "__class__", "pk", "product_id", "manager_id",
    ):  # fmt: skip
        refused(tom.post("releases/", {**valid, field: "x"}), 422, None, field)
    assert not Release.objects.exists()


# What each POST answers and takes when it is valid; a call that is missing here fails the test.
ACTS: dict[str, tuple[type[Any], type[Any], dict[str, Any]]] = {
    "products": (outputs.ProductShown, inputs.NewProduct, {"key": "a", "name": "A"}),
    "processes": (outputs.ProcessShown, inputs.ProcessText, {"yaml": "x"}),
    "process-validation": (outputs.ProcessValidated, inputs.ProcessText, {"yaml": "x"}),
    "releases": (
        outputs.ReleaseShown, inputs.NewRelease,
        {"product": "pay", "process": "proc", "name": "N", "version": "1"},
    ),
    "release-start": (outputs.ReleaseShown, inputs.Start, {}),
    "release-hold": (outputs.ReleaseShown, inputs.OptionalReason, {}),
    "release-resume": (outputs.ReleaseShown, inputs.OptionalReason, {}),
    "release-abort": (outputs.ReleaseShown, inputs.Reason, {"reason": "r"}),
    "release-defer": (
        outputs.ReleaseShown, inputs.Deferral, {"until": "2031-01-01T00:00:00Z", "reason": "r"}
    ),
    "decisions": (
        activity_outputs.DecisionTaken, inputs.NewDecision,
        {"verdict": "approve", "inputs": {"summary": "s"}},
    ),
    "withdrawal": (activity_outputs.DecisionTaken, inputs.OptionalReason, {}),
    "comments": (activity_outputs.CommentShown, inputs.NewComment, {"text": "t"}),
    "result": (activity_outputs.ResultTaken, inputs.NewResult, {"outcome": "passed"}),
    "retry": (activity_outputs.ActivityShown, inputs.Reason, {"reason": "r"}),
    "skip": (activity_outputs.SkipRequested, inputs.Reason, {"reason": "r"}),
}  # fmt: skip


def read_only_fields(shown: type[Any], taken: type[Any]) -> set[str]:
    """What an answer has and the request does not take."""
    return set(shown().fields) - set(taken().fields)


def every_column(taken: type[Any]) -> set[str]:
    """What the rows behind any call have, and the request does not take."""
    models: tuple[Any, ...] = (Product, ProcessVersion, Release, Activity, Decision)
    columns = {field.name for model in models for field in model._meta.get_fields()}
    return columns - set(taken().fields)


@pytest.mark.req("A-102")
def test_no_field_of_an_answer_or_of_a_row_can_be_sent_along(company: Company) -> None:
    """Every POST that the URL table has, by somebody whom only the body stops."""
    activity, draft = company.waiting(), company.release(start=False)
    numbers = {"release_id": draft.pk, "activity_id": activity.pk}
    ada, maya = Api(b.superuser()), Api(company.maya)
    posts = {one.name: route for route, one in patterns() if _takes_post(route, one)}
    assert posts.keys() == ACTS.keys()
    before = LedgerEntry.objects.count(), Release.objects.count(), Product.objects.count()
    for name, route in posts.items():
        shown, taken, valid = ACTS[name]
        send = maya if name in ("decisions", "withdrawal") else ada
        path = re.sub(r"<int:(\w+)>", lambda found: str(numbers[found[1]]), f"/{route}")
        fields = sorted(read_only_fields(shown, taken) | every_column(taken))
        # Each is refused by its name, so they can be sent together.
        refused(send.post(path, {**valid, **dict.fromkeys(fields, 1)}), 422, None, *fields)
    assert before == (LedgerEntry.objects.count(), Release.objects.count(), Product.objects.count())


def _takes_post(route: str, pattern: Any) -> bool:
    view = getattr(pattern.callback, "view_class", None) or getattr(pattern.callback, "cls", None)
    return route.startswith("api/") and hasattr(view, "post")


@pytest.mark.req("A-102")
def test_no_field_of_an_answer_can_be_sent_along_when_a_release_is_mended(
    company: Company,
) -> None:
    draft, tom = company.release(start=False), Api(company.tom)
    entries = LedgerEntry.objects.count()
    for field in sorted(read_only_fields(outputs.ReleaseShown, inputs.ChangedRelease)):
        body = {"reason": "r", "commit": "abc", field: 1}
        refused(tom.patch(f"releases/{draft.pk}/", body), 422, None, field)
    assert LedgerEntry.objects.count() == entries


@pytest.mark.req("A-102", "B-09")
def test_a_decision_takes_no_field_of_the_record(company: Company) -> None:
    activity = company.waiting()
    maya = Api(company.maya)
    for column in Decision._meta.get_fields():
        if column.name not in inputs.NewDecision().fields:
            body = {"verdict": "approve", "inputs": {"summary": "s"}, column.name: 1}
            path = f"activities/{activity.pk}/decisions/"
            refused(maya.post(path, body), 422, None, column.name)
    assert not Decision.objects.exists()


WRONG_DECISIONS: list[tuple[dict[str, Any], str]] = [
    ({}, "verdict"),
    ({"verdict": "APPROVE"}, "verdict"),
    ({"verdict": "withdraw"}, "verdict"),
    ({"verdict": ["approve"]}, "verdict"),
    ({"verdict": None}, "verdict"),
    ({"verdict": "approve"}, "inputs.summary"),
    ({"verdict": "approve", "inputs": None}, "inputs.summary"),
    ({"verdict": "approve", "inputs": []}, "inputs"),
    ({"verdict": "approve", "inputs": {"summary": "s", "extra": 1}}, "inputs.extra"),
    ({"verdict": "approve", "inputs": {"summary": 17}}, "inputs.summary"),
    ({"verdict": "approve", "inputs": {"summary": "x" * 501}}, "inputs.summary"),
    ({"verdict": "approve", "inputs": {"summary": "a\x00b"}}, "inputs.summary"),
    ({"verdict": "reject"}, "comment"),
    ({"verdict": "reject", "comment": "   "}, "comment"),
    ({"verdict": "reject", "comment": 17}, "comment"),
    ({"verdict": "reject", "comment": "x" * 20_000}, "comment"),
    ({"verdict": "approve", "inputs": {"summary": "s"}, "attempt": "1"}, "attempt"),
    ({"verdict": "approve", "inputs": {"summary": "s"}, "attempt": True}, "attempt"),
    ({"verdict": "approve", "inputs": {"summary": "s"}, "fingerprint": 1}, "fingerprint"),
]


def test_a_decision_with_a_wrong_part_is_refused_at_its_field(company: Company) -> None:
    path = f"activities/{company.waiting().pk}/decisions/"
    maya = Api(company.maya)
    entries = LedgerEntry.objects.count()
    for body, field in WRONG_DECISIONS:
        refused(maya.post(path, body), 422, None, field)
    assert not Decision.objects.exists()
    assert LedgerEntry.objects.count() == entries


@pytest.mark.req("B-09")
def test_leaving_an_optional_field_out_opens_no_gate(company: Company) -> None:
    activity = company.waiting()
    whole: dict[str, Any] = {
        "verdict": "approve", "comment": "c", "inputs": {"summary": "s"},
        "fingerprint": b.round_of(activity).fingerprint, "attempt": 1, "on_behalf_of": "maya",
    }  # fmt: skip
    path = f"activities/{activity.pk}/decisions/"
    stranger, tom, maya = Api(company.ines), Api(company.tom), Api(company.maya)
    for name in ("comment", "inputs", "fingerprint", "attempt", "on_behalf_of"):
        for body in ({**whole, name: None}, {k: v for k, v in whole.items() if k != name}):
            refused(stranger.post(path, body), 404)
            refused(tom.post(path, body), 403)
            if name == "inputs":
                refused(maya.post(path, body), 422, None, "inputs.summary")
    assert not Decision.objects.exists()


WRONG_PARAMETERS = [
    ("releases/?colour=red", "colour"),
    ("releases/?state=lost", "state.0"),
    ("releases/?state=", "state.0"),
    ("releases/?product=a&product=b", "product"),
    ("releases/?q=%00", "q"),
    ("releases/?q=" + "x" * 201, "q"),
    ("releases/?page_size=0", "page_size"),
    ("releases/?page_size=all", "page_size"),
    ("activities/?awaiting=you", "awaiting"),
    ("activities/?release=me", "release"),
    ("activities/?release=-1", "release"),
    ("activities/?release=99999999999999999999", "release"),
    ("activities/?overdue=perhaps", "overdue"),
    ("products/?id=1", "id"),
]


def test_a_parameter_that_is_unknown_or_wrong_is_named(company: Company) -> None:
    tom = Api(company.tom)
    for path, name in WRONG_PARAMETERS:
        refused(tom.get(path), 422, None, name)


def test_a_number_that_no_row_can_have_is_404(company: Company) -> None:
    tom, ada = Api(company.tom), Api(b.superuser())
    for number in ("0", "99999999999999999999999999", "9223372036854775808"):
        for api in (tom, ada):
            for kind, act in (("releases", "hold"), ("activities", "withdraw")):
                refused(api.get(f"{kind}/{number}/"), 404, "not_found")
                refused(api.post(f"{kind}/{number}/{act}/"), 404, "not_found")
            refused(api.get(f"releases/{number}/ledger/"), 404, "not_found")


def test_addresses_that_do_not_exist_are_problems_too(company: Company) -> None:
    tom = Api(company.tom)
    for path in ("releases/x/", "nothing/", "evidence/1/", "releases/-1/"):
        refused(tom.get(path), 404, "not_found")


@pytest.mark.req("API-1")
def test_calls_of_later_issues_do_not_exist_yet(company: Company) -> None:
    activity = company.waiting()
    tom = Api(company.tom)
    for method, path in (
        ("POST", f"activities/{activity.pk}/evidence/"),
        ("POST", f"activities/{activity.pk}/reassign/"),
        ("GET", "evidence/1/content/"),
    ):
        refused(tom.call(method, path), 404, "not_found")


def test_a_huge_report_and_odd_data_are_refused(company: Company) -> None:
    release = company.release()
    path = f"activities/{b.activity(release, 'tests').pk}/result/"
    api = Api(company.pipeline)
    for body, field in (
        ({"outcome": "skipped"}, "outcome"),
        ({"outcome": ""}, "outcome"),
        ({"outcome": "passed", "data": [1]}, "data"),
        ({"outcome": "passed", "data": {"n": 2**60}}, "data"),
        ({"outcome": "passed", "data": {"n": "x" * 200_000}}, "data"),
        ({"outcome": "passed", "url": "ftp://x"}, "url"),
        ({"outcome": "passed", "url": "http://[::1"}, "url"),
        ({"outcome": "passed", "summary": "x" * 100_000}, "summary"),
    ):
        refused(api.post(path, body), 422, None, field)
    assert b.activity(release, "tests").state == "running"
    ok(api.post(path, {"outcome": "passed", "data": {"deep": {"er": [1, None, "é"]}}}), 201)
