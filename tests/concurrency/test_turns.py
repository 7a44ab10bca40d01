"""Whoever comes second waits, and then does nothing twice and blocks nobody (NTF-3, OPS-1)."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from audit.errors import Refusal
from audit.journal import Journal
from audit.locking import database_now, lock
from audit.models import PORTAL_STREAM, Delivery, LedgerEntry
from audit.services.deliveries import end
from audit.services.record import record
from portal.demo.presence import SEEDED, is_here
from portal.demo.seeding import remove
from portal.models import User
from portal.services.deliveries import send_dead_again
from portal.services.people import change_user
from releases.models import Product
from releases.services.products import change_product
from tests import builders as b
from tests.portal.notifications.scenes import deliveries, reachable, tom_by_mail
from tests.scenes import ask

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

LONGEST = 20.0  # seconds


def while_held(first: Callable[[], Any], second: Callable[[], Any], then: Callable[[], Any]) -> str:
    """Do `second` beside a transaction that did `first`, and `then` in it when `second` waits for it.

    Returns what `second` came to: "done", or the code of its refusal.
    """
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            answer = pool.submit(_answer, second)
            _see_waiting(answer)
            then()
        return answer.result(LONGEST)


def _answer(act: Callable[[], Any]) -> str:
    try:
        act()
    except Refusal as refusal:
        return refusal.code
    finally:
        connection.close()
    return "done"


def _see_waiting(answer: Future[str]) -> None:
    """Until another connection waits for a lock of this one; fails where none ever does."""
    until = time.monotonic() + LONGEST
    while time.monotonic() < until and not answer.done():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
    raise AssertionError("The second one did not wait for the first.")


@pytest.mark.req("NTF-3")
def test_what_failed_is_sent_again_once_by_two_presses() -> None:
    reachable("ann", "bea")
    ask({"user": "ann"}, {"user": "bea"}, rule="unanimous", by=tom_by_mail())
    for row in Delivery.objects.all():
        end(row, Delivery.State.DEAD, "smtp_550_5.1.1")
    actor = b.actor_for(b.superuser())

    def press() -> None:
        send_dead_again(errors=["smtp_550_5.1.1"], reason="Mended.", actor=actor)

    def send() -> None:
        for row in Delivery.objects.all():
            end(row, Delivery.State.SENT)

    assert while_held(press, press, send) == "nothing_failed"
    # Whoever has the mail gets no second one.
    assert deliveries() == [("ann", "sent", ""), ("bea", "sent", "")]
    assert LedgerEntry.objects.filter(kind="delivery.all_sent_again").count() == 1


def _a_demo() -> tuple[Product, User]:
    """What counts as a demo: a product, and somebody with a token."""
    product, lena = b.product("pay"), b.person("lena")
    b.token_for(lena)
    with transaction.atomic():
        journal = Journal(actor=b.SYSTEM, at=database_now())
        journal.add(SEEDED, users=[lena.pk], products=[product.pk])
        record(journal, stream=PORTAL_STREAM)
    return product, lena


@pytest.mark.req("OPS-1")
def test_removing_the_demo_holds_up_nobody_who_changes_its_product() -> None:
    product, _ = _a_demo()
    root = b.actor_for(b.superuser())

    def rename() -> None:
        change_product(product_id=product.pk, name="Renamed", actor=root)

    done = while_held(
        lambda: lock(Product.objects.all(), pk=product.pk), lambda: remove(actor=root), rename
    )
    assert done == "done"
    product.refresh_from_db()
    assert (product.name, product.is_archived, is_here()) == ("Renamed", True, False)


@pytest.mark.req("OPS-1")
def test_removing_the_demo_holds_up_nobody_who_changes_its_people() -> None:
    _, lena = _a_demo()
    root = b.actor_for(b.superuser())

    def rename() -> None:
        change_user(user_id=lena.pk, display_name="Lena B.", email="", actor=root)

    done = while_held(
        lambda: lock(User.objects.all(), pk=lena.pk), lambda: remove(actor=root), rename
    )
    assert done == "done"
    lena.refresh_from_db()
    assert (lena.display_name, lena.is_active, is_here()) == ("Lena B.", False, False)
