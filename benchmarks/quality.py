"""Quality of synthetic rows: fidelity, privacy and diversity, beside real rows scored alike.

    python -m benchmarks.quality [--quick] [--gold equity crypto both] [--methods embedded ...]
                                 [--rows NAME=FILE ...]

Gold is read from the folder that TRADEGEN_GOLD_DIR names. Every method sees gold's train part and
makes as many rows with gold's own volatility mix. `half` is one half of train judged against the
other (the ceiling), `holdout` the later real rows judged against train (drift alone); no number
means anything without them. `embedded-raw` is the engine without its filters: one candidate a row,
and the judge's test of realism off. `--rows` scores rows of Parquet files beside the others; they
need the contract's columns, no more.
Means over seeds with their standard errors; details go to the JSON file. The same seeds give the
same numbers, seconds aside.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.compared import GOLD, GOLD_DIR, METHODS, compare, compare_file, read_gold
from benchmarks.families import FAMILIES, Details, Scores, asks_what_gives_away, score

_QUICK_ROWS = 500
_WORST = 12


@dataclass(frozen=True)
class Task:
    """One method on one gold set with one seed; its rows are made, or read from `file`."""

    gold: str
    method: str
    seed: int
    n: int | None
    families: tuple[str, ...]
    file: Path | None = None


Result = tuple[Task, Scores, Details]


def score_task(task: Task) -> Result:
    """Make or read the rows of a task and score them."""
    if task.file:
        comparison = compare_file(task.gold, task.file, task.seed)
    else:
        comparison = compare(task.gold, task.method, task.seed, task.n)
    return task, *score(comparison, task.method, task.families)


def score_all(tasks: Sequence[Task], workers: int) -> Iterator[Result]:
    """Score tasks in processes of their own; say on stderr what is done."""
    for name in {task.gold for task in tasks}:
        read_gold(name)
    with ProcessPoolExecutor(workers) as pool:
        started = time.monotonic()
        for done, result in enumerate(pool.map(score_task, tasks), 1):
            task, seconds = result[0], time.monotonic() - started
            print(
                f"[{seconds:4.0f} s] {done}/{len(tasks)} {task.gold} {task.method} {task.seed}",
                file=sys.stderr,
            )
            yield result


def quality_table(gold: str, results: Sequence[Result]) -> Table:
    """Return the table of one gold set: a measure a line, a method a column."""
    methods = list(dict.fromkeys(task.method for task, _, _ in results))
    table = Table(title=gold)
    table.add_column("")
    for method in methods:
        table.add_column(method, justify="right")
    measures = dict.fromkeys(name for _, scores, _ in results for name in scores)
    for measure in measures:
        cells = []
        for method in methods:
            values = [
                scores[measure]
                for task, scores, _ in results
                if task.method == method and measure in scores
            ]
            cells.append(_mean_and_error(values))
        table.add_row(measure, *cells)
    return table


def _mean_and_error(values: Sequence[float]) -> str:
    known = np.array([value for value in values if np.isfinite(value)])
    if len(known) == 0:
        return ""
    digits = 3 if abs(known.mean()) < 10 else 1
    if len(known) == 1:
        return f"{known[0]:.{digits}f}"
    error = known.std(ddof=1) / np.sqrt(len(known))
    return f"{known.mean():.{digits}f} ±{error:.{digits}f}"


def left_out(results: Sequence[Result]) -> Iterator[str]:
    """Yield a line for each method of which something could not be scored."""
    for task, _, details in results:
        found = details.get("left out", {})
        parts = []
        if found.get("rows"):
            parts.append(f"{found['rows']} rows are scored by validity only")
        if found.get("columns"):
            parts.append(f"without the columns {', '.join(found['columns'])}")
        if parts:
            yield f"{task.method} (seed {task.seed}): {'; '.join(parts)}"


def giveaway_table(gold: str, method: str, results: Sequence[Result]) -> Table:
    """Return the features that give a method's rows away, means over seeds."""
    table = Table(title=f"{gold}: what gives {method} rows away")
    for name in ("feature", "AUC lost without it", "AUC by itself", "KS distance"):
        table.add_column(name, justify="left" if name == "feature" else "right")
    found = [d["giveaways"] for t, _, d in results if t.method == method and "giveaways" in d]
    mean = {
        name: [float(np.mean([one[name][key] for one in found])) for key in ("lost", "alone", "ks")]
        for name in (found[0] if found else ())
    }
    for name, (lost, alone, ks) in sorted(mean.items(), key=lambda item: -item[1][0])[:_WORST]:
        table.add_row(name, f"{lost:.3f}", f"{alone:.3f}", f"{ks:.3f}")
    channels = [
        d["raw channels"] for t, _, d in results if t.method == method and "raw channels" in d
    ]
    for name in channels[0] if channels else ():
        value = float(np.mean([one[name] for one in channels]))
        table.add_row(f"raw bars: {name} alone", "", f"{value:.3f}", "")
    return table


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", nargs="+", choices=list(GOLD), default=list(GOLD))
    parser.add_argument("--methods", nargs="*", choices=METHODS, default=list(METHODS))
    files = "score rows of Parquet files beside the methods"
    parser.add_argument(
        "--rows", nargs="+", type=_named_file, default=[], metavar="NAME=FILE", help=files
    )
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--n", type=int, help="synthetic rows; default: as many as train has")
    quick = "500 rows, one seed, neither both nor embedded-raw"
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="write all results to this file")
    return parser


