"""What a release may be made with, besides the people it names (REL-1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from approvals.rules.texts import unsafe_text

T = TypeVar("T")

RISKS = ("low", "medium", "high")
CHANGE_TYPES = ("standard", "normal", "emergency")
LINK_KINDS = ("requirements", "release_notes", "tracker", "repository", "other")
STAKEHOLDER_KINDS = ("user", "group", "role")
MOST_OF_A_LIST = 200


class Details(Protocol):
    """The values that are judged here."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def commit(self) -> str: ...
    @property
    def risk(self) -> str: ...
    @property
    def change_type(self) -> str: ...
    @property
    def environments(self) -> Sequence[str]: ...
    @property
    def tags(self) -> Sequence[str]: ...
    @property
    def authors(self) -> Sequence[str]: ...
    @property
    def artifacts(self) -> Sequence[Mapping[str, str]]: ...
    @property
    def links(self) -> Sequence[Mapping[str, str]]: ...
    @property
    def stakeholders(self) -> Sequence[Mapping[str, str]]: ...
    @property
    def window_from(self) -> datetime | None: ...
    @property
    def window_until(self) -> datetime | None: ...


_LONGEST = {"name": 200, "version": 100, "description": 20_000, "commit": 100}
_CHOICES = {"risk": RISKS, "change_type": CHANGE_TYPES}


def find_detail_errors(details: Details) -> dict[str, list[str]]:
    """Every error by field; empty when all is well."""
    errors: dict[str, list[str]] = {}
    for name, longest in _LONGEST.items():
        text = getattr(details, name)
        if name in ("name", "version") and not text.strip():
            errors[name] = ["This is required."]
        else:
            _check_text(name, text, longest, errors)
    for name, choices in _CHOICES.items():
        if getattr(details, name) not in ("", *choices):
            errors[name] = [f"This is one of {', '.join(choices)}."]
    for name in ("environments", "tags"):
        for number, text in enumerate(_bounded(name, getattr(details, name), errors)):
            _check_word(f"{name}.{number}", text, errors)
    _bounded("authors", details.authors, errors)
    _check_window(details, errors)
    _check_artifacts(details, errors)
    _check_links(details, errors)
    _check_stakeholders(details, errors)
    return errors


def _check_text(name: str, text: str, longest: int, errors: dict[str, list[str]]) -> None:
    unsafe = unsafe_text(text)
    if unsafe:
        errors[name] = [unsafe]
    elif len(text) > longest:
        errors[name] = [f"This has {len(text)} characters; at most {longest} fit."]


def _check_word(name: str, text: str, errors: dict[str, list[str]]) -> None:
    if not text.strip():
        errors[name] = ["This must not be blank."]
    else:
        _check_text(name, text, 100, errors)


def _bounded(name: str, items: Sequence[T], errors: dict[str, list[str]]) -> Sequence[T]:
    if len(items) > MOST_OF_A_LIST:
        errors[name] = [f"At most {MOST_OF_A_LIST} fit."]
        return []
    return items


def _check_window(details: Details, errors: dict[str, list[str]]) -> None:
    start, end = details.window_from, details.window_until
    if start and end and start >= end:
        errors["window.until"] = ["The window must end after it starts."]


def _check_artifacts(details: Details, errors: dict[str, list[str]]) -> None:
    for number, artifact in enumerate(_bounded("artifacts", details.artifacts, errors)):
        _check_word(f"artifacts.{number}.name", artifact.get("name", ""), errors)
        _check_text(f"artifacts.{number}.digest", artifact.get("digest", ""), 200, errors)
        _check_address(f"artifacts.{number}.url", artifact.get("url", ""), errors)


def _check_links(details: Details, errors: dict[str, list[str]]) -> None:
    for number, link in enumerate(_bounded("links", details.links, errors)):
        if link.get("kind") not in LINK_KINDS:
            errors[f"links.{number}.kind"] = [f"This is one of {', '.join(LINK_KINDS)}."]
        _check_word(f"links.{number}.title", link.get("title", ""), errors)
        if not link.get("url"):
            errors[f"links.{number}.url"] = ["This is required."]
        _check_address(f"links.{number}.url", link.get("url", ""), errors)


def is_web_address(text: str) -> bool:
    """Whether this is an address that a browser can open: http or https, with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _check_address(name: str, text: str, errors: dict[str, list[str]]) -> None:
    if not text:
        return
    if not is_web_address(text) or len(text) > 1000:
        errors[name] = ["Give an address that starts with http:// or https://."]
    else:
        _check_text(name, text, 1000, errors)


def _check_stakeholders(details: Details, errors: dict[str, list[str]]) -> None:
    for number, one in enumerate(_bounded("stakeholders", details.stakeholders, errors)):
        if len(one) != 1 or next(iter(one)) not in STAKEHOLDER_KINDS:
            errors[f"stakeholders.{number}"] = ["Name one of user, group or role."]
