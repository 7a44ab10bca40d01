"""Which Chromium the tests run in: the one that is named, else one on PATH, else a sentence that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import chromium as ladder

find = ladder.chromium.__wrapped__


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Nothing on PATH, and nobody who may install; the folder that PATH is."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(ladder.os, "geteuid", lambda: 1000)
    return tmp_path


def program(path: Path) -> str:
    """A program that can be run."""
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_the_one_that_is_named_is_taken_before_one_on_path(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = program(bare_machine / "chromium")
    assert find() == on_path
    named = program(bare_machine / "mine")
    monkeypatch.setenv("CHROMIUM", named)
    assert find() == named


def test_a_name_that_is_no_program_fails_and_nothing_else_is_taken(
    bare_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(bare_machine / "chromium")
    monkeypatch.setenv("CHROMIUM", str(bare_machine / "not-there"))
    with pytest.raises(ladder.BrowserUnavailable, match="not-there, which is no program"):
        find()


def test_without_any_a_sentence_says_what_to_do() -> None:
    with pytest.raises(ladder.BrowserUnavailable, match="CHROMIUM=/path/to/chromium"):
        find()
