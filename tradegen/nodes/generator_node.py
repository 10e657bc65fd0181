"""The generator node: asks the engine for a new row."""

from langgraph.runtime import Runtime

from tradegen.graph.state import RowContext, RowState, brief_of, keeping


async def generator_node(state: RowState, runtime: Runtime[RowContext]) -> RowState:
    """Write a row from the seeds."""
    brief = brief_of(state, runtime.context)
    with keeping(state):
        return {"generated_row": await runtime.context.pipeline.engine.generator.generate(brief)}
