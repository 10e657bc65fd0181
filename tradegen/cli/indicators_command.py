"""`tradegen indicators`."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
from rich.console import Console

from tradegen.cli.console import make_console
from tradegen.cli.out_file import check_out_file, where_it_leads
from tradegen.cli.step_progress import step_progress
from tradegen.data.atomic import make_folder_of
from tradegen.data.dataset import read_rows
from tradegen.data.gold import load_gold
from tradegen.data.provenance import is_synthetic
from tradegen.data.regular_file import why_no_file
from tradegen.data.row import FloatArray
from tradegen.data.rows import Rows
from tradegen.data.run_folder import RunFolder, find_run
from tradegen.data.run_rows import rows_of
from tradegen.data.yearly_bars import bars_per_year
from tradegen.errors import InputError
from tradegen.indicators.features import Written, write_features
from tradegen.settings import Settings

_ROWS_A_BATCH = 1000


def indicators_command(rows: str, settings: Settings, out: Path | None) -> None:
    """Compute indicators for a run, or for a file of trades, and say where they are null."""
    console = make_console()
    asked = settings.indicators.extra
    if Path(rows).is_file():
        target = _target(out or Path(rows).with_suffix(".features.parquet"), Path(rows))
        written = _of_file(Path(rows), settings, asked, target, console)
    else:
        run = _run(settings.run.folder, rows)
        target = run.features if out is None else _target(out)
        written = _of_run(run, asked, target)
    console.print(f"wrote {target}: {len(written.nulls)} columns of {written.rows:,} rows")
    if null := {name: count for name, count in written.nulls.items() if count}:
        console.print("null: " + ", ".join(f"{n} in {count:,}" for n, count in null.items()))


def _run(folder: Path, name: str) -> RunFolder:
    """Return a run by its name. Raises `InputError` if neither a file nor a run is called so."""
    try:
        return find_run(folder, name)
    except InputError as error:
        no_file = str(why_no_file(Path(name))).split(";")[0]
        raise InputError(
            f"{name}: {no_file}, and {error}. Name a run, or the file that holds the trades"
        ) from error


def _target(out: Path, rows: Path | None = None) -> Path:
    """Return the file to write. Raises `InputError` for one that must not be replaced."""
    target = where_it_leads(out)
    check_out_file(target)
    if rows is not None and target.exists() and target.samefile(rows):
        raise InputError(f"{target}: these are the trades themselves; choose another --out")
    make_folder_of(target)
    return target


def _of_run(run: RunFolder, asked: Sequence[str], target: Path) -> Written:
    """Write what a run was begun with, and what is asked for now."""
    manifest = run.read_manifest()
    known = manifest["gold"].get("bars_per_year", {})
    begun_with = manifest["settings"].get("indicators", {}).get("extra", ())
    extra = _together(begun_with, asked)
    with ExitStack() as stack:
        if target == run.features:
            stack.enter_context(run.locked())
        file = stack.enter_context(rows_of(run))
        batches = ((rows, bars_per_year(known, rows)) for rows in read_rows(file))
        n = pq.read_metadata(file).num_rows
        return _write(target, batches, n, extra, synthetic=True)


def _together(begun_with: Sequence[str], asked: Sequence[str]) -> Sequence[str]:
    """Return what both ask for. Raises `InputError` if they give one column twice."""
    if not begun_with or not asked:
        return begun_with or asked
    from tradegen.indicators.asked import read_all  # imports pandas

    try:
        return [str(one) for one in read_all([*begun_with, *asked])]
    except ValueError as error:
        raise InputError(
            f"--indicator, besides what the run asked for: expected {error}"
        ) from error


def _of_file(
    path: Path, settings: Settings, asked: Sequence[str], target: Path, console: Console
) -> Written:
    """Write the indicators of trades that are read as gold is, none of them held out."""
    gold = load_gold(replace(settings.gold.source(), files=(path,), holdout=0.0))
    for note in gold.notes:
        console.print(f"note: {note}")
    synthetic = is_synthetic(path, gold.train.trade_id.tolist())
    year = gold.market.bars_per_year(gold.train)
    return _write(target, _batches(gold.train, year), len(gold.train), asked, synthetic=synthetic)


def _batches(rows: Rows, year: FloatArray) -> Iterator[tuple[Rows, FloatArray]]:
    for start in range(0, len(rows), _ROWS_A_BATCH):
        stop = start + _ROWS_A_BATCH
        yield rows.slice(start, stop), year[start:stop]


def _write(
    target: Path,
    batches: Iterable[tuple[Rows, FloatArray]],
    n: int,
    asked: Sequence[str],
    *,
    synthetic: bool,
) -> Written:
    """Write the indicators of `n` rows; what is asked for is slow, so how far it is is shown."""
    if not asked:
        return write_features(target, batches, synthetic=synthetic)
    with step_progress("values asked for", n * len(asked)) as computed:
        return write_features(target, batches, asked, synthetic=synthetic, computed=computed)
