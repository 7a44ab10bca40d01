"""What a page tells its scripts about itself, and where its help stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

# Where the help speaks of a page, by the name of its address; of others, the top of it does.
_HELP: Final[Mapping[str, str]] = {
    "inbox": "waiting",
    "snooze": "waiting",
    "activity": "deciding",
    "activity_decide": "deciding",
    "activity_comment": "deciding",
    "activity_act": "deciding",
    "releases": "states",
    "release": "states",
    "phase": "states",
    "account_login": "signing-in",
}
# Pages that have a list of their keys: `?` opens that, and it leads on to the help.
_WITH_KEYS: Final = frozenset({"inbox", "inbox_comment"})


@register.simple_tag(takes_context=True)
def session_marks(context: template.Context) -> SafeString:
    """Attributes for <html>: until when one is signed in, as whom, and where the form's token lies."""
    request = context.get("request")
    cookie = format_html(' data-csrf-cookie="{}"', settings.CSRF_COOKIE_NAME)
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return cookie
    ends_at = getattr(request.session, "ends_at", None)  # type: ignore[union-attr]
    ends = ends_at.isoformat(timespec="seconds") if ends_at else ""
    return format_html('{} data-session-ends="{}" data-account="{}"', cookie, ends, user.pk)


@register.simple_tag(takes_context=True)
def page_help(context: template.Context) -> str:
    """The address of the help about this page."""
    anchor = _HELP.get(_name_of(context), "")
    return f"/help/#{anchor}" if anchor else "/help/"


@register.simple_tag(takes_context=True)
def has_keys(context: template.Context) -> bool:
    """Whether this page has a list of keys of its own."""
    return _name_of(context) in _WITH_KEYS


def _name_of(context: template.Context) -> str:
    match: Any = getattr(context.get("request"), "resolver_match", None)
    return str(match.url_name or "") if match else ""
