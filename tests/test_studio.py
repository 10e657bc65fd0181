"""LangGraph Studio: the graph opens through the loader that `langgraph dev` uses."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import python

ROOT = Path(__file__).parents[1]
CONFIG = json.loads((ROOT / "langgraph.json").read_text(encoding="utf-8"))

_LOAD = """\
import asyncio, json, sys, warnings

warnings.simplefilter("ignore")  # other people's packages
from langgraph_api.graph import GraphSpec, _graph_from_spec

name, target = sys.argv[1:]
path, variable = target.rsplit(":", 1)
loaded = _graph_from_spec(GraphSpec(id=name, path=path, variable=variable, config=None))
graph = loaded() if not hasattr(loaded, "ainvoke") else loaded
third = asyncio.run(graph.ainvoke({}, context={"row_number": 3}))
default = asyncio.run(graph.ainvoke({}, context={}))  # the server passes {} where none is given
drawn = graph.get_graph()
print(json.dumps({
    "keys": sorted(third),
    "passed": third["judge_critique"].passed,
    "critique": third["judge_critique"].text,
    "retries": third["retry_count"],
    "seeds": len(third["grounding_seeds"]),
    "ids": [third["generated_row"].trade_id, default["generated_row"].trade_id],
    "context": graph.get_context_jsonschema(),
    "nodes": sorted(drawn.nodes),
    "edges": sorted((edge.source, edge.target) for edge in drawn.edges),
}))
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return what the graph is and does when Studio's own loader opens it."""
    ((name, target),) = CONFIG["graphs"].items()
    path, variable = target.rsplit(":", 1)
    said = python(
        tmp_path_factory.mktemp("studio"),
        "-c",
        _LOAD,
        name,
        f"{ROOT / path}:{variable}",
        env={
            "DATABASE_URI": ":memory:",
            "REDIS_URI": "fake",
            "LANGGRAPH_RUNTIME_EDITION": "inmem",
            "MIGRATIONS_PATH": "__inmem",
            "LANGSMITH_LANGGRAPH_API_VARIANT": "local_dev",
            "LANGSERVE_GRAPHS": json.dumps(CONFIG["graphs"]),
        },
    )
    assert said.code == 0, said.err
    return json.loads(said.out.splitlines()[-1])


def test_langgraph_json_names_the_package_and_one_graph_that_is_there() -> None:
    assert CONFIG["dependencies"] == ["."]
    ((name, target),) = CONFIG["graphs"].items()
    path, _, variable = target.rpartition(":")
    assert name == "tradegen"
    assert f"def {variable}(" in (ROOT / path).read_text(encoding="utf-8")


def test_one_row_goes_through_the_graph_with_the_states_own_names(loaded: Any) -> None:
    assert loaded["keys"] == [
        "generated_row",
        "grounding_seeds",
        "judge_critique",
        "retry_count",
        "volatility_constraint",
    ]
    assert loaded["passed"] or (loaded["retries"] == 2 and loaded["critique"])
    assert loaded["seeds"] == 3


def test_the_row_number_given_as_context_is_the_row_that_is_made(loaded: Any) -> None:
    third, default = loaded["ids"]
    assert third.endswith("3")
    assert default.endswith("0")


def test_the_context_asks_for_row_and_attempt_and_both_have_defaults(loaded: Any) -> None:
    properties = loaded["context"]["properties"]
    assert {name: one["type"] for name, one in properties.items()} == {
        "row_number": "integer",
        "attempt": "integer",
    }
    assert [one["default"] for one in properties.values()] == [0, 0]
    assert "required" not in loaded["context"]


def test_studio_draws_the_loop_of_the_design(loaded: Any) -> None:
    assert set(loaded["nodes"]) == {
        "__start__",
        "sampler_node",
        "generator_node",
        "judge_node",
        "refiner_node",
        "__end__",
    }
    assert {tuple(edge) for edge in loaded["edges"]} == {
        ("__start__", "sampler_node"),
        ("sampler_node", "generator_node"),
        ("generator_node", "judge_node"),
        ("judge_node", "refiner_node"),
        ("refiner_node", "judge_node"),
        ("judge_node", "__end__"),
    }
