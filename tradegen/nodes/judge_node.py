"""The judge node: asks the engine what is wrong with the row, and sees that rules are kept."""

from langgraph.runtime import Runtime

from tradegen.engines.critique import Critique
from tradegen.graph.state import RowContext, RowState, brief_of, keeping


async def judge_node(state: RowState, runtime: Runtime[RowContext]) -> RowState:
    """Judge the row as it now is; none passes that breaks a rule, whatever its engine says."""
    pipeline = runtime.context.pipeline
    row, brief = state["generated_row"], brief_of(state, runtime.context)
    with keeping(state):
        critique = await pipeline.engine.judge.judge(row, brief)
        if critique.passed and pipeline.broken_rules is not None:
            broken = await pipeline.broken_rules((row, brief))
            critique = Critique(tuple(broken), critique.scores)
    return {"judge_critique": critique}
