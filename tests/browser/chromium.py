"""A Chromium for the tests: `CHROMIUM`, else one on PATH, else Debian's, which root may install.

`python -m tests.browser.chromium` sees to it, before several tests want it at once.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",  # tests run as root in containers, where Chromium's own sandbox can't
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
)


class BrowserUnavailable(RuntimeError):
    """There is no Chromium, and none can be installed; the tests fail, they are not skipped."""


@cache
def chromium() -> str:
    """The path of a Chromium. Raises BrowserUnavailable."""
    given = os.environ.get("CHROMIUM", "").strip()
    if given:
        return _named(given)
    found = _on_path()
    if not found:
        _install()
        found = _on_path()
    if not found:
        raise BrowserUnavailable(
            "There is no Chromium. Install one (Debian: apt install chromium) or name it: "
            "CHROMIUM=/path/to/chromium."
        )
    return found


def _named(given: str) -> str:
    """What CHROMIUM names, a path or a command; another one is not taken in its place."""
    found = shutil.which(given)
    if not found:
        raise BrowserUnavailable(f"CHROMIUM names {given}, which is no program that can be run.")
    return found


def _on_path() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def _install() -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", "chromium"]):
        subprocess.run(["apt-get", *step], env=quiet, check=False, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    try:
        sys.stdout.write(f"Browser tests run in {chromium()}.\n")
    except BrowserUnavailable as error:
        sys.exit(str(error))
