"""The set-up of a new installation: six steps, each done when it is true (ux.md 4 q 3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest
from django.urls import reverse

from approvals.permissions import can_configure
from approvals.selectors import gives_right, role_called, roles_without_holders, root_scope
from audit.actor import Actor
from audit.errors import NotFound
from portal.demo.loading import why_not_load, why_not_remove
from portal.mail import NO_MAIL_BACKEND
from portal.models import User
from portal.notifications.trial_mail import test_went_through
from portal.pages.admin_records import admin_list
from portal.reach import is_this_machine
from portal.selectors import people_by_name, people_without_sign_in
from releases.beginnings import is_unused, published_processes, roles_in_processes
from releases.models import Process, Product
from releases.selectors import products_for

_FILES: Final = "filebased.EmailBackend"
_MOST_NAMED: Final = 8
_REMOVES: Final = "/setup/demo/remove/"


@dataclass(frozen=True, slots=True)
class Way:
    """Where a step is done."""

    label: str
    path: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what is so now, and what to do next."""

    key: str
    title: str
    done: bool
    facts: tuple[str, ...]
    next: str = ""
    ways: tuple[Way, ...] = ()
    is_next: bool = False


@dataclass(frozen=True, slots=True)
class SetupPage:
    """The steps in their order."""

    steps: tuple[Step, ...]
    address: str
    can_test_mail: bool
    demo: Way | None = None

    @property
    def done(self) -> int:
        """How many are done."""
        return sum(step.done for step in self.steps)


def leads_to_setup(actor: Actor) -> bool:
    """Whether an installation is new, and the actor is one who sets it up."""
    if not is_unused():
        return False
    root = root_scope()
    return root is not None and bool(can_configure(actor, root))


def setup_page(request: HttpRequest, actor: Actor) -> SetupPage:
    """The steps as they are. Raises NotFound for who sets nothing up, and once there is a release.

    While these are the demo's, superusers see the page: from here they remove it.
    """
    demo = _demo(actor)
    if not leads_to_setup(actor) and (demo is None or demo.path != _REMOVES):
        raise NotFound
    found = [step(request, actor) for step in _STEPS]
    following = next((step.key for step in found if not step.done), "")
    steps = tuple(replace(step, is_next=step.key == following) for step in found)
    address = str(getattr(request.user, "email", ""))
    can_test = settings.EMAIL_BACKEND != NO_MAIL_BACKEND and bool(address)
    return SetupPage(steps, address, can_test, demo)


def _demo(actor: Actor) -> Way | None:
    """The way to load the demo or to remove it, for those who may where they can."""
    if why_not_load(actor):
        return Way("Load the demo…", reverse("setup_demo", args=["load"]))
    removal = why_not_remove(actor)
    if removal or removal.code == "own_account":
        return Way("Remove the demo’s data…", _REMOVES)
    return None


def _add(request: HttpRequest, model: type[models.Model], label: str) -> tuple[Way, ...]:
    address = admin_list(request, model)
    return (Way(label, f"{address}add/"),) if address else ()


def _named(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _organisation(request: HttpRequest, actor: Actor) -> Step:
    host = urlsplit(settings.COUNTERSIGN_BASE_URL).hostname or ""
    reached = not is_this_machine(host)
    return Step(
        key="organisation",
        title="Address and time zone",
        done=reached,
        facts=(
            f"Links in mails lead to {settings.COUNTERSIGN_BASE_URL}",
            f"Times are in {settings.COUNTERSIGN_TIME_ZONE} for whoever has chosen no zone",
        ),
        next=""
        if reached
        else "Only this machine reaches that address. Set COUNTERSIGN_BASE_URL and "
        "COUNTERSIGN_TIME_ZONE in the environment and start again.",
    )


def _people(request: HttpRequest, actor: Actor) -> Step:
    people, shut_out = people_by_name().count(), people_without_sign_in().count()
    facts = [f"{people} {'person has' if people == 1 else 'people have'} an account"]
    if shut_out:
        facts.append(f"{shut_out} of them have neither password nor address: they cannot sign in")
    return Step(
        key="people",
        title="People",
        done=people > 1 and not shut_out,
        facts=tuple(facts),
        next="Whoever asks may not be the one who approves: add the others, and put them in groups.",
        ways=_add(request, User, "Add a person") + _add(request, Group, "Add a group"),
    )


def _product(request: HttpRequest, actor: Actor) -> Step:
    products = [one.name for one in products_for(actor)]
    processes = [one.name for one in published_processes()]
    return Step(
        key="product",
        title="What you ship, and how",
        done=bool(products and processes),
        facts=(
            f"Products: {_named(products)}" if products else "There is no product",
            f"Processes: {_named(processes)}" if processes else "No process is published",
        ),
        next="A process says which phases and approvals a release goes through, and which roles are "
        "asked.",
        ways=_add(request, Product, "Add a product") + _add(request, Process, "Add a process"),
    )


def _roles(request: HttpRequest, actor: Actor) -> Step:
    unheld = set(roles_without_holders().values_list("pk", flat=True))
    asked = [role for role in roles_in_processes() if role.pk in unheld]
    managed = gives_right("manage")
    facts = ["Somebody may run releases" if managed else "Nobody may run releases yet"]
    if asked:
        facts.append(
            f"Processes ask these roles, and nobody holds them: {_named([str(r) for r in asked])}"
        )
    first = asked[0] if asked else role_called("release-manager")
    ways = [Way("All roles", reverse("config_roles"))]
    if first is not None and (asked or not managed):
        ways.insert(0, Way(f"Give {first}", reverse("config_role", args=[first.pk])))
    return Step(
        key="roles",
        title="Roles and who holds them",
        done=managed and not asked,
        facts=tuple(facts),
        next="Approvals ask roles, so that nobody edits a process when somebody leaves.",
        ways=tuple(ways),
    )


def _mail(request: HttpRequest, actor: Actor) -> Step:
    backend, folder = settings.EMAIL_BACKEND, getattr(settings, "EMAIL_FILE_PATH", "")
    done, following = False, "Set EMAIL_URL in the environment and start again."
    if backend == NO_MAIL_BACKEND:
        facts = ["No mail is sent: no mail server is set"]
    elif backend.endswith(_FILES):
        facts = [f"Mails are written into files in {folder}"]
    else:
        done, following = (
            test_went_through(),
            "Send yourself one: this is done when the server takes it.",
        )
        taken = "It has taken a test mail" if done else "It has not taken a test mail yet"
        facts = [f"Mails go to {settings.EMAIL_HOST}", taken]
    return Step(
        key="mail",
        title="Mail",
        done=done,
        facts=(*facts, f"They come from {settings.DEFAULT_FROM_EMAIL}"),
        next=following,
    )


def _release(request: HttpRequest, actor: Actor) -> Step:
    done = not is_unused()
    return Step(
        key="release",
        title="Your first release",
        done=done,
        facts=("There are releases",)
        if done
        else ("There is none yet; this page goes away with it",),
        next="Start with a small one, and with a process that asks somebody you can reach.",
        ways=(Way("New release", reverse("release_new")),),
    )


_STEPS: Final[tuple[Callable[[HttpRequest, Actor], Step], ...]] = (
    _organisation, _people, _product, _roles, _mail, _release,
)  # fmt: skip
