"""The forms of releases: made, started, held, mended, put off, given up."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from django import forms

from portal.forms.release_fields import (
    LinesField,
    MomentField,
    PageForm,
    StakeholdersField,
    WordsField,
)
from portal.pages.release_acts import choices_to_retry, rows_for
from portal.pages.release_scene import Scene
from releases.models import Release
from releases.rules.content_moments import SHIPPED, content_may_change
from releases.rules.release_details import LINK_KINDS
from releases.services.content import ContentChange
from releases.services.creation import ReleaseDetails

_LINKS_HELP: Final = (
    "One a line: kind | title | address. A kind is one of " + ", ".join(LINK_KINDS) + "."
)
_ARTIFACTS_HELP: Final = "One a line: name | digest | address."
_COMMAS: Final = "Several with commas between them."


def _choices(pairs: Sequence[tuple[str, str]], empty: str) -> list[tuple[str, str]]:
    return [("", empty), *pairs]


class NewReleaseForm(PageForm):
    """What a release is made with, in the order in which people think of it."""

    names = {"window.from": "window_from", "window.until": "window_until"}
    sections = (
        ("What", ("product", "process", "name", "version", "description")),
        ("Who", ("manager", "authors", "stakeholders")),
        ("Where and when", ("environments", "window_from", "window_until")),
        ("What it changes", ("risk", "change_type", "commit", "artifacts", "tags", "links")),
    )

    product = forms.ChoiceField()
    process = forms.ChoiceField(help_text="Its newest version is kept for the whole release.")
    name = forms.CharField(max_length=200)
    version = forms.CharField(max_length=100)
    description = forms.CharField(required=False, max_length=20_000, widget=forms.Textarea)
    manager = forms.CharField(
        required=False, max_length=150, label="Release manager", help_text="You, when left empty."
    )
    authors = WordsField(
        required=False,
        help_text="Usernames of those who wrote the change; they decide on none of it. " + _COMMAS,
    )
    stakeholders = StakeholdersField(
        help_text="Whom it concerns besides those who decide. One a line: user, group or role | name."
    )
    environments = WordsField(required=False, help_text="Such as staging, production. " + _COMMAS)
    commit = forms.CharField(required=False, max_length=100)
    risk = forms.ChoiceField(required=False)
    change_type = forms.ChoiceField(required=False, label="Change type")
    artifacts = LinesField(parts=("name", "digest", "url"), help_text=_ARTIFACTS_HELP)
    tags = WordsField(required=False, help_text=_COMMAS)
    window_from = MomentField(required=False, label="Window from", help_text="In your time zone.")
    window_until = MomentField(required=False, label="Window until", help_text="In your time zone.")
    links = LinesField(parts=("kind", "title", "url"), help_text=_LINKS_HELP)
    idempotency_key = forms.CharField(widget=forms.HiddenInput, min_length=8, max_length=80)

    def __init__(
        self, *args: Any, products: Sequence[Any], processes: Sequence[Any], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        named = {
            "product": _choices([(one.key, str(one)) for one in products], "Choose a product"),
            "process": _choices([(one.slug, str(one)) for one in processes], "Choose a process"),
            "risk": _choices(Release.Risk.choices, "Not said"),
            "change_type": _choices(Release.ChangeType.choices, "Not said"),
        }
        for name, choices in named.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def offer(self, people: Sequence[Any] | None) -> None:
        """Suggest these people as managers; None for too many to list: a username is typed then."""
        if people is None:
            self.fields["manager"].help_text = "A username. You, when left empty."
        else:
            self.fields["manager"].widget.attrs["list"] = "people"

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields, section by section."""
        return [(title, [self[name] for name in names]) for title, names in self.sections]

    def details(self) -> ReleaseDetails:
        """What was given, for the service."""
        given = dict(self.cleaned_data)
        for name in ("product", "process", "idempotency_key"):
            given.pop(name)
        given["manager"] = given["manager"] or None
        return ReleaseDetails(**given)


# --- What is done with a release -------------------------------------------------------------------


class ActForm(PageForm):
    """The form of an act; `scene` gives it its choices and what stands there now."""

    def __init__(self, *args: Any, scene: Scene, **options: Any) -> None:
        super().__init__(*args, **options)
        self.scene = scene

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        return dict(self.cleaned_data)


def _reason(*, required: bool = True, help_text: str = "It stands on the record.") -> Any:
    return forms.CharField(
        required=required, max_length=10_000, widget=forms.Textarea, help_text=help_text
    )


class StartForm(ActForm):
    """Now, or later."""

    at = MomentField(
        required=False,
        label="Start at",
        help_text="Leave it empty to start now. In your time zone.",
    )


class OptionalReasonForm(ActForm):
    """Hold and resume."""

    reason = _reason(required=False)


class DeferForm(ActForm):
    """Until when, and why."""

    until = MomentField(label="Put off until", help_text="In your time zone.")
    reason = _reason()


