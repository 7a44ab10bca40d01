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
    shell: Any = context.get("shell")
    if shell is None:
        return ()
    if not shell.signed_in:
        return cards(shell.request)
    return cards_for(shell.request, shell.user, in_demo=shell.in_demo)
