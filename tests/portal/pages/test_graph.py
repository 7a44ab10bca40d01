"""The drawing of what waits for what: layers, what is left out, nothing on top of something else."""

from __future__ import annotations

import pytest

from portal.pages.graph import HEIGHT, Graph, graph_of, layers_of
from portal.pages.release_scene import planned_board
from releases.facts import load_board
from releases.models import Release
from tests import builders as b
from tests.portal.pages.releases import two_branches
from tests.scenes import people, pipe, run

pytestmark = [pytest.mark.req("MON-1")]


def needs(graph: Graph) -> dict[str, list[str]]:
    """What each node waits for, by name."""
    return {node.name: [one.name for one in of] for node, of in graph.sentences}


def test_a_layer_is_the_longest_path() -> None:
    assert layers_of({"a": [], "b": ["a"], "c": ["a", "b"], "d": ["a"], "e": ["gone"]}) == {
        "a": 0, "b": 1, "c": 2, "d": 1, "e": 0,
    }  # fmt: skip


def test_a_cycle_never_hangs() -> None:
    assert layers_of({"a": ["b"], "b": ["a"], "c": []}) == {"a": 0, "b": 0, "c": 0}


@pytest.mark.django_db
def test_phases_that_have_not_begun_are_one_node() -> None:
    people("maya", "omar")
    release = two_branches()
    found = needs(graph_of(load_board(release)))
    assert found == {
        "Regression": [],
        "Report": [],
        "Scan review": [],
        "Deploy": ["Regression", "Report", "Scan review"],
    }
    assert needs(graph_of(load_board(release), everything=True))["Go"] == [
        "Regression", "Report", "Scan review",
    ]  # fmt: skip


@pytest.mark.django_db
def test_completed_phases_are_left_out_unless_everything_is_asked_for() -> None:
    maya = people("maya").maya
    release = run(
        b.phase("build", b.pipeline("compile")), b.phase("qa", b.manual("gate", {"user": "maya"}))
    )
    b.report(b.activity(release, "compile"), pipe())
    release = Release.objects.get(pk=release.pk)
    assert needs(graph_of(load_board(release))) == {"Gate": []}
    assert needs(graph_of(load_board(release), everything=True)) == {
        "Compile": [],
        "Gate": ["Compile"],
    }
    b.vote(b.activity(release, "gate"), maya)
    done = graph_of(load_board(Release.objects.get(pk=release.pk)))
    assert done.nodes == []
    assert done.edges == []


@pytest.mark.django_db
def test_many_edges_between_two_phases_pass_through_one_node() -> None:
    release = run(
        b.phase("a", *(b.pipeline(f"x{number}", needs=[]) for number in range(4))),
        b.phase("b", *(b.pipeline(f"y{number}", needs=[]) for number in range(4))),
    )
    graph = graph_of(load_board(release), everything=True)
    assert len(graph.edges) == 8
    assert needs(graph)["Y0"] == ["A is complete"]
    assert needs(graph)["A is complete"] == ["X0", "X1", "X2", "X3"]


@pytest.mark.django_db
def test_no_node_covers_another_and_all_are_inside() -> None:
    people("maya", "omar")
    release = two_branches(start=False)
    graph = graph_of(planned_board(release), everything=True)
    boxes = [(node.x, node.y) for node in graph.nodes]
    assert len(set(boxes)) == len(boxes) == 4
    for node in graph.nodes:
        assert 0 <= node.x <= graph.width - graph.node_width
        assert 0 <= node.y <= graph.height - graph.node_height
        assert node.path == ""
        same = [one for one in graph.nodes if one.x == node.x and one is not node]
        assert all(abs(one.y - node.y) > HEIGHT for one in same)
