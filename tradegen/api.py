"""The Python API: run the main job, and evaluate what it made, from a script or a notebook."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tradegen.data.run_folder import RunFolder
from tradegen.errors import InputError, StorageError, TradegenError
from tradegen.pipeline.job import Finished, Observer, Progress, run_job
from tradegen.pipeline.prepare import Prepared
from tradegen.report.write import report_of_answer, report_of_finished
from tradegen.samplers.columns import read_columns
from tradegen.settings import load_settings, what_is_stated

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    Gold = str | Path | Sequence[str | Path] | pd.DataFrame


@dataclass(frozen=True, slots=True, repr=False)
class RunResult:
    """A run and its rows. In Jupyter it shows itself as a table."""

    folder: Path
    status: str
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        return (
            f"RunResult({self.status}: {self.accepted:,} of {self.manifest['asked']:,} rows "
            f"accepted, {self.folder})"
        )

    @property
    def accepted(self) -> int:
        """Number of accepted rows."""
        return int(self.manifest["accepted"])

    def to_arrow(self) -> "pa.Table":
        """Return the accepted rows as an Arrow table, bars as lists of structs.

        Raises `StorageError` if the file has gone or is damaged.
        """
        from tradegen.data.dataset import check_rows, read_dataset

        path = self.folder / "rows.parquet"
        check_rows(path, self.accepted)
        return read_dataset(path)

    def to_pandas(self) -> "pd.DataFrame":
        """Return the accepted rows as a data frame, bars as arrays of mappings."""
        frame: pd.DataFrame = self.to_arrow().to_pandas()
        return frame

    def _repr_html_(self) -> str:
        from tradegen.notebook.run_view import run_view

        return run_view(self.folder, self.status, self.manifest)


@dataclass(frozen=True, slots=True, repr=False)
class EvaluationResult:
    """An evaluation: `record` is what `evaluation.json` holds. In Jupyter it shows its checks."""

    folder: Path
    record: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"EvaluationResult({self.record['headline']} {self.folder})"

    @property
    def verdict(self) -> str:
        """Return `well_fit`, `overfit`, `underfit` or `inconclusive`."""
        return str(self.record["verdict"])

    def table(self, name: str = "checks") -> "pd.DataFrame":
        """Return a table of the evaluation as a data frame.

        Besides `checks`: beside, volatilities, skills, strategies, facts, metrics, equity and
        learning_curves. Raises `InputError` for another name, and `StorageError` if the file has
        gone or is damaged.
        """
        from tradegen.data.parquet import read_table
        from tradegen.verdict.tables import NAMES

        if name not in NAMES:
            raise InputError(f"no table {name!r}; expected one of {', '.join(NAMES)}")
        path = self.folder / "evaluation" / f"{name}.parquet"
        try:
            frame: pd.DataFrame = read_table(path).to_pandas()
        except (OSError, ValueError) as error:
            raise StorageError(f"{path}: cannot be read ({error}); evaluate again") from error
        return frame

    def _repr_html_(self) -> str:
        from tradegen.notebook.evaluation_view import evaluation_view

        return evaluation_view(self.record)


class BudgetExhaustedError(TradegenError):
    """Attempts, calls or money ran out, or rows were given up, before all rows were accepted.

    `result` is the run with the rows there are; it goes on with `resume=True` and larger limits.
    """

    exit_code = 3

    def __init__(self, result: RunResult) -> None:
        stopped, larger = _budget(result)
        super().__init__(
            f"{result.folder}: only {result.accepted:,} of {result.manifest['asked']:,} rows were "
            f"accepted {stopped}; they are kept. Go on with resume=True, this name, and {larger}"
        )
        self.result = result


def _budget(result: RunResult) -> tuple[str, str]:
    """Return what stopped a run short of its rows, and what has to be larger for it to go on."""
    if result.status == "spent":
        nim = result.manifest["settings"]["nim"]
        limits = {f"nim.{name}": nim[name] for name in ("max_calls", "max_cost")}
        given = {name: limit for name, limit in limits.items() if limit is not None}
        told = " or ".join(f"{name} = {limit:,g}" for name, limit in given.items())
        return f"before {told} would be passed", f"a larger {' and '.join(given)}"
    attempts = result.manifest["attempts"]["attempts"]
    return f"within {attempts:,} attempts", "larger run.max_attempts and run.max_attempts_per_row"


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
    gold: "Gold" = (),
    *,
    seed: int | None = None,
    engine: str | None = None,
    weights: str | Mapping[float, float] | None = None,
    diversity: object = None,
    bars: str | Path | Sequence[str | Path] = (),
    tz: str | None = None,
    name: str | None = None,
    folder: str | Path | None = None,
    workers: int | None = None,
    settings: Mapping[str, Any] | None = None,
    settings_file: str | Path | None = None,
    resume: bool = False,
    progress: bool | None = None,
    observer: Observer | None = None,
) -> RunResult:
    """Make `n` synthetic trades from gold and return the run.

    `gold` names files (none: the demo gold) or is a pandas data frame with the same columns;
    `bars` and `tz` are as on the command line, and so are `seed`, `engine`, `name`, `folder` and
    `workers`. `weights` is the word `"gold"` or a mapping from volatilities to weights;
    `diversity`, in its place, is a Data Designer sampler column, a list of them, a mapping like
    one, or a file with one. `settings` is a tree of any other settings, e.g.
    `{"gold": {"holdout": 0.3}}`; see `tradegen init` for all of them.

    `progress` shows how the run goes on; left open, it does in a terminal or a notebook. An
    `observer`, in its place, is told the same; see `pipeline.job.Observer`.

    The result's status is `done`, or `interrupted` after Ctrl-C. Raises `BudgetExhaustedError`,
    which carries the result, if fewer than `n` rows were accepted, and other kinds of
    `TradegenError`; what was accepted until then is in the run's ledger.
    """
    if weights is not None and diversity is not None:
        raise InputError("diversity is given twice: by weights and by diversity; keep one")
    constraint = weights if diversity is None else diversity
    with ExitStack() as stack:
        tree = _merged(
            settings or {},
            {
                "n": n,
                "seed": seed,
                "engine": engine,
                "gold": {"files": _gold_files(gold, stack), "bars": _listed(bars), "tz": tz},
                "diversity": None if constraint is None else _diversity(constraint),
                "run": {"name": name, "folder": folder, "workers": workers},
            },
        )
        file = None if settings_file is None else Path(settings_file)
        loaded = load_settings(tree, file, given_as="arguments")
        watching = observer or _observer(stack, progress=progress)
        finished = run_job(loaded, what_is_stated(tree, file), watching, resume=resume)
        _tell(report_of_finished(finished, loaded))
        return result_of(finished)


def evaluate(
    rows: RunResult | str | Path,
    gold: "Gold" = (),
    *,
    quick: bool = False,
    bars: str | Path | Sequence[str | Path] = (),
    tz: str | None = None,
    out: str | Path | None = None,
    folder: str | Path | None = None,
    workers: int | None = None,
    settings: Mapping[str, Any] | None = None,
    settings_file: str | Path | None = None,
    progressed: Callable[[str], None] | None = None,
) -> EvaluationResult:
    """Say whether rows are overfit, underfit or well fit to gold, with all that it rests on.

    `rows` are a run's result, its name or folder, or a Parquet file with the columns of
    `rows.parquet`; a run needs no `gold`, it is held against the one it was made from. `quick`
    takes about a minute. Files go to `out`, or to the run's folder; `progressed` is told what is
    begun; left open, a notebook shows it. The other arguments are as those of `run`.

    Gold that was a data frame must be given again: its file has gone. Raises kinds of
    `TradegenError`.
    """
    from tradegen.evaluating import evaluate_rows

    if not isinstance(rows, (RunResult, str, Path)):
        raise InputError(
            f"rows are a {type(rows).__name__}; expected the result of a run, its name or folder, "
            "or a Parquet file"
        )
    with ExitStack() as stack:
        tree = _merged(
            settings or {},
            {
                "gold": {"files": _gold_files(gold, stack), "bars": _listed(bars), "tz": tz},
                "run": {"folder": folder, "workers": workers},
            },
        )
        file = None if settings_file is None else Path(settings_file)
        stack.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", message="IProgress not found")  # tqdm's, in notebooks
        loaded = load_settings(tree, file, given_as="arguments")
        answer = evaluate_rows(
            str(rows.folder if isinstance(rows, RunResult) else rows),
            loaded,
            quick=quick,
            out=None if out is None else Path(out),
            progressed=progressed or _steps(stack),
        )
        _tell(report_of_answer(answer, loaded))
    return EvaluationResult(answer.folder, answer.record)


def _tell(unwritten: str) -> None:
    """Warn that the report of a run could not be written."""
    if unwritten:
        warnings.warn(unwritten, stacklevel=3)


def _merged(tree: Mapping[str, Any], stated: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tree of settings with what else was stated; None and nothing state nothing."""
    merged = dict(tree)
    for name, value in stated.items():
        if isinstance(value, Mapping) and name in _SECTIONS:
            value = _merged(tree.get(name, {}), value)
        if value is not None and value != [] and value != {}:
            merged[name] = value
    return merged


