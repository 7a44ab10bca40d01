"""Processes are published as versions that never change, or refused with line and key (REL-5, REL-6)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from approvals.models import Role
from audit.errors import NotPermitted
from audit.history import save_tracked
from audit.journal import Journal
from audit.models import GuardedWrite
from audit.services.record import record
from portal.services.people import set_user_active
from releases.documents import export_version
from releases.models import Process, ProcessReference, ProcessVersion
from releases.rules.process_errors import ProcessErrors
from releases.services.processes import publish_draft, publish_process, save_draft
from tests import builders as b
from tests.refusals import refused
from tests.scenes import events, people, pipe

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]


def text(*phases: Any, slug: str = "proc", **more: Any) -> str:
    """A process as text: JSON is YAML."""
    return json.dumps({"kind": "Process", "slug": slug, "name": "Proc", "phases": phases, **more})


def one(approver: dict[str, Any], **more: Any) -> str:
    """A process of one gate."""
    return text(b.phase("p", b.manual("gate", approver)), **more)


@pytest.mark.req("REL-5")
def test_publishing_numbers_versions_and_what_is_newest_already_writes_nothing() -> None:
    people("ann", "ben")
    first = publish_process(text=one({"user": "ann"}), actor=b.SYSTEM)
    before = events("portal")
    again = publish_process(text=one({"user": "ann"}), actor=b.SYSTEM)
    assert (first.created, again.created, again.version.pk) == (True, False, first.version.pk)
    assert events("portal") == before
    second = publish_process(text=one({"user": "ben"}), actor=b.SYSTEM)
    assert (first.version.number, second.version.number) == (1, 2)
    back = publish_process(text=one({"user": "ann"}), actor=b.SYSTEM)
    assert (back.created, back.version.number) == (True, 3)
    assert back.version.digest == first.version.digest


@pytest.mark.req("REL-5", "B-12")
def test_what_is_newest_already_is_answered_also_when_somebody_in_it_has_left() -> None:
    who = people("ann")
    first = publish_process(text=one({"user": "ann"}), actor=b.SYSTEM)
    set_user_active(user_id=who.ann.pk, active=False, actor=b.SYSTEM)
    again = publish_process(text=one({"user": "ann"}), actor=b.SYSTEM)
    assert (again.created, again.version.pk) == (False, first.version.pk)
    with pytest.raises(ProcessErrors) as caught:
        publish_process(text=one({"user": "ann"}, description="New."), actor=b.SYSTEM)
    assert [error.code for error in caught.value.items] == ["inactive_user"]


@pytest.mark.req("SEC-1", "A-070")
@pytest.mark.parametrize(
    ("owner", "code"), [({"user": "aud"}, "auditor"), ({"role": "auditor"}, "role_reads_only")]
)
def test_an_auditor_is_not_made_the_owner_of_a_phase(owner: Any, code: str) -> None:
    b.give("auditor", people("aud", "ann").aud)
    phase = b.phase("p", b.manual("gate", {"user": "ann"}), owner=owner)
    with pytest.raises(ProcessErrors) as caught:
        publish_process(text=text(phase), actor=b.SYSTEM)
    assert [error.code for error in caught.value.items] == [code]


@pytest.mark.req("REL-5", "REL-6", "POL-5")
def test_a_version_names_people_by_key_and_prints_the_names_of_today() -> None:
    people("ann")
    qa = b.group("qa")
    version = publish_process(text=one({"group": "qa"}), actor=b.SYSTEM).version
    assert json.loads(version.document)["phases"][0]["activities"][0]["approvers"][0]["group"] == (
        qa.pk
    )
    assert ProcessReference.objects.get(version=version).group == qa
    qa.name = "quality"
    qa.save()
    exported = export_version(version)
    assert "quality" in exported
    assert not publish_process(text=exported, actor=b.SYSTEM).created


@pytest.mark.req("REL-5", "A-105")
def test_a_version_is_never_changed() -> None:
    people("ann")
    version = publish_process(text=one({"user": "ann"}), actor=b.SYSTEM).version
    version.document = "{}"
    with pytest.raises(GuardedWrite):
        version.save()
    with pytest.raises(GuardedWrite):
        ProcessVersion.objects.update(document="{}")
    for act in (
        "UPDATE releases_processversion SET number = 9",
        "DELETE FROM releases_processversion",
    ):
        with (
            pytest.raises(DatabaseError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(act)


@pytest.mark.req("REL-6", "POL-5")
def test_roles_that_are_listed_are_made_without_rights() -> None:
    publish_process(text=one({"role": "lead"}, roles={"lead": "Lead"}), actor=b.SYSTEM)
    made = Role.objects.get(slug="lead")
    assert (made.name, json.loads(made.rights), made.is_builtin) == ("Lead", [], False)


def _deactivated() -> dict[str, Any]:
    set_user_active(user_id=people("gone").gone.pk, active=False, actor=b.SYSTEM)
    return {"user": "gone"}


def _machine() -> dict[str, Any]:
    return {"user": pipe().username}


@pytest.mark.req("REL-6", "POL-2", "B-17", "A-070", "A-060")
@pytest.mark.parametrize(
    ("approver", "code"),
    [
        ({"user": "nobody"}, "unknown_user"),
        ({"group": "nobody"}, "unknown_group"),
        ({"role": "nobody"}, "unknown_role"),
        (_deactivated, "inactive_user"),
        (_machine, "machine_user"),
        ({"role": "auditor"}, "role_reads_only"),
    ],
)
def test_a_gate_for_somebody_who_could_never_decide_is_refused(approver: Any, code: str) -> None:
    named = approver() if callable(approver) else approver
    with refused(code, ProcessErrors) as caught:
        publish_process(text=one(named), actor=b.SYSTEM)
    [item] = caught.refusal.items
    assert item.key.startswith("phases[0].activities[0].approvers[0].")
    assert item.line >= 1
    assert not Process.objects.exists()


@pytest.mark.req("REL-2", "REL-6")
@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("kind: Process\nslug: [", "yaml"),
        (one({"user": "ann"}, extra=1), "unknown_key"),
        (text(b.phase("p", b.pipeline("x", evidence={"required": 1}))), None),
        (text(b.phase("p", b.pipeline("x", needs=["p.x"]))), None),
        (text(b.phase("p", needs=["q"]), b.phase("q", needs=["p"])), None),
        (text(b.phase("p", b.manual("g", {"user": "ann"}, rule={"at_least": 2}))), None),
        ("x: " + "y" * 1_000_001, "too_large"),
    ],
)
def test_a_wrong_process_is_refused_whole(document: str, code: str | None) -> None:
    people("ann")
    good = publish_process(text=one({"user": "ann"}), actor=b.SYSTEM).version
    before = ProcessVersion.objects.count()
    with pytest.raises(ProcessErrors) as caught:
        publish_process(text=document, actor=b.SYSTEM)
    assert caught.value.items
    if code == "too_large":
        assert caught.value.status == 413
    assert ProcessVersion.objects.count() == before
    assert Process.objects.get().versions.get() == good


@pytest.mark.req("SEC-1", "B-02", "A-070")
def test_only_who_may_configure_publishes() -> None:
    who = people("ann", "aud")
    b.give("auditor", who.aud)
    b.give("release-manager", who.ann)
    for by in (who.ann, who.aud, pipe()):
        with refused("no_permission", NotPermitted):
            publish_process(text=one({"user": "ann"}), actor=b.actor_for(by))
        with refused("no_permission", NotPermitted):
            save_draft(process_id=None, text=one({"user": "ann"}), actor=b.actor_for(by))
    b.give("process-admin", who.ann)
    narrow = b.actor_for(who.ann, scopes=frozenset({"read", "decide", "report"}))
    with refused("token_scope", NotPermitted):
        publish_process(text=one({"user": "ann"}), actor=narrow)
    assert publish_process(text=one({"user": "ann"}), actor=b.actor_for(who.ann)).created


@pytest.mark.req("REL-5", "REL-6")
def test_a_draft_touches_nothing_until_it_is_published() -> None:
    people("ann", "ben")
    version = publish_process(text=one({"user": "ann"}), actor=b.SYSTEM).version
    process = version.process
    save_draft(process_id=process.pk, text="not: [valid", actor=b.SYSTEM)
    assert ProcessVersion.objects.get() == version
    with pytest.raises(ProcessErrors):
        publish_draft(process_id=process.pk, actor=b.SYSTEM)
    process.refresh_from_db()
    assert process.draft == "not: [valid"
    save_draft(process_id=process.pk, text=one({"user": "ben"}), actor=b.SYSTEM)
    published = publish_draft(process_id=process.pk, actor=b.SYSTEM)
    process.refresh_from_db()
    assert (published.version.number, process.draft) == (2, "")


@pytest.mark.req("REL-6")
def test_a_draft_keeps_the_slug_of_its_process() -> None:
    people("ann")
    process = publish_process(text=one({"user": "ann"}), actor=b.SYSTEM).version.process
    save_draft(process_id=process.pk, text=one({"user": "ann"}, slug="other"), actor=b.SYSTEM)
    with refused("slug_changed", ProcessErrors):
        publish_draft(process_id=process.pk, actor=b.SYSTEM)
    with refused("slug_taken", ProcessErrors):
        save_draft(process_id=None, text=one({"user": "ann"}), actor=b.SYSTEM)
    with refused("not_found"):
        save_draft(process_id=process.pk + 1000, text="", actor=b.SYSTEM)
    with refused("not_found"):
        publish_draft(process_id=process.pk + 1000, actor=b.SYSTEM)


@pytest.mark.req("REL-6", "A-101")
@pytest.mark.parametrize("draft", ["nul\x00", "\ud800", "x" * 1_000_001])
def test_a_draft_that_cannot_be_kept_is_refused(draft: str) -> None:
    people("ann")
    process = publish_process(text=one({"user": "ann"}), actor=b.SYSTEM).version.process
    with pytest.raises(ProcessErrors), transaction.atomic():
        save_draft(process_id=process.pk, text=draft, actor=b.SYSTEM)


@pytest.mark.req("REL-5")
def test_publishing_an_archived_process_takes_it_out_of_the_archive_as_its_next_version() -> None:
    people("ann", "ben")
    process = publish_process(text=one({"user": "ann"}), actor=b.SYSTEM).version.process
    for approver, created, number in (("ann", False, 1), ("ben", True, 2)):
        with transaction.atomic():
            journal = Journal(actor=b.SYSTEM, at=b.database_now())
            process.is_archived = True
            save_tracked(journal, [process], ["is_archived"])
            journal.add("process.changed", process=process.slug)
            record(journal, stream="portal")
        published = publish_process(text=one({"user": approver}), actor=b.SYSTEM)
        process.refresh_from_db()
        assert (published.created, published.version.number) == (created, number)
        assert not process.is_archived
