"""The names of static files in production: known once they are collected, and worked out once."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.static_files import NamedOnce

pytestmark = [pytest.mark.sqlite, pytest.mark.req("OPS-2")]


@pytest.fixture
def files(tmp_path: Path) -> NamedOnce:
    """The storage of a process that has started before anything was collected."""
    (tmp_path / "page.css").write_text("body { color: red }")
    return NamedOnce(location=str(tmp_path), base_url="/static/")


def collect(files: NamedOnce) -> None:
    """As `collectstatic` does once the files lie there."""
    for _, _, done in files.post_process({"page.css": (files, "page.css")}):
        assert done is True


def test_that_a_file_has_no_name_yet_is_not_kept(files: NamedOnce) -> None:
    with pytest.raises(ValueError, match=r"page\.css"):
        files.url("page.css")
    collect(files)
    name = files.url("page.css").removeprefix("/static/")
    assert name.startswith("page.")
    assert name != "page.css"
    assert files.exists(name)


def test_a_name_is_worked_out_once_by_each_process(files: NamedOnce) -> None:
    collect(files)
    first = files.url("page.css")
    files.hashed_files.clear()  # whence it is worked out
    assert files.url("page.css") == first
    later = NamedOnce(location=files.location, base_url="/files/")
    assert later.url("page.css") == first.replace("/static/", "/files/")


def test_what_was_never_collected_has_no_name(files: NamedOnce) -> None:
    collect(files)
    for _ in range(2):
        with pytest.raises(ValueError, match=r"missing\.css"):
            files.url("missing.css")
