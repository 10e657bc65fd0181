"""The sampler node: deals a row its volatility constraint and its three seeds."""

from langgraph.runtime import Runtime

from tradegen.graph.state import RowContext, RowState


async def sampler_node(state: RowState, runtime: Runtime[RowContext]) -> RowState:  # noqa: ARG001
    """Start an attempt."""
    context = runtime.context
    draw = context.pipeline.sampler.draw(context.row_number, context.attempt)
    return {
        "volatility_constraint": draw.constraint,
        "grounding_seeds": tuple(context.pipeline.seed_row(int(k)) for k in draw.seeds),
        "retry_count": 0,
    }