class AbortForm(ActForm):
    """What can't be taken back asks for the name of the release."""

    name = forms.CharField(label="Name of the release", max_length=200)
    reason = _reason()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["name"].help_text = f"Type “{self.scene.release.name}” to confirm."
        self.fields["name"].widget.attrs["autocomplete"] = "off"

    def clean_name(self) -> str:
        """It must be typed as it is."""
        typed = str(self.cleaned_data["name"]).strip()
        if typed != self.scene.release.name.strip():
            raise forms.ValidationError("This is not the name of the release.")
        return typed

    def values(self) -> dict[str, Any]:
        """The name was for the page alone."""
        return {"reason": self.cleaned_data["reason"]}


def offer_failed(form: ActForm) -> None:
    """Let a form choose among what has failed: all of it, unless something is taken out."""
    choices = choices_to_retry(form.scene)
    form.fields["activities"].choices = choices  # type: ignore[attr-defined]
    form.fields["activities"].initial = [key for key, _ in choices]


class RetryForm(ActForm):
    """Which of what failed, and why it is worth another try."""

    activities = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple)
    reason = _reason()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        offer_failed(self)

    def values(self) -> dict[str, Any]:
        """The activities by their keys."""
        chosen = [int(one) for one in self.cleaned_data["activities"]]
        return {"activity_ids": chosen, "reason": self.cleaned_data["reason"]}


class SkipForm(ActForm):
    """Which one, and why it may be left out."""

    activity = forms.ChoiceField()
    reason = _reason(help_text="Whoever decides on it reads this, and it stands on the record.")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [
            (str(row.activity.pk), f"{row.activity.phase.name}: {row.activity.name}")
            for row in rows_for(self.scene, "skip")
        ]
        self.fields["activity"].choices = _choices(choices, "Choose an activity")  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """The activity by its key."""
        given = self.cleaned_data
        return {"activity_id": int(given["activity"]), "reason": given["reason"]}


_CHANGES: Final = frozenset(one.name for one in fields(ContentChange))


class ChangeForm(ActForm):
    """What the release says and ships; authors are added, never taken away (POL-6)."""

    version = forms.CharField(max_length=100)
    description = forms.CharField(required=False, max_length=20_000, widget=forms.Textarea)
    commit = forms.CharField(required=False, max_length=100)
    artifacts = LinesField(parts=("name", "digest", "url"), help_text=_ARTIFACTS_HELP)
    links = LinesField(parts=("kind", "title", "url"), help_text=_LINKS_HELP)
    add_authors = WordsField(
        required=False, label="Further authors", help_text="Usernames. " + _COMMAS
    )
    reason = _reason()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        release = self.scene.release
        self.initial = {
            "version": release.version,
            "description": release.description,
            "commit": release.commit,
            "artifacts": json.loads(release.artifacts),
            "links": json.loads(release.links),
            **self.initial,
        }

    def values(self) -> dict[str, Any]:
        """What differs, and why."""
        given = dict(self.cleaned_data)
        reason = given.pop("reason")
        # Browsers send lines with CR LF, which makes no other text.
        if "description" in given:
            given["description"] = given["description"].replace("\r\n", "\n")
        touched = {name for name in self.changed_data if given.get(name) != self.initial.get(name)}
        change = ContentChange(**{name: given[name] for name in touched & _CHANGES & given.keys()})
        return {"change": change, "reason": reason}


class FixForm(ChangeForm):
    """Other content, and which of what failed is put to people again; one reason for both."""

    activities = RetryForm.base_fields["activities"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        offer_failed(self)
        self._leave_out_what_must_stay()
        self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])

    def _leave_out_what_must_stay(self) -> None:
        """The service refuses it as well; whoever fixes is told before they type.

        A form that was sent has the fields that it was shown with: what has come to stay since then
        is refused by the service, and what was not shown is not emptied.
        """
        states = {one.state for one in self.scene.board.activities}
        for name in _CHANGES - {"add_authors"}:
            shown = name in self.data if self.is_bound else content_may_change({name}, states)
            if not shown:
                del self.fields[name]
        answer = content_may_change(SHIPPED, states)
        if answer.code == "already_passed" and "description" in self.fields:
            self.fields["description"].help_text = (
                "Something has passed or runs with the version, commit and artifacts of this release: "
                "they stay. Other ones are shipped by a new release."
            )
        elif answer.code == "rounds_open":
            self.fields["add_authors"].help_text = (
                "Usernames. Until those who are deciding are done, nothing else can change. "
                + _COMMAS
            )

    def values(self) -> dict[str, Any]:
        """What differs, what is tried again, and why."""
        chosen = [int(one) for one in self.cleaned_data["activities"]]
        return {**super().values(), "activity_ids": chosen}


class ManagerForm(ActForm):
    """Who manages it from now on."""

    manager = forms.CharField(max_length=150, label="Release manager", help_text="A username.")
    reason = _reason()


FORMS: Final[Mapping[str, Callable[..., ActForm]]] = {
    "start": StartForm,
    "hold": OptionalReasonForm,
    "resume": OptionalReasonForm,
    "retry": RetryForm,
    "skip": SkipForm,
    "fix": FixForm,
    "change": ChangeForm,
    "manager": ManagerForm,
    "defer": DeferForm,
    "abort": AbortForm,
}
