"""Migrations apply to the data of every stage that has landed, and its record still holds (A-124)."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

STAGES = sorted(Path(__file__).parent.glob("*.sqlite3.gz"))
ROOT = Path(__file__).resolve().parents[2]


def test_there_is_a_stage_to_try():
    assert STAGES


@pytest.mark.req("A-124")
@pytest.mark.parametrize("stage", STAGES, ids=lambda path: path.name.split(".")[0])
def test_a_landed_stage_migrates_and_its_record_holds(stage, tmp_path):
    database = tmp_path / "stage.sqlite3"
    database.write_bytes(gzip.decompress(stage.read_bytes()))
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{database}"}
    for step in (["migrate", "-v0"], ["verify_ledger"], ["migrate", "--check", "-v0"]):
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *step],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{step}: {done.stdout}{done.stderr}"
