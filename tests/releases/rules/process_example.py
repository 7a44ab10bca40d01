"""The example of the contract, written out in full, and what of it can be published."""

from __future__ import annotations

# As in the contract, with the activity `build` that its `not_with` refers to.
EXAMPLE = """\
kind: Process
slug: payments
name: Payments release
description: Regulated payments service.
failure: fail                   # default for phases: fail | hold | continue
roles:                          # created when missing
  qa-lead: QA Lead
  release-manager: Release Manager
phases:
  - key: verify
    name: Verify
    owner: {role: release-manager}
    failure: hold
    activities:
      - key: tests
        name: Integration tests
        kind: pipeline          # pipeline | check | approval | sign_off | evidence | verification | information | handoff
        timeout: 2h
      - {key: build, name: Build, kind: sign_off, approvers: [{user: tom}], rule: any}
      - key: qa
        name: QA sign-off
        kind: sign_off
        category: qa_sign_off
        needs: [tests]          # default: every activity written before it in its phase; [] = none; other phases' as "phase.activity"
        when: {risk: [high, medium]}        # optional condition
        description: Testing is complete and the quality bar is met.
        instructions: |
          1. Open the report.
        approvers:
          - {user: maya}
          - {group: qa}                     # one seat, any member
          - {role: qa-lead, each: true}     # a seat for every holder
          - {group: security, required: true}   # this seat must approve whatever the rule
        rule: any               # any | majority | unanimous | {at_least: 3} | {percent: 60}
        reject: first           # first | unreachable
        comment: optional       # optional | required | {min_length: 20}; always required on rejection
        separation: {requester: true, authors: true, uploaders: false, not_with: [verify.build]}   # the first three are the defaults
        signature: none         # none | confirm | reauthenticate, or {ask: reauthenticate, meaning: "I approve …"}
        deadline:
          after: 24h            # or at: 2026-12-01T18:00:00+01:00; 8bh = business hours
          warn: 4h
          on_miss: escalate     # escalate | reject | stay
          escalate_to:
            - {role: release-manager}
            - {user: omar, after: 4h}
            - {reject: true, after: 4h}     # optional last rung
        reminders: {every: 8h, max: 3}
        notify: {stakeholders: [{group: support}], addresses: [qa-team@example.com], slack: "#payments", teams: payments, channels: {waiting: [email, sms]}}   # also on process and phase; channels forces
        evidence: {required: 1, types: [pdf, png], kinds: [test_report, screenshot], max_size: 200MB}
        fields:
          - {key: summary, type: long_text, label: Summary, required: true, min_length: 20}
          - {key: ticket, type: text, label: Ticket, pattern: "[A-Z]+-[0-9]+", message: "Like PAY-123"}
          - {key: risk, type: dropdown, label: Residual risk, choices: [low, medium, high], required: approve}
          # type: text | long_text | number | checkbox | dropdown | multi_select | date | url | ticket | file | checklist
          - {key: passed, type: checkbox, label: "I confirm all critical tests passed", required: approve}
  - key: deploy
    name: Deploy
    needs: [verify]             # default: the phase before it; [] = none
    activities: []
"""

_LATER = ("          warn:", "        reminders:", "        notify:", "        evidence:")

# The same without what is not available yet.
PUBLISHABLE = "".join(
    line for line in EXAMPLE.splitlines(keepends=True) if not line.startswith(_LATER)
)
