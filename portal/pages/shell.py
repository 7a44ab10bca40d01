"""The frame of every page: where one can go, what waits, who is signed in (MON-1, ux.md 3.3).

Portal and administration have the same top bar and navigation, both from here. Only pages that exist
and that the person may open are named; a heading with nothing below it is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.functional import cached_property

from portal.actors import actor_from_request
from portal.moments import zone_for
from portal.notifications.centre import count_unread_waiting
from releases.selectors import count_waiting


@dataclass(frozen=True)
class NavItem:
    """A way to a page; `count_name` is the counter that stands beside it."""

    label: str
    icon: str
    path: str
    count_name: str = ""
    number: int = 0
    current: bool = False
    short: str = ""  # for the tab bar of phones


@dataclass(frozen=True)
class NavGroup:
    """A heading and what stands below it."""

    label: str
    items: tuple[NavItem, ...]


_WORK = (
    NavItem("My approvals", "inbox", "/inbox/", count_name="waiting", short="Approvals"),
    NavItem("Releases", "rocket_launch", "/releases/"),
    NavItem("CAB", "groups", "/cab/"),
    NavItem("Change calendar", "calendar_month", "/calendar/", short="Calendar"),
)
_ASSURANCE = (
    NavItem("Audit trail", "history", "/audit/"),
    NavItem("Reports", "monitoring", "/reports/"),
)
# Pages of the administration that are opened most; the others are found from its first page.
_ADMIN = (
    ("Products", "package_2", "releases_product"),
    ("Processes", "schema", "releases_process"),
    ("Roles", "badge", "approvals_role"),
    ("Groups", "group", "auth_group"),
    ("People", "person", "portal_user"),
)
# Lists for which the portal has a page of its own.
_OWN_PAGES = {"approvals_role": "/config/roles/"}
_PHONE_TABS = 4


@cache
def exists(path: str) -> bool:
    """Whether this version has a page at the path."""
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


class Shell:
    """What the frame shows to the person of a request; nothing is asked before it is shown."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user: Any = getattr(request, "user", None)

    @property
    def signed_in(self) -> bool:
        """Whether there is somebody to show a frame to."""
        return bool(self.user is not None and self.user.is_authenticated)

    @cached_property
    def waiting(self) -> int:
        """How many rounds wait for the person; a page that has counted them says so."""
        known: int | None = getattr(self.request, "waiting", None)
        if known is not None:
            return known
        if not self.signed_in:
            return 0
        return count_waiting(actor_from_request(self.request, "page"))

    @cached_property
    def unread(self) -> int:
        """How many unread notices still ask something of the person: the number at the bell."""
        if not self.signed_in or not self.notifications:
            return 0
        return count_unread_waiting(self.user.pk)

    @cached_property
    def nav(self) -> tuple[NavGroup, ...]:
        """The navigation."""
        if not self.signed_in:
            return ()
        groups = (
            NavGroup("Work", self._pages(_WORK)),
            NavGroup("Assurance", self._pages(_ASSURANCE)),
            NavGroup("Configure", self._configure()),
        )
        return tuple(group for group in groups if group.items)

    @cached_property
    def tabs(self) -> tuple[NavItem, ...]:
        """The tab bar of phones: the first of the work's pages."""
        work = next((group.items for group in self.nav if group.label == "Work"), ())
        return work[:_PHONE_TABS]

    @property
    def notifications(self) -> str:
        """Where the bell leads; empty where there is no such page."""
        return "/notifications/" if exists("/notifications/") else ""

    @cached_property
    def zone(self) -> str:
        """The person's time zone, by name."""
        return zone_for(self.user).key

    @property
    def now(self) -> str:
        """The server's clock, by which portal.js counts on."""
        return timezone.now().isoformat(timespec="seconds")

    def _pages(self, items: tuple[NavItem, ...]) -> tuple[NavItem, ...]:
        return tuple(self._placed(item) for item in items if exists(item.path))

    def _placed(self, item: NavItem) -> NavItem:
        number = self.waiting if item.count_name == "waiting" else 0
        return replace(item, number=number, current=self.request.path.startswith(item.path))

    def _configure(self) -> tuple[NavItem, ...]:
        if not getattr(self.user, "is_staff", False):
            return ()
        start = reverse("admin:index")
        found = [NavItem("Administration", "settings", start, current=self.request.path == start)]
        found += [self._placed(item) for item in self._admin_lists()]
        return tuple(found)

    def _admin_lists(self) -> list[NavItem]:
        opened = {_name(model): page for model, page in admin.site._registry.items()}
        return [
            NavItem(label, icon, path)
            for label, icon, name in _ADMIN
            if (page := opened.get(name)) is not None
            and page.has_view_permission(self.request)
            and (path := _OWN_PAGES.get(name) or _changelist(name))
        ]


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context processor: `shell`, for the templates of the frame."""
    return {"shell": Shell(request)}


def _name(model: type[Any]) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


def _changelist(name: str) -> str:
    try:
        return reverse(f"admin:{name}_changelist")
    except NoReverseMatch:
        return ""
