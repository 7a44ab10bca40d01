"""The administration's first page: what somebody should look at, each number a way to it (ADM-3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from approvals.admin.base import holds_everywhere
from approvals.selectors import roles_without_holders
from audit.actor import Actor
from audit.admin.actors import actor_of
from audit.selectors import dead_deliveries
from portal.pages.setup import leads_to_setup
from portal.selectors import people_without_sign_in
from releases.beginnings import roles_in_processes
from releases.inbox import Reach, all_pending
from releases.places import scopes_for
from releases.rules.transitions import ReleaseState
from releases.selectors import releases_for
from releases.services.due import dead_letters


@dataclass(frozen=True, slots=True)
class Count:
    """A number that matters; `tone` is that of something to be done, when there is any."""

    number: int
    one: str
    many: str
    path: str
    icon: str
    alarm: str = "amber"

    @property
    def words(self) -> str:
        """What is counted."""
        return self.one if self.number == 1 else self.many

    @property
    def tone(self) -> str:
        """How it is shown: grey when there is nothing to do."""
        return self.alarm if self.number else "grey"


@dataclass(frozen=True, slots=True)
class AdminStart:
    """The counts, of what the person may see and of what they set up."""

    counts: tuple[Count, ...]
    setup: str

    @property
    def quiet(self) -> bool:
        """Whether nothing needs anybody."""
        return not any(one.number for one in self.counts)


def admin_start(request: HttpRequest) -> AdminStart:
    """The first page for a member of staff."""
    actor = actor_of(request)
    found = [*_of_releases(actor)]
    if holds_everywhere(request, "configure"):
        found += _of_the_installation(actor)
    return AdminStart(tuple(found), reverse("setup") if leads_to_setup(actor) else "")


def _of_releases(actor: Actor) -> Iterator[Count]:
    releases = releases_for(actor)
    held = releases.filter(state=ReleaseState.ON_HOLD).count()
    failed = releases.filter(state=ReleaseState.FAILED).count()
    pending = all_pending(Reach.of(actor))
    gates = f"{reverse('admin:approvals_approval_changelist')}?state__exact=open"
    yield Count(
        held, "release on hold", "releases on hold", "/releases/?state=on_hold", "back_hand"
    )
    yield Count(
        failed, "release failed", "releases failed", "/releases/?state=failed", "cancel", "red"
    )
    stuck = pending.filter(stuck=True).count()
    yield Count(stuck, "gate stuck", "gates stuck", f"{gates}&stuck__exact=1", "block", "red")
    overdue = pending.filter(overdue=True).count()
    yield Count(overdue, "gate overdue", "gates overdue", f"{gates}&overdue__exact=1", "timer_off")


def _of_the_installation(actor: Actor) -> Iterator[Count]:
    work = reverse("admin:releases_duework_changelist")
    given_up = len(dead_letters())
    words = "piece of due work given up", "pieces of due work given up"
    yield Count(given_up, *words, f"{work}?given_up=yes", "error", "red")
    mail = reverse("admin:audit_delivery_changelist")
    dead = dead_deliveries().count()
    words = "message failed for good", "messages failed for good"
    yield Count(dead, *words, f"{mail}?state__exact=dead", "mail", "red")
    people = reverse("admin:portal_user_changelist")
    shut_out = people_without_sign_in().count()
    words = "person without sign-in", "people without sign-in"
    yield Count(shut_out, *words, f"{people}?sign_in=none", "key")
    # As its page has it: who holds a role for a release that is out of sight is not counted.
    without = roles_without_holders(scopes_for(actor))
    unheld = without.filter(pk__in=roles_in_processes().values("pk")).count()
    words = "role in use that nobody holds", "roles in use that nobody holds"
    yield Count(unheld, *words, reverse("config_roles"), "badge")
