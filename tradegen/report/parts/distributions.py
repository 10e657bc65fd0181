"""How the rows spread: the distributions of gold and of the synthetic rows."""

from collections.abc import Iterator

import numpy as np

from tradegen.data.row import FloatArray, IntArray
from tradegen.report.counting import Counted, doubling, histogram, numbered, words
from tradegen.report.figures.distributions import histogram_figure, steps_figure, words_figure
from tradegen.report.parts.part import Chart, Shown, Table
from tradegen.report.traits import Traits

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOURS = tuple(f"{hour:02d}" for hour in range(24))
_MOST_VALUES = 20
_MOST_OWN = 4
_MIX_APART_PCT = 10.0

_OTHER_MIX = " The run was asked for other volatilities than gold has; some difference follows."


def distributions(gold: Traits, made: Traits) -> list[Shown]:
    """Return a figure for each trait that says something, the tallest last."""
    return list(_distributions(gold, made, _OTHER_MIX if _mix_differs(gold, made) else ""))


def _mix_differs(gold: Traits, made: Traits) -> bool:
    counted = histogram(gold.volatility, made.volatility)
    return counted.overlap_pct < 100 - 2 * _MIX_APART_PCT


def _distributions(gold: Traits, made: Traits, mix: str) -> Iterator[Shown]:
    result = histogram(gold.result_pct, made.result_pct, "+.3g")
    yield _shown(
        f"Results: median {_middle(gold.result_pct):+.2f} % in gold, "
        f"{_middle(made.result_pct):+.2f} % in the rows",
        "Bars above the line far from 0 would be gains or losses that gold never had. Before "
        f"costs; the outermost bars hold all beyond them. Means, with standard errors: "
        f"{_mean(gold.result_pct)} in gold, {_mean(made.result_pct)} in the rows.{mix}",
        Chart("result", histogram_figure(result, "return of a trade, %"), _alt("Results", result)),
        result,
    )
    held = doubling(gold.bars_held, made.bars_held)
    yield _shown(
        f"Holding: median {_middle(gold.bars_held):.0f} bars in gold, "
        f"{_middle(made.bars_held):.0f} in the rows",
        f"Bars shifted against the marks would be trades closed too soon or held too long.{mix}",
        Chart("held", steps_figure(held, "bars held"), _alt("Bars held", held)),
        held,
    )
    if np.isfinite(gold.volatility).any() and np.isfinite(made.volatility).any():
        volatility = histogram(100 * gold.volatility, 100 * made.volatility)
        yield _shown(
            f"Volatility before entry: median {100 * _middle(gold.volatility):.0f} % in gold, "
            f"{100 * _middle(made.volatility):.0f} % in the rows",
            "What was asked for decides the bars (see below): they follow the line only where "
            "gold's own mix was asked for, and gaps in between would be volatilities that no row "
            "has.",
            Chart(
                "volatility",
                histogram_figure(volatility, "annualised volatility of the lookback, %"),
                _alt("Volatility", volatility),
            ),
            volatility,
        )
    yield _moment_of_entry(gold, made)
    yield _side(gold, made)
    yield from _own_columns(gold, made)
    yield _symbols(gold, made)


def _moment_of_entry(gold: Traits, made: Traits) -> Shown:
    if gold.intraday or made.intraday:
        counted, unit = numbered(gold.hour, made.hour, _HOURS), "hour of entry, UTC"
    else:
        counted, unit = numbered(gold.weekday, made.weekday, _WEEKDAYS), "weekday of entry, UTC"
    kind = unit.split(" ")[0]
    busiest = [counted.labels[int(np.argmax(one))] for one in (counted.gold, counted.synthetic)]
    return _shown(
        f"Entries by {kind}: busiest {busiest[0]} in gold, {busiest[1]} in the rows",
        "Trades when the market is closed, or an even spread where gold has peaks, would be a "
        "fault.",
        Chart("entry", steps_figure(counted, unit), _alt(f"Entries by {kind}", counted)),
        counted,
    )


def _side(gold: Traits, made: Traits) -> Shown:
    counted = words(gold.side, made.side)
    long = [100 * float((one.side == "long").mean()) for one in (gold, made)]
    return _shown(
        f"Sides: {long[0]:.0f} % long in gold, {long[1]:.0f} % in the rows",
        "A bar that ends before its mark is a side that the rows neglect.",
        Chart("side", words_figure(counted), _alt("Sides", counted)),
        counted,
    )


def _symbols(gold: Traits, made: Traits) -> Shown:
    ours, theirs = set(gold.symbol.tolist()), set(made.symbol.tolist())
    counted = words(gold.symbol, made.symbol)
    new = len(theirs - ours)
    return _shown(
        f"Symbols: {len(ours):,} in gold, {len(theirs):,} in the rows"
        + (f", {new:,} of them not in gold" if new else ""),
        "A mark without a bar is a symbol that got lost; a bar without a mark is one that gold "
        "never traded. Gold's commonest are shown by name; the numbers have all others.",
        Chart("symbol", words_figure(counted), _alt("Symbols", counted)),
        counted,
        wide=True,
    )


def _own_columns(gold: Traits, made: Traits) -> Iterator[Shown]:
    """Yield the user's own columns of a few values each; why trades were closed comes first."""
    few = [
        name
        for name in gold.own
        if name in made.own and 1 < len(set(gold.own[name].tolist())) <= _MOST_VALUES
    ]
    few.sort(key=lambda name: "exit" not in name.lower() and "reason" not in name.lower())
    for k, name in enumerate(few[:_MOST_OWN]):
        counted = words(gold.own[name], made.own[name])
        yield _shown(
            f"Your column {name}: {counted.overlap_pct:.0f} % in common",
            "A mark without a bar is a value that got lost, a bar without a mark an invented one.",
            Chart(f"own-{k}", words_figure(counted), _alt(f"Values of {name}", counted)),
            counted,
        )


def _shown(title: str, how: str, chart: Chart, counted: Counted, *, wide: bool = False) -> Shown:
    gold, synthetic = counted.shares
    rows = [
        (label, f"{ours:,}", f"{a:.1f}", f"{theirs:,}", f"{b:.1f}")
        for label, ours, a, theirs, b in zip(
            counted.labels, counted.gold, gold, counted.synthetic, synthetic, strict=True
        )
        if ours or theirs
    ]
    head = ("value", "gold rows", "%", "synthetic rows", "%")
    return Shown(
        title, f"{how} In common: {counted.overlap_pct:.0f} %.", chart, Table(head, rows), wide
    )


def _alt(what: str, counted: Counted) -> str:
    gold, synthetic = counted.shares
    most = [counted.labels[int(np.argmax(shares))] for shares in (gold, synthetic)]
    return (
        f"{what}, gold against synthetic rows, {len(counted.labels)} bins. Most often: {most[0]} "
        f"in gold, {most[1]} in the rows. {counted.overlap_pct:.0f} % in common."
    )


def _mean(values: FloatArray) -> str:
    error = f" ± {values.std(ddof=1) / np.sqrt(len(values)):.2f}" if len(values) > 1 else ""
    return f"{values.mean():+.2f}{error} %"


def _middle(values: FloatArray | IntArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")
