"""The Python API: run the main job from a script or a notebook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradegen.data.run_folder import RunFolder
from tradegen.errors import TradegenError
from tradegen.pipeline.job import Finished, Observer, Progress, run_job
from tradegen.pipeline.prepare import Prepared
from tradegen.samplers.columns import read_columns
from tradegen.settings import load_settings, what_is_stated

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run and its rows. In Jupyter it shows itself as a table."""

    folder: Path
    status: str
    manifest: Mapping[str, Any]

    @property
    def accepted(self) -> int:
        """Number of accepted rows."""
        return int(self.manifest["accepted"])

    def to_arrow(self) -> "pa.Table":
        """Return the accepted rows as an Arrow table, bars as lists of structs."""
        from tradegen.data.parquet import read_table

        return read_table(self.folder / "rows.parquet")

    def to_pandas(self) -> "pd.DataFrame":
        """Return the accepted rows as a data frame, bars as arrays of mappings."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame

    def _repr_html_(self) -> str:
        body = "".join(
            f"<tr><td>{escape(str(bucket['bucket']))}</td><td>{bucket['asked']:,}</td>"
            f"<td>{bucket['accepted']:,}</td></tr>"
            for bucket in self.manifest["buckets"]
        )
        head = "<tr><th>volatility</th><th>asked</th><th>accepted</th></tr>"
        title = (
            f"<b>{escape(self.folder.name)}</b>: {self.accepted:,} of {self.manifest['asked']:,} "
            f"rows accepted ({escape(self.status)}), {self.manifest['seconds']:.1f} s"
        )
        return f"<div>{title}<table>{head}{body}</table></div>"


class BudgetExhaustedError(TradegenError):
    """The attempt budget ran out, or rows were given up, before all rows asked for were accepted.

    `result` is the run with the rows there are; it goes on with `resume=True` and larger limits.
    """

    exit_code = 3

    def __init__(self, result: RunResult) -> None:
        super().__init__(
            f"{result.folder}: only {result.accepted:,} of {result.manifest['asked']:,} rows were "
            f"accepted within {result.manifest['attempts']['attempts']:,} attempts; they are kept. "
            "Go on with resume=True, this name, and larger run.max_attempts and "
            "run.max_attempts_per_row"
        )
        self.result = result


class Silent:
    """An observer that says nothing."""

    def started(self, prepared: Prepared, folder: RunFolder, accepted: int) -> None:
        """See `Observer`."""

    def progressed(self, progress: Progress) -> None:
        """See `Observer`."""

    def stopping(self) -> None:
        """See `Observer`."""


def run(
    n: int | None = None,
    gold: str | Path | Sequence[str | Path] = (),
    *,
    diversity: object = None,
    settings: Mapping[str, Any] | None = None,
    settings_file: str | Path | None = None,
    resume: bool = False,
    observer: Observer | None = None,
) -> RunResult:
    """Make `n` synthetic trades from gold and return the run.

    `gold` names files (none: the demo gold). `diversity` is a Data Designer sampler column, a
    list of them, a mapping like one, a file with one, the word `"gold"`, or a mapping from
    volatilities to weights. `settings` is a tree of any other settings, e.g.
    `{"seed": 7, "run": {"name": "first"}}`; see `tradegen init` for all of them.

    The result's status is `done`, or `interrupted` after Ctrl-C. Raises `BudgetExhaustedError`,
    which carries the result, if fewer than `n` rows were accepted, and other kinds of
    `TradegenError`; what was accepted until then is in the run's ledger.
    """
    tree: dict[str, Any] = dict(settings or {})
    if n is not None:
        tree["n"] = n
    files = [gold] if isinstance(gold, (str, Path)) else list(gold)
    if files:
        tree["gold"] = {**tree.get("gold", {}), "files": files}
    if diversity is not None:
        tree["diversity"] = {**tree.get("diversity", {}), **_diversity(diversity)}
    file = None if settings_file is None else Path(settings_file)
    finished = run_job(
        load_settings(tree, file), what_is_stated(tree, file), observer or Silent(), resume=resume
    )
    return result_of(finished)


def result_of(finished: Finished) -> RunResult:
    """Return a finished run as a result. Raises `BudgetExhaustedError` if rows are missing."""
    result = RunResult(finished.folder.path, finished.status, finished.manifest)
    if result.status == "exhausted":
        raise BudgetExhaustedError(result)
    return result


def _diversity(given: object) -> dict[str, Any]:
    if given == "gold":
        return {"weights": "gold"}
    if isinstance(given, Mapping) and "name" not in given and "columns" not in given:
        return {"weights": {str(value): weight for value, weight in given.items()}}
    return {"columns": [column.model_dump() for column in read_columns(given)]}
