"""The OpenAPI document, the interactive page, and errors that no view answers (API-1, A-104)."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import get_resolver
from jsonschema import Draft202012Validator

from tests import builders as b
from tests.permissions.routes import api_routes
from tests.portal.api.client import Api, ok, refused
from tests.portal.api.conftest import Company


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The OpenAPI document; a warning of the generator fails."""
    out = StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, format="openapi-json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@pytest.mark.sqlite
@pytest.mark.req("API-1")
def test_every_call_is_in_the_document_with_its_problems(document: dict[str, Any]) -> None:
    described = {
        (method.upper(), re.sub(r"\{.*?\}", "{}", path))
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    }
    routes = {
        (method, re.sub(r"<.*?>", "{}", route))
        for method, route in api_routes()
        if not route.endswith(("schema/", "docs/"))
    }
    assert described == routes
    for path, item in document["paths"].items():
        for method, call in item.items():
            answers = set(call["responses"])
            assert {"401", "403", "422"} <= answers, (method, path)
            for status in answers & {"400", "401", "403", "404", "409", "413", "415", "422"}:
                content = call["responses"][status]["content"]
                assert content["application/problem+json"]["schema"]["$ref"].endswith("/Problem")
            if method == "post":
                assert {"409", "415"} <= answers
                assert "Idempotency-Key" in {one["name"] for one in call["parameters"]}
            if "_id}" in path:
                assert "404" in answers


def validator(document: dict[str, Any], name: str) -> Draft202012Validator:
    """Judges answers by a schema of the document, and unknown members as errors."""
    text = json.dumps(document["components"]).replace("#/components/", "#/")
    components = json.loads(text)
    for schema in components["schemas"].values():
        if schema.get("type") == "object" and "additionalProperties" not in schema:
            schema["additionalProperties"] = False
        for part in schema.get("properties", {}).values():
            _allow_null(part)
    return Draft202012Validator({"$ref": f"#/schemas/{name}", **components})


def _allow_null(part: dict[str, Any]) -> None:
    """OpenAPI 3.0 says `nullable` where JSON Schema has a type."""
    if part.pop("nullable", False):
        whole = dict(part)
        part.clear()
        part["anyOf"] = [whole, {"type": "null"}]


@pytest.mark.sqlite
@pytest.mark.req("API-1")
def test_real_answers_are_as_the_document_says(company: Company, document: dict[str, Any]) -> None:
    activity = company.waiting(risk="low")
    tom, maya = Api(company.tom), Api(company.maya)
    go = b.activity(activity.release, "go")
    tests = b.activity(activity.release, "tests")
    taken = maya.post(
        f"activities/{activity.pk}/decisions/", {"verdict": "approve", "inputs": {"summary": "s"}}
    )
    said = maya.post(f"activities/{activity.pk}/comments/", {"text": "t"})
    draft = company.release(start=False)
    answers = {
        "DecisionTaken": [taken],
        "CommentShown": [said],
        "ReleaseShown": [
            tom.get(f"releases/{activity.release_id}/"), tom.get(f"releases/{draft.pk}/"),
        ],
        "ActivityShown": [
            tom.get(f"activities/{one.pk}/") for one in (activity, go, tests)
        ],
        "PageOfReleaseRow": [tom.get("releases/?page_size=1")],
        "PageOfActivityRow": [tom.get("activities/"), maya.get("activities/?awaiting=me")],
        "PageOfProductShown": [tom.get("products/")],
        "PageOfProcessRow": [tom.get("processes/")],
        "PageOfLedgerEntryShown": [tom.get(f"releases/{activity.release_id}/ledger/")],
        "PageOfCommentShown": [tom.get(f"activities/{activity.pk}/comments/")],
        "ProcessShown": [tom.get("processes/proc/")],
        "Problem": [tom.get("releases/0/"), tom.post("releases/", {})],
    }  # fmt: skip
    for name, several in answers.items():
        for answer in several:
            found = sorted(map(str, validator(document, name).iter_errors(answer.json())))
            assert found == [], (name, found)


@pytest.mark.sqlite
@pytest.mark.req("API-1", "SEC-4", "A-068")
def test_schema_and_docs_are_for_those_who_have_signed_in(company: Company) -> None:
    assert Client().get("/api/v1/docs/").headers["Location"].startswith("/accounts/login/")
    refused(Api().get("schema/"), 401)
    answer = Api(company.ines).get("schema/")
    assert answer.status_code == 200
    assert b"openapi: 3" in answer.content


@pytest.mark.sqlite
@pytest.mark.req("API-1", "SEC-4")
def test_the_interactive_page_works_under_the_policy(company: Company) -> None:
    client = Client()
    client.force_login(company.maya)
    page = client.get("/api/v1/docs/")
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in f"{policy};"
    assert "unsafe-eval" not in policy
    assert "style-src 'self' 'unsafe-inline'" in policy
    text = page.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    sources = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert sources
    for one in sources:
        assert one.startswith("/")
        if one.startswith(settings.STATIC_URL):
            assert finders.find(one.removeprefix(settings.STATIC_URL).partition("?")[0])
    script = next(one for one in sources if "script=" in one)
    answer = client.get(script.replace("&amp;", "&"))
    assert answer.headers["Content-Type"].startswith("application/javascript")
    assert b"/api/v1/schema/" in answer.content


@pytest.mark.sqlite
@pytest.mark.req("A-104")
def test_a_fault_of_ours_says_the_request_s_id_and_nothing_else(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("secret-detail: /srv/app/models.py line 17")

    api = Api(company.maya)
    with monkeypatch.context() as patched:
        patched.setattr(connection, "cursor", broken)
        answer = api.get("releases/")
    problem = refused(answer, 500, "server_error")
    assert problem["request_id"] == answer.headers["X-Request-ID"]
    assert b"secret-detail" not in answer.content
    assert b"Traceback" not in answer.content


@pytest.mark.sqlite
@pytest.mark.req("API-1")
def test_errors_outside_the_api_are_pages(company: Company) -> None:
    answer = Client().get("/nothing/here/")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert Client().get("/").headers["Location"].startswith("/accounts/login/")
    client = Client()
    client.force_login(company.maya)
    assert client.get("/").headers["Location"] == "/inbox/"
    client.force_login(b.superuser())
    assert client.get("/").headers["Location"] == "/setup/"  # there is no release yet


@pytest.mark.sqlite
@pytest.mark.req("B-08", "A-059")
def test_addresses_are_made_of_numbers_and_fixed_words_alone() -> None:
    for _, route in api_routes():
        for part in re.findall(r"<(.*?)>", route):
            assert part in {"int:release_id", "int:activity_id", "slug:slug"}
    assert get_resolver().reverse_dict.getlist("home")


@pytest.mark.sqlite
@pytest.mark.req("API-1")
def test_answers_may_not_be_cached_by_others(company: Company) -> None:
    path = f"activities/{company.waiting().pk}/"
    assert "private" in Api(company.maya).get(path).headers["Cache-Control"]
    ok(Api(company.maya).get(path))
