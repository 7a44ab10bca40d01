"""Whether an activity or seat applies to a release, and the reason that is shown."""

from __future__ import annotations

import pytest

from releases.rules.conditions import Applied, ReleaseFacts, applies

pytestmark = pytest.mark.req("POL-10")

RELEASE = ReleaseFacts(
    risk="high",
    change_type="normal",
    environments=frozenset({"production", "staging"}),
    tags=frozenset({"payments"}),
)


@pytest.mark.parametrize("when", [None, {}])
def test_applies_always_without_a_condition(when: dict[str, list[str]] | None) -> None:
    assert applies(when, ReleaseFacts()) == Applied(True, {"code": "always", "conditions": []})


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"risk": ["high"]}, True),
        ({"risk": ["medium", "high"]}, True),
        ({"risk": ["low"]}, False),
        ({"risk": ["HIGH"]}, False),
        ({"change_type": ["normal"]}, True),
        ({"change_type": ["emergency"]}, False),
        ({"environment": ["production"]}, True),
        ({"environment": ["test", "staging"]}, True),
        ({"environment": ["test"]}, False),
        ({"tag": ["payments"]}, True),
        ({"tag": ["pay"]}, False),
        ({"risk": ["high"], "tag": ["payments"]}, True),
        ({"risk": ["high"], "tag": ["other"]}, False),
        ({"risk": ["low"], "tag": ["other"]}, False),
        ({"risk": []}, False),
    ],
)
def test_applies_when_every_key_holds_by_any_of_its_values(
    when: dict[str, list[str]], expected: bool
) -> None:
    assert applies(when, RELEASE).applies is expected


@pytest.mark.parametrize("key", ["risk", "change_type", "environment", "tag"])
def test_what_the_release_does_not_say_never_holds(key: str) -> None:
    answer = applies({key: ["low"]}, ReleaseFacts())
    assert answer == Applied(
        False,
        {
            "code": "does_not_apply",
            "conditions": [{"key": key, "wanted": ["low"], "found": [], "code": "missing"}],
        },
    )


def test_empty_values_count_as_missing() -> None:
    answer = applies({"risk": [""]}, ReleaseFacts(risk=""))
    assert not answer.applies


def test_reason_names_each_key_with_what_was_found() -> None:
    answer = applies({"risk": ["low"], "environment": ["production"]}, RELEASE)
    assert answer.reason == {
        "code": "does_not_apply",
        "conditions": [
            {"key": "risk", "wanted": ["low"], "found": ["high"], "code": "differs"},
            {
                "key": "environment",
                "wanted": ["production"],
                "found": ["production", "staging"],
                "code": "holds",
            },
        ],
    }


def test_a_key_that_is_none_of_the_four_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        applies({"colour": ["red"]}, RELEASE)
