"""The refiner node: asks the engine for the smallest edit, and refuses a larger one."""

from langgraph.runtime import Runtime

from tradegen.data.changes import changed_fields, outside
from tradegen.engines.protocols import RefinerOverreachError
from tradegen.graph.state import RowContext, RowState, brief_of, keeping

_NEVER = frozenset({"trade_id"})
"""Fields that are not for an engine to change, whatever its judge says."""


async def refiner_node(state: RowState, runtime: Runtime[RowContext]) -> RowState:
    """Edit the row to answer its critique; a change that the critique does not name fails it."""
    row, critique = state["generated_row"], state["judge_critique"]
    retry = state["retry_count"] + 1
    refiner = runtime.context.pipeline.engine.refiner
    with keeping(state):
        refined = await refiner.refine(row, critique, brief_of(state, runtime.context), retry)
        beyond = outside(changed_fields(row, refined), critique.fields - _NEVER)
        if beyond:
            raise RefinerOverreachError(beyond)
    return {"generated_row": refined, "retry_count": retry}
