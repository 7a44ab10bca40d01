"""Reading pages in tests: what stands in the HTML, by html.parser."""

from __future__ import annotations

from html.parser import HTMLParser

_DATA = {"application/json"}


class Page(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._silent += tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)

    @property
    def text(self) -> str:
        """What a reader sees, on one line."""
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        """The attributes of every such tag; `class_="x"` asks whether the class is among its classes."""
        return [
            attributes
            for name, attributes in self.tags
            if name == tag and all(_has(attributes, key, value) for key, value in wanted.items())
        ]


def _has(attributes: dict[str, str], key: str, value: str) -> bool:
    if key == "class_":
        return value in attributes.get("class", "").split()
    return attributes.get(key.replace("_", "-")) == value


def inline_parts(html: str) -> list[str]:
    """What a strict policy would stop: scripts and styles in the page, on…="" and style="" (SEC-4)."""
    found = []
    for tag, attributes in Page(html).tags:
        if tag == "style":
            found.append("<style>")
        if tag == "script" and "src" not in attributes and attributes.get("type") not in _DATA:
            found.append("<script>")
        found += [
            f"<{tag} {name}>"
            for name, value in attributes.items()
            if name == "style"
            or name.startswith(("on", "hx-on"))
            or value.startswith("javascript:")
        ]
    return found
