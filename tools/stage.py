"""Keep a small database of what has landed, so that later migrations are tried on real data.

`python -m tools.stage NAME` seeds the demo in a fresh SQLite file and writes it, packed, to
`tests/stages/NAME.sqlite3.gz`. Run once for each landed stage; a kept database is never made anew.
"""

from __future__ import annotations

import gzip
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAGES = ROOT / "tests" / "stages"
STEPS = (["migrate", "-v0"], ["createcachetable"], ["seed_demo"])


def make_stage(name: str) -> Path:
    """Seed and pack a database. Raises FileExistsError when the stage is kept already."""
    target = STAGES / f"{name}.sqlite3.gz"
    if target.exists():
        raise FileExistsError(f"{target.name} is kept already; a landed stage does not change.")
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "stage.sqlite3"
        environment = {**os.environ, "DATABASE_URL": f"sqlite:///{database}"}
        for step in STEPS:
            command = [sys.executable, str(ROOT / "manage.py"), *step]
            subprocess.run(command, env=environment, cwd=ROOT, check=True)
        _shrink(database)
        STAGES.mkdir(exist_ok=True)
        target.write_bytes(gzip.compress(database.read_bytes(), 9, mtime=0))
    return target


def _shrink(database: Path) -> None:
    connection = sqlite3.connect(database)
    # A CHECK on usernames uses it, and VACUUM copies every row through its checks.
    connection.create_function("REGEXP", 2, lambda pattern, text: bool(re.search(pattern, text)))
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.execute("VACUUM")
    connection.close()


if __name__ == "__main__":
    kept = make_stage(sys.argv[1])
    sys.stdout.write(f"{kept.name}: {kept.stat().st_size:,} bytes\n")
