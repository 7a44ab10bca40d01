"""What a form does not have is ignored, whoever posts it (A-043 to A-048, B-27)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from structlog.testing import capture_logs

from approvals.models import Approval, Decision
from audit.models import LedgerEntry
from portal.models import Membership, User
from releases.models import Activity, ActivityResult, Comment, Product, Release
from tests import builders as b
from tests.admin.pages import LABELS, READ_ONLY, address, page_of, row_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]

CHANGE = {"display_name": "Maya", "email": "", "phone": "", "time_zone": "", "reason": ""}


def _counts() -> dict[str, int]:
    return {label: page_of(label).model._base_manager.count() for label in LABELS}


def _everything() -> dict[str, list[dict[str, Any]]]:
    return {
        label: list(page_of(label).model._base_manager.order_by("pk").values()) for label in LABELS
    }


@pytest.mark.req("A-043")
def test_no_form_makes_a_superuser(olga: Client, world: SimpleNamespace) -> None:
    permission = Permission.objects.first()
    assert permission is not None
    forged = {
        "is_superuser": "on", "is_staff": "on", "groups": [world.qa.pk],
        "user_permissions": [permission.pk], "password": "known", "person": "0" * 32,
        "is_active": "", "username": "root",
    }  # fmt: skip
    before = User.objects.values().get(pk=world.tom.pk)
    with capture_logs() as entries:
        answer = olga.post(
            address("portal.User", "change", world.tom.pk),
            {**CHANGE, "display_name": "Tom T.", **forged},
        )
    assert answer.status_code == 302
    after = User.objects.values().get(pk=world.tom.pk)
    assert after == {**before, "display_name": "Tom T."}
    assert not Membership.objects.filter(user=world.tom).exists()
    assert not world.tom.user_permissions.exists()
    alert = next(each for each in entries if each["event"] == "admin.forged_fields")
    assert alert["log_level"] == "warning"
    assert alert["fields"] == sorted(forged)


@pytest.mark.req("A-043")
def test_no_form_makes_a_new_account_a_superuser(olga: Client) -> None:
    answer = olga.post(
        address("portal.User", "add"),
        {
            "username": "eve", "display_name": "Eve", "email": "", "kind": "person",
            "initial_password": "", "same_person_as": "", "is_superuser": "on", "is_staff": "on",
        },
    )  # fmt: skip
    assert answer.status_code == 302
    eve = User.objects.get(username="eve")
    assert (eve.is_superuser, eve.is_staff, eve.has_usable_password()) == (False, False, False)


@pytest.mark.req("A-043")
def test_who_enters_the_admin_is_said_by_superusers_alone(
    ada: Client, world: SimpleNamespace
) -> None:
    ada.post(address("portal.User", "change", world.maya.pk), {**CHANGE, "is_staff": "on"})
    world.maya.refresh_from_db()
    assert (world.maya.is_staff, world.maya.is_superuser) == (True, False)


@pytest.mark.req("A-043")
def test_who_is_no_superuser_changes_no_superuser(olga: Client, world: SimpleNamespace) -> None:
    root = b.superuser("root")
    answer = olga.post(
        address("portal.User", "change", root.pk), {**CHANGE, "display_name": "Nobody"}
    )
    assert answer.status_code == 200
    assert "Only a superuser" in answer.content.decode()
    root.refresh_from_db()
    assert root.display_name != "Nobody"
    assert (
        "Only a superuser"
        in olga.post(address("portal.User", "deactivate", root.pk)).content.decode()
    )
    root.refresh_from_db()
    assert root.is_active


@pytest.mark.req("A-044", "A-050", "B-02")
def test_nothing_that_is_read_only_takes_a_post_from_a_superuser(ada: Client) -> None:
    keys = {label: row_of(label).pk for label in sorted(READ_ONLY)}
    before = _everything()
    forged = {
        "state": "approved", "status": "approved", "quorum": "0", "deadline": "", "policy": "{}",
        "seats": "[]", "actor": "1", "user": "1", "decided_at": "2020-01-01", "verdict": "approve",
        "outcome": "passed", "text": "Overwritten", "hash": "0" * 64, "name": "Overwritten",
        "_save": "1", "_saveasnew": "1",
    }  # fmt: skip
    for label, pk in keys.items():
        for what in (("change", pk), ("add",)):
            assert ada.post(address(label, *what), forged).status_code == 403
    assert _everything() == before
    assert not LogEntry.objects.exists()


@pytest.mark.req("A-044")
def test_fields_that_are_fixed_stay_as_they_are(ada: Client, world: SimpleNamespace) -> None:
    scope = world.product.scope_id
    ada.post(
        address("releases.Product", "change", world.product.pk),
        {
            "name": "Payments",
            "description": "",
            "tags": "",
            "reason": "",
            "key": "other",
            "scope": 1,
        },
    )
    product = Product.objects.get(pk=world.product.pk)
    assert (product.key, product.scope_id) == ("pay", scope)


@pytest.mark.req("A-045", "B-27")
def test_forged_inlines_write_nothing(ada: Client, world: SimpleNamespace) -> None:
    members = Membership.objects.count()
    for prefix in ("memberships", "membership_set", "api_tokens", "role_assignments", "form"):
        forged = {
            f"{prefix}-TOTAL_FORMS": "1", f"{prefix}-INITIAL_FORMS": "0",
            f"{prefix}-0-group": world.qa.pk, f"{prefix}-0-user": world.tom.pk,
            f"{prefix}-0-id": "", f"{prefix}-0-DELETE": "on",
        }  # fmt: skip
        ada.post(address("portal.User", "change", world.maya.pk), {**CHANGE, **forged})
        url = address("auth.Group", "change", world.qa.pk)
        assert ada.post(url, {"name": "qa", **forged}).status_code == 302
    assert Membership.objects.count() == members


@pytest.mark.req("A-046")
def test_nothing_is_deleted_by_anybody(ada: Client, olga: Client) -> None:
    rows = {label: row_of(label).pk for label in LABELS}
    before = _counts()
    for label, pk in rows.items():
        url = address(label, "delete", pk)
        for client in (ada, olga):
            assert client.get(url).status_code in {403, 404}
            assert client.post(url, {"post": "yes"}).status_code in {403, 404}
    assert _counts() == before


@pytest.mark.req("A-046", "A-047", "B-27")
def test_no_bulk_action_runs(ada: Client, world: SimpleNamespace) -> None:
    for label in LABELS:
        row_of(label)
    before = _everything()
    for label in LABELS:
        keys = [row_of(label).pk, 999_999]
        for action in ("delete_selected", "approve", ""):
            ada.post(
                address(label, "changelist"),
                {
                    "action": action, "select_across": "1", "index": "0", "_selected_action": keys,
                    "post": "yes", "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1",
                    "form-0-id": keys[0], "form-0-name": "Overwritten", "_save": "Save",
                },
            )  # fmt: skip
    assert _everything() == before


# Each would tell something hidden by whether rows come back.
LOOKUPS = [
    ("portal.User", "password__startswith"),
    ("portal.User", "email__contains"),
    ("portal.Membership", "user__password__startswith"),
    ("portal.ApiToken", "digest__startswith"),
    ("portal.ApiToken", "user__password__startswith"),
    ("approvals.Decision", "user__password__startswith"),
    ("approvals.Decision", "approval__policy__contains"),
    ("approvals.RoleAssignment", "role__rights__contains"),
    ("releases.Release", "manager__password__startswith"),
    ("releases.Activity", "release__manager__email"),
    ("releases.Comment", "user__password__regex"),
    ("audit.LedgerEntry", "text__contains"),
    ("audit.LedgerEntry", "stream__entries__text__contains"),
]


@pytest.mark.req("A-048")
def test_a_filter_that_no_list_offers_is_refused(ada: Client) -> None:
    for label, lookup in LOOKUPS:
        answer = ada.get(address(label, "changelist"), {lookup: "p"})
        assert (answer.status_code, lookup) == (400, lookup)


@pytest.mark.req("A-048")
def test_the_filters_that_lists_offer_work(ada: Client, world: SimpleNamespace) -> None:
    members = ada.get(address("portal.Membership", "changelist"), {"group__id__exact": world.qa.pk})
    assert members.context["cl"].result_count == 1
    approved = ada.get(address("approvals.Decision", "changelist"), {"verdict__exact": "reject"})
    assert approved.context["cl"].result_count == 0


@pytest.mark.req("A-049")
def test_nobody_looks_up_names_that_they_may_not_see(
    vera: Client, olga: Client, world: SimpleNamespace
) -> None:
    lookup = {
        "app_label": "portal", "model_name": "membership", "field_name": "user", "term": "maya",
    }  # fmt: skip
    assert vera.get("/admin/autocomplete/", lookup).status_code == 403
    found = olga.get("/admin/autocomplete/", lookup).json()["results"]
    assert [each["text"] for each in found] == ["Maya"]
    token = vera.get(f"{address('portal.ApiToken', 'add')}?user={world.maya.pk}")
    assert "Maya" not in token.content.decode()


@pytest.mark.req("A-050")
def test_a_superuser_changes_no_decision_and_no_result(ada: Client, world: SimpleNamespace) -> None:
    before = _everything()
    for model, row in (
        ("releases.Activity", Activity.objects.first()),
        ("releases.ActivityResult", ActivityResult.objects.first()),
        ("releases.Comment", Comment.objects.first()),
        ("releases.Release", Release.objects.first()),
        ("approvals.Approval", Approval.objects.first()),
        ("approvals.Decision", Decision.objects.first()),
        ("audit.LedgerEntry", LedgerEntry.objects.first()),
    ):
        assert row is not None
        page = ada.get(address(model, "change", row.pk)).content.decode()
        assert 'name="_save"' not in page
        assert f'action="{address(model, "delete", row.pk)}"' not in page
        assert ada.post(address(model, "change", row.pk), {"state": "x"}).status_code == 403
    assert _everything() == before
    assert get_user_model().objects.get(username="ada").is_superuser
