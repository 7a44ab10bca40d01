"""What one person was told and may see, and what of it still needs them (NTF-5, MON-5).

What still needs somebody is found from what is open for them: their seats in open rounds, and what
is stuck or has failed in releases and phases of theirs. Nothing here costs more because old notices were never read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from django.db import models
from django.db.models import Case, OuterRef, Subquery, Value, When
from django.db.models.functions import Cast, Concat

from approvals.models import Approval, AskedPerson
from approvals.selectors import open_seats_of
from audit.actor import Actor
from audit.models import Notice
from audit.selectors import notices_to
from portal.notifications.words import ASKING, FAILURES, FORMER
from releases.inbox import CountOf
from releases.mending import failures_to_mend
from releases.models import Release
from releases.selectors import releases_for
from releases.visibility import asked_or_named, manages_and_sees, may_be_asked

# "More than 99" is all that the bell and the tab say.
MOST_COUNTED: Final = 100
_STREAM: Final = "release:"
# Keys are looked at in steps: mostly the first holds all that is wanted.
_FIRST_STEP: Final = 100
_NEXT_STEP: Final = 5_000


# --- What still asks something -----------------------------------------------------------------------
#
# A notice is looked up for each open seat, stuck round or failed activity, by a subquery in the place of a value:
# a database can't turn that round and begin with everything that an account was ever told.


def _asking(
    seats: models.QuerySet[AskedPerson], user_id: int, *, unread: bool = False
) -> models.QuerySet[Any]:
    """Those of an account's seats of which it was told, each with `notice`: the newest key."""
    in_use = seats.filter(approval__scope__release__product__is_archived=False)
    told = Notice.objects.filter(
        moment__in=ASKING, host=OuterRef("approval__host"), attempt=OuterRef("approval__attempt")
    )
    return _with_notice(in_use, told, user_id, unread)


def _stuck(user_id: int, *, unread: bool = False) -> models.QuerySet[Any]:
    """The stuck rounds of releases that an account manages and sees, each with `notice` likewise.

    Whoever manages a release no more has nothing to do about it, and does not hear how it stands.
    """
    rounds = Approval.objects.filter(
        manages_and_sees(user_id, "scope__release__"),
        state=Approval.State.OPEN,
        stuck=True,
        scope__release__product__is_archived=False,
    )
    told = Notice.objects.filter(moment="stuck", host=OuterRef("host"), attempt=OuterRef("attempt"))
    return _with_notice(rounds, told, user_id, unread)


def _failed(user_id: int, *, unread: bool = False) -> models.QuerySet[Any]:
    """The failures that an account has to mend and was told of, each with `notice` likewise."""
    failed = failures_to_mend(user_id)
    # By the key, for which there is an index: of an attempt's outcome one is told once.
    number, attempt = (Cast(OuterRef(name), models.CharField()) for name in ("pk", "attempt"))
    key = Concat(Value("outcome:activity:"), number, Value(":"), attempt)
    told = Notice.objects.filter(moment__in=FAILURES, key=key)
    return _with_notice(failed, told, user_id, unread, asks=False)


def _with_notice(
    rows: models.QuerySet[Any],
    told: models.QuerySet[Notice],
    user_id: int,
    unread: bool,
    *,
    asks: bool = True,
) -> models.QuerySet[Any]:
    own = told.filter(user_id=user_id, needs_action=asks).order_by("-pk")
    if unread:
        is_unread = Case(When(read_at=None, then=Value(True)), default=Value(False))
        newest = own.annotate(is_unread=is_unread).values("is_unread")[:1]
        rows = rows.annotate(is_unread=Subquery(newest)).filter(is_unread=True)
    rows = rows.annotate(notice=Subquery(own.values("pk")[:1]))
    return rows if unread else rows.filter(notice__isnull=False)


def number_waiting(user_id: int) -> Any:
    """The number at the bell, as an expression: what is unread and still asks something."""
    # In no order, so that each is looked up until enough are found: to order them, all would be.
    found = [
        _asking(open_seats_of(user_id), user_id, unread=True),
        _stuck(user_id, unread=True),
        _failed(user_id, unread=True),
    ]
    parts = [CountOf(rows.order_by().values("pk")[:MOST_COUNTED]) for rows in found]
    return parts[0] + parts[1] + parts[2]


def waiting_notices(actor: Actor, limit: int, *, only_unread: bool = False) -> list[Notice]:
    """The first notices that still ask something: what is stuck or has failed, then seats by urgency."""
    user_id, keys = actor.user_id or 0, list[int]()
    for find in (_stuck, _failed):
        rows = find(user_id, unread=only_unread).order_by("-pk").values_list("notice", flat=True)
        keys += rows[: limit - len(keys)]
    seats = _asking(open_seats_of(user_id), user_id, unread=only_unread)
    asking = seats.order_by("due_at", "pk")
    keys += asking.values_list("notice", flat=True)[: limit - len(keys)]
    return _in_this_order(keys)


