"""What was sent when nobody was signed in any more, or by a page that had grown old: it is not lost.

A form that arrives without a session can't be answered. Instead of the sign-in page, after which all that
was typed would be gone, the person gets it back, and can send it again once they have signed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import render
from django.urls import reverse

from portal.forms.decision import ANSWER_PREFIX
from portal.sent_forms import ACCOUNT_FIELD, ACCOUNT_HEADER, ANEW_EACH_TIME

# Forms with passwords, and those of the library and the administration, are never shown again.
_NOT_KEPT: Final = ("/accounts/", "/admin/", "/api/", "/demo/", "/session/")
# What nobody wrote: marks of the page that a form was on, and keys of what it is about.
_MARKS: Final = frozenset(
    {
        "attempt", "before", "fingerprint", "idempotency_key", "next", "older", "recent", "seen_at",
        "show",
    }
)  # fmt: skip
_NAMED_BY_KEY: Final = frozenset({"activities", "activity", "notice", "person"})
# The others are called what their fields are called.
_LABELS: Final[Mapping[str, str]] = {"verdict": "Decision", "text": "Comment"}


@dataclass(frozen=True, slots=True)
class SentForm:
    """A form as it was sent: its address, every field, and what of it a person wrote."""

    address: str
    fields: tuple[tuple[str, str], ...]
    words: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, request: HttpRequest) -> SentForm:
        """Read it from the request; nothing of what is not to be shown again."""
        fields = tuple(
            (name, value)
            for name, values in (request.POST.lists() if keeps(request) else ())
            if name not in ANEW_EACH_TIME
            for value in values
        )
        words = tuple((_label(name), value) for name, value in fields if _is_written(name, value))
        return cls(request.get_full_path(), fields, words)


def _is_written(name: str, value: str) -> bool:
    by_key = name in _NAMED_BY_KEY and value.isdigit()
    return name not in _MARKS and not by_key and bool(value.strip())


def _label(name: str) -> str:
    words = name.removeprefix(ANSWER_PREFIX).replace("_", " ").replace("-", " ")
    return _LABELS.get(name) or f"{words[:1].upper()}{words[1:]}"


def keeps(request: HttpRequest) -> bool:
    """Whether what the request has sent can be shown again."""
    return request.method == "POST" and not request.path.startswith(_NOT_KEPT)


def by_another_account(request: HttpRequest) -> bool:
    """Whether the page that asks was made for another account than the one that is signed in now.

    Signing out is nobody's harm, whoever's session it ends. A form that broke off on its way says
    nothing of that, and does nothing: its token is missing too.
    """
    if request.path == reverse("account_logout"):
        return False
    made_for = request.headers.get(ACCOUNT_HEADER, "")
    if not made_for and request.method == "POST":
        try:
            made_for = request.POST.get(ACCOUNT_FIELD, "")
        except UnreadablePostError:
            return False
    now = request.session.get(SESSION_KEY) if made_for else None
    return now is not None and now != made_for


def is_from_here(request: HttpRequest) -> bool:
    """Whether the browser says that a page of this portal has sent it; no other site can say so."""
    origin = request.headers.get("Origin", "")
    here = f"{request.scheme}://{request.get_host()}"
    return origin == here or origin in settings.CSRF_TRUSTED_ORIGINS


def somebody_else(request: HttpRequest) -> HttpResponse:
    """412: nothing was done, since somebody else is signed in by now; what was sent can be copied."""
    return _shown(request, 412, "somebody_else")


def signed_out(request: HttpRequest) -> HttpResponse:
    """401: nothing was done, this is what you sent, and here one signs in."""
    return _shown(request, 401, "signed_out")


def too_old(request: HttpRequest) -> HttpResponse:
    """403: the page was made for an earlier session; what it sent can be sent again from here.

    Whose session that was, nothing says: the button names the account in whose name it would be sent.
    """
    return _shown(request, 403, "too_old")


def _shown(request: HttpRequest, status: int, why: str) -> HttpResponse:
    context = {"sent": SentForm.of(request), "why": why}
    return render(request, "portal/signed_out.html", context, status=status)
