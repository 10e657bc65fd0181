"""Tables of an evaluation: tidy, one observation a row, for plots and for `evaluation.json`."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from tradegen.backtest.resampling import Estimate
from tradegen.data.interval import DAY_US
from tradegen.data.row import from_microseconds
from tradegen.fidelity.stylised_facts import deviations
from tradegen.verdict.beside import BESIDE
from tradegen.verdict.evaluation import Evaluation

Record = dict[str, Any]


def tables(evaluation: Evaluation) -> dict[str, list[Record]]:
    """Return every table by name; values are numbers, text or None."""
    return {name: [_plain(one) for one in of(evaluation)] for name, of in _TABLES.items()}


def _checks(evaluation: Evaluation) -> list[Record]:
    return [
        {
            "check": one.name,
            "outcome": one.outcome.value,
            "fault": one.fault.value,
            "value": one.measured.value,
            "low": one.interval[0],
            "high": one.interval[1],
            "limit": one.limit,
            "worse": "higher" if one.higher_is_worse else "lower",
            "half_of_gold": one.half,
            "gold_holdout": one.holdout,
            "q": one.q,
            "rows_needed": one.rows_needed,
            "of": one.whose,
            "says": one.says,
        }
        for one in evaluation.checks
    ]


def _beside(evaluation: Evaluation) -> list[Record]:
    references = (evaluation.references[name] for name in ("half", "holdout"))
    half, holdout = ({name: one.value for name, one in of.items()} for of in references)
    return [
        {
            "number": name,
            "value": one.value,
            "half_of_gold": half.get(name),
            "gold_holdout": holdout.get(name),
            "says": BESIDE[name],
        }
        for name, one in evaluation.beside.items()
    ]


def _volatilities(evaluation: Evaluation) -> list[Record]:
    return [
        {
            "low": one.asked.low,
            "high": one.asked.high,
            "asked": one.asked.asked,
            "synthetic": one.synthetic,
            "gold": one.gold,
        }
        for one in evaluation.volatilities
    ]


def _strategies(evaluation: Evaluation) -> list[Record]:
    return [
        {
            "strategy": one.name,
            "gold_trades": one.real_trades,
            "synthetic_trades": one.synthetic_trades,
            "gold_mean_atr": one.units.real.value,
            "gold_error": one.units.real.error,
            "synthetic_mean_atr": one.units.synthetic.value,
            "synthetic_error": one.units.synthetic.error,
            "z": one.units.z,
            "q_fake": one.q_fake,
        }
        for one in evaluation.strategies.strategies
    ]


def _facts(evaluation: Evaluation) -> list[Record]:
    ours, theirs = evaluation.facts
    rows = zip(
        ours.names,
        *(column.tolist() for column in (ours.value, ours.error, theirs.value, theirs.error)),
        deviations(ours, theirs).tolist(),
        strict=True,
    )
    names = ("fact", "gold", "gold_error", "synthetic", "synthetic_error", "standard_errors_apart")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _metrics(evaluation: Evaluation) -> list[Record]:
    return [
        {"book": name, "trades": book.n_trades, "metric": metric, **asdict(estimate)}
        for name, book in evaluation.books.items()
        for part in (book.daily, book.trades)
        for metric in part.__dataclass_fields__
        if isinstance(estimate := getattr(part, metric), Estimate)
    ]


def _equity(evaluation: Evaluation) -> list[Record]:
    return [
        {
            "book": name,
            "day": from_microseconds(day * DAY_US).date().isoformat(),
            "return": change,
            "open": n_open,
        }
        for name, book in evaluation.books.items()
        for day, change, n_open in zip(
            book.equity.day.tolist(),
            book.equity.returns.tolist(),
            book.equity.n_open.tolist(),
            strict=True,
        )
    ]


def _curves(evaluation: Evaluation) -> list[Record]:
    return [
        {
            "target": ladder.target,
            "trained_on": trained_on,
            "trial": number,
            "learner": trial.parameters["learner"],
            "chosen": trial is found.chosen,
            "scored_on": scored_on,
            "step": step,
            "skill": skill,
        }
        for ladder in evaluation.ladders
        for trained_on, found in ladder.found.items()
        for number, trial in enumerate(found.tried)
        for scored_on, curve in trial.curves.items()
        for step, skill in enumerate(curve, start=1)
    ]


def _skills(evaluation: Evaluation) -> list[Record]:
    return [
        {
            "target": ladder.target,
            "signal": ladder.has_signal,
            "trained_on": trained_on,
            "learner": found.chosen.parameters["learner"],
            **{scored_on: found.chosen.skill(scored_on) for scored_on in found.chosen.curves},
            "regret": ladder.regret(trained_on),
            **asdict(ladder.selection(trained_on)),
        }
        for ladder in evaluation.ladders
        for trained_on, found in ladder.found.items()
    ]


_TABLES: Mapping[str, Callable[[Evaluation], list[Record]]] = {
    "checks": _checks,
    "beside": _beside,
    "volatilities": _volatilities,
    "skills": _skills,
    "strategies": _strategies,
    "facts": _facts,
    "metrics": _metrics,
    "equity": _equity,
    "learning_curves": _curves,
}


NAMES = tuple(_TABLES)
"""The tables' names."""


def _plain(record: Record) -> Record:
    """Return a record whose numbers are finite, or None."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in record.items()
    }
