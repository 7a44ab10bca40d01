"""“See it as …”: the demo from the eyes of one of its people, where there is a demo and nowhere else.

The door opens no more than the sign-in page does: it asks for nobody but the demo's own people, and
only while their password is still the one that everybody knows. For a superuser it opens on this
machine alone (`portal.reach.is_from_here`): elsewhere they type the password, which axes watches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.http import HttpRequest

from portal.demo import PASSWORD
from portal.demo.company import PEOPLE, SIGN_INS, SUPERUSER
from portal.demo.presence import demo_data, is_here
from portal.models import User
from portal.reach import is_from_here

# What each of them does here, in the words of the cards.
_DOES: Final = {
    "maya": "QA lead: approves",
    "omar": "CAB chair: votes, and is asked when it is late",
    "ines": "Security: approves and rejects",
    "tom": "Release manager: starts, retries, aborts",
    "ruth": "Compliance: signs off",
    "ada": "Administrator: sets everything up",
    "aud": "Auditor: reads everything, writes nothing",
}
_NAMES: Final = {one.username: one.name for one in PEOPLE}


@dataclass(frozen=True, slots=True)
class Card:
    """One of the people to choose from."""

    username: str
    name: str
    does: str

    @property
    def role(self) -> str:
        """The same in two words, for the menu."""
        return self.does.partition(":")[0]


CARDS: Final = tuple(
    Card(username, _NAMES[username], _DOES[username]) for username in SIGN_INS if username in _DOES
)


def is_open() -> bool:
    """Whether this installation is a demo: embedded, and its database says so."""
    if not settings.COUNTERSIGN_EMBEDDED:
        return False
    # By an index first, so that an installation without the demo doesn't search its whole record.
    first = CARDS[0].username
    if not User.objects.filter(username=first, email=f"{first}@example.com").exists():
        return False
    return is_here()


def cards(request: HttpRequest) -> Sequence[Card]:
    """The people to choose from; none where there is no demo."""
    return _offered(request) if is_open() else ()


def _offered(request: HttpRequest) -> Sequence[Card]:
    return CARDS if is_from_here(request) else [one for one in CARDS if one.username != SUPERUSER]


def cards_for(request: HttpRequest, user: object, *, in_demo: bool) -> Sequence[Card]:
    """The same for one who has signed in, of whom `Standing` says whether this is their demo."""
    username, email = getattr(user, "username", ""), getattr(user, "email", "")
    is_one = settings.COUNTERSIGN_EMBEDDED and email == f"{username}@example.com"
    return _offered(request) if is_one and in_demo and username in _NAMES else ()


def person_called(username: str, request: HttpRequest) -> User | None:
    """The demo's person of this name who may be signed in as; None for anybody else."""
    made = demo_data() if is_open() else None
    if made is None or username not in _DOES:
        return None
    user = User.objects.filter(
        pk__in=made["users"], username=username, is_active=True, kind=User.Kind.PERSON
    ).first()
    if user is None or (user.is_superuser and not is_from_here(request)):
        return None
    return user if check_password(PASSWORD, user.password) else None
