"""Of several notices about one question the newest says whether it is read (NTF-5)."""

from __future__ import annotations

import pytest

from audit.models import Notice
from audit.services.notices import mark_read
from portal.notifications.centre import waiting_notices
from portal.pages.standing import standing_of
from releases.services.reminding import remind_awaited
from tests import builders as b
from tests.portal.notifications.scenes import reachable, tom_by_mail
from tests.scenes import ask

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite, pytest.mark.req("NTF-5")]


@pytest.mark.parametrize(
    ("read", "number"),
    [((), 1), (("asked",), 1), (("reminded",), 0), (("asked", "reminded"), 0)],
    ids=["neither", "the first", "the newest", "both"],
)
def test_a_reminder_counts_for_the_question_of_which_it_reminds(
    read: tuple[str, ...], number: int
) -> None:
    ann, tom = reachable("ann").ann, tom_by_mail()
    gate = ask({"user": "ann"}, by=tom)
    remind_awaited(release_id=gate.release_id, actor=b.actor_for(tom))
    asked, reminded = Notice.objects.filter(user=ann).order_by("pk")
    assert (asked.moment, reminded.moment) == ("asked", "reminded")
    keys = [one.pk for one in (asked, reminded) if one.moment in read]
    assert mark_read(notice_ids=keys, actor=b.actor_for(ann)) == len(read)
    assert standing_of(ann.pk).unread == number
    unread = waiting_notices(b.actor_for(ann), 10, only_unread=True)
    assert unread == [reminded][:number]
    assert waiting_notices(b.actor_for(ann), 10) == [reminded]
