"""Synthetic rows of every method beside the real rows they are to be compared with."""

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks import baselines
from tradegen.api import Silent, run
from tradegen.data.gold import Gold, GoldSource, load_gold
from tradegen.data.parquet import read_table
from tradegen.data.row import IntArray
from tradegen.data.rows import Rows
from tradegen.fidelity.overlap import halves, overlap_groups

GOLD_DIR = "TRADEGEN_GOLD_DIR"
GOLD = {"equity": ("equity",), "crypto": ("crypto",), "both": ("equity", "crypto")}
REFERENCES = ("half", "holdout")
MADE: dict[str, Callable[[Gold, int, np.random.Generator], Rows]] = {
    "jitter": baselines.jitter,
    "block": baselines.block_bootstrap,
    "garch-t": baselines.garch_t,
}
ENGINES = ("embedded", "embedded-raw")
METHODS = (*REFERENCES, *MADE, *ENGINES)

_NO_TEST_OF_REALISM = 1e-12


@dataclass(frozen=True)
class Comparison:
    """Synthetic rows, the real ones to compare them with, and later real ones to test on.

    `groups` are the overlap groups of real and synthetic rows; `test` is empty where the synthetic
    rows themselves are the later ones. `seconds` is how long the rows took to make.
    """

    gold: Gold
    real: Rows
    synthetic: Rows
    groups: tuple[IntArray, IntArray]
    test: Rows
    seed: int
    seconds: float = 0.0


def compare(gold_name: str, method: str, seed: int, n: int | None) -> Comparison:
    """Return a method's rows beside real ones: `n` rows, or as many as train has.

    A reference is as large as it is.
    """
    gold = read_gold(gold_name)
    train, groups = gold.train, overlap_groups(gold.train)
    rng = np.random.default_rng([seed, METHODS.index(method)])
    if method == "half":
        ours, theirs = halves(groups, rng)
        apart = (groups[theirs], groups[ours])
        return Comparison(gold, train.select(theirs), train.select(ours), apart, gold.holdout, seed)
    if method == "holdout":
        apart = (groups, overlap_groups(gold.holdout))
        return Comparison(gold, train, gold.holdout, apart, gold.holdout.slice(0, 0), seed)
    n = n or len(train)
    started = time.perf_counter()
    maker = MADE.get(method)
    rows = maker(gold, n, rng) if maker else rows_from_engine(gold_name, method, seed, n)
    seconds = time.perf_counter() - started
    return Comparison(gold, train, rows, (groups, np.arange(n)), gold.holdout, seed, seconds)


def compare_file(gold_name: str, file: Path, seed: int) -> Comparison:
    """Return the rows of a Parquet file, however they were made, beside real ones.

    They need the contract's columns but need not keep the contract. Own columns of gold that the
    file lacks, or holds values of another kind in, are left out of the real rows too.
    """
    gold = read_gold(gold_name)
    train, rows = gold.train, Rows.from_arrow(read_table(file))
    shared = {
        name: values
        for name, values in train.extras.items()
        if name in rows.extras and _kinds(values) == _kinds(rows.extras[name])
    }
    groups = (overlap_groups(train), np.arange(len(rows)))
    return Comparison(gold, replace(train, extras=shared), rows, groups, gold.holdout, seed)


def _kinds(values: npt.NDArray[np.object_]) -> set[type]:
    return {type(value) for value in values} - {type(None)}


@cache
def read_gold(name: str) -> Gold:
    """Return one gold set, split as a run splits it."""
    return load_gold(GoldSource(tuple(_gold_files(name))))


def _gold_files(name: str) -> list[Path]:
    folder = Path(os.environ[GOLD_DIR])
    return [folder / f"{part}.parquet" for part in GOLD[name]]


def rows_from_engine(gold_name: str, method: str, seed: int, n: int) -> Rows:
    """Return rows that the main job accepts, with gold's own volatility mix."""
    unfiltered = {
        "embedded": {"candidates": 1},
        "judge": {"false_rejections": _NO_TEST_OF_REALISM},
    }
    with tempfile.TemporaryDirectory() as runs:
        made = run(
            n,
            gold=_gold_files(gold_name),
            seed=seed,
            weights="gold",
            folder=runs,
            name="quality",
            workers=1,
            settings={} if method == "embedded" else unfiltered,
            observer=Silent(),
        )
        return Rows.from_arrow(made.to_arrow())