def waiting_among(actor: Actor, notices: Iterable[Notice]) -> set[int]:
    """The keys of those of these notices that still ask something of the actor."""
    user_id = actor.user_id or 0
    several, found = list(notices), set[int]()
    if failed := {one.host for one in several if one.moment in FAILURES}:
        rows = _failed(user_id).filter(pk__in=[int(host.partition(":")[2]) for host in failed])
        found.update(rows.values_list("notice", flat=True))
    hosts = {one.host for one in several if one.needs_action}
    if not hosts:
        return found
    # The rounds by their keys, or the database may begin with all that is open for the actor.
    rounds = Approval.objects.filter(host__in=hosts, state=Approval.State.OPEN)
    keys = list(rounds.values_list("pk", flat=True))
    seats = open_seats_of(user_id).filter(approval__in=keys)
    asking, stuck = _asking(seats, user_id), _stuck(user_id).filter(pk__in=keys)
    return found.union(*(rows.values_list("notice", flat=True) for rows in (asking, stuck)))


# --- All that one was told ---------------------------------------------------------------------------


# The stream of a notice, and whether it says that the release was the reader's until then.
_About = tuple[str, bool]


class _Sight:
    """Of which streams the actor may be told; asked once for each.

    Of what they may see; and that a release or phase was taken from them, whoever saw it only by that.
    """

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self._known: dict[_About, bool] = {}

    def look(self, notices: Collection[_About]) -> None:
        fresh = {one for one in notices if one not in self._known}
        self._known |= dict.fromkeys(fresh, False)
        for was_theirs, ask in ((False, self._seen), (True, _in_use)):
            keys = {
                int(key): one
                for one in fresh
                if one[1] == was_theirs
                and one[0].startswith(_STREAM)
                and (key := one[0].removeprefix(_STREAM)).isdecimal()
            }
            if keys:
                self._known |= {keys[key]: True for key in ask(set(keys))}

    def _seen(self, keys: set[int]) -> set[int]:
        """Of these releases those that the actor may see: first by what most who were told meet."""
        seen: set[int] = set()
        if keys and may_be_asked(self.actor):
            named = asked_or_named(self.actor.user_id or 0, "")
            in_use = Release.objects.filter(named, pk__in=keys, product__is_archived=False)
            seen = set(in_use.order_by().values_list("pk", flat=True))
        if rest := keys - seen:
            rows = releases_for(self.actor).filter(pk__in=rest).order_by()
            seen |= set(rows.values_list("pk", flat=True))
        return seen

    def has(self, about: _About) -> bool:
        return self._known[about]


def _in_use(keys: set[int]) -> set[int]:
    rows = Release.objects.filter(pk__in=keys, product__is_archived=False).order_by()
    return set(rows.values_list("pk", flat=True))


def _keys(
    actor: Actor,
    limit: int,
    *,
    before: int | None = None,
    after: int = 0,
    unread: bool | None = None,
    leave_out: Collection[int] = (),
) -> list[int]:
    """The keys of the newest notices that the actor may still read, newest first.

    By keys in steps, so that neither what was told before nor what is out of sight is sorted.
    """
    rows = notices_to(actor.user_id).order_by("-pk").values_list("pk", "stream", "why")
    rows = rows.filter(pk__gt=after) if after else rows
    if unread is not None:
        rows = rows.filter(read_at__isnull=unread)
    sight, found, step = _Sight(actor), list[int](), max(_FIRST_STEP, limit) + len(leave_out)
    while True:
        part = list((rows if before is None else rows.filter(pk__lt=before))[:step])
        about = {key: (stream, why in FORMER) for key, stream, why in part}
        sight.look(set(about.values()))
        found += [key for key in about if sight.has(about[key]) and key not in leave_out]
        if len(found) >= limit or len(part) < step:
            return found[:limit]
        before, step = part[-1][0], _NEXT_STEP


def newest_notices(
    actor: Actor,
    limit: int,
    *,
    before: int | None = None,
    unread: bool | None = None,
    leave_out: Collection[int] = (),
) -> list[Notice]:
    """The newest notices about what the actor may see now, newest first; those before a key.

    That a release or phase was given to somebody else stays readable for whoever had it until then.

    `unread`: only those that are, or are not; `leave_out`: the keys of such as are shown elsewhere.
    """
    keys = _keys(actor, limit, before=before, unread=unread, leave_out=leave_out)
    return _in_this_order(keys)


def count_unread(actor: Actor) -> int:
    """How many of the actor's notices are unread, no further than `MOST_COUNTED`."""
    return len(_keys(actor, MOST_COUNTED, unread=True))


def count_newer(actor: Actor, before: int, recent: Collection[int], *, only_unread: bool) -> int:
    """How many notices of the actor a page lacks, no further than `MOST_COUNTED`.

    Such as are neither below the key `before` nor among the `recent` ones that it knows of.
    """
    unread = True if only_unread else None
    return len(_keys(actor, MOST_COUNTED, after=before, unread=unread, leave_out=recent))


def _in_this_order(keys: Sequence[int]) -> list[Notice]:
    found = Notice.objects.in_bulk(keys) if keys else {}
    return [found[key] for key in keys]


# --- Where they lead ---------------------------------------------------------------------------------


def path_of(notice: Notice) -> str:
    """The one page that a notice leads to; to look at it decides nothing.

    Whoever managed a release or owned a phase until now may not see it any more: they are led to what they were told.
    """
    if notice.why in FORMER:
        return "/notifications/"
    kind, _, key = notice.host.partition(":")
    return f"/activities/{key}/" if kind == "activity" else f"/releases/{key}/"
