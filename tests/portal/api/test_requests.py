"""What is sent badly is a 4xx with its reason, and leaves nothing behind (A-101, A-102)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from approvals.models import Decision
from audit.models import LedgerEntry
from releases.models import Product, Release
from tests import builders as b
from tests.portal.api.client import Api, ok, refused
from tests.portal.api.conftest import Company

pytestmark = [pytest.mark.sqlite, pytest.mark.req("A-101")]


@pytest.fixture
def ada(company: Company) -> Api:
    """A superuser's calls."""
    return Api(b.superuser())


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
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
    ],
)
def test_a_body_that_is_no_plain_json_object_is_refused(
    ada: Api, raw: bytes | str, status: int, code: str
) -> None:
    refused(ada.post("products/", raw=raw), status, code)
    assert Product.objects.count() == 1


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "application/xml", "application/jsonp", ""],
)  # fmt: skip
@pytest.mark.req("A-084")
def test_other_types_than_json_are_refused(ada: Api, content_type: str) -> None:
    raw = json.dumps({"key": "a", "name": "A"})
    refused(ada.post("products/", raw=raw, content_type=content_type), 415)
    assert Product.objects.count() == 1


def test_a_body_without_length_is_not_taken_for_an_empty_one(company: Company) -> None:
    draft = company.release(start=False)
    answer = Api(company.tom).post(f"releases/{draft.pk}/start/", TRANSFER_ENCODING="chunked")
    refused(answer, 411, "length_required")
    assert Release.objects.get(pk=draft.pk).state == "draft"


WRONG_TYPES = [None, 17, 1.5, True, [], ["a"], {}, {"a": "b"}]


@pytest.mark.parametrize("value", WRONG_TYPES)
@pytest.mark.parametrize("field", ["key", "name"])
def test_another_type_than_text_is_refused_at_its_field(
    ada: Api, field: str, value: object
) -> None:
    body: dict[str, Any] = {"key": "a", "name": "A", field: value}
    refused(ada.post("products/", body), 422, "invalid", field)
    assert Product.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
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
    ],
)
def test_a_release_with_a_wrong_part_is_refused_at_its_field(
    company: Company, body: dict[str, Any], field: str
) -> None:
    valid = {"product": "pay", "process": "proc", "name": "N", "version": "1"}
    entries = LedgerEntry.objects.count()
    refused(Api(company.tom).post("releases/", {**valid, **body}), 422, None, field)
    assert not Release.objects.exists()
    assert LedgerEntry.objects.count() == entries


@pytest.mark.req("A-102")
@pytest.mark.parametrize(
    "field",
    ["id", "state", "reference", "requester", "starter", "held", "created_at", "started_at",
     "process_version", "scope", "waiting", "__class__", "pk", "product_id", "manager_id"],
)  # fmt: skip
def test_what_nobody_may_set_is_refused_by_name(company: Company, field: str) -> None:
    valid = {"product": "pay", "process": "proc", "name": "N", "version": "1"}
    refused(Api(company.tom).post("releases/", {**valid, field: "x"}), 422, None, field)
    assert not Release.objects.exists()


@pytest.mark.req("A-102", "B-09")
@pytest.mark.parametrize(
    "field", ["id", "state", "person", "user", "ordinal", "approval", "form", "hats", "decided_at"]
)
def test_a_decision_takes_no_field_of_the_record(company: Company, field: str) -> None:
    activity = company.waiting()
    body = {"verdict": "approve", "inputs": {"summary": "s"}, field: 1}
    refused(Api(company.maya).post(f"activities/{activity.pk}/decisions/", body), 422, None, field)
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
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
    ],
)
def test_a_decision_with_a_wrong_part_is_refused_at_its_field(
    company: Company, body: dict[str, Any], field: str
) -> None:
    activity = company.waiting()
    entries = LedgerEntry.objects.count()
    refused(Api(company.maya).post(f"activities/{activity.pk}/decisions/", body), 422, None, field)
    assert not Decision.objects.exists()
    assert LedgerEntry.objects.count() == entries


@pytest.mark.req("B-09")
@pytest.mark.parametrize("left_out", ["comment", "inputs", "fingerprint", "attempt", "on_behalf_of"])
@pytest.mark.parametrize("how", ["dropped", "null"])
def test_leaving_an_optional_field_out_opens_no_gate(
    company: Company, left_out: str, how: str
) -> None:
    activity = company.waiting()
    body: dict[str, Any] = {
        "verdict": "approve", "comment": "c", "inputs": {"summary": "s"},
        "fingerprint": b.round_of(activity).fingerprint, "attempt": 1, "on_behalf_of": "ines",
    }  # fmt: skip
    if how == "dropped":
        del body[left_out]
    else:
        body[left_out] = None
    path = f"activities/{activity.pk}/decisions/"
    refused(Api(company.ines).post(path, body), 404)
    refused(Api(company.tom).post(path, body), 403)
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("path", "name"),
    [
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
    ],
)
def test_a_parameter_that_is_unknown_or_wrong_is_named(
    company: Company, path: str, name: str
) -> None:
    refused(Api(company.tom).get(path), 422, None, name)


@pytest.mark.parametrize("number", ["0", "99999999999999999999999999", "9223372036854775808"])
@pytest.mark.parametrize("kind", ["releases", "activities"])
def test_a_number_that_no_row_can_have_is_404(company: Company, kind: str, number: str) -> None:
    refused(Api(company.tom).get(f"{kind}/{number}/"), 404, "not_found")
    act = "hold" if kind == "releases" else "comments"
    refused(Api(company.tom).post(f"{kind}/{number}/{act}/", {"text": "t"}), 404, "not_found")


@pytest.mark.parametrize("path", ["releases/1/hold", "releases/x/", "nothing/", "evidence/1/"])
def test_addresses_that_do_not_exist_are_problems_too(company: Company, path: str) -> None:
    assert Api(company.tom).get(path).status_code in (301, 404)
    if path.endswith("/"):
        refused(Api(company.tom).get(path), 404, "not_found")


@pytest.mark.req("API-1")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "activities/{id}/evidence/"),
        ("POST", "activities/{id}/reassign/"),
        ("GET", "activities/{id}/notices/"),
        ("GET", "notifications/"),
        ("GET", "evidence/1/content/"),
    ],
)
def test_calls_of_later_issues_do_not_exist_yet(company: Company, method: str, path: str) -> None:
    activity = company.waiting()
    refused(Api(company.tom).call(method, path.format(id=activity.pk)), 404, "not_found")


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
