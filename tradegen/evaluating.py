"""The evaluation of a run or a file of rows: what is asked, against which gold, and the answer."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from tradegen.data.atomic import make_folder_of
from tradegen.data.gold import Gold, load_gold
from tradegen.data.parquet import read_table
from tradegen.data.row import LOOKBACK, from_microseconds
from tradegen.data.rows import Rows
from tradegen.data.run_folder import RunFolder, find_run
from tradegen.data.run_rows import rows_of
from tradegen.errors import InputError
from tradegen.hyperband.study import check_storage
from tradegen.run_gold import gold_of_run
from tradegen.settings import Settings
from tradegen.verdict.evaluation import FULL, QUICK, Evaluation, Question, evaluate
from tradegen.verdict.mix import Range
from tradegen.verdict.write import write_evaluation
from tradegen.version import __version__


@dataclass(frozen=True)
class Answer:
    """An evaluation, what `evaluation.json` says of it, and the folder of its files.

    `run` is the run that was evaluated, None if rows of a file were; `gold` is what it was held
    against.
    """

    found: Evaluation
    record: dict[str, Any]
    folder: Path
    run: RunFolder | None
    gold: Gold


@dataclass(frozen=True)
class _Rows:
    """What is evaluated, against which gold, and where the answer goes."""

    title: str
    rows: Rows
    gold: Gold
    ranges: Sequence[Range] | None
    folder: Path
    run: RunFolder | None = None


def evaluate_rows(
    rows: str,
    settings: Settings,
    *,
    quick: bool,
    out: Path | None,
    progressed: Callable[[str], None],
) -> Answer:
    """Evaluate a run, by its name or folder, or a Parquet file of rows, and write what was found.

    `out` is the folder for it, or None for the run's own, or one beside the file. `progressed` is
    told what is begun. Raises `InputError` for rows, gold or settings that nothing can be said of,
    and `StorageError` if a file cannot be written.
    """
    asked = _of_file(Path(rows), settings) if Path(rows).is_file() else _of_run(rows, settings)
    folder = out or asked.folder
    storage = settings.evaluation.storage or str(folder / "evaluation" / "searches.journal")
    make_folder_of(folder / "evaluation" / "searches.journal")
    check_storage(storage)
    question = Question(
        asked.gold,
        asked.rows,
        asked.ranges,
        settings.costs,
        QUICK if quick else FULL,
        settings.evaluation.seed,
        storage,
        settings.run.workers or os.cpu_count() or 1,
    )
    found = evaluate(question, progressed)
    says = {
        "rows": asked.title,
        "gold": list(asked.gold.files),
        "gold_fingerprint": asked.gold.fingerprint,
        "holdout_begins": _moment(asked.gold),
        "costs": settings.costs.model_dump(),
        "quick": quick,
        "seed": settings.evaluation.seed,
        "tradegen": __version__,
    }
    record = write_evaluation(found, folder, asked.title, says)
    return Answer(found, record, folder, asked.run, asked.gold)


def _of_run(name: str, settings: Settings) -> _Rows:
    """Return a run's rows and the gold they were made from, unless another gold is named."""
    run = find_run(settings.run.folder, name)
    manifest = run.read_manifest()
    gold = gold_of_run(run, manifest, settings.gold)
    with rows_of(run) as file:
        table = read_table(file)
    if table.num_rows == 0:
        raise InputError(
            f"{run.path}: no row is accepted yet, so there is nothing to evaluate; go on with: "
            f"python -m tradegen run --resume --name {run.name}"
        )
    ranges = _ranges(manifest["buckets"])
    return _Rows(f"run {run.name}", Rows.from_arrow(table), gold, ranges, run.path, run)


def _ranges(buckets: Sequence[Mapping[str, Any]]) -> list[Range]:
    """Return the volatilities of buckets; several that differ in other columns are one range."""
    asked: dict[tuple[float, float], int] = {}
    for bucket in buckets:
        ends = bucket["low"], bucket["high"]
        asked[ends] = asked.get(ends, 0) + bucket["asked"]
    total = max(sum(asked.values()), 1)
    return [Range(low, high, count / total) for (low, high), count in asked.items()]


def _of_file(path: Path, settings: Settings) -> _Rows:
    """Return the rows of a Parquet file, whether they keep the contract or not."""
    if not settings.gold.files:
        raise InputError(f"{path}: say with --gold which real trades to compare these rows with")
    try:
        rows = Rows.from_arrow(read_table(path))
    except (pa.ArrowException, KeyError, ValueError, TypeError, AttributeError, OSError) as error:
        raise InputError(
            f"{path}: not rows as tradegen writes them ({error}); expected Parquet with "
            "the columns of rows.parquet"
        ) from error
    if len(rows) == 0 or int(rows.n_bars.min()) <= LOOKBACK:
        raise InputError(f"{path}: expected rows, each with more than {LOOKBACK} bars")
    gold = _with_columns_of(rows, load_gold(settings.gold.source()))
    return _Rows(path.name, rows, gold, None, path.with_name(f"{path.stem}.evaluation"))


def _with_columns_of(rows: Rows, gold: Gold) -> Gold:
    """Return gold without own columns that the rows lack: nothing can be said of these."""
    shared = {name: column for name, column in gold.train.extras.items() if name in rows.extras}
    return replace(gold, train=replace(gold.train, extras=shared))


def _moment(gold: Gold) -> str | None:
    return None if gold.begins is None else from_microseconds(gold.begins).isoformat()
