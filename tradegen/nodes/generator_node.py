"""The generator node: asks the engine for a new row."""

from langgraph.runtime import Runtime

from tradegen.graph.state import RowContext, RowState, brief_of, keeping


async def generator_node(state: RowState, runtime: Runtime[RowContext]) -> RowState:
    """Write a row from the seeds, under an id of its own."""
    context = runtime.context
    with keeping(state):
        row = await context.pipeline.engine.generator.generate(brief_of(state, context))
    trade_id = context.pipeline.trade_id(context.row_number)
    return {"generated_row": row.model_copy(update={"trade_id": trade_id})}
