"""Markdown that people write, as HTML that can do no harm (A-086)."""

from __future__ import annotations

from typing import Final

import nh3
from markdown_it import MarkdownIt

_TAGS: Final = {
    "p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr",
    "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
# No images: a picture from elsewhere tells its owner who reads what, when.
_ATTRIBUTES: Final = {"a": {"href"}, "ol": {"start"}}
_SCHEMES: Final = {"http", "https", "mailto"}
_FIRST_LEVEL = 3  # h1 is the page's, h2 the card's

_READER: Final = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def html_of(text: str) -> str:
    """The text's HTML, cleaned; headings begin below those of the page."""
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
