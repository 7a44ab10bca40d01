"""What was sent when nobody was signed in any more, or by a page that had grown old: it is not lost.

A form that arrives without a session can't be answered. Instead of the sign-in page, after which all that
was typed would be gone, the person gets it back, and can send it again once they have signed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

# Forms with passwords, and those of the library and the administration, are never shown again.
_NOT_KEPT: Final = ("/accounts/", "/admin/", "/api/", "/demo/", "/session/")
_TOKEN: Final = "csrfmiddlewaretoken"  # noqa: S105  (the name of a field)
_LABELS: Final[Mapping[str, str]] = {
    "verdict": "Decision",
    "comment": "Comment",
    "reason": "Reason",
    "text": "Comment",
    "description": "Description",
}


@dataclass(frozen=True, slots=True)
class SentForm:
    """A form as it was sent: its address, every field, and what of it a person wrote."""

    address: str
    fields: tuple[tuple[str, str], ...]
    words: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, request: HttpRequest) -> SentForm:
        """Read it from the request."""
        fields = tuple(
            (name, value)
            for name, values in request.POST.lists()
            if name != _TOKEN
            for value in values
        )
        words = tuple((_LABELS[name], value) for name, value in fields if name in _LABELS and value)
        return cls(request.get_full_path(), fields, words)


def keeps(request: HttpRequest) -> bool:
    """Whether what the request has sent can be shown again."""
    return request.method == "POST" and not request.path.startswith(_NOT_KEPT)


def is_from_here(request: HttpRequest) -> bool:
    """Whether the browser says that a page of this portal has sent it; no other site can say so."""
    origin = request.headers.get("Origin", "")
    here = f"{request.scheme}://{request.get_host()}"
    return origin == here or origin in settings.CSRF_TRUSTED_ORIGINS


def signed_out(request: HttpRequest) -> HttpResponse:
    """401: nothing was done, this is what you sent, and here one signs in."""
    return _shown(request, 401, is_signed_out=True)


def too_old(request: HttpRequest) -> HttpResponse:
    """403: the page was made for an earlier session; what it sent can be sent again from here."""
    return _shown(request, 403, is_signed_out=False)


def _shown(request: HttpRequest, status: int, *, is_signed_out: bool) -> HttpResponse:
    context = {"sent": SentForm.of(request), "is_signed_out": is_signed_out}
    return render(request, "portal/signed_out.html", context, status=status)
