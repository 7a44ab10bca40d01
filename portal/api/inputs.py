"""What may be sent to each address; everything else is refused by name."""

# The contract has names (`data`, `label`, `required`) that serializers and fields have as well.
# mypy: disable-error-code="assignment"

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from portal.api.fields import (
    LONGEST_REASON,
    Anything,
    Instant,
    KeyParameter,
    Query,
    Strict,
    Text,
    Whole,
    Words,
    YesNo,
)
from portal.api.outputs import ACTIVITY_STATES, BALLOT_VERDICTS, RELEASE_STATES, REPORTED_OUTCOMES
from portal.api.parsers import LARGEST_PROCESS_BODY
from portal.api.waiting import LONGEST_WAIT
from releases.rules.release_details import (
    CHANGE_TYPES,
    LINK_KINDS,
    MOST_OF_A_LIST,
    RISKS,
    STAKEHOLDER_KINDS,
)

_LONGEST_DESCRIPTION = 20_000


def optional_text(longest: int = LONGEST_REASON) -> Text:
    """Text that may be left out or blank."""
    return Text(required=False, allow_blank=True, default="", max_length=longest)


class NewProduct(Strict):
    """A product to be made."""

    key = Text(max_length=50)
    name = Text(max_length=150)
    description = optional_text(_LONGEST_DESCRIPTION)
    tags = Words(required=False, default=list, longest=100)


class Window(Strict):
    """When a release is planned."""

    until = Instant(required=False, allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is no name in Python."""
        return {"from": Instant(required=False, allow_null=True), **super().get_fields()}


class Artifact(Strict):
    """Something that is shipped."""

    name = Text(max_length=100)
    digest = optional_text(200)
    url = optional_text(1000)


class Link(Strict):
    """Where more is to be read."""

    kind = serializers.ChoiceField(choices=LINK_KINDS)
    title = Text(max_length=100)
    url = Text(max_length=1000)


class Stakeholder(Strict):
    """A user, a group or a role, by name: one of the three."""

    user = Text(required=False, max_length=150)
    group = Text(required=False, max_length=150)
    role = Text(required=False, max_length=50)

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        """Exactly one is named."""
        if len(attrs) != 1:
            raise serializers.ValidationError(f"Name one of {', '.join(STAKEHOLDER_KINDS)}.")
        return attrs


def many(kind: type[Strict], **options: Any) -> serializers.Field[Any, Any, Any, Any]:
    """A list of objects, none when left out."""
    bounded: Any = {"many": True, "required": False, "max_length": MOST_OF_A_LIST, **options}
    return kind(**bounded)


class NewRelease(Strict):
    """A release to be made, as `contract.md` names its parts."""

    product = Text(max_length=50)
    process = Text(max_length=50)
    name = Text(max_length=200)
    version = Text(max_length=100)
    description = optional_text(_LONGEST_DESCRIPTION)
    manager = Text(required=False, allow_null=True, max_length=150)
    authors = Words(required=False, default=list)
    environments = Words(required=False, default=list, longest=100)
    commit = optional_text(100)
    risk = serializers.ChoiceField(choices=RISKS, required=False, allow_blank=True, default="")
    change_type = serializers.ChoiceField(
        choices=CHANGE_TYPES, required=False, allow_blank=True, default=""
    )
    tags = Words(required=False, default=list, longest=100)
    window = Window(required=False, allow_null=True, default=None)
    artifacts = many(Artifact, default=list)
    links = many(Link, default=list)
    stakeholders = many(Stakeholder, default=list)


class ChangedRelease(Strict):
    """What is to differ of a release; what is left out stays. Authors are only ever added."""

    reason = Text(max_length=LONGEST_REASON)
    version = Text(required=False, max_length=100)
    description = Text(required=False, allow_blank=True, max_length=_LONGEST_DESCRIPTION)
    commit = Text(required=False, allow_blank=True, max_length=100)
    artifacts = many(Artifact)
    links = many(Link)
    add_authors = Words(required=False, default=list)


class Start(Strict):
    """A start now, or at a later instant."""

    at = Instant(required=False, allow_null=True, default=None)


class OptionalReason(Strict):
    """An act for which a reason may be given."""

    reason = optional_text()


class Reason(Strict):
    """An act that needs a reason."""

    reason = Text(max_length=LONGEST_REASON)


class Deferral(Strict):
    """A release is put off."""

    until = Instant()
    reason = Text(max_length=LONGEST_REASON)


class NewDecision(Strict):
    """A vote. What the form asks for is judged against the round, after the person."""

    verdict = serializers.ChoiceField(choices=BALLOT_VERDICTS)
    comment = Text(required=False, allow_blank=True, allow_null=True, default="", max_length=10_000)
    inputs = Anything(required=False, allow_null=True, default=dict)
    fingerprint = Text(required=False, allow_null=True, default=None, max_length=64)
    attempt = Whole(required=False, allow_null=True, default=None)
    on_behalf_of = Text(required=False, allow_null=True, default=None, max_length=150)


class NewComment(Strict):
    """Something to be said; as a `question`, whoever runs the release is asked for information."""

    text = Text(max_length=10_000)
    question = serializers.BooleanField(required=False, default=False)


class NewResult(Strict):
    """What a pipeline or check says about its run, and about which attempt."""

    outcome = serializers.ChoiceField(choices=REPORTED_OUTCOMES)
    summary = optional_text(20_000)
    url = optional_text(1000)
    data = Anything(required=False, allow_null=True, default=None)
    attempt = Whole(required=False, allow_null=True, default=None)


class ProcessText(Strict):
    """A process, as its YAML."""

    yaml = Text(max_length=LARGEST_PROCESS_BODY)


class ReleaseQuery(Query):
    """Which releases."""

    state = serializers.ListField(
        child=serializers.ChoiceField(choices=RELEASE_STATES), required=False
    )
    product = Text(required=False, max_length=50)
    q = Text(required=False, allow_blank=True, max_length=200)


class ActivityQuery(Query):
    """Which activities."""

    awaiting = serializers.ChoiceField(choices=["me"], required=False)
    release = KeyParameter(required=False)
    state = serializers.ListField(
        child=serializers.ChoiceField(choices=ACTIVITY_STATES), required=False
    )
    overdue = YesNo(required=False)


class WaitQuery(Query):
    """How many seconds to wait for a change; whoever asks for more waits `LONGEST_WAIT`."""

    wait = serializers.IntegerField(required=False, min_value=1)

    def validate_wait(self, value: int) -> int:
        """The seconds that are waited at most."""
        return min(value, LONGEST_WAIT)


class VersionQuery(Query):
    """Which version of a process; the newest when left out."""

    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
