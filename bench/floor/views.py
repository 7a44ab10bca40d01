"""Floor W, floor D and the bare page (docs/performance.md)."""

from __future__ import annotations

import hashlib
import json

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from bench.floor.models import Activity, AuditRow, Decision, Pending


def append_row(activity: Activity, event: dict[str, object]) -> None:
    """Add a row to the chain of an activity that the caller has locked, and move its head."""
    former, activity.seq = activity.hash, activity.seq + 1
    text = json.dumps({**event, "seq": activity.seq}, sort_keys=True, separators=(",", ":"))
    activity.hash = hashlib.sha256(f"{former}\n{text}".encode()).hexdigest()
    AuditRow.objects.create(
        activity=activity, seq=activity.seq, text=text, former=former, hash=activity.hash
    )


def decide(request: HttpRequest, activity_id: int) -> HttpResponse:
    """Floor W: session, user, lock, decision, chained row, activity, in one transaction: 8 SQL."""
    if not request.user.is_authenticated:
        return JsonResponse({"code": "not_signed_in"}, status=401)
    ballot = json.loads(request.body)
    now = timezone.now()
    with transaction.atomic():
        activity = Activity.objects.select_for_update().get(pk=activity_id)
        decision = Decision.objects.create(
            activity=activity,
            user=request.user,
            verdict=ballot["verdict"],
            comment=ballot["comment"],
            decided_at=now,
        )
        append_row(
            activity,
            {
                "at": now.isoformat(),
                "decision": decision.pk,
                "kind": "decision_cast",
                "user": request.user.pk,
                "verdict": decision.verdict,
            },
        )
        activity.votes += 1
        activity.version += 1
        activity.save(update_fields=["votes", "version", "seq", "hash"])
    return JsonResponse({"state": activity.state, "votes": activity.votes}, status=201)


def pending(request: HttpRequest) -> HttpResponse:
    """Floor D: session, user, the 50 most urgent items, the total: 4 SQL."""
    if not request.user.is_authenticated:
        return JsonResponse({"code": "not_signed_in"}, status=401)
    mine = Pending.objects.filter(user=request.user, is_open=True)
    first = mine.select_related("activity").order_by("due_at", "id")[:50]
    results = [
        {
            "id": item.activity_id,
            "name": item.activity.name,
            "release": item.activity.release,
            "state": item.activity.state,
            "due_at": item.due_at.isoformat(),
        }
        for item in first
    ]
    return JsonResponse({"results": results, "total": mine.count()})


def page(request: HttpRequest, activity_id: int) -> HttpResponse:
    """The bare page: session, user, activity, votes, newest entries, what waits for the reader: 6 SQL."""
    if not request.user.is_authenticated:
        return JsonResponse({"code": "not_signed_in"}, status=401)
    activity = Activity.objects.get(pk=activity_id)
    context = {
        "activity": activity,
        "decisions": list(Decision.objects.filter(activity=activity).select_related("user")),
        "entries": [
            json.loads(row.text)
            for row in AuditRow.objects.filter(activity=activity).order_by("-seq")[:50]
        ],
        "waiting": Pending.objects.filter(user=request.user, is_open=True).count(),
        "reader": request.user,
    }
    return render(request, "page.html", context)
