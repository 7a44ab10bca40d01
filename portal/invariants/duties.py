"""Separation of duties, worked out anew from the rows: nobody decided what they must not (I8)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

from django.contrib.auth import get_user_model

from approvals.facts import live_decisions
from approvals.models import Approval, Decision
from approvals.selectors import decisions_of
from portal.invariants.findings import Finding
from portal.invariants.rounds import name_of, rounds
from releases.documents import ProcessDocument, document_of
from releases.facts import starter_ids
from releases.models import Activity, Release


def check_own_changes(now: dt.datetime) -> Iterator[Finding]:
    """I8: neither requester, starter nor author decided their own change, where that is excluded.

    Authors are those of the content that the round was asked about; more may be added later.
    """
    for approval, decisions in rounds():
        deciders = _deciders(decisions)
        activity = _activity_of(approval)
        if not deciders or activity is None:
            continue
        excluded = _persons(_own_people(activity, approval))
        for person in deciders.keys() & excluded:
            decision = deciders[person]
            detail = f"decision {decision.pk} is by {decision.display_name}, whose own change it is"
            yield Finding("I8", "own_change", name_of(approval), detail)


def check_own_requests(now: dt.datetime) -> Iterator[Finding]:
    """I8: who asked for an override did not decide on it."""
    requests = Activity.objects.filter(overrides__isnull=False).select_related("asked_by")
    for request in requests.order_by("pk").iterator(chunk_size=500):
        found = list(Approval.objects.filter(host=request.host))
        for approval in found:
            deciders = _deciders(decisions_of(found)[approval.pk])
            if request.asked_by is not None and request.asked_by.person in deciders:
                detail = "who asked for the override decided on it"
                yield Finding("I8", "own_request", name_of(approval), detail)


def check_four_eyes(now: dt.datetime) -> Iterator[Finding]:
    """I8: activities that different people must decide were decided by different people."""
    releases = Release.objects.exclude(started_at=None).select_related("process_version")
    for release in releases.order_by("pk").iterator(chunk_size=100):
        document = document_of(release.process_version)
        if document.four_eyes:
            yield from _shared_deciders(release, document)


def _shared_deciders(release: Release, document: ProcessDocument) -> Iterator[Finding]:
    hosts = {
        f"{activity.phase.key}.{activity.key}": activity.host
        for activity in Activity.objects.filter(release=release).select_related("phase")
    }
    newest = {
        approval.host: approval
        for approval in Approval.objects.filter(host__in=hosts.values()).order_by("attempt")
    }
    decisions = decisions_of(list(newest.values()))
    deciders = {host: _deciders(decisions[approval.pk]).keys() for host, approval in newest.items()}
    for ref, others in document.four_eyes.items():
        for other in sorted(others):
            shared = deciders.get(hosts.get(ref, ""), set()) & deciders.get(
                hosts.get(other, ""), set()
            )
            if ref < other and shared:
                detail = f"{ref} and {other} were decided by the same person"
                yield Finding("I8", "four_eyes", release.reference, detail)


def _deciders(decisions: Collection[Decision]) -> Mapping[UUID, Decision]:
    """The live approvals and rejections by person; an abstention decides nothing."""
    return {
        person: decision
        for person, decision in live_decisions(decisions).items()
        if decision.verdict != Decision.Verdict.ABSTAIN
    }


def _activity_of(approval: Approval) -> Activity | None:
    kind, _, key = approval.host.partition(":")
    if kind != "activity":
        return None
    rows = Activity.objects.select_related("phase", "release__process_version")
    return rows.filter(pk=int(key)).first()


def _own_people(activity: Activity, approval: Approval) -> set[int]:
    """The accounts whose own change this is, where the activity excludes them."""
    release = activity.release
    document = document_of(release.process_version)
    spec = document.activities.get(f"{activity.phase.key}.{activity.key}", {})
    separation = spec.get("separation") or {}
    people: set[int] = set()
    if separation.get("requester", True):
        people |= {release.requester_id, *starter_ids(release)}
    if separation.get("authors", True):
        people.update(json.loads(approval.content)["authors"])
    return people


def _persons(user_ids: Collection[int]) -> set[UUID]:
    users = get_user_model()._default_manager.filter(pk__in=user_ids)
    return set(users.values_list("person", flat=True))
