"""Refusals: why the product would not do something, with a stable code and a sentence for people.

A door maps the class to its own answer (the API to a status, a page to a message). Services raise
them inside their transaction, so a refusal leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Refusal(Exception):
    """Something was asked for and is not done; `code` is stable, `sentence` is for people.

    `status` is the HTTP status of `contract.md` for this kind of refusal.
    """

    status = 409
    title = "Refused"

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        errors: Mapping[str, Sequence[str]] | None = None,
        data: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.errors = {key: list(value) for key, value in (errors or {}).items()}
        self.data = dict(data or {})

    def __str__(self) -> str:
        return self.sentence


class Malformed(Refusal):
    """What was sent cannot be parsed."""

    status = 400
    title = "Malformed request"


class NotPermitted(Refusal):
    """The person may not do this."""

    status = 403
    title = "Not permitted"


class NotFound(Refusal):
    """Not there, or not for this person to see; the two are never told apart."""

    status = 404
    title = "Not found"

    def __init__(self, sentence: str = "There is nothing here that you may see.") -> None:
        super().__init__("not_found", sentence)


class Conflict(Refusal):
    """Not at this moment: what it is asked of has moved on, or is not there yet."""

    status = 409
    title = "Conflict"


class TooLarge(Refusal):
    """More than the product takes."""

    status = 413
    title = "Too large"


class Invalid(Refusal):
    """What was sent parses and is not valid; `errors` names each field with its sentences."""

    status = 422
    title = "Invalid input"

    def __init__(
        self,
        sentence: str = "Some of the input is not valid.",
        *,
        errors: Mapping[str, Sequence[str]] | None = None,
        code: str = "invalid",
        data: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(code, sentence, errors=errors, data=data)
