"""What templates ask of the demo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template

from portal.demo.see_as import Card, cards, cards_for

register = template.Library()


@register.simple_tag(takes_context=True)
def see_as_cards(context: template.Context) -> Sequence[Card]:
    """The people of the demo as whom it can be seen; none outside a demo."""
    user: Any = getattr(context.get("request"), "user", None)
    if user is None:
        return ()
    return cards_for(user) if user.is_authenticated else cards()
