"""The evaluation: everything that is measured of synthetic rows, and the verdict on it."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tradegen.backtest.agreement import Agreement
from tradegen.backtest.clustered import UNKNOWN, Measured
from tradegen.backtest.costs import Costs
from tradegen.data.gold import Gold
from tradegen.data.invariants import find_violations
from tradegen.data.row import FloatArray
from tradegen.data.rows import Rows
from tradegen.data.volatility import lookback_volatility
from tradegen.data.yearly_bars import bars_per_year, yearly_bars
from tradegen.errors import InputError
from tradegen.fidelity.stylised_facts import Facts
from tradegen.fidelity.transfer import targets
from tradegen.hyperband.inputs import entry_inputs
from tradegen.hyperband.ladder import (
    GOLD,
    GOLD_HOLDOUT,
    GOLD_TRAIN,
    SYNTHETIC,
    Ladder,
    Material,
    Searches,
    climb,
    validation_rows,
)
from tradegen.verdict.beside import measure_beside
from tradegen.verdict.books import Book, book_of
from tradegen.verdict.check import Check, judged
from tradegen.verdict.copying import NEAR, RUNS, measure_copying
from tradegen.verdict.decide import Decision, decide
from tradegen.verdict.learning import LEARNING, measure_learning
from tradegen.verdict.likeness import MISPLACED, facts_of, measure_likeness
from tradegen.verdict.limits import LIMITS
from tradegen.verdict.measured import average
from tradegen.verdict.mix import Range, common_mix, in_ranges
from tradegen.verdict.sides import Side
from tradegen.verdict.trading import compare_strategies, measure_trading
from tradegen.verdict.validity import VALID, measure_validity

_HALVES = 3
_OF_THE_ROWS_ALONE = (VALID, NEAR, RUNS)
_FEWEST_HOLDOUT = 40


References = Mapping[str, Mapping[str, Measured]]
"""The same numbers of real rows: of a `half` of gold train against the other, of the `holdout`."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work an evaluation is: trials a search, rows learned from, rows looked at.

    Without trials nothing is learned, and the checks that need it are left out.
    """

    trials: int
    rows_learned_from: int
    rows_for_runs: int


QUICK = Effort(trials=10, rows_learned_from=1_000, rows_for_runs=1_000)
FULL = Effort(trials=60, rows_learned_from=4_000, rows_for_runs=4_000)


class Got(NamedTuple):
    """A range of volatility: which share of the rows was asked for in it, is there, and in gold."""

    asked: Range
    synthetic: float
    gold: float


@dataclass(frozen=True)
class Evaluation:
    """A decision with all that it rests on, and what could not be measured (`notes`).

    `beside` are numbers that decide nothing, see `verdict.beside`; `volatilities` are those that
    were asked for.
    """

    decision: Decision
    checks: tuple[Check, ...]
    ladders: tuple[Ladder, ...]
    strategies: Agreement
    facts: tuple[Facts, Facts]
    books: Mapping[str, Book]
    references: References
    beside: Mapping[str, Measured]
    volatilities: tuple[Got, ...]
    rows: Mapping[str, int]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """What is to be evaluated, and how.

    `ranges` are the volatilities that the synthetic rows were asked for; None compares all rows as
    they are. `storage` keeps the trials of searches, see `hyperband.study.open_storage`. What does
    not depend on the rows evaluated is taken from a `known` evaluation, if there is one: of the
    same gold, ranges, costs, effort and seed.
    """

    gold: Gold
    synthetic: Rows
    ranges: Sequence[Range] | None
    costs: Costs
    effort: Effort
    seed: int
    storage: str | None = None
    workers: int = 1
    known: Evaluation | None = None


def evaluate(question: Question, progressed: Callable[[str], None] = lambda _: None) -> Evaluation:
    """Measure, judge and decide; `progressed` is told what is begun.

    The same question gives the same evaluation, however many workers there are.
    """
    return _Work(question, progressed).evaluation()


class _Work:
    """The steps of one evaluation, and what they share."""

    def __init__(self, question: Question, progressed: Callable[[str], None]) -> None:
        self._asked, self._progressed = question, progressed
        gold = question.gold
        self._years = yearly_bars(gold.market, gold.train)
        self._notes: list[str] = []
        self._rng = np.random.default_rng(question.seed)
        scorable = _scorable(question.synthetic)
        if len(scorable) == 0:
            first = find_violations(question.synthetic, None)[0]
            raise InputError(
                f"none of {len(question.synthetic):,} rows can be computed with; the first: "
                f"{first.field} is {first.value}, expected {first.expected}"
            )
        if len(scorable) < len(question.synthetic):
            self._notes.append(
                f"{len(question.synthetic) - len(scorable):,} rows have prices or volumes that "
                "nothing can be computed of; they count as broken and are left out of the rest"
            )
        self._all = Side.synthetic(scorable)
        self._train = Side.real(gold.train)
        self._mix()

    def _mix(self) -> None:
        """Choose the rows of both sides that are compared."""
        asked, gold = self._asked, self._asked.gold
        self._gold, self._holdout = self._train, Side.real(gold.holdout)
        self._synthetic = self._all
        if asked.ranges is not None:
            ours = in_ranges(gold.volatility, asked.ranges)
            theirs = in_ranges(self._volatility(self._all.rows), asked.ranges)
            kept, taken, shared = common_mix(ours, theirs, self._rng)
            if len(taken) == 0:
                raise InputError(
                    "no gold row and no synthetic row share a volatility that was asked for; "
                    "there is nothing to compare"
                )
            later = np.isin(in_ranges(self._volatility(gold.holdout), asked.ranges), shared)
            if missing := len(asked.ranges) - len(shared):
                self._notes.append(
                    f"{missing} of {len(asked.ranges)} volatilities asked for have too few gold or "
                    "synthetic rows, and are compared in nothing but copies"
                )
            self._gold = self._train.select(kept)
            self._synthetic = self._all.select(taken)
            self._holdout = self._holdout.select(np.flatnonzero(later))
            self._notes.append(
                f"compared in gold's mix of the volatilities asked for: {len(kept):,} of "
                f"{len(gold.train):,} gold rows, {len(taken):,} of {len(self._all):,} synthetic "
                "rows (copies are looked for in all of them)"
            )

    def _volatility(self, rows: Rows) -> FloatArray:
        return lookback_volatility(rows, bars_per_year(self._years, rows))

    def evaluation(self) -> Evaluation:
        asked = self._asked
        references = asked.known.references if asked.known else self._references()
        self._progressed("copies")
        found = measure_validity(asked.synthetic, asked.gold.market)
        found |= self._measure_copying(self._train, self._all)
        self._progressed("likeness")
        compared = self._synthetic.at_most(2 * len(self._gold), self._rng)
        found |= measure_likeness(self._gold, compared, asked.seed)
        if MISPLACED not in found:
            self._notes.append(
                f"{MISPLACED}: left out, as in gold itself trades go on from any lookback alike"
            )
        self._progressed("strategies")
        strategies = compare_strategies(self._gold, compared, asked.costs, self._rng)
        found |= measure_trading(strategies)
        ladders = self._ladders()
        found |= self._learning(ladders)
        checks = judged([self._check(name, one, references) for name, one in found.items()])
        return Evaluation(
            decide(checks),
            tuple(checks),
            tuple(ladders),
            strategies,
            facts_of(self._gold, compared, asked.seed),
            self._books(),
            references,
            self._measure_beside(self._gold, compared, self._holdout),
            self._volatilities(),
            self._counts(),
            tuple(self._notes),
        )

    def _references(self) -> References:
        """Return the same numbers of halves of gold, and of the holdout against train."""
        self._progressed("references")
        each = []
        for k in range(_HALVES):
            one, other = self._gold.halved(np.random.default_rng([self._asked.seed, k]))
            found = {}
            if k == 0:
                found = self._measure_likeness(other, one)
                found |= self._measure_beside(other, one, self._holdout)
            one, other = self._train.halved(np.random.default_rng([self._asked.seed, k]))
            each.append(found | self._measure_copying(other, one))
        half = {name: average([one[name] for one in each if name in one]) for name in each[0]}
        later = {}
        if len(self._holdout) >= _FEWEST_HOLDOUT:
            later = self._measure_copying(self._train, self._holdout)
            later |= self._measure_likeness(self._gold, self._holdout)
            later |= self._measure_beside(self._gold, self._holdout, None)
        return {"half": half, "holdout": later}

    def _measure_copying(self, gold: Side, other: Side) -> dict[str, Measured]:
        return measure_copying(gold, other, self._rng, self._asked.effort.rows_for_runs)

    def _measure_beside(
        self, gold: Side, other: Side, outsiders: Side | None
    ) -> dict[str, Measured]:
        most = self._asked.effort.rows_for_runs
        return measure_beside(gold, other, outsiders, self._rng, most)

    def _measure_likeness(self, gold: Side, other: Side) -> dict[str, Measured]:
        traded = compare_strategies(gold, other, self._asked.costs, self._rng)
        return measure_likeness(gold, other, self._asked.seed) | measure_trading(traded)

    def _ladders(self) -> list[Ladder]:
        asked = self._asked
        if not asked.effort.trials:
            return []
        if len(self._holdout) < _FEWEST_HOLDOUT:
            self._notes.append(
                f"{len(self._holdout)} gold rows are held out, fewer than {_FEWEST_HOLDOUT}: "
                "whether what is learned holds on real rows is not known"
            )
            return []
        self._progressed("searches")
        self._learned_from = self._synthetic.at_most(asked.effort.rows_learned_from, self._rng)
        gold, holdout, synthetic = (
            Material(side.rows, self._inputs(side.rows))
            for side in (self._gold, self._holdout, self._learned_from)
        )
        finished = itertools.count(1)
        how = Searches(
            asked.seed,
            asked.effort.trials,
            asked.storage,
            asked.workers,
            done=lambda: self._progressed(f"searches: {next(finished)} done"),
        )
        known = asked.known.ladders if asked.known else ()
        ladders = climb(gold, holdout, synthetic, how, known)
        self._note_targets(ladders)
        return ladders

    def _note_targets(self, ladders: Sequence[Ladder]) -> None:
        """Say which targets nothing could be learned of, and why."""
        searched = {one.target for one in ladders}
        labels = targets(self._gold.rows, self._holdout.rows, self._learned_from.rows)
        few = [name for name in labels if name not in searched]
        if few:
            self._notes.append(
                "too few rows of one label, in gold or in the rows evaluated, to learn from: "
                f"{', '.join(few)}"
            )
        silent = [one.target for one in ladders if not one.has_signal]
        if silent:
            self._notes.append(f"no signal in the gold, and so left out: {', '.join(silent)}")
        if silent and len(silent) == len(ladders):
            self._notes.append(
                "models trained on gold foretell nothing of the holdout: whether what is learned "
                "from the rows holds cannot be said"
            )

    def _inputs(self, rows: Rows) -> FloatArray:
        return entry_inputs(rows, bars_per_year(self._years, rows))

    def _learning(self, ladders: Sequence[Ladder]) -> dict[str, Measured]:
        """Return the numbers of learning: none if gold has no signal, unknown ones if rows lack."""
        if not self._asked.effort.trials:
            return {}
        if not ladders:
            return dict.fromkeys(LEARNING, UNKNOWN)
        if not any(one.has_signal for one in ladders):
            return {}
        own = {
            name: side.groups[validation_rows(side.rows)]
            for name, side in ((GOLD, self._gold), (SYNTHETIC, self._learned_from))
        }
        groups = {GOLD_TRAIN: self._gold.groups, GOLD_HOLDOUT: self._holdout.groups}
        return measure_learning(ladders, groups, own, self._rng)

    def _check(self, name: str, found: Measured, references: References) -> Check:
        limit = LIMITS[name]
        half, holdout = (references[one].get(name) for one in ("half", "holdout"))
        whose, rows = self._decided_by(name)
        return Check(
            name=name,
            fault=limit.fault,
            measured=found,
            limit=limit.of(float("nan") if half is None else half.value),
            higher_is_worse=limit.higher_is_worse,
            half=None if half is None else half.value,
            holdout=None if holdout is None else holdout.value,
            rows=rows,
            whose=whose,
            says=limit.says,
            within=limit.within,
        )

    def _decided_by(self, name: str) -> tuple[str, int]:
        """Return whose rows decide how sure a number is, and how many there are of them.

        Of gold and synthetic rows those of which fewer are compared; but the holdout says whether
        what is learned holds, and the rows alone which of them are broken or copies.
        """
        if name in LEARNING:
            return "gold holdout", len(self._asked.gold.holdout)
        if name in _OF_THE_ROWS_ALONE:
            return "synthetic", len(self._asked.synthetic)
        if len(self._gold) <= len(self._synthetic):
            return "gold", len(self._asked.gold.train)
        return "synthetic", len(self._asked.synthetic)

    def _books(self) -> dict[str, Book]:
        """Return how the trades fared, of as many rows of each kind as there are of the fewest."""
        self._progressed("books")
        sides = {"gold train": self._gold, "gold holdout": self._holdout}
        sides["synthetic"] = self._synthetic
        size = min(len(self._gold), len(self._synthetic))
        return {
            name: book_of(side.at_most(size, self._rng), self._asked.costs, self._rng)
            for name, side in sides.items()
            if len(side)
        }

    def _volatilities(self) -> tuple[Got, ...]:
        ranges = self._asked.ranges
        if ranges is None:
            return ()
        made, gold = (
            in_ranges(volatility, ranges)
            for volatility in (self._volatility(self._all.rows), self._asked.gold.volatility)
        )
        return tuple(
            Got(one, float((made == k).mean()), float((gold == k).mean()))
            for k, one in enumerate(ranges)
        )

    def _counts(self) -> dict[str, int]:
        return {
            "gold train": len(self._asked.gold.train),
            "gold holdout": len(self._asked.gold.holdout),
            "synthetic": len(self._asked.synthetic),
            "gold train compared": len(self._gold),
            "gold holdout compared": len(self._holdout),
            "synthetic compared": len(self._synthetic),
        }


def _scorable(rows: Rows) -> Rows:
    """Return the rows that features can be computed of: complete ones, with finite logarithms."""
    broken = find_violations(rows, None)
    bad = {one.row for one in broken if one.criterion == "completeness"}
    bars = rows.bars
    with np.errstate(invalid="ignore"):
        sound = np.all([column > 0 for column in (bars.open, bars.high, bars.low, bars.close)], 0)
        sound &= np.isfinite(bars.volume) & (bars.volume >= 0)
    owner = np.repeat(np.arange(len(rows)), rows.n_bars)
    kept = np.bincount(owner, weights=~sound, minlength=len(rows)) == 0
    kept &= (rows.entry_price > 0) & (rows.exit_price > 0) & (rows.quantity > 0)
    kept[sorted(bad)] = False
    return rows if kept.all() else rows.select(kept)
