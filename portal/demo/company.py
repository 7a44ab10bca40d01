"""Who works at the demo's company, what they hold, what they ship and by which processes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from approvals.models import Role
from approvals.services.roles import create_role
from audit.actor import Actor, system_actor
from audit.history import save_tracked
from audit.journal import Journal
from audit.models import PORTAL_STREAM
from audit.services.record import record
from portal.demo import PASSWORD
from portal.models import User
from portal.services.people import add_member, create_group, create_user
from releases.models import Product
from releases.services.process_files import publish_processes
from releases.services.products import create_product
from releases.services.roles import Grantee, assign_role

# Everything that the demo does goes through this door: its moments lie in the past, and verification
# knows why.
DOOR: Final = "demo"
SYSTEM: Final = system_actor("Demo", door=DOOR)
PROCESS_FILES: Final = tuple(sorted(Path(__file__).parent.glob("*.yaml")))


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Someone at the company; `does` is what they are there for, in a few words."""

    username: str
    name: str
    does: str
    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


PEOPLE: Final = (
    DemoPerson("maya", "Maya Okafor", "QA lead", ("qa",), ("qa-lead",)),
    DemoPerson("lena", "Lena Fischer", "tests payments", ("qa",)),
    DemoPerson("noah", "Noah Berg", "tests the app", ("qa",)),
    DemoPerson("ines", "Inês Prado", "security", ("security", "cab")),
    DemoPerson("amara", "Amara Diallo", "SRE and security", ("security", "sre")),
    DemoPerson("kenji", "Kenji Watanabe", "SRE", ("sre", "cab")),
    DemoPerson("sofia", "Sofia Lindgren", "leads support", ("support",)),
    DemoPerson("omar", "Omar Haddad", "CAB chair", ("cab",), ("cab-chair", "release-director")),
    DemoPerson(
        "ruth", "Ruth Cole", "compliance", ("cab",), ("compliance-officer", "release-director")
    ),
    DemoPerson("priya", "Priya Raman", "product owner", ("product", "cab")),
    DemoPerson("hana", "Hana Novák", "data steward", (), ("data-steward", "developer")),
    DemoPerson("diego", "Diego Alvarez", "develops", (), ("developer",)),
    DemoPerson("tom", "Tom Reuter", "release manager for everything", (), ("release-manager",)),
    DemoPerson("ada", "Ada Marsh", "admin"),
    DemoPerson("aud", "Aud Nilsen", "auditor for everything, read-only", (), ("auditor",)),
)
MACHINE: Final = DemoPerson("pipeline", "Build pipeline", "machine user", (), ("pipeline",))
SUPERUSER: Final = "ada"
# Those that are named to whoever tries the product (contract.md), in this order.
SIGN_INS: Final = ("maya", "omar", "ines", "tom", "ruth", "ada", "aud", MACHINE.username)
GROUP_ROLES: Final = {
    "qa": "qa-engineer",
    "security": "security-reviewer",
    "sre": "sre",
    "support": "support-lead",
    "cab": "cab-member",
    "product": "product-owner",
}
# Roles of the company that no process names; the others come with the processes.
OWN_ROLES: Final = (
    ("developer", "Developer", "Sees every release.", ("view",)),
    ("release-director", "Release Director", "May agree to skip a gate.", ("view", "override")),
)
PRODUCTS: Final = (
    ("payments", "Payments", "Card payments, refunds and settlement.", ("payments", "pci")),
    ("mobile-app", "Mobile app", "The app for iOS and Android.", ("personal-data",)),
    ("data-platform", "Data platform", "Pipelines and tables that reports and models read.", ()),
    ("fees", "Fees and terms", "What customers pay, and what we promise them for it.", ()),
)


@dataclass(frozen=True, slots=True)
class Company:
    """The rows of the company: users by username, products by key."""

    users: dict[str, User]
    products: dict[str, Product]

    def actor(self, username: str) -> Actor:
        """One of its people (or its pipeline), acting through the demo's door."""
        user = self.users[username]
        return Actor(
            kind="machine" if user.kind == User.Kind.MACHINE else "person",
            door=DOOR,
            label=str(user),
            user_id=user.pk,
            person=user.person,
            username=user.username,
            is_superuser=user.is_superuser,
            authenticated_by="demo",
        )


def found_company(now: dt.datetime) -> Company:
    """Make people, groups, roles, processes and products, all at the moment `now`.

    Refusals: those of the services, such as Conflict `username_taken`.
    """
    users = {one.username: _make_user(one, now) for one in (*PEOPLE, MACHINE)}
    _make_superuser(users[SUPERUSER], now)
    texts = [(path.name, path.read_bytes()) for path in PROCESS_FILES]
    publish_processes(texts=texts, actor=SYSTEM, now=now)
    for slug, name, description, rights in OWN_ROLES:
        create_role(
            slug=slug, name=name, description=description, rights=rights, actor=SYSTEM, now=now
        )
    _give_roles(users, now)
    products = {
        key: create_product(
            key=key, name=name, description=description, tags=tags, actor=SYSTEM, now=now
        )
        for key, name, description, tags in PRODUCTS
    }
    _assign("release-manager", {"user_id": users["diego"].pk}, now, products["data-platform"])
    return Company(users, products)


def _make_user(one: DemoPerson, now: dt.datetime) -> User:
    machine = one is MACHINE
    return create_user(
        username=one.username,
        display_name=one.name,
        email="" if machine else f"{one.username}@example.com",
        kind=User.Kind.MACHINE if machine else User.Kind.PERSON,
        # The demo's sign-ins are the one place without password rules; no service asks for any.
        password=PASSWORD,
        is_staff=one.username == SUPERUSER,
        actor=SYSTEM,
        now=now,
    )


@transaction.atomic
def _make_superuser(user: User, now: dt.datetime) -> None:
    # No service makes a superuser; `createsuperuser` does, and this for the demo.
    user.is_superuser = True
    journal = Journal(actor=SYSTEM, at=now)
    save_tracked(journal, [user], ["is_superuser"], "the demo's administrator")
    journal.add("user.changed", user=user.pk, superuser=True)
    record(journal, stream=PORTAL_STREAM)


def _give_roles(users: dict[str, User], now: dt.datetime) -> None:
    for name, role in GROUP_ROLES.items():
        group = create_group(name=name, actor=SYSTEM, now=now)
        _assign(role, {"group_id": group.pk}, now)
        for one in PEOPLE:
            if name in one.groups:
                add_member(user=users[one.username], group=group, actor=SYSTEM, now=now)
    for one in (*PEOPLE, MACHINE):
        for role in one.roles:
            _assign(role, {"user_id": users[one.username].pk}, now)


def _assign(
    role: str, holder: dict[str, Any], now: dt.datetime, product: Product | None = None
) -> None:
    assign_role(
        role=Role.objects.get(slug=role),
        grantee=Grantee(**holder),
        scope=product.scope if product else None,
        actor=SYSTEM,
        now=now,
    )
