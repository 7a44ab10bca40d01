"""What a list of questions is narrowed to."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Concat

from approvals.models import Approval, AskedPerson
from releases.documents import ProcessDocument, document_of
from releases.inbox.counts import Bounds
from releases.inbox.lists import HOST, hosts_of
from releases.models import Activity, ProcessVersion, Release

_MOST_CHOICES: Final = 200
_MOST_LOOKED_AT: Final = 1_000


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """What a list of questions is narrowed to; what is left out does not narrow it.

    `due`: "overdue", "soon", "today" or "week", the groups of urgency; each has those before it too.
    `holding`: only what others cannot begin without, by the process: also when all of them were skipped.
    """

    product: str = ""
    release: int | None = None
    kind: str = ""
    category: str = ""
    risk: str = ""
    environment: str = ""
    due: str = ""
    text: str = ""
    holding: bool = False

    def __bool__(self) -> bool:
        return self != InboxFilter()


def narrowed(
    rows: models.QuerySet[Any], wanted: InboxFilter, path: str, bounds: Bounds
) -> models.QuerySet[Any]:
    """The rows of a list that a filter leaves."""
    release = f"{path}scope__release__"
    exact = {
        f"{release}product__key": wanted.product,
        f"{release}pk": wanted.release,
        f"{release}risk": wanted.risk,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if wanted.environment:
        # The column holds canonical JSON: a name between its quotation marks is an element.
        rows = rows.filter(**{f"{release}environments__contains": f'"{wanted.environment}"'})
    if wanted.due:
        rows = rows.filter(**{f"{path}due_at__lte": bounds.end_of(wanted.due)})
    activities = _activities_wanted(wanted, rows.order_by().values(f"{path}scope_id"))
    if activities is not None:
        rows = rows.filter(**{f"{path}host__in": hosts_of(activities)})
    return rows.filter(_about(wanted.text, path)) if wanted.text else rows


def _activities_wanted(
    wanted: InboxFilter, scopes: models.QuerySet[Any, Any]
) -> models.QuerySet[Activity] | None:
    if not (wanted.kind or wanted.category or wanted.holding):
        return None
    rows: models.QuerySet[Activity] = Activity.objects.order_by()
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.category:
        rows = _standing_at(
            rows,
            scopes,
            lambda document: [
                reference
                for reference, spec in document.activities.items()
                if spec.get("category") == wanted.category
            ],
        )
    if wanted.holding:
        # A request to skip holds up at least what it asks to skip.
        requests = Q(overrides__isnull=False)
        rows = _standing_at(
            rows,
            scopes,
            lambda document: [reference for reference, behind in document.held.items() if behind],
            requests,
        )
    return rows


def _standing_at(
    rows: models.QuerySet[Activity],
    scopes: models.QuerySet[Any, Any],
    places: Callable[[ProcessDocument], Collection[str]],
    found: Q | None = None,
) -> models.QuerySet[Activity]:
    """The activities at such places of the processes of these releases, or else `found`."""
    found = Q(pk__in=[]) if found is None else found
    in_use = Release.objects.filter(scope_id__in=scopes).order_by().values("process_version_id")
    for version in ProcessVersion.objects.filter(pk__in=in_use).defer("document"):
        if here := list(places(document_of(version))):
            found |= Q(release__process_version_id=version.pk, place__in=here)
    place = Concat("phase__key", Value("."), "key", output_field=models.CharField())
    return rows.alias(place=place).filter(found)


def _about(text: str, path: str) -> Q:
    """Whether title, release, product or one of the people asked has the text, or its id is it."""
    release = f"{path}scope__release__"
    found = Q(**{f"{path}title__icontains": text})
    for name in ("name", "version", "product__name"):
        found |= Q(**{f"{release}{name}__icontains": text})
    person = AskedPerson.objects.filter(
        Q(user__display_name__icontains=text) | Q(user__username__icontains=text),
        approval_id=OuterRef(f"{path}pk" if path else "pk"),
        is_open=True,
    )
    found |= Q(Exists(person))
    kind, _, number = text.upper().rpartition("-")
    if number.isascii() and number.isdigit() and len(number) < 19:
        if kind in ("", "ACT"):
            found |= Q(**{f"{path}host": f"{HOST}{int(number)}"})
        if kind in ("", "REL"):
            found |= Q(**{f"{release}pk": int(number)})
    return found


def releases_in(rows: models.QuerySet[Any], path: str) -> models.QuerySet[Any, Any]:
    """(key, name, version, product's key and name, environments) of the releases of a list.

    `rows`: the list in its order; of a long one the first `_MOST_LOOKED_AT` are looked at.
    """
    first = rows.values(path.removesuffix("__") or "pk")[:_MOST_LOOKED_AT]
    scopes = Approval.objects.filter(pk__in=first).order_by().values("scope_id")
    found = Release.objects.filter(scope_id__in=scopes).order_by("-pk")
    return found.values_list(
        "pk", "name", "version", "product__key", "product__name", "environments"
    )[:_MOST_CHOICES]
