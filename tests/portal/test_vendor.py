"""What is vendored is what VENDOR.json says, with its licence; nothing is fetched from elsewhere."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from portal.templatetags.portal_ui import icon_names
from tools.vendor import ICONS, SYMBOLS

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "portal" / "static" / "portal"
ROWS = json.loads((STATIC / "vendor" / "VENDOR.json").read_text(encoding="utf-8"))["files"]


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_a_vendored_file_is_as_it_was_fetched(row: dict[str, str]) -> None:
    content = (STATIC / row["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == row["sha256"]
    assert row["license"]
    assert row["version"]


def test_every_vendored_file_is_listed_and_every_origin_has_its_licence() -> None:
    lying = {f"vendor/{each.name}" for each in (STATIC / "vendor").iterdir()}
    listed = {row["file"] for row in ROWS}
    assert lying - listed == {"vendor/VENDOR.json"}
    licensed = {row["name"] for row in ROWS if "LICENSE" in row["file"]}
    assert licensed == {row["name"] for row in ROWS}


def test_the_sprite_holds_the_icons_that_the_tool_names() -> None:
    assert icon_names() == set(ICONS)
    assert len(ICONS) == len(set(ICONS))
    assert {row["version"] for row in ROWS if row["name"] == SYMBOLS[0]} == {SYMBOLS[1]}


def test_templates_name_only_icons_that_there_are() -> None:
    named = {
        name
        for file in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r'{% icon "(\w+)"', file.read_text(encoding="utf-8"))
    }
    assert named - icon_names() == set()


@pytest.mark.req("SEC-4")
def test_no_sheet_or_script_of_ours_reaches_out() -> None:
    for file in [*(STATIC / "css").iterdir(), *(STATIC / "js").iterdir()]:
        assert not re.search(r"https?://|@import|\burl\(['\"]?//", file.read_text(encoding="utf-8"))


def test_the_tool_names_no_host() -> None:
    text = (ROOT / "tools" / "vendor.py").read_text(encoding="utf-8")
    assert "://" not in text.replace('"http://www.w3.org/2000/svg"', "")
