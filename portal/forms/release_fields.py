"""Fields that the forms of releases are made of: moments in the reader's zone, lists, lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms

from audit.errors import Refusal

_LOCAL: Final = "%Y-%m-%dT%H:%M"


class MomentField(forms.Field):
    """A moment as people write one, in the zone of whoever writes (`zone`, set by the form)."""

    zone: ZoneInfo = ZoneInfo("UTC")
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_LOCAL)

    def to_python(self, value: Any) -> dt.datetime | None:
        """The instant; None for nothing."""
        text = str(value or "").strip()
        if not text:
            return None
        try:
            found = dt.datetime.fromisoformat(text)
            # A year at the edge of the calendar is in no zone but its own.
            return (found if found.tzinfo else found.replace(tzinfo=self.zone)).astimezone(dt.UTC)
        except (ValueError, OverflowError) as error:
            raise forms.ValidationError("Give a day and a time.") from error

    def prepare_value(self, value: Any) -> Any:
        """An instant as the field shows it."""
        return (
            value.astimezone(self.zone).strftime(_LOCAL)
            if isinstance(value, dt.datetime)
            else value
        )


class WordsField(forms.CharField):
    """Several words in one line, with commas between them."""

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """The words, without blanks and empty ones."""
        return [one.strip() for one in str(value or "").split(",") if one.strip()]

    def prepare_value(self, value: Any) -> Any:
        """A list as the field shows it."""
        return value if isinstance(value, str) or value is None else ", ".join(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the words differ."""
        return self.to_python(data) != list(initial or [])


class LinesField(forms.CharField):
    """Several things, one a line, the parts of each with " | " between them."""

    widget = forms.Textarea

    def __init__(self, *, parts: Sequence[str], **options: Any) -> None:
        super().__init__(required=False, **options)
        self.parts = tuple(parts)

    def to_python(self, value: Any) -> list[dict[str, str]]:  # type: ignore[override]
        """An object for each line; what a line lacks is empty text."""
        return [self._object(line) for line in str(value or "").splitlines() if line.strip()]

    def _object(self, line: str) -> dict[str, str]:
        """Of more parts than there are names, those in the middle are one: a title may have a bar."""
        given = [part.strip() for part in line.split("|")]
        surplus = len(given) - len(self.parts)
        if surplus > 0:
            given[1 : surplus + 2] = [" | ".join(given[1 : surplus + 2])]
        given += [""] * (len(self.parts) - len(given))
        return dict(zip(self.parts, given, strict=True))

    def prepare_value(self, value: Any) -> Any:
        """Objects as the field shows them."""
        return value if isinstance(value, str) or value is None else "\n".join(self._lines(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether a line differs; what is left out of an object, or empty in it, is the same."""
        return bool(self.prepare_value(self.to_python(data)) != self.prepare_value(initial or []))

    def _lines(self, objects: Iterable[Mapping[str, str]]) -> Iterable[str]:
        for one in objects:
            yield " | ".join(one.get(part, "") for part in self.parts).rstrip(" |")


class StakeholdersField(LinesField):
    """People, groups and roles, one a line: "group | support"; a bare name is a person's username."""

    def __init__(self, **options: Any) -> None:
        super().__init__(parts=("kind", "name"), **options)

    def to_python(self, value: Any) -> list[dict[str, str]]:  # type: ignore[override]
        """As `contract.md` has them: `{"group": "support"}`."""
        return [
            {one["kind"].lower(): one["name"]} if one["name"] else {"user": one["kind"]}
            for one in super().to_python(value)
        ]

    def _lines(self, objects: Iterable[Mapping[str, str]]) -> Iterable[str]:
        for one in objects:
            yield from (f"{kind} | {name}" for kind, name in one.items())


# What a help text says of the zone; which one that is, the form adds.
_YOUR_ZONE: Final = "In your time zone"


class PageForm(forms.Form):
    """A form of a page: knows its reader's zone, and takes in what a service refused."""

    # Where a service names a field otherwise than the form does.
    names: Mapping[str, str] = {}

    def __init__(self, *args: Any, zone: ZoneInfo, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            if isinstance(field, MomentField):
                field.zone = zone
                field.help_text = str(field.help_text).replace(
                    _YOUR_ZONE, f"{_YOUR_ZONE} ({zone.key})"
                )
            elif isinstance(field.widget, forms.Textarea):
                field.widget.attrs["rows"] = 3

    def take(self, refusal: Refusal) -> None:
        """Put the sentences of a refusal at their fields; what has no field stands above the form."""
        if not refusal.errors:
            self.add_error(None, refusal.sentence)
        for key, sentences in refusal.errors.items():
            field, words = self._place(key)
            for sentence in sentences:
                self.add_error(field, f"{words}{sentence}")

    def _place(self, key: str) -> tuple[str | None, str]:
        known = self.names.get(key, key)
        if known in self.fields:
            return known, ""
        name, _, rest = key.partition(".")
        name = self.names.get(name, name)
        number, _, part = rest.partition(".")
        if name not in self.fields or not number.isdigit():
            return (name, "") if name in self.fields else (None, f"{key}: ")
        many = isinstance(self.fields[name], LinesField)
        where = f"Line {int(number) + 1}" if many else f"Number {int(number) + 1}"
        return name, f"{where}{f', {part}' if part else ''}: "