_SECTIONS = ("gold", "diversity", "run")


def _listed(files: str | Path | Sequence[str | Path]) -> list[str | Path]:
    return [files] if isinstance(files, (str, Path)) else list(files)


def _gold_files(gold: "Gold", stack: ExitStack) -> list[str | Path]:
    """Return gold's files; a data frame is written to one that goes when the run has ended."""
    if isinstance(gold, (str, Path)):
        return [gold]
    if isinstance(gold, Sequence) and all(isinstance(file, (str, Path)) for file in gold):
        return list(gold)
    if not isinstance(gold, Sequence) and hasattr(gold, "to_parquet"):
        return [_written(gold, Path(stack.enter_context(TemporaryDirectory(prefix="tradegen-"))))]
    raise InputError(
        f"gold is a {type(gold).__name__}; expected a file, a list of files or a pandas data frame"
    )


def _written(frame: "pd.DataFrame", folder: Path) -> Path:
    import pyarrow as pa

    path = folder / "data_frame.parquet"
    try:
        frame.to_parquet(path, index=False)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise InputError(f"gold: the data frame cannot be written as Parquet ({error})") from error
    return path


def _observer(stack: ExitStack, *, progress: bool | None) -> Observer:
    from tradegen.notebook.kernel import in_notebook
    from tradegen.progress import is_watched, make_progress

    notebook = in_notebook()
    if progress is False or (progress is None and not (notebook or is_watched())):
        return Silent()
    from rich.console import Console

    from tradegen.notebook.progress import NotebookProgress

    shown = (
        NotebookProgress() if notebook else make_progress(Console(markup=False, highlight=False))
    )
    stack.callback(shown.close)
    return shown


def _steps(stack: ExitStack) -> Callable[[str], None]:
    """Return what shows an evaluation's steps: in a notebook alone."""
    from tradegen.notebook.kernel import in_notebook

    if not in_notebook():
        return lambda _: None
    from tradegen.notebook.progress import NotebookSteps

    return stack.enter_context(NotebookSteps())


def result_of(finished: Finished) -> RunResult:
    """Return a finished run as a result. Raises `BudgetExhaustedError` if rows are missing."""
    result = RunResult(finished.folder.path, finished.status, finished.manifest)
    if result.status in ("exhausted", "spent"):
        raise BudgetExhaustedError(result)
    return result


def _diversity(given: object) -> dict[str, Any]:
    if given == "gold":
        return {"weights": "gold"}
    if isinstance(given, Mapping) and "name" not in given and "columns" not in given:
        return {"weights": {str(value): weight for value, weight in given.items()}}
    return {"columns": [column.model_dump() for column in read_columns(given)]}
