"""Markdown that people write, as HTML that can do no harm (A-086)."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_TAGS: Final = {
    "p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr",
    "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
# No images: a picture from elsewhere tells its owner who reads what, when.
_ATTRIBUTES: Final = {"a": {"href"}, "ol": {"start"}}
_SCHEMES: Final = {"http", "https", "mailto"}
_FIRST_LEVEL = 3  # h1 is the page's, h2 the card's

# What nobody writes to be read costs the most to take apart: a link is looked for at each bracket.
_MOST_BRACKETS: Final = 1_000
_LONGEST: Final = 50_000  # characters; what is longer is shown as plain text


def _read_inline(state: StateCore) -> None:
    """Markdown's own step within paragraphs; those with too many brackets stay as they were written."""
    left = _MOST_BRACKETS
    for token in state.tokens:
        if token.type != "inline":
            continue
        brackets = token.content.count("[")
        if brackets > left:
            token.children = [Token("text", "", 0, content=token.content)]
        else:
            left -= brackets
            token.children = token.children or []
            state.md.inline.parse(token.content, state.md, state.env, token.children)


_READER: Final = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_READER.core.ruler.at("inline", _read_inline)


@lru_cache(maxsize=128)
def html_of(text: str) -> str:
    """The text's HTML, cleaned; headings begin below those of the page.

    Kept for the next who reads the same text: instructions are the same for everybody.
    """
    if len(text) > _LONGEST:
        return f"<p>{escape(text)}</p>"
    tokens = _READER.parse(text)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + _FIRST_LEVEL - 1, 6)}"
    rendered = _READER.renderer.render(tokens, _READER.options, {})
    return nh3.clean(
        rendered,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
