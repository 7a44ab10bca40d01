"""The words of the process grammar: keys, kinds, categories and limits (`contract.md`, Process)."""

from __future__ import annotations

from typing import Any, Final

from releases.rules.transitions import ActivityKind, FailureHandling

# The document that a valid process becomes: plain data with every default written out. A reference
# to a user, group or role is a name as parsed and an id as stored.
ProcessDocument = dict[str, Any]
PhaseDocument = dict[str, Any]
ActivityDocument = dict[str, Any]

PROCESS_KEYS: Final = (
    "kind",
    "slug",
    "name",
    "description",
    "failure",
    "roles",
    "notify",
    "carry_over",
    "phases",
)
PHASE_KEYS: Final = (
    "key",
    "name",
    "description",
    "needs",
    "owner",
    "failure",
    "notify",
    "activities",
)
ACTIVITY_KEYS: Final = (
    "key",
    "name",
    "kind",
    "category",
    "description",
    "needs",
    "when",
    "instructions",
    "timeout",
    "policy",
    "approvers",
    "rule",
    "reject",
    "comment",
    "separation",
    "signature",
    "deadline",
    "reminders",
    "notify",
    "evidence",
    "fields",
)
# The built-in role that alone signs what has the category audit.
AUDIT_APPROVER: Final = "audit-approver"
# What only people's decisions have; a pipeline or check that names one is refused.
MANUAL_ONLY_KEYS: Final = (
    "policy",
    "approvers",
    "rule",
    "reject",
    "comment",
    "separation",
    "signature",
    "deadline",
    "reminders",
    "evidence",
    "fields",
)
FIELD_KEYS: Final = (
    "key",
    "type",
    "label",
    "help",
    "required",
    "visible_on",
    "min_length",
    "max_length",
    "min",
    "max",
    "pattern",
    "message",
    "choices",
    "types",
    "max_size",
    "max_files",
    "items",
)
CONDITION_KEYS: Final = ("risk", "change_type", "environment", "tag")
SEPARATION_KEYS: Final = ("requester", "authors", "uploaders", "not_with")
HOLDER_KEYS: Final = ("user", "group", "role")

ACTIVITY_KINDS: Final = tuple(kind.value for kind in ActivityKind)
FAILURES: Final = tuple(handling.value for handling in FailureHandling)
CATEGORIES: Final = (
    "code_review",
    "build_verification",
    "environment_readiness",
    "dependency_readiness",
    "product_owner",
    "customer_readiness",
    "qa_sign_off",
    "security",
    "regulatory_compliance",
    "audit",
    "operations_sre",
    "support_team",
    "cab",
    "risk_assessment",
    "final_go_no_go",
)
RISKS: Final = ("low", "medium", "high")
CHANGE_TYPES: Final = ("standard", "normal", "emergency")

DEFAULT_TIMEOUT: Final = 24 * 60 * 60  # seconds

# Limits that keep a document, its graph and its form workable, whatever is pasted in. Default needs
# grow with the square of the activities of a phase.
MOST_PHASES: Final = 100
MOST_ACTIVITIES: Final = 500
MOST_OF_A_PHASE: Final = 100
MOST_ITEMS: Final = 200
LONGEST_NAME: Final = 200  # characters
LONGEST_REFERENCE: Final = 150  # Django's own limit for user and group names
LONGEST_TEXT: Final = 10_000
LONGEST_INSTRUCTIONS: Final = 100_000
