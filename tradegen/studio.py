"""The graph for LangGraph Studio (`langgraph dev`): one row from the demo gold, step by step.

Studio cannot hand in a runtime context with an engine in it, so here the pipeline is built from
the settings once, when the graph is loaded; row number and attempt may be given as context.
"""

from dataclasses import dataclass
from functools import cache
from typing import cast

from tradegen.graph.build import RowGraph, build_graph
from tradegen.graph.state import Pipeline, RowContext
from tradegen.graph.tracing import shut_off_tracing
from tradegen.pipeline.prepare import prepare
from tradegen.settings import load_settings


@cache
def studio_pipeline() -> Pipeline:
    """Return the pipeline that the settings in the working directory describe."""
    blueprint = prepare(load_settings()).blueprint
    return blueprint.pipeline(blueprint.learn())


@dataclass(frozen=True, slots=True)
class StudioContext:
    """The context that Studio asks for: which row, and which attempt at it."""

    row_number: int = 0
    attempt: int = 0

    @property
    def pipeline(self) -> Pipeline:
        """See `graph.state.RowContext`."""
        return studio_pipeline()


def make_graph() -> RowGraph:
    """Return the graph with a context that has defaults; traced only if settings say so."""
    if not load_settings().run.tracing:
        shut_off_tracing()
    return build_graph(cast("type[RowContext]", StudioContext))  # it has the same attributes
