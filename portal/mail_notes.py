"""What `doctor` notes about mail: what never arrived, and a server that takes none at present (NTF-3).

Notes, for people are told in the portal all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from audit.selectors import dead_deliveries, failing_deliveries
from portal.invariants import Finding
from portal.notifications.words import REFUSED, ending_words

_RULE: Final = "configuration"
_MOST_DEAD: Final = 20


def mail_notes() -> Iterator[Finding]:
    """What failed for good, and what is tried again and again, with the mend of each."""
    yield from _failing()
    for row in dead_deliveries()[:_MOST_DEAD]:
        detail = f"it failed for good after {row.attempts} attempts: {row.error}"
        mend = "Mend the cause, then have it sent again in the administration, under Deliveries."
        subject = f"message {row.pk} about {row.notice.host}"
        yield Finding(_RULE, "dead_mail", subject, detail, mend)


def _failing() -> Iterator[Finding]:
    """One note for all that a server refuses or does not answer: they share their cause."""
    number, newest = failing_deliveries()
    if newest is None:
        return
    waiting = "1 message was" if number == 1 else f"{number} messages were"
    detail = f"{waiting} not taken and will be tried again; the last answer: {ending_words(newest.error)}"
    mend = "See that the server EMAIL_URL names answers; the log says mail_not_sent for each try."
    if newest.error.startswith(REFUSED):
        mend = (
            "Have the mail server take mail from this installation: user and password in EMAIL_URL, the "
            "sender in COUNTERSIGN_MAIL_FROM, its rules about relaying, SPF and DMARC."
        )
    yield Finding(_RULE, "mail_waits", "mail", detail, mend)
