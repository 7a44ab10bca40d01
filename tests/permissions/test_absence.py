"""What one may not see is not there: the sweep over ids in addresses, bodies, filters (A-059, MON-5)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from approvals.models import Decision
from releases.models import Release
from tests import builders as b
from tests.permissions.expected import CASES
from tests.permissions.scene import Scene
from tests.permissions.test_matrix import address_of, body_of
from tests.portal.api.client import Api, ok, refused

NOWHERE = 9_000_000


@pytest.mark.req("A-059", "B-12", "B-13")
@pytest.mark.django_db
def test_what_is_hidden_and_what_does_not_exist_are_answered_alike() -> None:
    scene = Scene()
    outsider = Api(token=scene.tokens["outsider"])
    for case in CASES:
        if "<int:" not in case.route:
            continue
        body = body_of(case, scene.ours)
        hidden = outsider.call(case.method, address_of(case, scene.ours), body)
        nowhere = outsider.call(case.method, re.sub(r"<.*?>", str(NOWHERE), case.route), body)
        assert (hidden.status_code, hidden.content) == (404, nowhere.content)
        assert set(hidden.headers) == set(nowhere.headers)
    assert not Decision.objects.filter(user=scene.people["outsider"]).exists()


@pytest.mark.req("A-059", "B-12")
@pytest.mark.django_db
def test_ids_in_bodies_reach_nothing_that_is_hidden() -> None:
    scene = Scene()
    manager = Api(token=scene.tokens["manager"])
    made = Release.objects.count()
    body = {"process": "ours", "name": "N", "version": "1"}
    hidden = manager.post("releases/", {**body, "product": "theirs"})
    nowhere = manager.post("releases/", {**body, "product": "nothing"})
    assert (hidden.status_code, hidden.content) == (404, nowhere.content)
    assert Release.objects.count() == made


@pytest.mark.req("A-059", "MON-5")
@pytest.mark.django_db
def test_filters_and_cursors_show_nothing_that_is_hidden() -> None:
    scene = Scene()
    theirs = scene.theirs
    for who in ("outsider", "approver", "manager", "owner", "auditor", "pipeline"):
        api = Api(token=scene.tokens[who])
        seen: list[Any] = []
        for path in (
            "releases/", "products/", "activities/", "activities/?awaiting=me",
            "releases/?product=theirs", "releases/?q=Payments", f"releases/?q=REL-{theirs.draft.pk}",
            f"activities/?release={theirs.running.pk}",
            f"activities/?awaiting=me&release={theirs.running.pk}",
            "activities/?state=awaiting_approval", "activities/?overdue=false",
            "releases/?cursor=WzkwMDAwMDBd", "activities/?page_size=1",
        ):  # fmt: skip
            answer = ok(api.get(path))
            seen += answer["results"]
            assert "theirs" not in json.dumps(answer["results"]), (who, path)
        assert bool(seen) == (who != "outsider")


@pytest.mark.req("A-067")
@pytest.mark.django_db
def test_a_permission_of_django_s_own_gives_nothing_in_list_or_detail() -> None:
    scene = Scene()
    outsider = scene.people["outsider"]
    outsider.user_permissions.set(Permission.objects.all())
    api = Api(token=scene.tokens["outsider"])
    for path in ("releases/", "products/", "activities/"):
        assert ok(api.get(path))["results"] == []
    refused(api.get(f"releases/{scene.ours.running.pk}/"), 404)
    refused(api.post("products/", {"key": "k", "name": "n"}), 403)


@pytest.mark.req("B-14", "A-076")
@pytest.mark.django_db
def test_no_vote_counts_after_the_end() -> None:
    scene = Scene()
    approver = Api(token=scene.tokens["approver"])
    path = f"activities/{scene.ours.rejected.pk}/"
    refused(approver.post(f"{path}decisions/", {"verdict": "approve"}), 409, "already_decided")
    refused(approver.post(f"{path}withdraw/"), 409, "already_decided")
    assert ok(approver.get(path))["state"] == "rejected"
    assert Decision.objects.filter(approval__host=scene.ours.rejected.host).count() == 1


@pytest.mark.req("SEC-1", "MON-5")
@pytest.mark.django_db
def test_a_seat_once_held_lets_one_see_the_release_for_good() -> None:
    scene = Scene()
    approver = Api(token=scene.tokens["approver"])
    ok(approver.get(f"releases/{scene.ours.failed.pk}/"))
    assert ok(approver.get("products/"))["results"][0]["key"] == "ours"
    newcomer = b.person("newcomer")
    refused(Api(newcomer).get(f"releases/{scene.ours.failed.pk}/"), 404)
