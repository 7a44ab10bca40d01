"""What answers look like, for the OpenAPI document; the tests hold real answers against it."""

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


class ReleaseNamed(Shown):
    id = serializers.IntegerField()
    reference = serializers.CharField()
    name = serializers.CharField()
    version = serializers.CharField()
    product = serializers.CharField()


class ReleaseStanding(ReleaseNamed):
    state = serializers.ChoiceField(choices=RELEASE_STATES)


class PhaseNamed(Shown):
    key = serializers.CharField()
    name = serializers.CharField()


class PhaseStanding(PhaseNamed):
    state = serializers.ChoiceField(choices=PHASE_STATES)


class ActivityNamed(Shown):
    id = serializers.IntegerField()
    reference = serializers.CharField()
    key = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=ACTIVITY_KINDS)
    state = serializers.ChoiceField(choices=ACTIVITY_STATES)
    label = serializers.CharField(help_text="For people: “On Hold – Awaiting Approval”.")
    attempt = serializers.IntegerField()


class ActivityRow(ActivityNamed):
    release = ReleaseNamed()
    phase = PhaseNamed()
    due_at = Moment(allow_null=True)
    overdue = serializers.BooleanField()
    opened_at = Moment(allow_null=True)


class SourceShown(Shown):
    kind = serializers.ChoiceField(choices=SOURCE_KINDS)
    name = serializers.CharField(allow_null=True)
    level = serializers.IntegerField(help_text="0, or the escalation level that brought it in.")


class VoterShown(Shown):
    username = serializers.CharField()
    name = serializers.CharField()
    verdict = serializers.CharField()
    decided_at = Moment()


class ApproverShown(Shown):
    seat = serializers.IntegerField(allow_null=True, help_text="Null before the round opens.")
    required = serializers.BooleanField()
    words = serializers.CharField()
    sources = SourceShown(many=True)
    filled_by = VoterShown(allow_null=True)
    may_decide = Texts(help_text="Who may still decide, the first twenty.")
    each = serializers.BooleanField(required=False)
    applies = serializers.BooleanField(required=False)
    reason = serializers.CharField(required=False)


class LeftOut(Shown):
    name = serializers.CharField()
    code = serializers.CharField()
    sentence = serializers.CharField()


class RungShown(Shown):
    at = Moment()
    action = serializers.ChoiceField(choices=["escalate", "reject", "overdue"])
    level = serializers.IntegerField()
    to = serializers.CharField(allow_null=True)
    taken = serializers.BooleanField()


class DeadlineShown(Shown):
    due_at = Moment()
    on_miss = serializers.ChoiceField(choices=["escalate", "reject", "stay"])
    decides_at = Moment(allow_null=True, help_text="From then on a decision is refused.")
    overdue = serializers.BooleanField()
    rungs = RungShown(many=True)


class AnswerShown(Shown):
    key = serializers.CharField()
    label = serializers.CharField()
    type = serializers.CharField()
    value = AnyValue()


class DecisionShown(Shown):
    id = serializers.IntegerField()
    by = PersonShown()
    on_behalf_of = serializers.CharField(allow_null=True)
    verdict = serializers.ChoiceField(choices=KEPT_VERDICTS)
    word = serializers.CharField(help_text="What the verdict is called for this kind.")
    comment = serializers.CharField(allow_blank=True)
    inputs = serializers.DictField()
    answers = AnswerShown(many=True)
    fingerprint = serializers.CharField()
    decided_at = Moment()


class DecisionInRound(DecisionShown):
    counts = serializers.BooleanField()
    stale = serializers.BooleanField()


class AttemptShown(Shown):
    number = serializers.IntegerField()
    state = serializers.CharField()
    because = serializers.CharField(allow_blank=True)
    opened_at = Moment()
    closed_at = Moment(allow_null=True)
    decisions = DecisionInRound(many=True)


class MayDecide(Shown):
    granted = serializers.BooleanField()
    code = serializers.CharField(allow_blank=True)
    sentence = serializers.CharField(allow_blank=True)


class Way(SourceShown):
    seat = serializers.IntegerField()


