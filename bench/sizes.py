"""How much of everything a run makes and measures; the whole run stays within six minutes or so."""

from __future__ import annotations

ROUNDS = 12  # every row is measured once a round, in turn
COUNTED = 2  # requests of each row whose statements are counted
WARM_UP = 6  # requests of each row before the first round

DECISIONS = 15  # requests a batch
COMPLETIONS = 5
LISTS = 15

VOTERS = 200
PENDING_FEW = 100
PENDING_MANY = 10_000
ACTIVITIES_PER_RELEASE = 60
PENDING_PER_RELEASE = 100

PAGES = 8  # requests a batch
PHASES = 8  # of the release whose page is measured, with ACTIVITIES_PER_RELEASE activities
COMMENTS = 20  # at the activity whose page is measured
UNREAD_FEW = 100  # notices that somebody never read: two pages of the centre, and very many
UNREAD_MANY = 20_000
DECIDED_FEW = 1_000
DECIDED_MANY = 1_000_000
DECIDED_ROUNDS = 12  # of their own, with as many requests a batch as there are PAGES

CLIENTS = 8
VOTES_PER_CLIENT = 10
CONTENTION_ROUNDS = 3
# Votes that stand already where each client has an activity of its own. A vote reads all before it, so
# with these both kinds read as many: half of what comes together on one activity, less half of one's own.
STANDING_VOTES = (CLIENTS - 1) * VOTES_PER_CLIENT // 2

WRITERS = 4
WRITING_SECONDS = 2.0
WRITING_ROUNDS = 3
