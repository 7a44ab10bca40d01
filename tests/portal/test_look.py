"""One table of colours for portal and admin, readable in light and dark (ux.md 3.1, 5.3; WCAG 1.4.3)."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from portal.look import MEANINGS, RADIUS, UNFOLD_COLORS, tokens_css

STATIC = Path(__file__).resolve().parents[2] / "portal" / "static" / "portal"
FIRST_LOAD = 200_000
LATER_PAGE = 40_000
WORDS = ("text", "text-soft", "accent", "red", "amber", "green")
GROUNDS = ("page", "surface", "sunken", "raised", "nav", "entrance")
TINTS = {"red": "red-tint", "amber": "amber-tint", "green": "green-tint", "accent": "accent-tint"}


def resolved(name: str, theme: int) -> str:
    """The six digits of a token."""
    value = MEANINGS[name][theme]
    step = re.fullmatch(r"var\(--color-(\w+)-(\d+)\)", value)
    return UNFOLD_COLORS[step[1]][step[2]] if step else value


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_sheet_and_unfold_have_the_colours_of_the_table() -> None:
    assert (STATIC / "css" / "tokens.css").read_text(encoding="utf-8") == tokens_css()
    assert settings.UNFOLD["COLORS"] == UNFOLD_COLORS
    assert settings.UNFOLD["BORDER_RADIUS"] == RADIUS


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_words_can_be_read_on_every_ground(theme: int) -> None:
    pairs = [(word, ground) for word in WORDS for ground in GROUNDS]
    pairs += list(TINTS.items())
    pairs += [(word, tint) for word in ("text", "text-soft") for tint in TINTS.values()]
    pairs += [
        ("on-button", "button"),
        ("on-button", "button-hover"),
        ("text", "avatar"),
        ("text", "hover"),
    ]
    faint = {
        (word, ground): round(contrast(resolved(word, theme), resolved(ground, theme)), 2)
        for word, ground in pairs
        if contrast(resolved(word, theme), resolved(ground, theme)) < 4.5
    }
    assert faint == {}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_edges_of_fields_and_dots_can_be_seen(theme: int) -> None:
    pairs = [("line-strong", "surface"), ("green-solid", "surface"), ("line-strong", "entrance")]
    faint = [
        pair for pair in pairs if contrast(resolved(pair[0], theme), resolved(pair[1], theme)) < 3
    ]
    assert faint == []


def first_load_without_page() -> int:
    """What a browser loads besides the page when it comes for the first time, compressed."""
    shared = [*(STATIC / "css").glob("*.css"), *(STATIC / "js").glob("*.js"), STATIC / "icons.svg"]
    htmx = Path(str(finders.find("django_htmx/htmx-2.min.js")))
    squeezed = sum(len(gzip.compress(each.read_bytes())) for each in [*shared, htmx])
    fonts = sum(each.stat().st_size for each in (STATIC / "vendor").glob("inter-latin-wght*"))
    return squeezed + fonts


def test_a_first_load_leaves_room_for_a_full_page() -> None:
    assert first_load_without_page() < FIRST_LOAD - LATER_PAGE


def test_own_scripts_stay_small() -> None:
    assert (STATIC / "js" / "portal.js").stat().st_size < 10_000
