"""A Chromium for the tests: what the machine has, else Debian's, which root may install.

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
    given = os.environ.get("TEST_CHROMIUM")
    found = given or _on_this_machine()
    if not found:
        _install()
        found = _on_this_machine()
    if not found:
        raise BrowserUnavailable(
            "There is no Chromium. Install one (Debian: apt install chromium) or name it: "
            "TEST_CHROMIUM=/path/to/chromium."
        )
    return found


def _on_this_machine() -> str | None:
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
