"""Who would hear of something is said in the same order on both databases (NTF-3)."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from audit.events import Listeners
from audit.services.telling import would_hear
from tests import builders as b

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("NTF-3")]


def _out_of_order() -> tuple[Any, Any]:
    """Two accounts whose keys a set gives the wrong way round: the second one's ends a row of eight."""
    made = [b.person("p0")]
    while made[-1].pk % 8 or len(made) < 2:
        made.append(b.person(f"p{len(made)}"))
    first, second = made[-2:]
    assert list(frozenset({first.pk, second.pk})) == [second.pk, first.pk]
    return first, second


def test_by_reason_and_of_one_reason_by_account() -> None:
    first, second = _out_of_order()
    last, actor = b.person("last"), b.actor_for(b.person("acting"))
    both = frozenset({first.pk, second.pk})
    names = [str(first), str(second)]
    assert would_hear([Listeners("manager", both)], actor) == names
    found = get_user_model().objects.filter(pk__in=both).order_by("-pk").values("pk")
    found = found.values_list("pk", flat=True)
    assert would_hear([Listeners("role", found_by=found)], actor) == names
    # The first reason counts, and comes first.
    reasons = [Listeners("manager", frozenset({last.pk})), Listeners("user", both | {last.pk})]
    assert would_hear(reasons, actor) == ["last", *names]
