"""Products are made, changed, archived (REL-1)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Value
from django.db.models.functions import Cast, Concat

from approvals.models import Scope
from approvals.permissions import can_configure
from approvals.rules.texts import check_reason, unsafe_text
from approvals.services.roles import create_scope, everything
from audit.actor import Actor
from audit.canonical import canonical_text
from audit.errors import Conflict, Invalid
from audit.history import create_tracked, save_tracked
from audit.journal import Journal
from audit.locking import database_now, lock, moment
from audit.models import PORTAL_STREAM
from audit.permissions import require
from audit.services.deliveries import revive_dropped
from audit.services.record import record
from releases.models import Product, Release

KEY = re.compile(r"[a-z][a-z0-9_-]{0,49}")
LONGEST_DESCRIPTION = 20_000


def _check(key: str, name: str, description: str, tags: Sequence[str]) -> None:
    errors: dict[str, list[str]] = {}
    if not KEY.fullmatch(key):
        errors["key"] = [
            "A key is lower case letters, digits, - and _, at most 50, and starts with a letter."
        ]
    if not name.strip() or len(name) > 150 or unsafe_text(name):
        errors["name"] = ["Give a name of at most 150 characters."]
    unsafe = unsafe_text(description)
    if unsafe or len(description) > LONGEST_DESCRIPTION:
        errors["description"] = [unsafe or f"At most {LONGEST_DESCRIPTION} characters fit."]
    if any(not tag.strip() or len(tag) > 100 or unsafe_text(tag) for tag in tags):
        errors["tags"] = ["A tag has 1 to 100 characters."]
    if errors:
        raise Invalid(errors=errors)


def create_product(
    *,
    key: str,
    name: str,
    actor: Actor,
    description: str = "",
    tags: Sequence[str] = (),
    now: dt.datetime | None = None,
) -> Product:
    """Make a product with its scope.

    Refusals: NotPermitted without `configure` for everything, Invalid, Conflict `key_taken`.
    """
    try:
        return _create_product(key, name, description, tags, actor, now)
    except IntegrityError as error:  # two at once: the constraint is the judge
        raise Conflict("key_taken", f"There is a product {key} already.") from error


@transaction.atomic
def _create_product(
    key: str,
    name: str,
    description: str,
    tags: Sequence[str],
    actor: Actor,
    now: dt.datetime | None,
) -> Product:
    root = everything()
    require(can_configure(actor, root))
    _check(key, name, description, tags)
    if Product.objects.filter(key=key).exists():
        raise Conflict("key_taken", f"There is a product {key} already.")
    journal = Journal(actor=actor, at=now or database_now())
    scope = create_scope(kind=Scope.Kind.PRODUCT, parent=root, label=name, journal=journal)
    product: Product = create_tracked(
        journal,
        [
            Product(
                key=key,
                name=name,
                description=description,
                scope=scope,
                tags=canonical_text(sorted(set(tags))),
            )
        ],
    )[0]
    journal.add("product.created", product=product.pk, key=key)
    record(journal, stream=PORTAL_STREAM)
    return product


@transaction.atomic
def change_product(
    *,
    product_id: int,
    actor: Actor,
    name: str,
    description: str = "",
    tags: Sequence[str] = (),
    is_archived: bool = False,
    reason: str = "",
    now: dt.datetime | None = None,
) -> Product:
    """Rename, describe, tag, archive or restore a product.

    Refusals: NotPermitted without `configure`, Invalid.
    """
    require(can_configure(actor, everything()))
    product = lock(Product.objects.all(), pk=product_id)
    _check(product.key, name, description, tags)
    check_reason(reason, needed=False)
    is_restored = product.is_archived and not is_archived
    product.name, product.description = name, description
    product.tags, product.is_archived = canonical_text(sorted(set(tags))), is_archived
    journal = Journal(actor=actor, at=moment(product, now))
    save_tracked(journal, [product], ["name", "description", "tags", "is_archived"], reason)
    journal.add("product.changed", product=product.pk, key=product.key)
    record(journal, stream=PORTAL_STREAM)
    if is_restored:  # what was asked while it was archived is asked again by the same mail
        revive_dropped("archived", streams=_streams_of(product))
    return product


def _streams_of(product: Product) -> models.QuerySet[Any, Any]:
    """The ledger streams of its releases, as a subquery."""
    key = Concat(Value("release:"), Cast("pk", models.CharField()))
    return Release.objects.filter(product=product).order_by().values_list(key, flat=True)
