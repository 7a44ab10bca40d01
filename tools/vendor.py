"""Refreshes what the portal ships of others' work, with npm: `python -m tools.vendor` (developers only).

Writes the icon sprite, the font and the licences below portal/static/portal/, and VENDOR.json, by which
tests/portal/test_vendor.py sees that nobody has edited them by hand. npm is asked for the packages as
it is set up on the machine; the product itself never needs it.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "portal" / "static" / "portal"
VENDOR = STATIC / "vendor"

SYMBOLS = ("@material-symbols/svg-400", "0.48.2", "Apache-2.0")
INTER = ("@fontsource-variable/inter", "5.3.0", "OFL-1.1")
FONTS = ("inter-latin-wght-normal.woff2", "inter-latin-ext-wght-normal.woff2")

# Names of Material Symbols, outlined; templates use them as they stand: {% icon "inbox" %}.
ICONS = [
    "account_circle", "account_tree", "add", "admin_panel_settings", "alt_route", "arrow_back",
    "arrow_downward", "arrow_forward", "arrow_upward", "assignment", "assignment_ind",
    "attach_file", "autorenew", "back_hand", "badge", "balance", "block", "bolt", "build",
    "calendar_month", "campaign", "cancel", "chat", "check", "check_circle", "chevron_left",
    "chevron_right", "circle", "close", "code", "comment", "content_copy", "contrast",
    "dark_mode", "delete", "description", "done_all", "download", "edit", "error", "event",
    "event_busy", "expand_more", "fact_check", "filter_list", "fingerprint", "flag", "forum",
    "gavel", "group", "groups", "handshake", "help", "history", "home", "hourglass_empty",
    "how_to_reg", "how_to_vote", "hub", "info", "inbox", "key", "keyboard", "light_mode", "link",
    "list", "lock", "logout", "mail", "menu", "monitoring", "more_horiz", "notifications",
    "open_in_new", "package_2", "password", "pause_circle", "pending", "person", "play_circle",
    "policy", "priority_high", "radio_button_unchecked", "refresh", "remove", "replay",
    "rocket_launch", "rule", "save", "schedule", "schema", "science", "search", "send",
    "settings", "shield", "skip_next", "smart_toy", "snooze", "stop_circle", "storefront",
    "support_agent", "task_alt", "terminal", "thumb_down", "timer_off", "tune", "undo",
    "upload_file", "verified", "verified_user", "visibility", "warning",
]  # fmt: skip

RENAMED = {
    "expand_more": "keyboard_arrow_down"
}  # names that people know, under those they have now

_VIEW_BOX = re.compile(r'viewBox="([^"]+)"')
_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def fetch(package: str, version: str, folder: Path) -> Path:
    """The unpacked package, in a folder of its own."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is needed to refresh what is vendored, and was not found.")
    answer = subprocess.run(
        [npm, "pack", "--json", f"{package}@{version}"],
        cwd=folder, check=True, capture_output=True, text=True,
    )  # fmt: skip
    told = json.loads(answer.stdout)
    entry = next(iter(told.values())) if isinstance(told, dict) else told[0]
    target = folder / package.replace("/", "_")
    with tarfile.open(folder / Path(entry["filename"]).name) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


def sprite(symbols: Path) -> str:
    """One SVG with a <symbol> for each icon; what it cannot find ends the run."""
    parts = ['<svg xmlns="http://www.w3.org/2000/svg">']
    for name in ICONS:
        source = (symbols / "outlined" / f"{RENAMED.get(name, name)}.svg").read_text(
            encoding="utf-8"
        )
        box, body = _VIEW_BOX.search(source), _BODY.search(source)
        if box is None or body is None:
            sys.exit(f"{name}.svg is not what a Material Symbol looks like.")
        parts.append(f'<symbol id="{name}" viewBox="{box[1]}">{body[1].strip()}</symbol>')
    return "\n".join([*parts, "</svg>", ""])


def described(file: Path, origin: tuple[str, str, str]) -> dict[str, str]:
    """A row of VENDOR.json."""
    name, version, licence = origin
    return {
        "file": file.relative_to(STATIC).as_posix(),
        "name": name,
        "version": version,
        "license": licence,
        "origin": f"npm package {name}",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
    }


def main() -> None:
    """Fetch, write, describe."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        symbols = fetch(*SYMBOLS[:2], Path(scratch))
        inter = fetch(*INTER[:2], Path(scratch))
        (STATIC / "icons.svg").write_text(sprite(symbols), encoding="utf-8")
        rows.append(described(STATIC / "icons.svg", SYMBOLS))
        for name in FONTS:
            shutil.copyfile(inter / "files" / name, VENDOR / name)
            rows.append(described(VENDOR / name, INTER))
        for package, origin in ((symbols, SYMBOLS), (inter, INTER)):
            licence = VENDOR / f"LICENSE-{origin[0].rpartition('/')[2]}.txt"
            shutil.copyfile(package / "LICENSE", licence)
            rows.append(described(licence, origin))
    text = json.dumps({"files": rows}, indent=2) + "\n"
    (VENDOR / "VENDOR.json").write_text(text, encoding="utf-8")
    print(f"{len(ICONS)} icons, {len(FONTS)} fonts: {VENDOR / 'VENDOR.json'}")


if __name__ == "__main__":
    main()
