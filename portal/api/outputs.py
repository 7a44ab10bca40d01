"""What answers look like, for the OpenAPI document; the tests hold real answers against it."""

# The contract has names (`data`, `label`, `required`) that serializers and fields have as well.
# mypy: disable-error-code="assignment"

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from releases.rules.transitions import ActivityKind, ActivityState, PhaseState, ReleaseState

Shown = serializers.Serializer[Any]


def values_of(states: Any) -> list[str]:
    """The values of an enumeration."""
    return [one.value for one in states]


# Named in ENUM_NAME_OVERRIDES, so that each set of words has one name in the document.
RELEASE_STATES = values_of(ReleaseState)
PHASE_STATES = values_of(PhaseState)
ACTIVITY_STATES = values_of(ActivityState)
ACTIVITY_KINDS = values_of(ActivityKind)
SOURCE_KINDS = ["user", "group", "role", "right", "nobody"]
RULE_KINDS = ["any", "majority", "unanimous", "at_least", "percent"]
BALLOT_VERDICTS = ["approve", "reject", "abstain"]
KEPT_VERDICTS = [*BALLOT_VERDICTS, "withdraw"]
REPORTED_OUTCOMES = ["passed", "failed"]
KEPT_OUTCOMES = [*REPORTED_OUTCOMES, "timed_out"]


@extend_schema_field(OpenApiTypes.DATETIME)
class Moment(serializers.CharField):
    """An instant in UTC with microseconds."""


@extend_schema_field({})
class AnyValue(serializers.JSONField):
    """Any JSON value."""


class Texts(serializers.ListField):
    """A list of texts."""

    child = serializers.CharField()


class Objects(serializers.ListField):
    """A list of objects."""

    child = serializers.DictField()


class PersonShown(Shown):
    username = serializers.CharField()
    name = serializers.CharField()


class ProductShown(Shown):
    id = serializers.IntegerField()
    key = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    tags = Texts()


class ProcessRow(Shown):
    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    version = serializers.IntegerField(allow_null=True)
    published_at = Moment(allow_null=True)


class ProcessShown(Shown):
    slug = serializers.CharField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    digest = serializers.CharField()
    published_at = Moment()
    published_by = serializers.CharField()
    yaml = serializers.CharField()


class ProcessValidated(Shown):
    valid = serializers.BooleanField()
    slug = serializers.CharField()


class ReleaseRow(Shown):
    id = serializers.IntegerField()
    reference = serializers.CharField()
    product = serializers.CharField()
    process = serializers.CharField()
    process_version = serializers.IntegerField()
    name = serializers.CharField()
    version = serializers.CharField()
    state = serializers.ChoiceField(choices=RELEASE_STATES)
    label = serializers.CharField()
    waiting = serializers.IntegerField(help_text="Activities that wait for a person.")
    manager = serializers.CharField()
    requester = serializers.CharField()
    risk = serializers.CharField(allow_null=True)
    change_type = serializers.CharField(allow_null=True)
    created_at = Moment()
    scheduled_at = Moment(allow_null=True)
    started_at = Moment(allow_null=True)
    ended_at = Moment(allow_null=True)


class PhaseActivity(Shown):
    id = serializers.IntegerField(allow_null=True, help_text="Null before the start.")
    reference = serializers.CharField(allow_null=True)
    key = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=ACTIVITY_KINDS)
    state = serializers.ChoiceField(choices=ACTIVITY_STATES)
    attempt = serializers.IntegerField()
    overrides = serializers.IntegerField(allow_null=True)


class PhaseShown(Shown):
    key = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=PHASE_STATES)
    waiting = serializers.IntegerField()
    activities = PhaseActivity(many=True)


class WindowShown(Shown):
    until = Moment(allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {"from": Moment(allow_null=True), **super().get_fields()}


class ReleaseShown(ReleaseRow):
    description = serializers.CharField(allow_blank=True)
    commit = serializers.CharField(allow_blank=True)
    environments = Texts()
    tags = Texts()
    artifacts = Objects()
    links = Objects()
    stakeholders = Objects()
    window = WindowShown()
    starter = serializers.CharField(allow_null=True)
    authors = Texts()
    people = serializers.DictField(child=serializers.CharField())
    held = serializers.BooleanField()
    deferred_until = Moment(allow_null=True)
    waiting_for_me = serializers.IntegerField()
    causes = Objects()
    phases = PhaseShown(many=True)


class ActorShown(Shown):
    id = serializers.IntegerField(allow_null=True)
    kind = serializers.CharField()
    name = serializers.CharField()
    person = serializers.CharField(allow_null=True)
    username = serializers.CharField(allow_null=True)


class LedgerEntryShown(Shown):
    seq = serializers.IntegerField()
    at = Moment()
    recorded_at = Moment()
    kind = serializers.CharField(help_text="In the past tense: `approval.decision_cast`.")
    actor = ActorShown()
    on_behalf_of = serializers.DictField(allow_null=True)
    door = serializers.CharField()
    auth = serializers.CharField(allow_blank=True)
    data = serializers.DictField()
    former = serializers.CharField()
    hash = serializers.CharField()
    personal = serializers.DictField(
        required=False, allow_null=True, help_text="Address and session; only with `view_audit`."
    )
