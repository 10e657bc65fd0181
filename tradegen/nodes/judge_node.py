"""The judge node: asks the engine what is wrong with the row."""

from langgraph.runtime import Runtime

from tradegen.graph.state import RowContext, RowState, brief_of, keeping


async def judge_node(state: RowState, runtime: Runtime[RowContext]) -> RowState:
    """Judge the row as it now is."""
    judge = runtime.context.pipeline.engine.judge
    brief = brief_of(state, runtime.context)
    with keeping(state):
        return {"judge_critique": await judge.judge(state["generated_row"], brief)}