class AskedBecause(Shown):
    ways = Way(many=True)
    sentence = serializers.CharField(allow_blank=True)


class BlockedBecause(Shown):
    causes = Objects()
    waits_for = Texts()
    sentences = Texts()


class ResultShown(Shown):
    attempt = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=KEPT_OUTCOMES)
    summary = serializers.CharField(allow_blank=True)
    url = serializers.CharField(allow_blank=True)
    data = AnyValue(allow_null=True)
    reported_at = Moment()
    reported_by = serializers.CharField()


class CommentShown(Shown):
    id = serializers.IntegerField()
    by = PersonShown()
    text = serializers.CharField()
    attempt = serializers.IntegerField()
    written_at = Moment()


class RuleShown(Shown):
    kind = serializers.ChoiceField(choices=RULE_KINDS)
    number = serializers.IntegerField(allow_null=True)


class CommentRule(Shown):
    required = serializers.BooleanField()
    min_length = serializers.IntegerField()


class ConditionShown(Shown):
    code = serializers.ChoiceField(choices=["always", "applies", "does_not_apply"])
    conditions = Objects()
    sentence = serializers.CharField()


class ActivityShown(ActivityNamed):
    state_because = serializers.CharField(allow_blank=True)
    release = ReleaseStanding()
    phase = PhaseStanding()
    opened_at = Moment(allow_null=True)
    closed_at = Moment(allow_null=True)
    times_out_at = Moment(allow_null=True)
    category = serializers.CharField(allow_null=True)
    description = serializers.CharField(allow_blank=True)
    instructions = serializers.CharField(allow_blank=True)
    verdicts = serializers.DictField(child=serializers.CharField())
    fields = Objects()  # type: ignore[assignment]
    comment = CommentRule()
    applies = serializers.BooleanField()
    condition = ConditionShown()
    rule = RuleShown(allow_null=True)
    reject = serializers.CharField(allow_null=True)
    needed = serializers.IntegerField(allow_null=True)
    seats = serializers.IntegerField(allow_null=True)
    approvals = serializers.IntegerField()
    rejections = serializers.IntegerField()
    abstentions = serializers.IntegerField()
    still_needed = serializers.CharField(allow_blank=True)
    stuck = serializers.BooleanField()
    stuck_reason = serializers.CharField(allow_blank=True)
    fingerprint = serializers.CharField(allow_null=True)
    approvers = ApproverShown(many=True)
    left_out = LeftOut(many=True)
    deadline = DeadlineShown(allow_null=True)
    evidence = Objects()
    decisions = DecisionInRound(many=True)
    attempts = AttemptShown(many=True)
    may_decide = MayDecide()
    asked_because = AskedBecause()
    blocked_because = BlockedBecause(allow_null=True)
    results = ResultShown(many=True)
    comments = CommentShown(many=True)
    overrides = serializers.IntegerField(allow_null=True)
    override_requests = serializers.ListField(child=serializers.IntegerField())
    requested_by = PersonShown(allow_null=True)
    requested_because = serializers.CharField(allow_blank=True)


class DecisionTaken(Shown):
    id = serializers.IntegerField()
    activity = serializers.IntegerField()
    attempt = serializers.IntegerField()
    state = serializers.ChoiceField(choices=ACTIVITY_STATES)
    label = serializers.CharField()
    release_state = serializers.ChoiceField(choices=RELEASE_STATES)
    reason = serializers.CharField()
    approvals = serializers.IntegerField()
    rejections = serializers.IntegerField()
    abstentions = serializers.IntegerField()
    needed = serializers.IntegerField()
    seats = serializers.IntegerField()
    stuck = serializers.BooleanField()
    decision = DecisionShown()


class ResultTaken(Shown):
    activity = serializers.IntegerField()
    state = serializers.ChoiceField(choices=ACTIVITY_STATES)
    label = serializers.CharField()
    result = ResultShown()


class SkipRequested(Shown):
    activity = serializers.IntegerField()
    request = serializers.IntegerField(help_text="The activity in which it is decided.")
    reference = serializers.CharField()
    state = serializers.ChoiceField(choices=ACTIVITY_STATES)
