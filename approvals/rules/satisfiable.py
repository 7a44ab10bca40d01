"""Whether a rule can be met at all, judged from the written approvers alone (POL-2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from approvals.rules.seats import Rule, entry_reference, seats_needed

Entry = Mapping[str, object]


def satisfiable(approvers: Sequence[Entry], rule: Rule | Mapping[str, object] | None) -> str | None:
    """Why this rule can never be met over these approver entries; None when it can.

    References may be names or ids. A user entry is that one person; a group, a role and an `each`
    entry stand for as many people as they need; `when` entries are counted where they help. Codes:
    `no_approvers`, `rule_unknown`, `at_least_below_one`, `percent_out_of_range`,
    `at_least_above_seats`, `required_user_repeated` (one person in two required seats),
    `too_few_people` (one person in so many seats that too few people are left). Raises ValueError for
    an entry that is not one of user, group or role.
    """
    if not approvers:
        return "no_approvers"
    known = _known_rule(rule)
    if known is None:
        return "rule_unknown"
    growing = any(_is_each(entry) for entry in approvers)
    wrong = _wrong_number(known, len(approvers), growing=growing)
    if wrong is not None:
        return wrong
    if _repeats(_users(entry for entry in approvers if entry.get("required") and _always(entry))):
        return "required_user_repeated"
    return None if _enough_people(approvers, known, growing=growing) else "too_few_people"


def _wrong_number(rule: Rule, seat_count: int, *, growing: bool) -> str | None:
    number = rule.number or 0
    if rule.kind == "percent" and not 1 <= number <= 100:
        return "percent_out_of_range"
    if rule.kind == "at_least" and number < 1:
        return "at_least_below_one"
    if rule.kind == "at_least" and number > seat_count and not growing:
        return "at_least_above_seats"
    return None


def _known_rule(rule: Rule | Mapping[str, object] | None) -> Rule | None:
    if rule is None or isinstance(rule, Rule):
        return rule
    try:
        return Rule.from_dict(rule)
    except (TypeError, ValueError):
        return None


def _enough_people(approvers: Sequence[Entry], rule: Rule, *, growing: bool) -> bool:
    """Whether enough different people could approve.

    A user written again adds a seat and nobody to fill it. An entry with a condition counts only
    when it brings someone new: the best case is enough, the opening judges the real one. `each`
    may bring any number of seats and people, which helps every rule that leaves a seat out.
    """
    fixed = [entry for entry in approvers if _always(entry)]
    conditional = [entry for entry in approvers if not _always(entry)]
    spare = len(fixed) - _people(fixed)
    if growing and spare:
        return rule.kind != "unanimous" and not (rule.kind == "percent" and rule.number == 100)
    if growing:
        return True
    people = _people([*fixed, *conditional])
    return seats_needed(rule, people + spare) <= people


def _people(entries: Sequence[Entry]) -> int:
    """How many different people could fill seats of these entries: one for each, users once."""
    users = _users(entries)
    return len(entries) - len(users) + len(set(users))


def _users(entries: Iterable[Entry]) -> list[int | str]:
    found = [entry_reference(entry) for entry in entries]
    return [ref for kind, ref in found if kind == "user"]


def _repeats(users: Sequence[int | str]) -> bool:
    return len(set(users)) < len(users)


def _always(entry: Entry) -> bool:
    return not entry.get("when")


def _is_each(entry: Entry) -> bool:
    return bool(entry.get("each")) and entry_reference(entry)[0] != "user"
