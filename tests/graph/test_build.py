import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from tests.support.engine import (
    ScriptedEngine,
    brief,
    complaint,
    demo_model,
    demo_pipeline,
    demo_sampler,
)
from tests.support.rows import demo_gold, demo_row
from tradegen.data.row import Row
from tradegen.engines.critique import Critique
from tradegen.engines.embedded.generator import EmbeddedGenerator
from tradegen.engines.protocols import Brief, RefinerOverreachError
from tradegen.engines.rules import Rules
from tradegen.graph.build import build_graph
from tradegen.graph.state import (
    MOST_RETRIES,
    AttemptFailedError,
    Pipeline,
    RowContext,
    RowState,
)
from tradegen.guards.copies import CopyGuard


def run(script: ScriptedEngine, row_number: int = 0) -> RowState:
    context = RowContext(demo_pipeline(script.engine()), row_number, 0)
    result = asyncio.run(build_graph().ainvoke({}, context=context))
    return cast("RowState", result)


def renamed(row: Row, _critique: Critique, _brief: Brief, retry: int) -> Row:
    return row.model_copy(update={"quantity": row.quantity + retry})


def test_a_row_that_passes_goes_straight_through() -> None:
    script = ScriptedEngine(lambda _brief: demo_row())
    state = run(script)
    assert state["judge_critique"].passed
    assert state["retry_count"] == 0
    assert [call[0] for call in script.calls] == ["generate", "judge"]


@pytest.mark.filterwarnings("ignore::UserWarning")  # pydantic on what JSON cannot say
def test_studio_can_be_told_what_goes_in_and_comes_out() -> None:
    graph = build_graph()
    for schema in (graph.get_input_jsonschema(), graph.get_output_jsonschema()):
        assert set(schema["properties"]) == set(RowState.__annotations__)


def test_the_state_has_the_names_the_design_gives() -> None:
    assert set(run(ScriptedEngine(lambda _brief: demo_row()))) == {
        "volatility_constraint",
        "grounding_seeds",
        "generated_row",
        "judge_critique",
        "retry_count",
    }


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda row, _brief: row.model_copy(update={"quantity": -5.0}), "quantity"),
        (lambda row, _brief: row.model_copy(update={"entry_price": float("nan")}), "entry_price"),
        (lambda row, _brief: row.model_copy(update={"symbol": "NEVER"}), "symbol"),
        (lambda _row, brief: brief.seeds[0], "repeats gold row"),
        (lambda row, _brief: row, "volatility"),  # made for another bucket
    ],
)
def test_an_engine_that_lets_all_pass_is_held_to_the_rules(
    spoil: Callable[[Row, Brief], Row], says: str
) -> None:
    made = EmbeddedGenerator(demo_model().donors, demo_model().seed).write([brief(3)])[0]
    number = next(
        k for k in range(100) if brief(k).constraint.low > brief(3).constraint.high
    ) if says == "volatility" else 3  # fmt: skip
    script = ScriptedEngine(lambda task: spoil(made, task))
    rules = Rules(demo_gold().market, CopyGuard(demo_gold().train))
    pipeline = Pipeline(demo_sampler(), demo_gold().train, script.engine(), rules)
    context = RowContext(pipeline, number, 0)
    state = asyncio.run(build_graph().ainvoke({}, context=context))
    assert not state["judge_critique"].passed
    assert says in state["judge_critique"].text
    assert state["retry_count"] == MOST_RETRIES


def test_the_engine_gets_the_seeds_and_the_constraint_of_its_row() -> None:
    seen: list[Brief] = []

    def generate(task: Brief) -> Row:
        seen.append(task)
        return demo_row()

    run(ScriptedEngine(generate), row_number=17)
    assert seen[0] == brief(17)


def test_a_row_that_fails_is_refined_and_judged_again() -> None:
    verdicts = iter([complaint("quantity"), Critique()])
    script = ScriptedEngine(lambda _b: demo_row(), lambda _r, _b: next(verdicts), renamed)
    state = run(script)
    assert state["judge_critique"].passed
    assert state["retry_count"] == 1
    assert [call[0] for call in script.calls] == ["generate", "judge", "refine", "judge"]
    assert state["generated_row"].quantity == demo_row().quantity + 1


def test_a_row_that_fails_three_times_ends_with_its_critique() -> None:
    script = ScriptedEngine(lambda _b: demo_row(), lambda _r, _b: complaint("quantity"), renamed)
    state = run(script)
    assert not state["judge_critique"].passed
    assert state["retry_count"] == MOST_RETRIES == 2
    assert [call[0] for call in script.calls].count("refine") == 2
    assert [call[0] for call in script.calls].count("judge") == 3


def test_a_refiner_that_changes_more_than_was_criticised_is_refused() -> None:
    script = ScriptedEngine(lambda _b: demo_row(), lambda _r, _b: complaint("exit_price"), renamed)
    with pytest.raises(AttemptFailedError, match="quantity") as refused:
        run(script)
    assert isinstance(refused.value.failure, RefinerOverreachError)
    assert refused.value.state["generated_row"].exit_price == demo_row().exit_price


def test_a_row_has_an_id_of_its_own_whatever_the_engine_calls_it() -> None:
    twice = ScriptedEngine(lambda _b: demo_row().model_copy(update={"trade_id": "same"}))
    pipeline = demo_pipeline(twice.engine())
    ids = [
        asyncio.run(build_graph().ainvoke({}, context=RowContext(pipeline, k, 0)))[
            "generated_row"
        ].trade_id
        for k in (3, 4)
    ]
    assert ids == ["syn-00000003", "syn-00000004"]


def test_a_refiner_may_not_change_the_id_even_if_the_judge_asks_for_it() -> None:
    def rename(row: Row, _c: Critique, _b: Brief, _retry: int) -> Row:
        return row.model_copy(update={"trade_id": "same"})

    script = ScriptedEngine(lambda _b: demo_row(), lambda _r, _b: complaint("trade_id"), rename)
    with pytest.raises(AttemptFailedError, match="changed trade_id"):
        run(script)


def test_the_graph_has_the_nodes_and_edges_of_the_design() -> None:
    drawn = build_graph().get_graph()
    assert set(drawn.nodes) == {
        "__start__",
        "sampler_node",
        "generator_node",
        "judge_node",
        "refiner_node",
        "__end__",
    }
    edges = {(edge.source, edge.target, edge.conditional) for edge in drawn.edges}
    assert edges == {
        ("__start__", "sampler_node", False),
        ("sampler_node", "generator_node", False),
        ("generator_node", "judge_node", False),
        ("judge_node", "refiner_node", True),
        ("judge_node", "__end__", True),
        ("refiner_node", "judge_node", False),
    }
