"""The list of messages in the administration: what was told of an archived product stays (NTF-3)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit.models import Delivery
from audit.services.deliveries import end
from releases.models import Product
from releases.services.products import change_product
from tests import builders as b
from tests.portal.notifications.scenes import reachable, tom_by_mail
from tests.scenes import ask

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("NTF-3", "ADM-1")]

LIST = "/admin/audit/delivery/"


def _client(user: Any) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def dropped(db: None) -> Delivery:
    """A message to Ann that was not sent, since its product is archived by now."""
    reachable("ann")
    ask({"user": "ann"}, by=tom_by_mail())
    [row] = Delivery.objects.all()
    product = Product.objects.get()
    change_product(
        product_id=product.pk, name=product.name, is_archived=True, actor=b.SYSTEM, reason="Over."
    )
    end(row, Delivery.State.DROPPED, "archived")
    return row


def _setter(name: str, **assigned: Any) -> Any:
    """Somebody of the staff who configures, and views what `assigned` says."""
    b.role("setter", rights=["configure"])
    user = b.person(name, is_staff=True)
    b.give("setter", user)
    if assigned:
        b.role("looker", rights=["view"])
        b.give("looker", user, **assigned)
    return user


def test_what_was_told_of_an_archived_product_is_listed_found_and_opened(dropped: Delivery) -> None:
    for user in (b.superuser(), _setter("viewer", scope=Product.objects.get().scope)):
        client = _client(user)
        for address in (LIST, f"{LIST}?q=archived"):
            page = client.get(address).content.decode()
            assert f"{LIST}{dropped.pk}/" in page, (user, address)
        assert client.get(f"{LIST}{dropped.pk}/change/").status_code == 200, user


@pytest.mark.req("MON-5", "SEC-1")
def test_whoever_does_not_see_the_release_reads_no_message_about_it(dropped: Delivery) -> None:
    client = _client(_setter("outsider"))
    answer = client.get(LIST)
    assert answer.status_code == 200
    assert f"{LIST}{dropped.pk}/" not in answer.content.decode()
    assert client.get(f"{LIST}{dropped.pk}/change/").status_code in {302, 404}
