"""The form by which a role is given: to one person or group, somewhere, for a time."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms
from django.contrib.auth.models import Group
from django.db.models import QuerySet

from approvals.models import Scope
from approvals.selectors import groups_by_name, root_scope, scopes_of_products
from audit.actor import Actor
from audit.errors import NotFound, Refusal
from portal.models import User
from portal.selectors import account_called, accounts_by_name, group_called
from releases.selectors import release_for

LONGEST_REASON: Final = 1000
MOST_OFFERED: Final = 500
EVERYWHERE: Final = "everything"
_MOMENT: Final = "%Y-%m-%dT%H:%M"
_RELEASE: Final = re.compile(r"(?:REL-)?([0-9]{1,18})", re.IGNORECASE)


class _Moment(forms.DateTimeField):
    """A date and time in the reader's zone, which the view has activated."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MOMENT)
        formats = [_MOMENT, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
        super().__init__(required=False, widget=widget, input_formats=formats, **options)


def _offered(rows: QuerySet[Any]) -> list[Any]:
    """All of them as suggestions, or none: a list that stops somewhere says that there are no others."""
    found = list(rows[: MOST_OFFERED + 1])
    return found if len(found) <= MOST_OFFERED else []


class GiveRoleForm(forms.Form):
    """Whom, where, from when until when. What the service refuses is shown at its field."""

    person = forms.CharField(
        required=False,
        max_length=150,
        label="Person",
        help_text="A username, such as maya.",
        widget=forms.TextInput(attrs={"list": "people", "autocomplete": "off"}),
    )
    group = forms.CharField(
        required=False,
        max_length=150,
        label="Or a group",
        help_text="Everybody who is in it holds the role, while they are in it.",
        widget=forms.TextInput(attrs={"list": "groups", "autocomplete": "off"}),
    )
    place = forms.ChoiceField(required=False, label="For")
    release = forms.CharField(
        required=False,
        max_length=25,
        label="Or for one release",
        help_text="Its reference, such as REL-214.",
    )
    valid_from = _Moment(label="From", help_text="Left out: from now on.")
    valid_until = _Moment(label="Until", help_text="Left out: until somebody ends it.")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.holder: User | Group | None = None
        self.scope: Scope | None = None
        choices = [(EVERYWHERE, "Everything")]
        choices += [(str(one.pk), one.label) for one in scopes_of_products()]
        self.fields["place"].choices = choices  # type: ignore[attr-defined]
        self.people = _offered(accounts_by_name())
        self.groups = _offered(groups_by_name())

    def clean(self) -> dict[str, Any]:
        """The input with `holder` and `scope` found."""
        cleaned: dict[str, Any] = super().clean() or {}
        self._find_holder(cleaned.get("person", "").strip(), cleaned.get("group", "").strip())
        self._find_scope(cleaned.get("place") or EVERYWHERE, cleaned.get("release", "").strip())
        return cleaned

    def refuse(self, refusal: Refusal) -> None:
        """Show a service's refusal where it belongs: at the fields that it names, or at the holder."""
        for name, sentences in refusal.errors.items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)
        if not refusal.errors:
            at_holder = refusal.code in {"already_assigned", "own_rights"}
            holder = "group" if isinstance(self.holder, Group) else "person"
            self.add_error(holder if at_holder else None, refusal.sentence)

    def _find_holder(self, person: str, group: str) -> None:
        if bool(person) == bool(group):
            said = "not both" if person else "one of the two"
            self.add_error("person", f"Name a person or a group: {said}.")
            return
        self.holder = account_called(person) if person else group_called(group)
        if self.holder is None:
            what = "active account of this username" if person else "group of this name"
            self.add_error("person" if person else "group", f"There is no {what}.")

    def _find_scope(self, place: str, release: str) -> None:
        if not release:
            products = scopes_of_products()
            found = root_scope() if place == EVERYWHERE else products.filter(pk=place).first()
            self.scope = found
            return
        if place != EVERYWHERE:
            self.add_error("release", "Choose a product or name a release, not both.")
            return
        number = _RELEASE.fullmatch(release)
        try:
            self.scope = release_for(self.actor, int(number[1]) if number else 0).scope
        except NotFound:
            self.add_error("release", "There is no release of this reference that you may see.")


class ReasonForm(forms.Form):
    """Why something is taken back; it stands in the history."""

    reason = forms.CharField(
        required=False,
        max_length=LONGEST_REASON,
        label="Reason",
        help_text="It stands in the history.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
