"""Reading YAML: what is refused before anything is composed, and what scalars stay."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from releases.rules.process_errors import MOST_FINDINGS, ProcessErrors
from releases.rules.process_nodes import ListNode, MapNode, TextNode
from releases.rules.process_yaml import DEEPEST, LARGEST, MOST_VALUES, load_process
from tests.releases.rules.process_cases import problems, refused

pytestmark = pytest.mark.req("REL-6")

BOMB = "a: &a [x, x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}, *{old}]\n"
    for old, new in zip("abcdefghijklmnopqrstuvwxy", "bcdefghijklmnopqrstuvwxyz", strict=True)
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kind: Process\nslug: &s demo\n", (2, "slug", "anchor_refused")),
        ("kind: Process\nphases: &p []\n", (2, "phases", "anchor_refused")),
        ("&r kind: Process\n", (1, "", "anchor_refused")),
        ("kind: Process\nslug: *s\n", (2, "slug", "alias_refused")),
        ("kind: Process\n<<: *s\n", (2, "<<", "alias_refused")),
        ("kind: Process\nslug: !!str demo\n", (2, "slug", "tag_refused")),
        ("kind: Process\nslug: !!python/object/apply:os.system [id]\n", (2, "slug", "tag_refused")),
        ("kind: Process\nslug: ! demo\n", (2, "slug", "tag_refused")),
        ("kind: Process\nphases: !mine\n  - {key: a}\n", (2, "phases", "tag_refused")),
        ("%TAG ! tag:example.com,2026:\n---\nkind: Process\n", (2, "", "directive_refused")),
        ("%YAML 1.1\n---\nkind: Process\n", (2, "", "directive_refused")),
        ("kind: Process\n---\nkind: Process\n", (2, "", "several_documents")),
        ("kind: Process\nslug: a\nkind: Process\n", (3, "kind", "duplicate_key")),
        ("kind: Process\n'kind': Process\n", (2, "kind", "duplicate_key")),
        ("roles: {qa: QA,\n  qa: Other}\n", (2, "roles.qa", "duplicate_key")),
        ("kind: Process\n? [a, b]\n: c\n", (2, "", "complex_key")),
        ("- kind: Process\n", (1, "", "not_a_mapping")),
        ("Process\n", (1, "", "not_a_mapping")),
        ("", (1, "", "not_a_mapping")),
        ("# only a comment\n", (1, "", "not_a_mapping")),
        ("kind: Process\nslug: [a\n", (3, "", "bad_yaml")),
        ("kind: Process\nslug: a: b\n", (2, "", "bad_yaml")),
        ("kind: Process\n\tslug: a\n", (2, "", "bad_yaml")),
        ("kind: Process\nslug: @a\n", (2, "", "bad_yaml")),
        ('kind: Process\nslug: "\\UFFFFFFFF"\n', (2, "", "bad_yaml")),
        ("kind: Process\nslug: a\x00b\n", (2, "", "bad_character")),
        ("kind: Process\nslug: a\x07b\n", (2, "", "bad_character")),
        ('kind: Process\nslug: "a\\0b"\n', (2, "slug", "bad_character")),
        ('kind: Process\nslug: "\\ud800"\n', (2, "slug", "bad_character")),
        ('kind: Process\n"a\\0b": c\n', (2, "", "bad_character")),
        (b"kind: Process\nslug: \xff\xfe\n", (2, "", "not_utf8")),
        ("kind: Process\nslug: \udc80\n", (2, "", "not_utf8")),
        ("kind: Process\n".encode("utf-16"), (1, "", "not_utf8")),
        (b"a" * (LARGEST + 1), (1, "", "too_large")),
        ("é" * (LARGEST // 2 + 1), (1, "", "too_large")),
        ("a: " + "[" * 40 + "]" * 40, (1, "", "too_deep")),
        ("- " * 4000, (1, "", "too_deep")),
        ("a:\n- [" + "x," * (MOST_VALUES + 1) + "]", None),
    ],
)
def test_load_refuses_with_line_and_code(
    text: str | bytes, expected: tuple[int, str, str] | None
) -> None:
    found = refused(text)
    if expected is None:
        assert [(line, code) for line, _, code in found] == [(2, "too_many_values")]
    else:
        assert found[0] == expected


def test_load_names_line_and_column_of_a_syntax_error() -> None:
    with pytest.raises(ProcessErrors) as caught:
        load_process("kind: Process\nslug: a: b\n")
    assert "line 2, column 8" in caught.value.items[0].sentence


def test_load_names_several_refused_things_in_one_go() -> None:
    found = refused("a: &x 1\nb: *x\nc: !t 2\na: 3\n")
    assert [(line, code) for line, _, code in found] == [
        (1, "anchor_refused"),
        (2, "alias_refused"),
        (3, "tag_refused"),
        (4, "duplicate_key"),
    ]


@pytest.mark.parametrize("text", [BOMB, "a: &a [*a]\n", "x: " + "y" * 5_000_000, "[" * 900_000])
def test_load_refuses_bombs_without_work_or_memory(text: str) -> None:
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(ProcessErrors):
        load_process(text)
    spent = time.process_time() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert spent < 5  # seconds of processor time, traced; an expansion would take for ever
    assert peak < 50_000_000


def test_load_takes_a_file_of_the_largest_size() -> None:
    text = "a: " + "x" * (LARGEST - 3)
    _, root = load_process(text)
    assert root.entries["a"][1] == TextNode("x" * (LARGEST - 3), plain=True)


def test_load_takes_the_deepest_nesting_and_not_one_more() -> None:
    levels = DEEPEST - 1
    load_process("a: " + "[" * levels + "]" * levels)
    assert refused("a: " + "[" * (levels + 1) + "]" * (levels + 1))[0][2] == "too_deep"


@pytest.mark.parametrize(
    "written",
    ["no", "on", "yes", "1.0", "0x10", "010", "1_000", "12:30:45", "2026-12-01T18:00:00+01:00"],
)
def test_load_keeps_what_was_written(written: str) -> None:
    _, root = load_process(f"a: {written}")
    assert root.entries["a"] == (1, TextNode(written, plain=True))


def test_load_tells_lines_of_keys_and_items() -> None:
    line, root = load_process("# first\nkind: Process\nphases:\n  - key: a\n\n  - key: b\n    n:\n")
    assert line == 2
    phases_line, phases = root.entries["phases"]
    assert phases_line == 3
    assert isinstance(phases, ListNode)
    assert [item_line for item_line, _ in phases.items] == [4, 6]
    second = phases.items[1][1]
    assert isinstance(second, MapNode)
    assert second.entries["n"] == (7, TextNode("", plain=True))


def test_load_ignores_a_byte_order_mark() -> None:
    _, root = load_process(b"\xef\xbb\xbfkind: Process\n")
    assert list(root.entries) == ["kind"]


def test_load_stops_at_as_many_findings_as_anyone_reads() -> None:
    assert len(refused("".join("a: 1\n" for _ in range(5_000)))) == MOST_FINDINGS


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_answered_with_lines_that_it_has(text: str) -> None:
    assert all(1 <= item.line <= text.count("\n") + 2 for item in problems(text))


@settings(deadline=None)
@given(st.text(alphabet="ab:-?[]{},&*!|>'\"%@`#\\ux0 \n\t~.", max_size=60))
def test_any_signs_are_answered_with_lines_that_they_have(text: str) -> None:
    assert all(1 <= item.line <= text.count("\n") + 2 for item in problems(text))


def test_too_much_is_answered_as_too_large() -> None:
    with pytest.raises(ProcessErrors) as caught:
        load_process(b" " * (LARGEST + 1))
    assert (caught.value.status, caught.value.code) == (413, "too_large")