def _named_file(text: str) -> tuple[str, Path]:
    name, _, file = text.partition("=")
    if not file or name in METHODS:
        raise argparse.ArgumentTypeError(f"expected NAME=FILE with a new name, got {text!r}")
    if not Path(file).exists():
        raise argparse.ArgumentTypeError(f"there is no file {file}")
    return name, Path(file)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    asked = _parser().parse_args(arguments)
    if GOLD_DIR not in os.environ:
        raise SystemExit(f"set {GOLD_DIR} to the folder of equity.parquet and crypto.parquet")
    if asked.quick:
        asked.n, asked.seeds = asked.n or _QUICK_ROWS, asked.seeds[:1]
        asked.gold = [name for name in asked.gold if name != "both"] or asked.gold
        asked.methods = [name for name in asked.methods if name != "embedded-raw"]
    tasks = _tasks(asked)
    results = list(score_all(tasks, asked.workers))
    console = Console(width=160)
    for gold in asked.gold:
        own = [result for result in results if result[0].gold == gold]
        console.print(quality_table(gold, own))
        for line in left_out(own):
            console.print(line)
        for method in dict.fromkeys(task.method for task, _, _ in own):
            if "giveaways" in asked.families and asks_what_gives_away(method):
                console.print(giveaway_table(gold, method, own))
    if asked.json:
        asked.json.write_text(json.dumps(_as_json(results), indent=1) + "\n", encoding="utf-8")


def _tasks(asked: argparse.Namespace) -> list[Task]:
    """Return a gold set's methods, each with its seeds, and then its files."""
    tasks = []
    for gold in asked.gold:
        for method in asked.methods:
            seeds = asked.seeds[:1] if method == "holdout" else asked.seeds
            tasks += [Task(gold, method, s, asked.n, tuple(asked.families)) for s in seeds]
        for name, file in asked.rows:
            tasks.append(Task(gold, name, asked.seeds[0], None, tuple(asked.families), file))
    return tasks


def _as_json(results: Sequence[Result]) -> list[dict[str, Any]]:
    return [
        {
            "gold": task.gold,
            "method": task.method,
            "seed": task.seed,
            "scores": {k: v if np.isfinite(v) else None for k, v in scores.items()},
            "details": details,
        }
        for task, scores, details in results
    ]


if __name__ == "__main__":
    main()
