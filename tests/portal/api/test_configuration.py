"""Products and processes over the API (REL-1, REL-6)."""

from __future__ import annotations

import pytest

from audit.models import LedgerEntry
from releases.models import ProcessVersion
from tests import builders as b
from tests.portal.api.client import Api, ok, refused
from tests.portal.api.conftest import Company

pytestmark = [pytest.mark.sqlite]

YAML = """\
kind: Process
slug: web
name: Web shop
phases:
  - key: check
    name: Check
    activities:
      - key: qa
        name: QA
        kind: sign_off
        approvers: [{group: QA}]
        rule: any
"""


@pytest.fixture
def admin(company: Company) -> Api:
    """One who may configure and nothing else."""
    person = b.person("cora")
    b.give("process-admin", person)
    return Api(person)


@pytest.mark.req("REL-1", "API-1")
def test_products_are_made_by_those_who_configure(company: Company, admin: Api) -> None:
    body = {"key": "web", "name": "Web", "description": "d", "tags": ["pci", "eu"]}
    made = ok(admin.post("products/", body), 201)
    assert made == {"id": made["id"], **body, "tags": ["eu", "pci"]}
    refused(admin.post("products/", body), 409, "key_taken")
    for key in ("Web", "1web", "we b", "w" * 51, "wéb"):
        refused(admin.post("products/", {"key": key, "name": "N"}), 422, None, "key")
    for one in (company.tom, company.maya, company.pipeline):
        for sent in (body, {}):
            refused(Api(one).post("products/", sent), 403, "no_permission")
    assert [one["key"] for one in ok(admin.get("products/"))["results"]] == ["pay", "web"]
    assert ok(Api(company.ines).get("products/"))["results"] == []


@pytest.mark.req("REL-5", "REL-6")
def test_a_process_is_published_once_and_exported_so_that_it_is_the_same(
    company: Company, admin: Api
) -> None:
    first = ok(admin.post("processes/", {"yaml": YAML}), 201)
    assert (first["slug"], first["version"]) == ("web", 1)
    assert ok(admin.post("processes/", {"yaml": YAML}), 200)["version"] == 1
    assert ok(admin.post("processes/", {"yaml": first["yaml"]}), 200)["version"] == 1
    second = ok(admin.post("processes/", {"yaml": YAML.replace("Web shop", "Shop")}), 201)
    assert second["version"] == 2
    anyone = Api(company.ines)
    assert ok(anyone.get("processes/web/"))["name"] == "Shop"
    assert ok(anyone.get("processes/web/?version=1"))["yaml"] == first["yaml"]
    refused(anyone.get("processes/web/?version=3"), 404)
    refused(anyone.get("processes/none/"), 404)
    listed = ok(anyone.get("processes/"))["results"]
    assert [(one["slug"], one["version"]) for one in listed] == [("proc", 1), ("web", 2)]


@pytest.mark.req("REL-2", "REL-6")
def test_what_is_wrong_is_named_with_line_and_key_and_nothing_is_kept(
    company: Company, admin: Api
) -> None:
    versions, entries = ProcessVersion.objects.count(), LedgerEntry.objects.count()
    wrong = YAML.replace("rule: any", "rule: at_least\n        colour: red")
    for path in ("processes/", "processes/validate/"):
        problem = refused(admin.post(path, {"yaml": wrong}), 422)
        assert {one["line"] for one in problem["data"]["problems"]} >= {12, 13}
    later = YAML + "        evidence: {required: 1}\n"
    for path in ("processes/", "processes/validate/"):
        problem = refused(admin.post(path, {"yaml": later}), 422, "not_available_yet")
        assert problem["data"]["problems"][0]["line"] == 13
    unknown = YAML.replace("group: QA", "group: Nobody")
    refused(admin.post("processes/", {"yaml": unknown}), 422)
    assert ok(admin.post("processes/validate/", {"yaml": YAML})) == {"valid": True, "slug": "web"}
    assert (ProcessVersion.objects.count(), LedgerEntry.objects.count()) == (versions, entries)


@pytest.mark.req("A-101", "REL-6")
def test_processes_that_are_too_large_or_no_yaml_are_refused(company: Company, admin: Api) -> None:
    refused(admin.post("processes/", {"yaml": "#" * 1_000_001}), 413, "too_large")
    refused(admin.post("processes/", {"yaml": "#" * 5_000_000}), 413, "too_large")
    refused(admin.post("processes/", {"yaml": "a: &a [1]\nb: *a"}), 422)
    refused(admin.post("processes/", {"yaml": "a: !!python/object:os.system x"}), 422)
    refused(admin.post("processes/", {"yaml": "{" * 1000}), 422)
    refused(admin.post("processes/", {"yaml": 17}), 422, None, "yaml")
    refused(admin.post("processes/", {"yaml": "\x00"}), 422)
    for one in (company.tom, company.maya):
        for path in ("processes/", "processes/validate/"):
            refused(Api(one).post(path, {"yaml": YAML}), 403, "no_permission")
            refused(Api(one).post(path, {}), 403, "no_permission")
