"""What activities look like in answers, for the OpenAPI document."""

# The contract has names (`data`, `label`, `required`) that serializers and fields have as well.
# mypy: disable-error-code="assignment"

from __future__ import annotations

from rest_framework import serializers

from portal.api.outputs import (
    ACTIVITY_KINDS,
    ACTIVITY_STATES,
    KEPT_OUTCOMES,
    KEPT_VERDICTS,
    PHASE_STATES,
    RELEASE_STATES,
    RULE_KINDS,
    SOURCE_KINDS,
    AnyValue,
    Moment,
    Objects,
    PersonShown,
    Shown,
    Texts,
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
    question = serializers.BooleanField(help_text="Whether it asks for information.")
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
    fields = Objects()
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
