"""Column names: each is to name one column."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tradegen.errors import GoldError


def refuse_same_names(path: Path, names: Sequence[str], of: str = "columns") -> None:
    """Raise `GoldError` if two columns of a file (or fields `of` something) are called alike."""
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise GoldError(f"{path}: two {of} are called {', '.join(twice)}; rename one of them")
