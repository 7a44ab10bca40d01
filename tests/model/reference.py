"""A release as the contract describes it, in the slowest and plainest way: the walks compare with it.

Nothing of the product is used here. People are letters, time is minutes, seats are tried in every
order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import permutations

FAILED = ("rejected", "failed")
OPEN = ("running", "awaiting_approval")


@dataclass
class Gate:
    """An activity and its present round. Seats are names of people or of the one group ("team")."""

    phase: str
    key: str
    manual: bool
    seats: tuple[str, ...] = ()
    required: frozenset[int] = frozenset()
    rule: str | int = "any"
    needed: int = 1
    first: bool = False
    deadline: int | None = None
    state: str = "blocked"
    attempt: int = 0
    round: str = ""
    opened: int = 0
    votes: dict[str, tuple[str, frozenset[int]]] = field(default_factory=dict)
    voted: set[str] = field(default_factory=set)

    def late(self, now: int) -> bool:
        return self.deadline is not None and now >= self.opened + self.deadline


@dataclass
class Model:
    """The release, who is in the team, and who may not decide."""

    phases: dict[str, tuple[list[str], str]]
    gates: dict[str, Gate]
    team: set[str]
    excluded: set[str]
    held: bool = False
    ended: str = ""

    # --- Who may do what ---

    def reach(self, gate: Gate, who: str) -> frozenset[int]:
        """The seats that name somebody now, excluded or not."""
        return frozenset(
            place
            for place, seat in enumerate(gate.seats)
            if seat == who or (seat == "team" and who in self.team)
        )

    def fills(self, gate: Gate, who: str) -> frozenset[int]:
        return frozenset() if who in self.excluded else self.reach(gate, who)

    def eligible(self, gate: Gate) -> set[str]:
        people = {seat for seat in gate.seats if seat != "team"} | self.team
        return {who for who in people if self.fills(gate, who)}

    # --- Counting ---

    def seatings(self, gate: Gate, voters: list[str]) -> Iterator[dict[int, str]]:
        """Every way to put these voters into different seats that they may take."""
        for places in permutations(range(len(gate.seats)), len(voters)):
            seated = dict(zip(places, voters, strict=True))
            if all(place in self._may_take(gate, who) for place, who in seated.items()):
                yield seated

    def _may_take(self, gate: Gate, who: str) -> frozenset[int]:
        """What a voter held when the vote was given; of others what they hold now."""
        return gate.votes[who][1] if who in gate.votes else self.fills(gate, who)

    def asked(self, gate: Gate) -> set[str]:
        """Those whose vote could be taken now."""
        left = self.eligible(gate) - gate.votes.keys()
        return {who for who in left if any(self.seatings(gate, [*self.counted(gate), who]))}

    def counted(self, gate: Gate) -> list[str]:
        return sorted(who for who, (verdict, _) in gate.votes.items() if verdict != "abstain")

    def can_be_approved(self, gate: Gate, helpers: list[str], *, anybody: bool = False) -> bool:
        """With these helpers approving besides; `anybody`: as if every empty seat were approved."""
        approving = {who for who, (verdict, _) in gate.votes.items() if verdict == "approve"}
        approving |= set(helpers)
        for seated in self.seatings(gate, self.counted(gate) + helpers):
            empty = set(range(len(gate.seats))) - seated.keys()
            for_it = {place for place, who in seated.items() if who in approving}
            if anybody:
                for_it |= empty
            if len(for_it) >= gate.needed >= 1 and gate.required <= for_it:
                return True
        return False

    def verdict(self, gate: Gate) -> str:
        if gate.first and any(verdict == "reject" for verdict, _ in gate.votes.values()):
            return "rejected"
        if self.can_be_approved(gate, []):
            return "approved"
        return "open" if self.can_be_approved(gate, [], anybody=True) else "rejected"

    def stuck(self, gate: Gate) -> bool:
        """Nobody who may still vote could help enough, whichever of them did."""
        left = sorted(self.eligible(gate) - gate.votes.keys())
        subsets = range(2 ** len(left))
        return not any(
            self.can_be_approved(gate, [who for bit, who in enumerate(left) if chosen >> bit & 1])
            for chosen in subsets
        )

    # --- Acts: each gives the code of its refusal, or "" ---

    def vote(self, ref: str, who: str, verdict: str, now: int) -> str:
        gate = self.gates[ref]
        code = self._asked(gate, who)
        if code:
            return code
        former, held = gate.votes.get(who, ("", frozenset()))
        if former == verdict and (gate.round != "open" or self.fills(gate, who) <= held):
            return "same"
        if gate.round != "open":
            return "not_open" if gate.round == "closed" else "already_decided"
        if gate.late(now):
            return "deadline_passed"
        before = dict(gate.votes)
        gate.votes[who] = (verdict, self.fills(gate, who))
        if verdict != "abstain" and not any(self.seatings(gate, self.counted(gate))):
            gate.votes = before
            return "no_seat_left"
        gate.voted.add(who)
        self._end_round(gate, self.verdict(gate), now)
        return ""

    def withdraw(self, ref: str, who: str, now: int) -> str:
        gate = self.gates[ref]
        if who not in gate.voted and (code := self._asked(gate, who)):
            return code
        if gate.round == "":
            return "not_open"
        if gate.round != "open":
            return "not_open" if gate.round == "closed" else "already_decided"
        if gate.late(now):
            return "deadline_passed"
        if who not in gate.votes:
            return "nothing_to_withdraw"
        del gate.votes[who]
        self._end_round(gate, self.verdict(gate), now)
        return ""

    def _asked(self, gate: Gate, who: str) -> str:
        if gate.round == "":
            return "not_open"
        if not self.reach(gate, who):
            return "not_an_approver"
        return "own_change" if who in self.excluded else ""

    def _end_round(self, gate: Gate, result: str, now: int) -> None:
        if result != "open":
            gate.round = result
            gate.state = "completed" if result == "approved" else "rejected"
            self.settle(now)

    def report(self, ref: str, outcome: str, now: int) -> str:
        gate = self.gates[ref]
        if gate.state != "running":
            return "not_running"
        gate.state = "completed" if outcome == "passed" else "failed"
        self.settle(now)
        return ""

    def retry(self, ref: str, now: int) -> str:
        if self.ended:
            return "already_ended"
        gate = self.gates[ref]
        if gate.state not in FAILED:
            return "not_failed"
        gate.state = "blocked"
        self.settle(now)
        return ""

    def hold(self, now: int) -> str:
        code = "already_ended" if self.ended else "already_held" if self.held else ""
        self.held = self.held or not code
        return code

    def resume(self, now: int) -> str:
        if not self.held:
            return "not_held"
        self.held = False
        self.settle(now)
        return ""

    def abort(self, now: int) -> str:
        if self.ended:
            return "already_ended"
        self.ended, self.held = "aborted", False
        for gate in self.gates.values():
            if gate.state in (*OPEN, "blocked"):
                gate.state = "aborted"
                gate.round = "closed" if gate.round == "open" else gate.round
        return ""

    def tick(self, now: int) -> None:
        for gate in self.gates.values():
            if gate.round == "open" and gate.late(now):
                gate.round, gate.state = "rejected", "rejected"
        self.settle(now)

    # --- The release ---

    def settle(self, now: int) -> None:
        while not self.ended and not self.held and not self._failing("fail", "hold"):
            ready = [gate for gate in self.gates.values() if self._ready(gate)]
            if not ready:
                break
            for gate in ready:
                gate.state = "awaiting_approval" if gate.manual else "running"
                gate.attempt += 1
                if gate.manual:
                    gate.round, gate.opened, gate.votes, gate.voted = "open", now, {}, set()
        if not self.ended and all(gate.state == "completed" for gate in self.gates.values()):
            self.ended, self.held = "completed", False

    def _failing(self, *handlings: str) -> bool:
        return any(
            gate.state in FAILED and self.phases[gate.phase][1] in handlings
            for gate in self.gates.values()
        )

    def _ready(self, gate: Gate) -> bool:
        before = [other for other in self.gates.values() if other.phase == gate.phase]
        before = before[: before.index(gate)]
        return (
            gate.state == "blocked"
            and all(other.state == "completed" for other in before)
            and all(self._done(phase) for phase in self.phases[gate.phase][0])
        )

    def _done(self, phase: str) -> bool:
        own = all(gate.state == "completed" for gate in self.gates.values() if gate.phase == phase)
        return own and all(self._done(other) for other in self.phases[phase][0])

    def state(self) -> str:
        if self.ended:
            return self.ended
        states = {gate.state for gate in self.gates.values()}
        moving = bool(states & set(OPEN)) or any(map(self._ready, self.gates.values()))
        if self._failing("fail") or not (moving or self._failing("hold")):
            return "failed"
        waiting = "awaiting_approval" in states
        return "on_hold" if self.held or waiting or self._failing("hold") else "running"
