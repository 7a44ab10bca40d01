"""Mending what a release ships (EXE-6, fix): never under an open round, always on record."""

from __future__ import annotations

import json

import pytest

from audit.errors import Conflict, Invalid, NotPermitted
from audit.models import LedgerEntry
from releases.models import Release
from releases.services.activities import retry_activity
from releases.services.content import ContentChange, change_release
from releases.services.lifecycle import abort_release
from tests import builders as make
from tests.refusals import refused
from tests.scenes import asked, events

pytestmark = [pytest.mark.django_db, pytest.mark.req("EXE-6")]


@pytest.fixture
def failed():
    """A release whose approval was rejected, with its manager and its approver."""
    tom, maya = make.manager(), make.person("maya")
    make.product()
    make.process(make.phase("verify", make.manual("qa", {"user": "maya"})))
    release = make.release(tom, commit="aaa")
    make.vote(make.activity(release, "qa"), maya, "reject")
    return release, tom, maya


def change(release, by, **values):
    return change_release(
        release_id=release.pk,
        change=ContentChange(**values),
        reason="mended",
        actor=make.actor_for(by),
    )


def test_change_is_what_the_next_attempt_is_asked_about(failed):
    release, tom, _ = failed
    before = make.round_of(make.activity(release, "qa"))
    change(release, tom, commit="bbb")
    retry_activity(
        activity_id=make.activity(release, "qa").pk, reason="mended", actor=make.actor_for(tom)
    )
    after = make.round_of(make.activity(release, "qa"))
    assert json.loads(before.content)["commit"] == "aaa"
    assert json.loads(after.content)["commit"] == "bbb"
    assert after.fingerprint != before.fingerprint


def test_change_is_recorded_with_its_reason(failed):
    release, tom, _ = failed
    changed = change(release, tom, commit="bbb", description="New build")
    assert changed == {"commit", "description"}
    entry = LedgerEntry.objects.filter(stream__key=release.stream).latest("seq")
    assert entry.kind == "release.changed"
    assert json.loads(entry.text)["data"] == {"fields": ["commit", "description"]}
    newest = Release.history.filter(id=release.pk).latest()
    assert (newest.commit, newest.history_change_reason) == ("bbb", "mended")


def test_nothing_to_change_writes_nothing(failed):
    release, tom, _ = failed
    entries = LedgerEntry.objects.count()
    assert change(release, tom, commit="aaa") == frozenset()
    assert LedgerEntry.objects.count() == entries


def test_content_never_changes_under_an_open_round(failed):
    release, tom, _ = failed
    retry_activity(
        activity_id=make.activity(release, "qa").pk, reason="again", actor=make.actor_for(tom)
    )
    with pytest.raises(Conflict) as refused:
        change(release, tom, commit="bbb")
    assert refused.value.code == "rounds_open"
    release.refresh_from_db()
    assert release.commit == "aaa"


def test_an_approver_may_not_change_what_is_approved(failed):
    release, _, maya = failed
    with pytest.raises(NotPermitted):
        change(release, maya, commit="bbb")


@pytest.mark.req("POL-6")
def test_authors_are_added_and_never_taken_away(failed):
    release, tom, maya = failed
    change(release, tom, add_authors=["maya"])
    change(release, tom, add_authors=["tom"])
    release.refresh_from_db()
    assert [author["user"] for author in json.loads(release.authors)] == [maya.pk, tom.pk]


@pytest.mark.req("POL-6")
def test_an_author_left_out_is_added_while_people_decide_and_decides_no_more(failed):
    _, tom, maya = failed
    omar = make.person("omar")
    make.process(
        make.phase(
            "verify",
            make.manual("qa", {"user": "maya"}),
            make.manual("cab", {"user": "maya"}, {"user": "omar"}, needs=[]),
            make.manual("own", {"user": "omar"}, needs=[], separation={"authors": False}),
        ),
        slug="two",
    )
    release = make.release(tom, process="two")
    make.vote(make.activity(release, "qa"), maya)
    cab, own = make.activity(release, "cab"), make.activity(release, "own")
    change(release, tom, add_authors=["omar"])
    assert asked(cab) == {"maya"}
    assert asked(own) == {"omar"}
    with refused("own_change", NotPermitted):
        make.vote(cab, omar)
    change(release, tom, add_authors=["maya"])
    assert make.round_of(cab).stuck
    assert events(release).count("approval.stuck") == 1


