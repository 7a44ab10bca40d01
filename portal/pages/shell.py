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

from audit.errors import NotPermitted
from portal.actors import actor_from_request
from portal.moments import zone_for
from portal.pages.roles import require_reader
from portal.pages.standing import Standing, standing_of
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
# A list for which the portal has a page of its own, open to more people than the administration is.
_ROLES = "approvals_role"
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
        return self._standing.unread if self.notifications else 0

    @property
    def in_demo(self) -> bool:
        """Whether the data of the demo is here, which nobody should take for their own."""
        return self._standing.in_demo

    @property
    def gives_roles(self) -> bool:
        """Whether the person may give roles to others, so that links to do so lead somewhere."""
        return self._standing.configures

    @cached_property
    def _standing(self) -> Standing:
        return standing_of(self.user.pk) if self.signed_in else Standing()

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
        start = reverse("admin:index")
        found = [NavItem("Administration", "settings", start, current=self.request.path == start)]
        found = found if self._is_staff else []
        opened = {_name(model): page for model, page in admin.site._registry.items()}
        for label, icon, name in _ADMIN:
            if path := self._roles() if name == _ROLES else self._list(name, opened.get(name)):
                found.append(self._placed(NavItem(label, icon, path)))
        return tuple(found)

    @property
    def _is_staff(self) -> bool:
        return bool(getattr(self.user, "is_staff", False))

    def _list(self, name: str, page: Any) -> str:
        """The address of a list of the administration; empty for whoever could not open it."""
        if not self._is_staff or page is None or not page.has_view_permission(self.request):
            return ""
        return _changelist(name)

    def _roles(self) -> str:
        """The address of the roles; empty for whoever could not open them, staff or not."""
        stands = self._standing
        if not stands.views_everything:
            if not stands.configures:
                return ""
            try:  # an auditor's right to configure counts for nothing
                require_reader(actor_from_request(self.request, "page"))
            except NotPermitted:
                return ""
        return reverse("config_roles")


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
