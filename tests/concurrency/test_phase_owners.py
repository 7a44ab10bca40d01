"""A phase that two give away at once passes from hand to hand, and whoever lost it does nothing more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from audit.models import LedgerEntry
from releases.models import Activity, Phase, Release
from tests import builders as b
from tests.concurrency.crew import Crew, Job, rounds
from tests.concurrency.meetings import both_meet, one_is_overtaken
from tests.concurrency.scenes import UNLOCKED, nothing_broken
from tests.scenes import people, tom

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.req("REL-1", "EXE-6"),
]  # fmt: skip


def failed_releases(number: int) -> list[Release]:
    """Releases whose phase `p` is omar's and has failed."""
    who, manager = people("maya", "omar", "ines", "vera"), tom()
    b.product("pay")
    b.process(b.phase("p", b.manual("gate", {"user": "maya"}), owner={"user": "omar"}), slug="many")
    made = [b.release(manager, process="many") for _ in range(number)]
    for one in made:
        b.vote(b.activity(one, "gate"), who.maya, "reject", comment="Not good enough.")
    return made


def handed_on(release: Release) -> list[tuple[int, int]]:
    """(former, new owner) of each entry on the record, oldest first."""
    rows = LedgerEntry.objects.filter(
        stream__key=f"release:{release.pk}", kind="phase.owner_changed"
    )
    told = [
        json.loads(text)["data"] for text in rows.order_by("seq").values_list("text", flat=True)
    ]
    return [(one["former"]["user"], one["owner"]["user"]) for one in told]


def broken_chains(crew: Crew, number: int, **how: Any) -> int:
    """Of so many releases, those on whose record an owner gave it who was not the owner any more."""
    who, releases = people("omar", "ines", "vera"), failed_releases(number)
    jobs = [
        Job("give_phase", [[one.pk, tom().pk, name] for one in releases], **how)
        for name in ("ines", "vera")
    ]
    found = 0
    for release, pair in zip(releases, crew.together(*jobs), strict=True):
        assert [one["is"] for one in pair] == ["done", "done"]
        first, second = handed_on(release)
        owner = Phase.objects.get(release=release).owner_user_id
        assert {first[1], second[1]} == {who.ines.pk, who.vera.pk}
        found += (first[0], second[0], second[1]) != (who.omar.pk, first[1], owner)
    return found


def test_two_who_give_it_away_at_once_do_so_one_after_the_other(crew: Crew) -> None:
    assert broken_chains(crew, rounds(0.1)) == 0
    nothing_broken()


def test_control_without_the_lock_both_take_it_from_the_same_one(crew: Crew) -> None:
    number = rounds(0.05, least=5)
    with both_meet("UPDATE ON releases_phase"):
        assert broken_chains(crew, number, unlocked=UNLOCKED, meets=True) == number


def mended_too_late(crew: Crew, number: int, **how: Any) -> int:
    """Of so many releases, those in which omar tried again what was not his any more."""
    who, releases = people("omar", "ines"), failed_releases(number)
    gates = [Activity.objects.get(release=one) for one in releases]
    answers = crew.together(
        Job("give_phase", [[one.pk, tom().pk, "ines"] for one in releases], **how),
        Job("retry", [[gate.pk, who.omar.pk] for gate in gates], **how),
    )
    found = 0
    for release, (given, tried) in zip(releases, answers, strict=True):
        assert given["is"] == "done"
        # He sees the release no more either, once it is not his.
        assert tried["is"] in {"done", "no_permission", "not_found"}
        kinds = list(
            LedgerEntry.objects.filter(
                stream__key=f"release:{release.pk}",
                kind__in=["phase.owner_changed", "activity.retried"],
            )
            .order_by("seq")
            .values_list("kind", flat=True)
        )
        found += kinds == ["phase.owner_changed", "activity.retried"]
    return found


def test_whoever_lost_the_phase_while_they_pressed_retry_does_not_retry(crew: Crew) -> None:
    assert mended_too_late(crew, rounds(0.2)) == 0
    nothing_broken()


def test_control_without_the_lock_the_former_owner_still_retries(crew: Crew) -> None:
    number = rounds(0.05, least=5)
    with one_is_overtaken("UPDATE ON releases_phase", "UPDATE ON releases_activity"):
        assert mended_too_late(crew, number, unlocked=UNLOCKED, meets=True) == number
