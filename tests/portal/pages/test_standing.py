"""Whether this is a demo, as the frame of every page asks it: of the demo's own people alone (OPS-1)."""

from __future__ import annotations

import pytest
from django.db import transaction

from audit.journal import Journal
from audit.locking import database_now
from audit.models import PORTAL_STREAM
from audit.services.record import record
from portal.demo.presence import SEEDED
from portal.pages.standing import standing_of
from tests import builders as b

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("OPS-1")]


def _mark() -> None:
    """The record says that the demo was loaded."""
    with transaction.atomic():
        journal = Journal(actor=b.SYSTEM, at=database_now())
        journal.add(SEEDED, users=[], products=[])
        record(journal, stream=PORTAL_STREAM)


@pytest.mark.parametrize("email", ["tom@our-company.example", "tom-@example.com", ""])
def test_somebody_real_who_is_called_like_one_of_them_is_none_of_them(email: str) -> None:
    """Else the whole record would be searched for its mark, at every page of everybody."""
    tom = b.person("tom", email=email)
    _mark()
    assert not standing_of(tom.pk).in_demo


def test_with_one_of_its_people_and_its_mark_on_record_it_is_the_demo() -> None:
    real = b.person("tom", email="tom@our-company.example")
    b.person("maya", email="maya@example.com")
    assert not standing_of(real.pk).in_demo
    _mark()
    assert standing_of(real.pk).in_demo
