"""A browser without script, for tests of pages: it reads HTML, follows links and sends forms."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client

_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "use", "wbr"})


@dataclass
class Node:
    """An element: its name, attributes, and what is inside."""

    name: str
    attrs: dict[str, str]
    children: list[Node | str] = field(default_factory=list)

    def all(self, name: str = "", /, **attrs: str) -> list[Node]:
        """Every element inside with this name and these attributes (`class_` holds the word)."""
        found: list[Node] = []
        for child in self.children:
            if isinstance(child, Node):
                if child.matches(name, attrs):
                    found.append(child)
                found += child.all(name, **attrs)
        return found

    def one(self, name: str = "", /, **attrs: str) -> Node:
        """The only such element."""
        found = self.all(name, **attrs)
        assert len(found) == 1, f"{len(found)} of {name} {attrs}"
        return found[0]

    def matches(self, name: str, attrs: dict[str, str]) -> bool:
        if name and self.name != name:
            return False
        for key, wanted in attrs.items():
            value = self.attrs.get(key.rstrip("_").replace("_", "-"))
            if value is None or (
                wanted not in value.split() if key == "class_" else value != wanted
            ):
                return False
        return True

    @property
    def text(self) -> str:
        """What is read, with single blanks."""
        parts = [one if isinstance(one, str) else one.text for one in self.children]
        return re.sub(r"\s+", " ", " ".join(parts)).strip()

    @property
    def raw(self) -> str:
        """The text as it stands (of a textarea)."""
        return "".join(one if isinstance(one, str) else one.raw for one in self.children)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {key: value or "" for key, value in attrs})
        self.open[-1].children.append(node)
        if tag not in _VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Node(tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in [node.name for node in self.open]:
            while self.open.pop().name != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


@dataclass
class Page:
    """An answer, as it is read."""

    status: int
    html: str
    root: Node
    headers: Any

    @property
    def text(self) -> str:
        """All that the main part says (the whole of a fragment)."""
        main = self.root.all("main")
        return (main[0] if main else self.root).text

    def part(self, key: str) -> Node:
        """The element with this id."""
        return self.root.one("", id=key)

    def has(self, key: str) -> bool:
        """Whether there is an element with this id."""
        return bool(self.root.all("", id=key))

    def form(self, ending: str) -> Node:
        """The form that is sent to the address with this ending."""
        forms = [one for one in self.root.all("form") if one.attrs["action"].endswith(ending)]
        assert len(forms) == 1, f"{len(forms)} forms to {ending}"
        return forms[0]

    def offers(self, ending: str) -> bool:
        """Whether there is a form that is sent to the address with this ending."""
        return any(one.attrs["action"].endswith(ending) for one in self.root.all("form"))


class Browser:
    """Somebody signed in, who has a browser without script."""

    def __init__(self, user: Any) -> None:
        self.client = Client()
        self.client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    def get(self, path: str, **headers: str) -> Page:
        """GET."""
        return _read(self.client.get(path, headers=headers or None))

    def send(self, form: Node, htmx: bool = False, **changes: Any) -> Page:
        """Send a form with what stands in it; `changes` by the name of a field (None leaves it out).

        `verdict` and the like name the button that is pressed. A 303 is followed as browsers do.
        """
        data = {**values_of(form), **changes}
        sent = {key: value for key, value in data.items() if value is not None}
        headers = {"HX-Request": "true"} if htmx else None
        answer = self.client.post(form.attrs["action"], sent, headers=headers)
        if answer.status_code == 303:
            address, _, _ = answer.headers["Location"].partition("#")
            answer = self.client.get(address)
        return _read(answer)


def values_of(form: Node) -> dict[str, Any]:
    """What a browser would send of a form in which nobody has touched anything."""
    data: dict[str, Any] = {}
    for one in form.all("input"):
        name, kind = one.attrs.get("name", ""), one.attrs.get("type", "text")
        chosen = kind not in ("checkbox", "radio") or "checked" in one.attrs
        if name and chosen and name != "csrfmiddlewaretoken":
            data[name] = one.attrs.get("value", "on" if kind in ("checkbox", "radio") else "")
    for one in form.all("textarea"):
        data[one.attrs["name"]] = one.raw.removeprefix("\n")
    for one in form.all("select"):
        chosen = [option for option in one.all("option") if "selected" in option.attrs]
        data[one.attrs["name"]] = (chosen or one.all("option"))[0].attrs.get("value", "")
    return data


def parsed(html: str) -> Node:
    """HTML as a tree; the root has no name."""
    parser = _Parser()
    parser.feed(html)
    return parser.root


def _read(answer: Any) -> Page:
    html = answer.content.decode()
    return Page(answer.status_code, html, parsed(html), answer.headers)
