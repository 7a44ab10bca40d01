"""`make screenshots` starts: its program is run by hand alone, and what it needs must not be missing then."""

from __future__ import annotations

import subprocess
import sys

from tools.stage import ROOT


def test_the_program_can_be_loaded_by_itself() -> None:
    """Without Django: the installation that it looks at has its own."""
    done = subprocess.run(
        [sys.executable, "-c", "import tools.screenshots"],
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
