"""The activities behind questions that wait, as a list names them: few columns, shared releases."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from django.db import models

from audit.compiled import CompiledValues, instance_of
from releases.inbox.lists import HOST
from releases.inbox.rows import filled_up
from releases.models import Activity, Phase, Product, Release

# What a list says of an activity: a release has thirty columns, and a page fifty rows of few releases.
_OF_ACTIVITY: Final = (
    "id", "key", "name", "kind", "state", "attempt", "opened_at", "phase_id", "release_id",
)  # fmt: skip
_OF_PHASE: Final = ("id", "key", "name")
_OF_RELEASE: Final = ("id", "name", "version", "product_id")
_OF_PRODUCT: Final = ("id", "key")
_COLUMNS: Final = (
    *_OF_ACTIVITY,
    *(f"phase__{name}" for name in _OF_PHASE),
    *(f"release__{name}" for name in _OF_RELEASE),
    *(f"release__product__{name}" for name in _OF_PRODUCT),
)


@lru_cache(maxsize=16)
def _activities(number: int) -> CompiledValues:
    """The query for so many activities, put together once."""

    def build(**keys: int) -> models.QuerySet[Any, Any]:
        asked = Activity.objects.filter(pk__in=list(keys.values()))
        rows = asked.filter(release__product__is_archived=False)
        return rows.order_by().values_list(*_COLUMNS)

    return CompiledValues(build, **{f"key_{place}": int for place in range(number)})


def activities_asked_about(rows: Collection[Any]) -> dict[int, Activity]:
    """The activity behind each row of the projection, by the key of its round; none of archived products."""
    keys = {row.approval_id: int(row.host.removeprefix(HOST)) for row in rows}
    if not keys:
        return {}
    wanted = filled_up(set(keys.values()))
    listed = _with_their_releases(_activities(len(wanted)).rows(**wanted))
    return {round_id: listed[key] for round_id, key in keys.items() if key in listed}


def _with_their_releases(rows: Iterable[tuple[Any, ...]]) -> dict[int, Activity]:
    """Activities by key, of rows of `_COLUMNS`; those of one release share it, as they do a phase."""
    found, shared = dict[int, Activity](), dict[tuple[type[Any], int], Any]()

    def take(model: type[Any], names: Sequence[str], values: Iterator[Any]) -> Any:
        own = tuple(islice(values, len(names)))
        if (model, own[0]) not in shared:
            shared[model, own[0]] = instance_of(model, names, own)
        return shared[model, own[0]]

    for row in rows:
        values = iter(row)
        activity = take(Activity, _OF_ACTIVITY, values)
        activity.phase = take(Phase, _OF_PHASE, values)
        activity.release = take(Release, _OF_RELEASE, values)
        activity.release.product = take(Product, _OF_PRODUCT, values)
        found[activity.pk] = activity
    return found
