"""The whole loop in one screen: sampler, generator, judge, and the refiner's way back."""

from typing import Literal

from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from tradegen.graph.state import MOST_RETRIES, RowContext, RowState
from tradegen.nodes.generator_node import generator_node
from tradegen.nodes.judge_node import judge_node
from tradegen.nodes.refiner_node import refiner_node
from tradegen.nodes.sampler_node import sampler_node

RowGraph = CompiledStateGraph[RowState, RowContext, RowState, RowState]


def after_judge(state: RowState) -> Literal["refiner_node", "__end__"]:
    """Send a row that failed to the refiner, until its retries are used up."""
    if state["judge_critique"].passed or state["retry_count"] >= MOST_RETRIES:
        return "__end__"
    return "refiner_node"


def build_graph(context: type[RowContext] = RowContext) -> RowGraph:
    """Return the graph of one attempt at one row.

    It ends with an empty `judge_critique` (the row passed) or with one that says why the row is
    thrown away. Engine, gold and settings come in through the runtime context.
    """
    graph = StateGraph(RowState, context_schema=context)
    graph.add_node("sampler_node", sampler_node)
    graph.add_node("generator_node", generator_node)
    graph.add_node("judge_node", judge_node)
    graph.add_node("refiner_node", refiner_node)
    graph.add_edge(START, "sampler_node")
    graph.add_edge("sampler_node", "generator_node")
    graph.add_edge("generator_node", "judge_node")
    graph.add_conditional_edges("judge_node", after_judge)
    graph.add_edge("refiner_node", "judge_node")
    return graph.compile(name="tradegen")
