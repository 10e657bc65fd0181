"""Trade ids: those of new rows, unlike any in gold."""

from collections.abc import Iterable


def new_prefix(taken: Iterable[str]) -> str:
    """Return a prefix that no id in gold begins with: `syn-`, with as many `x` before it as need.

    Ids that are this and a row number are then distinct from gold's and from one another.
    """
    ids = list(taken)
    prefix = "syn-"
    while any(trade_id.startswith(prefix) for trade_id in ids):
        prefix = f"x{prefix}"
    return prefix
