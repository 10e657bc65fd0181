"""The summary of a run, as people read it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tradegen.cli.console import styled
from tradegen.progress import duration

_BAR = 16
_STATUS = {"done": ("done", "green"), "exhausted": ("attempt budget exhausted", "red")}


def print_summary(console: Console, folder: Path, manifest: Mapping[str, Any]) -> None:
    """Print what came of a run and what can be done next."""
    attempts, status = manifest["attempts"], manifest["status"]
    console.print()
    console.print(_buckets(manifest))
    rate = manifest["accepted"] / manifest["seconds"] if manifest["seconds"] else 0.0
    console.print(
        styled(
            _STATUS.get(status, (status, "yellow")),
            ": ",
            (f"{manifest['accepted']:,}", "bold"),
            f" of {manifest['asked']:,} rows accepted in {duration(manifest['seconds'])} "
            f"({rate:,.0f} rows/s)",
        )
    )
    if attempts["attempts"]:
        retried = sum(
            rows for count, rows in attempts["accepted_by_retries"].items() if count != "0"
        )
        console.print(
            f"{attempts['attempts']:,} attempts: {retried:,} accepted rows were refined first, "
            f"{attempts['thrown_away']:,} attempts thrown away{_reasons(attempts)}"
        )
    if attempts["waiting"]:
        console.print(
            f"{attempts['waiting']:,} more rows have passed and wait for rows before them; they "
            "are kept"
        )
    if manifest["rows_given_up"]:
        console.print(
            f"{len(manifest['rows_given_up']):,} rows were given up after too many attempts; "
            f"`tradegen show {folder.name}` says why"
        )
    if manifest["gold"]["simulated"]:
        console.print(
            "gold was the simulated demo (source=simulated): pass your own with --gold",
            style="yellow",
        )
    console.print(f"\nrows: {folder / 'rows.parquet'}", soft_wrap=True)
    console.print(
        f"more: {folder} (README.md, run.json, rejected.parquet, ledger.sqlite)", soft_wrap=True
    )


def _buckets(manifest: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("volatility", justify="right")
    table.add_column("range", justify="left")
    for name in ("weight", "gold rows", "asked", "accepted"):
        table.add_column(name, justify="right")
    table.add_column("")
    largest = max((bucket["asked"] for bucket in manifest["buckets"]), default=0)
    for bucket in manifest["buckets"]:
        if not bucket["asked"] and not bucket["weight"]:
            continue
        width = round(_BAR * bucket["accepted"] / largest) if largest else 0
        full = bucket["accepted"] == bucket["asked"]
        table.add_row(
            Text(bucket["bucket"]),
            f"{bucket['low']:.4g} to {bucket['high']:.4g}",
            f"{bucket['weight']:.1%}",
            f"{bucket['gold_rows']:,}",
            f"{bucket['asked']:,}",
            f"{bucket['accepted']:,}",
            Text("█" * width, style="green" if full else "yellow"),
        )
    return table


def _reasons(attempts: Mapping[str, Any]) -> str:
    kinds = attempts["thrown_away_by_kind"]
    if not kinds:
        return ""
    return " (" + ", ".join(f"{kind}: {count:,}" for kind, count in kinds.items()) + ")"
