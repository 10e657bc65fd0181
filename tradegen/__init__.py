"""tradegen makes synthetic trade logs that can be trusted."""

from typing import TYPE_CHECKING, Any

from tradegen.version import __version__

if TYPE_CHECKING:
    from tradegen.api import BudgetExhaustedError, EvaluationResult, RunResult, evaluate, run
    from tradegen.errors import TradegenError

__all__ = [
    "BudgetExhaustedError",
    "EvaluationResult",
    "RunResult",
    "TradegenError",
    "__version__",
    "evaluate",
    "run",
]


def __getattr__(name: str) -> Any:
    """Import the API when it is first used: `import tradegen` alone costs nothing."""
    if name in ("run", "evaluate", "RunResult", "EvaluationResult", "BudgetExhaustedError"):
        from tradegen import api

        return getattr(api, name)
    if name == "TradegenError":
        from tradegen.errors import TradegenError

        return TradegenError
    raise AttributeError(f"module 'tradegen' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Show what is imported on first use beside what is there."""
    return sorted({*globals(), *__all__})
