"""What goes into the API, read strictly: the right JSON type or 422, and no field that nobody knows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from approvals.rules.texts import unsafe_text

LONGEST_REASON: Final = 10_000
_LONGEST_SHOWN_KEY: Final = 50
_LARGEST_KEY: Final = 2**63 - 1
UNKNOWN: Final = "There is no such field."


class Text(serializers.CharField):
    """A JSON string, kept as it came; numbers are no text, and what cannot be stored is refused."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "max_length": 10_000, **options})

    def to_internal_value(self, data: Any) -> str:
        """The text."""
        if not isinstance(data, str):
            raise serializers.ValidationError("Give text.")
        unsafe = unsafe_text(data)
        if unsafe:
            raise serializers.ValidationError(unsafe)
        return data

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Blank means blank after trimming, as everywhere in the product."""
        if isinstance(data, str) and not data.strip() and not self.allow_blank:
            raise serializers.ValidationError("This is required.")
        return super().run_validation(data)


class Whole(serializers.IntegerField):
    """A JSON integer; neither text nor a fraction nor true."""

    def to_internal_value(self, data: Any) -> int:
        """The number."""
        if isinstance(data, bool) or not isinstance(data, int):
            raise serializers.ValidationError("Give a whole number.")
        return data


@extend_schema_field(OpenApiTypes.DATETIME)
class Instant(serializers.Field[dt.datetime, Any, str, Any]):
    """An instant as RFC 3339 text with its offset from UTC."""

    def to_internal_value(self, data: Any) -> dt.datetime:
        """The aware instant, in UTC."""
        sentence = "Give a time such as 2026-12-01T18:00:00+01:00, with its offset from UTC."
        try:
            found = parse_datetime(data) if isinstance(data, str) else None
            if found is None or found.tzinfo is None:
                raise serializers.ValidationError(sentence)
            return found.astimezone(dt.UTC)
        except (ValueError, OverflowError) as error:
            raise serializers.ValidationError(sentence) from error

    def to_representation(self, value: dt.datetime) -> str:
        """Written by `portal.api.shown.instant`; this serves the schema."""
        return value.isoformat()


@extend_schema_field({"type": "object", "additionalProperties": {}})
class Anything(serializers.Field[Any, Any, Any, Any]):
    """A JSON object whose content somebody else judges."""

    def to_internal_value(self, data: Any) -> Any:
        """The object."""
        if not isinstance(data, dict):
            raise serializers.ValidationError("Give an object of keys and values.")
        return data

    def to_representation(self, value: Any) -> Any:
        """As it is."""
        return value


class Words(serializers.ListField):
    """A list of short texts."""

    def __init__(self, **options: Any) -> None:
        child = Text(max_length=options.pop("longest", 200), allow_blank=True)
        super().__init__(**{"child": child, "max_length": 200, **options})


class Strict(serializers.Serializer[Any]):
    """A serializer that refuses every field it does not know, by name (A-101, A-102)."""

    def to_internal_value(self, data: Any) -> Any:
        """The values; raises for all errors at once, unknown fields among them."""
        if not isinstance(data, Mapping):
            raise serializers.ValidationError("Give an object.")
        unknown = unknown_keys(data, self.fields)
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**_by_field(error), **unknown}) from error
        if unknown:
            raise serializers.ValidationError(unknown)
        return values


def _by_field(error: serializers.ValidationError) -> dict[str, Any]:
    return error.detail if isinstance(error.detail, dict) else {"body": error.detail}


def unknown_keys(data: Iterable[Any], known: Iterable[str]) -> dict[str, list[str]]:
    """An error at each key that is not known; one that cannot be shown safely only counts."""
    errors: dict[str, list[str]] = {}
    for key in set(data) - set(known):
        shown = isinstance(key, str) and 0 < len(key) <= _LONGEST_SHOWN_KEY and key.isprintable()
        errors[key if shown else "body"] = [UNKNOWN]
    return errors


class Query(serializers.Serializer[Any]):
    """The parameters of an address: each at most once, none that nobody knows."""

    @classmethod
    def read(cls, parameters: QueryDict) -> dict[str, Any]:
        """The values of the parameters given. Raises ValidationError by name."""
        names = cls().fields
        errors = unknown_keys(parameters, [*names, *_PAGING])
        single: dict[str, Any] = {}
        for name, field in names.items():
            values = parameters.getlist(name)
            if isinstance(field, serializers.ListField):
                if values:
                    single[name] = values
            elif len(values) > 1:
                errors[name] = ["Give this once."]
            elif values:
                single[name] = values[0]
        found = cls(data=single)
        if not found.is_valid() or errors:
            raise serializers.ValidationError({**found.errors, **errors})
        return dict(found.validated_data)


_PAGING: Final = ("cursor", "page_size")


class KeyParameter(serializers.IntegerField):
    """The number of an object, in an address."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": _LARGEST_KEY, **options})


class YesNo(serializers.ChoiceField):
    """`true` or `false`, in an address."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=["true", "false"], **options)

    def to_internal_value(self, data: Any) -> Any:
        """The truth of it."""
        return bool(super().to_internal_value(data) == "true")
