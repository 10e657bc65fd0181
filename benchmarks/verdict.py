"""Is the verdict to be trusted? Planted faults must be found, and real rows must not be blamed.

    python -m benchmarks.verdict --gold equity --sizes 500 2000 --resamples 20

Good rows are the embedded engine's, made from gold train; faults are planted among them in several
shares. Unseen real rows are one half of gold train, held against the other. `--trials 0` leaves
learning out, which halves the time. Cases that `--out` has already are not evaluated again.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.compared import read_gold, rows_from_engine
from benchmarks.planted import PLANTS, with_planted
from tradegen.backtest.costs import Costs
from tradegen.data.gold import Gold
from tradegen.data.rows import Rows
from tradegen.fidelity.overlap import halves, overlap_groups
from tradegen.verdict.check import Outcome
from tradegen.verdict.evaluation import QUICK, Effort, Evaluation, Question, evaluate

UNSEEN, GOOD = "unseen real rows", "embedded rows"
_POOL = 10_000


class Case(NamedTuple):
    """One evaluation: of what, how many rows, which share of them planted, and the resample."""

    gold: str
    kind: str
    n: int
    share: float
    resample: int
    trials: int


def cases(args: argparse.Namespace) -> Iterator[Case]:
    for gold in args.gold:
        for resample in range(args.resamples_of_real):
            yield Case(gold, UNSEEN, 0, 0.0, resample, args.trials)
        for n in args.sizes:
            for resample in range(args.resamples):
                yield Case(gold, GOOD, n, 0.0, resample, args.trials)
                for kind in args.plants:
                    for share in args.shares:
                        yield Case(gold, kind, n, share, resample, args.trials)


def outcome(case: Case) -> dict[str, Any]:
    """Return the verdict on a case, and the checks that did not pass."""
    rng = np.random.default_rng([case.resample, case.n, round(100 * case.share)])
    gold, rows, known = _material(case, rng)
    seed = 0 if known else case.resample
    found = evaluate(Question(gold, rows, None, Costs(), _effort(case.trials), seed, known=known))
    names = {
        outcome.value: [check.name for check in found.checks if check.outcome is outcome]
        for outcome in (Outcome.FAILED, Outcome.OPEN)
    }
    return {**case._asdict(), "verdict": found.decision.verdict.value, **names}


def _effort(trials: int) -> Effort:
    return replace(QUICK, trials=trials)


def _material(case: Case, rng: np.random.Generator) -> tuple[Gold, Rows, Evaluation | None]:
    gold = read_gold(case.gold)
    if case.kind == UNSEEN:
        groups = overlap_groups(gold.train)
        ours, theirs = halves(groups, rng)
        part = replace(gold, train=gold.train.select(ours), volatility=gold.volatility[ours])
        return part, gold.train.select(theirs), None
    good = _good(case.gold)
    kind = "verbatim copies" if case.kind == GOOD else case.kind
    rows = with_planted(kind, case.share, gold, good, case.n, rng)
    return gold, rows, _known(case.gold, case.trials)


@cache
def _good(name: str) -> Rows:
    return rows_from_engine(name, "embedded", 0, _POOL)


@cache
def _known(name: str, trials: int) -> Evaluation:
    """Return an evaluation whose references and searches in gold serve all cases."""
    gold = read_gold(name)
    return evaluate(Question(gold, gold.train, None, Costs(), _effort(trials), 0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gold", nargs="+", default=["equity", "crypto"])
    parser.add_argument("--sizes", nargs="*", type=int, default=[500, 2_000, 10_000])
    parser.add_argument("--shares", nargs="*", type=float, default=[0.05, 0.1, 0.25, 0.5, 1.0])
    parser.add_argument("--plants", nargs="+", default=list(PLANTS), choices=list(PLANTS))
    parser.add_argument("--resamples", type=int, default=100)
    parser.add_argument("--resamples-of-real", type=int, default=100)
    parser.add_argument("--trials", type=int, default=QUICK.trials, help="trials a search")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", help="file to write every case to, as JSON lines")
    args = parser.parse_args()
    known = _read(args.out)
    every = list(cases(args))
    counts: dict[tuple[str, str, int, float], Counter[str]] = {}
    for case in every:
        if case in known:
            counts.setdefault(_key(case), Counter())[known[case]] += 1
    left = [case for case in every if case not in known]
    with ProcessPoolExecutor(args.workers, mp_context=get_context("spawn")) as pool:
        for case, line in zip(left, pool.map(outcome, left), strict=True):
            counts.setdefault(_key(case), Counter())[line["verdict"]] += 1
            if args.out:
                with Path(args.out).open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line) + "\n")
    print_table(counts)


def _key(case: Case) -> tuple[str, str, int, float]:
    return case.gold, case.kind, case.n, case.share


def _read(path: str | None) -> dict[Case, str]:
    """Return the verdicts that a file of JSON lines holds already."""
    if path is None or not Path(path).exists():
        return {}
    lines = map(json.loads, Path(path).read_text(encoding="utf-8").splitlines())
    return {Case(*(line[name] for name in Case._fields)): line["verdict"] for line in lines}


def print_table(counts: dict[tuple[str, str, int, float], Counter[str]]) -> None:
    """Print the share of each verdict, with the 95 % interval of what was found."""
    from scipy.stats import binomtest

    verdicts = ("overfit", "underfit", "inconclusive", "well_fit")
    head = ("gold", "rows", "n", "planted", *verdicts, "found (95 %)")
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for (gold, kind, n, share), count in sorted(counts.items()):
        total = count.total()
        found = count["overfit"] + count["underfit"]
        low, high = binomtest(found, total).proportion_ci()
        shares = (f"{count[verdict] / total:.2f}" for verdict in verdicts)
        size = f"{n:,}" if n else "half"
        interval = f"{found / total:.2f} ({low:.2f} to {high:.2f})"
        print(f"| {gold} | {kind} | {size} | {share:.0%} | {' | '.join(shares)} | {interval} |")


if __name__ == "__main__":
    main()
