"""The summary of a run, as people read it."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from tradegen.cli.console import counted, styled
from tradegen.engines.attempt_log import Usage
from tradegen.progress import duration, usage_lines

_BAR = 16
_ROOM = 10_000
_STATUS = {"done": ("done", "green"), "exhausted": ("attempt budget exhausted", "red")}


def print_summary(console: Console, folder: Path, manifest: Mapping[str, Any]) -> None:
    """Print what came of a run and what can be done next."""
    attempts, status = manifest["attempts"], manifest["status"]
    console.print()
    console.print(_buckets(console, manifest))
    console.print(
        styled(
            _STATUS.get(status, (status, "yellow")),
            ": ",
            (f"{manifest['accepted']:,}", "bold"),
            f" of {manifest['asked']:,} rows accepted{_time(manifest)}",
        )
    )
    if status == "spent":
        console.print(
            f"stopped before {_limits(manifest)} would be passed; go on with a higher limit"
        )
    if status == "killed":
        command = ["python", "-m", "tradegen", "run", "--resume", "--name", folder.name]
        if str(folder.parent) != "runs":
            command += ["--folder", str(folder.parent)]
        console.print(f"go on with:  {shlex.join(command)}", soft_wrap=True)
    if attempts["attempts"]:
        retried = sum(
            rows for count, rows in attempts["accepted_by_retries"].items() if count != "0"
        )
        console.print(
            f"{counted(attempts['attempts'], 'attempt')}: "
            f"{counted(retried, 'accepted row')} refined first, "
            f"{counted(attempts['thrown_away'], 'attempt')} thrown away{_reasons(attempts)}"
        )
    if attempts.get("usage"):
        _print_usage(console, attempts)
    if attempts["waiting"]:
        console.print(
            f"{counted(attempts['waiting'], 'more row')} passed and wait for rows before them; "
            "nothing of it is lost"
        )
    if manifest["rows_given_up"]:
        console.print(
            f"{counted(len(manifest['rows_given_up']), 'row')} given up after too many attempts; "
            f"`tradegen show {folder.name}` says why"
        )
    if manifest["gold"]["simulated"]:
        console.print(
            "gold was the simulated demo (source=simulated): pass your own with --gold",
            style="yellow",
        )
    _print_files(console, folder)


def _limits(manifest: Mapping[str, Any]) -> str:
    """Return the limits of calls and cost that a run was given."""
    nim = manifest["settings"]["nim"]
    given = {"--max-calls": nim["max_calls"], "--max-cost": nim["max_cost"]}
    return " or ".join(f"{flag} {value:,g}" for flag, value in given.items() if value is not None)


def _print_usage(console: Console, attempts: Mapping[str, Any]) -> None:
    """Print what the models were asked and what that took."""
    usage = {role: Usage(**used) for role, used in attempts["usage"].items()}
    good = attempts["accepted"] + attempts["waiting"]
    per_row = attempts["calls"] / good if good else 0.0
    cost = sum(used.cost for used in usage.values())
    console.print(
        f"{counted(attempts['calls'], 'call')}, {per_row:.2f} a row that passed"
        + (f", cost {cost:,.2f}" if cost else "")
    )
    for line in usage_lines(usage):
        console.print(f"  {line}", soft_wrap=True)


def _print_files(console: Console, folder: Path) -> None:
    """Name the files that are there."""
    rows = folder / "rows.parquet"
    none = f"not written yet; tradegen export {folder.name} writes those accepted so far"
    console.print(f"\nrows: {rows if rows.is_file() else none}", soft_wrap=True)
    features = folder / "features.parquet"
    if features.is_file():
        console.print(f"indicators at entry: {features}", soft_wrap=True)
    report = folder / "report.html"
    if report.is_file():
        console.print(f"report, for a browser: {report}", soft_wrap=True)
    more = ("README.md", "run.json", "rejected.parquet", "ledger.sqlite")
    there = ", ".join(name for name in more if (folder / name).is_file())
    console.print(f"more: {folder} ({there})", soft_wrap=True)


def _time(manifest: Mapping[str, Any]) -> str:
    seconds = manifest["seconds"]
    if seconds is None:
        return ""
    rate = f" ({manifest['accepted'] / seconds:,.0f} rows/s)" if seconds else ""
    return f" in {duration(seconds)}{rate}"


def _buckets(console: Console, manifest: Mapping[str, Any]) -> Table:
    """Return the table of buckets with as many columns as there is room for.

    In a terminal the bars go first, then the ranges; labels are never cut, since buckets may
    differ in their last word only. Elsewhere there is room for all.
    """
    if not console.is_terminal:
        table = _table(manifest, bars=True, ranges=True)
        table.width = _width(console, table)
        return table
    for bars, ranges in ((True, True), (False, True)):
        table = _table(manifest, bars=bars, ranges=ranges)
        if _width(console, table) <= console.width:
            return table
    return _table(manifest, bars=False, ranges=False)


def _width(console: Console, table: Table) -> int:
    return Measurement.get(console, console.options.update(width=_ROOM), table).maximum


def _table(manifest: Mapping[str, Any], *, bars: bool, ranges: bool) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("volatility", justify="right", overflow="fold")
    if ranges:
        table.add_column("range", no_wrap=True)
    for name in ("weight", "gold rows", "asked", "accepted"):
        table.add_column(name, justify="right", no_wrap=True)
    if bars:
        table.add_column("", no_wrap=True)
    largest = max((bucket["asked"] for bucket in manifest["buckets"]), default=0)
    for bucket in manifest["buckets"]:
        if not bucket["asked"] and not bucket["weight"]:
            continue
        cells: list[Text | str] = [Text(bucket["bucket"])]
        if ranges:
            cells.append(f"{bucket['low']:.4g} to {bucket['high']:.4g}")
        cells.append(f"{bucket['weight']:.1%}")
        cells += [f"{bucket[name]:,}" for name in ("gold_rows", "asked", "accepted")]
        if bars:
            width = round(_BAR * bucket["accepted"] / largest) if largest else 0
            full = bucket["accepted"] == bucket["asked"]
            cells.append(Text("█" * width, style="green" if full else "yellow"))
        table.add_row(*cells)
    return table


def _reasons(attempts: Mapping[str, Any]) -> str:
    kinds = attempts["thrown_away_by_kind"]
    if not kinds:
        return ""
    return " (" + ", ".join(f"{kind}: {count:,}" for kind, count in kinds.items()) + ")"
