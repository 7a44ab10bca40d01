"""Every page of every record of the administration × who may enter it: the exact answer, and no trace."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from tests import builders as b
from tests.admin.conftest import client_for
from tests.admin.conftest import world as world  # noqa: PLC0414  (a fixture)
from tests.admin.pages import (
    BY_RELEASE,
    CONFIGURATION,
    LEDGER,
    NEVER_ADDED,
    addresses_of,
)
from tests.permissions.test_matrix import row_counts

pytestmark = [pytest.mark.django_db]

# No staff, staff without rights, who configures alone, who sees all, auditor, both of these, superuser.
WHO = ("pete", "nora", "setter", "vera", "aud", "both", "ada")
NONE = "403 403 403 403 403 403 403"
# By kind of record: the list, one of its rows, what became of it. Lists of what belongs to releases, and
# of tokens, open for staff and hold what one may see; a row that is not seen is not there.
READS = {
    "release": ("403 200 200 200 200 200 200", "403 404 404 200 200 200 200"),
    "ledger": ("403 403 403 403 200 200 200", "403 403 403 403 200 200 200"),
    "configuration": ("403 403 200 403 403 200 200", "403 403 200 403 403 200 200"),
    "token": ("403 200 200 200 200 200 200", "403 404 404 404 404 404 200"),
    # The row that is looked at is the place of a release, which whoever only configures does not see.
    "place": ("403 403 200 403 403 200 200", "403 403 404 403 403 200 200"),
}
# An auditor writes nothing, whatever rights they have besides; a token of one's own gives no right.
WRITES = {
    "configuration": "403 403 200 403 403 403 200",
    "token": "403 404 404 404 404 404 200",
}
ADDS = {**WRITES, "token": READS["token"][0]}
HISTORIES = ("history", "version")
ABOUT_RELEASES = ("audit.Delivery",)
READ_ONLY = ("changelist", "history", "export")  # take no form


def _kind(label: str) -> str:
    if label == "approvals.Scope":
        return "place"
    for kind, labels in (
        ("release", BY_RELEASE), ("ledger", LEDGER), ("configuration", CONFIGURATION),
    ):  # fmt: skip
        if label in labels:
            return kind
    return "token"


def _line(label: str, page: str) -> list[str]:
    found = _line_of_kind(label, page)
    if label in ABOUT_RELEASES and page not in ("changelist", "add", "delete"):
        # Who sets up and sees no release finds nothing of one; an act looks for its record first.
        found[WHO.index("setter")] = "404"
        if page not in ("change", *HISTORIES):
            found[WHO.index("nora")] = "404"
    return found


def _line_of_kind(label: str, page: str) -> list[str]:
    kind = _kind(label)
    if page == "delete" or (page == "add" and label in NEVER_ADDED):
        return NONE.split()
    if page == "add":
        return ADDS[kind].split()
    if page == "changelist":
        return READS[kind][0].split()
    if page in ("change", "export"):
        return READS[kind][1].split()
    if page in HISTORIES:  # of what may not be read there is none
        return [
            "404" if one == "403" and at else one for at, one in enumerate(READS[kind][1].split())
        ]
    return WRITES[kind].split()


@pytest.fixture
def clients(world: SimpleNamespace) -> dict[str, Client]:
    """A browser for each of them."""
    b.role("setter", rights=["configure"])
    b.role("viewer", rights=["view"])
    rights: dict[str, tuple[str, ...]] = {
        "pete": ("setter", "viewer"), "nora": (), "setter": ("setter",), "vera": ("viewer",),
        "aud": ("auditor",), "both": ("auditor", "setter"),
    }  # fmt: skip
    found = {"ada": client_for(b.superuser())}
    for name, roles in rights.items():
        user = b.person(name, is_staff=name != "pete")
        for role in roles:
            b.give(role, user)
        found[name] = client_for(user)
    return found


def _labels() -> list[str]:
    return sorted(model._meta.label for model in admin.site._registry)


@pytest.mark.req("SEC-1", "A-042", "A-070", "B-10")
def test_every_page_of_every_record_answers_as_the_table_says(clients: dict[str, Any]) -> None:
    wrong = []
    pages = [(label, *found) for label in _labels() for found in addresses_of(label)]
    before = row_counts()
    for label, page, address in pages:
        for who, expected in zip(WHO, _line(label, page), strict=True):
            got = clients[who].get(address).status_code
            if got != int(expected):
                wrong.append(f"{label} {page} as {who}: {got}, not {expected}")
    assert row_counts() == before
    assert not wrong, "\n".join(wrong)


@pytest.mark.req("SEC-1", "A-041", "A-042", "A-070", "B-10")
def test_no_form_of_a_record_is_taken_from_who_may_not_write_it(clients: dict[str, Any]) -> None:
    pages = [(label, *found) for label in _labels() for found in addresses_of(label)]
    before = row_counts()
    wrong = []
    for label, page, address in pages:
        kind = _kind(label)
        for who in WHO:
            writes = who == "ada" or (who == "setter" and kind == "configuration")
            if writes or page in READ_ONLY or (page == "add" and kind == "token"):
                continue
            got = clients[who].post(address, {"post": "yes", "reason": "x"}).status_code
            if got not in (403, 404, 405):
                wrong.append(f"{label} {page} as {who}: {got}")
    assert row_counts() == before
    assert not wrong, "\n".join(wrong)