@pytest.mark.req("POL-6", "B-01")
def test_nothing_else_rides_along_with_an_author(failed):
    release, tom, _ = failed
    retry_activity(
        activity_id=make.activity(release, "qa").pk, reason="again", actor=make.actor_for(tom)
    )
    with refused("rounds_open", Conflict):
        change(release, tom, add_authors=["maya"], description="Another build.")
    release.refresh_from_db()
    assert json.loads(release.authors) == []


def test_the_owner_of_a_failed_phase_fixes_it_and_no_other_owner_does():
    tom, maya, omar, ruth = make.manager(), *(make.person(n) for n in ("maya", "omar", "ruth"))
    make.product()
    make.process(
        make.phase("verify", make.manual("qa", {"user": "maya"}), owner={"user": "omar"}),
        make.phase("deploy", make.manual("cab", {"user": "maya"}), owner={"user": "ruth"}),
    )
    release = make.release(tom, commit="aaa")
    with refused("no_permission", NotPermitted):
        change(release, omar, commit="bbb")
    make.vote(make.activity(release, "qa"), maya, "reject")
    with refused("no_permission", NotPermitted):
        change(release, ruth, commit="bbb")
    reading = make.actor_for(omar, scopes=frozenset({"read", "decide"}))
    with refused("token_scope", NotPermitted):
        change_release(
            release_id=release.pk, change=ContentChange(commit="b"), reason="r", actor=reading
        )
    change(release, omar, commit="bbb")
    release.refresh_from_db()
    assert release.commit == "bbb"


@pytest.mark.req("POL-6")
def test_a_machine_is_never_added_as_an_author(failed):
    release, tom, _ = failed
    make.pipeline_user("robot")
    with pytest.raises(Invalid) as refused:
        change(release, tom, add_authors=["maya", "robot"])
    assert list(refused.value.errors) == ["add_authors"]
    release.refresh_from_db()
    assert json.loads(release.authors) == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"version": " "}, "version"),
        ({"links": [{"kind": "other", "title": "x", "url": "javascript:alert(1)"}]}, "links.0.url"),
        ({"add_authors": ["nobody"]}, "add_authors"),
    ],
)
def test_invalid_content_is_answered_at_its_field(failed, values, field):
    release, tom, _ = failed
    with pytest.raises(Invalid) as refused:
        change(release, tom, **values)
    assert list(refused.value.errors) == [field]


def test_what_an_ended_release_shipped_stays(failed):
    release, tom, _ = failed
    abort_release(release_id=release.pk, reason="no", actor=make.actor_for(tom))
    with pytest.raises(Conflict) as refused:
        change(release, tom, commit="bbb")
    assert refused.value.code == "already_ended"


@pytest.mark.req("B-01")
def test_what_was_approved_never_changes_afterwards():
    tom, maya, omar = make.manager(), make.person("maya"), make.person("omar")
    make.product()
    make.process(
        make.phase("verify", make.manual("qa", {"user": "maya"})),
        make.phase("deploy", make.manual("cab", {"user": "omar"})),
    )
    release = make.release(tom, commit="aaa")
    make.vote(make.activity(release, "qa"), maya)
    make.vote(make.activity(release, "cab"), omar, "reject")
    with pytest.raises(Conflict) as refused:
        change(release, tom, commit="bbb")
    assert refused.value.code == "already_passed"
    release.refresh_from_db()
    assert release.commit == "aaa"
    change(release, tom, description="Only the words differ")
    release.refresh_from_db()
    assert release.description == "Only the words differ"
