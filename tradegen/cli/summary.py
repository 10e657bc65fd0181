"""The summary of a run, as people read it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tradegen.cli.progress import duration

_BAR = 16


def print_summary(console: Console, folder: Path, manifest: Mapping[str, Any]) -> None:
    """Print what came of a run and what can be done next."""
    asked, accepted, attempts = manifest["asked"], manifest["accepted"], manifest["attempts"]
    status = manifest["status"]
    console.print()
    console.print(_buckets(manifest))
    rate = accepted / manifest["seconds"] if manifest["seconds"] else 0.0
    verb = {"done": "[green]done[/]", "exhausted": "[red]attempt budget exhausted[/]"}
    console.print(
        f"{verb.get(status, f'[yellow]{status}[/]')}: [bold]{accepted:,}[/] of {asked:,} rows "
        f"accepted in {duration(manifest['seconds'])} ({rate:,.0f} rows/s)",
        highlight=False,
    )
    made = attempts["attempts"]
    if made:
        retried = sum(
            rows for count, rows in attempts["accepted_by_retries"].items() if count != "0"
        )
        console.print(
            f"{made:,} attempts: {retried:,} accepted rows were refined first, "
            f"{attempts['thrown_away']:,} attempts thrown away{_reasons(attempts)}",
            highlight=False,
        )
    gave_up = len(manifest["rows_given_up"])
    if gave_up:
        console.print(
            f"{gave_up:,} rows were given up after too many attempts; `tradegen show "
            f"{folder.name}` says why",
            highlight=False,
        )
    if manifest["gold"]["simulated"]:
        console.print(
            "[yellow]gold was the simulated demo (source=simulated): pass your own with --gold[/]",
            highlight=False,
        )
    console.print(f"\nrows: {folder / 'rows.parquet'}", highlight=False, soft_wrap=True)
    console.print(
        f"more: {folder} (README.md, run.json, rejected.parquet, ledger.sqlite)",
        highlight=False,
        soft_wrap=True,
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
            bucket["bucket"],
            f"{bucket['low']:.4g} to {bucket['high']:.4g}",
            f"{bucket['weight']:.1%}",
            f"{bucket['gold_rows']:,}",
            f"{bucket['asked']:,}",
            f"{bucket['accepted']:,}",
            f"[{'green' if full else 'yellow'}]{'█' * width}[/]",
        )
    return table


def _reasons(attempts: Mapping[str, Any]) -> str:
    kinds = attempts["thrown_away_by_kind"]
    if not kinds:
        return ""
    return " (" + ", ".join(f"{kind}: {count:,}" for kind, count in kinds.items()) + ")"
