"""Put the demo into an empty installation, or take it out of sight again."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

from django.db import transaction

from audit.actor import Actor
from audit.errors import Conflict
from audit.journal import Journal
from audit.locking import database_now, lock_all
from audit.models import PORTAL_STREAM
from audit.services.notices import mark_all_read
from audit.services.record import record
from portal.demo.company import SYSTEM, Company, found_company
from portal.demo.past import tell_the_past
from portal.demo.presence import REMOVED, SEEDED, demo_data, was_removed
from portal.demo.present import tell_the_present
from portal.models import ApiToken, User
from portal.services.people import set_user_active
from portal.services.tokens import revoke_token
from releases.models import Product, Release
from releases.services.products import change_product

HISTORY = dt.timedelta(days=91)
READ_AFTER = dt.timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Removed:
    """How much was taken out of sight."""

    people: int
    tokens: int
    products: int


@transaction.atomic
def seed(*, now: dt.datetime | None = None) -> bool:
    """Make the demo's company and its history up to `now`; False when it is here already.

    One transaction: all of it or nothing. Refusals: Conflict `demo_removed`, `has_releases` on an
    installation in use, and what the services refuse, such as `username_taken`.
    """
    if was_removed():
        raise Conflict(
            "demo_removed", "The demo was removed here and its record stays; use a new database."
        )
    if demo_data() is not None:
        return False
    if Release.objects.exists():
        raise Conflict(
            "has_releases", "This database has releases of its own; the demo needs an empty one."
        )
    moment = now or database_now()
    company = found_company(moment - HISTORY)
    tell_the_past(company, moment)
    tell_the_present(company, moment)
    for username in company.users:
        # People have read what is older than a weekend.
        mark_all_read(actor=company.actor(username), until=moment - READ_AFTER, now=moment)
    _note(SEEDED, company, moment)
    return True


def _note(kind: str, company: Company, now: dt.datetime) -> None:
    journal = Journal(actor=SYSTEM, at=now)
    journal.add(
        kind,
        users=sorted(user.pk for user in company.users.values()),
        products=sorted(product.pk for product in company.products.values()),
    )
    record(journal, stream=PORTAL_STREAM)


@transaction.atomic
def remove(*, actor: Actor) -> Removed:
    """Deactivate the demo's people, revoke their tokens, archive its products; the record stays.

    Idempotent. Raises Conflict `no_demo` where the demo never was.
    """
    made = demo_data()
    if made is None:
        raise Conflict("no_demo", "The demo is not in this database.")
    reason = "the demo is removed"
    # All before the first entry: it locks the head of the record, for which whoever changes one of
    # these meanwhile waits with the row in hand.
    products = lock_all(Product.objects.filter(pk__in=made["products"], is_archived=False))
    people = lock_all(User.objects.filter(pk__in=made["users"], is_active=True))
    tokens = lock_all(ApiToken.objects.filter(user_id__in=made["users"], revoked_at__isnull=True))
    revoked = [revoke_token(token_id=one.pk, actor=actor, reason=reason) for one in tokens]
    archived = [_archive(product, actor, reason) for product in products]
    left = [
        set_user_active(user_id=user.pk, active=False, actor=actor, reason=reason)
        for user in people
    ]
    if not was_removed():
        journal = Journal(actor=actor, at=database_now())
        journal.add(REMOVED)
        record(journal, stream=PORTAL_STREAM)
    return Removed(len(left), len(revoked), len(archived))


def _archive(product: Product, actor: Actor, reason: str) -> Product:
    return change_product(
        product_id=product.pk,
        name=product.name,
        description=product.description,
        tags=json.loads(product.tags),
        is_archived=True,
        reason=reason,
        actor=actor,
    )
