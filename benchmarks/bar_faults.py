"""How often faults planted in real bars are found, and how often faults that are none.

    python -m benchmarks.bar_faults

Real bars are `equity_daily.parquet` and `crypto_hourly.parquet` in the folder `market` beside the
one that `TRADEGEN_GOLD_DIR` names. Splits are planted in windows of 90 bars, shifts in 5,000
hours of a coin with prices at random places in its bars.
"""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from tradegen.data.calendars import local_time
from tradegen.data.interval import HOUR_US
from tradegen.data.row import BAR_FIELDS, PRICE_FIELDS, Bars
from tradegen.importers.bar_faults.fault import Fault
from tradegen.importers.bar_faults.prices import Prices, fits
from tradegen.importers.bar_faults.ratios import SPLITS
from tradegen.importers.bar_faults.shifts import Series, Shift, find_shifts
from tradegen.importers.bar_faults.splits import find_splits

_SPLITS = 2_000
_SHIFTS = 60
_NOISY = 400
_HOURS = 5_000
_ZONES = ("America/New_York", "Europe/Berlin")

Market = Mapping[str, Bars]


def real_bars(path: Path) -> Market:
    """Return the bars of each symbol of a file."""
    frame = pd.read_parquet(path)
    time, key = (
        next(name for name in names if name in frame)
        for names in (("time", "date"), ("symbol", "ticker"))
    )
    moment = pd.to_datetime(frame[time], utc=True).dt.tz_localize(None)
    stamps = moment.to_numpy().astype("datetime64[us]").astype(np.int64)
    columns = [frame[field].to_numpy(np.float64) for field in BAR_FIELDS[1:]]
    return {
        str(symbol): Bars(stamps[at], *(column[at] for column in columns))
        for symbol, at in frame.groupby(key).indices.items()
    }


def splits(name: str, market: Market, rng: np.random.Generator) -> None:
    """Plant splits, three in ten of them reverse, and print how many are found as they are."""
    found: Counter[str] = Counter()
    long = sorted(symbol for symbol, bars in market.items() if len(bars) > 100)
    for _ in range(_SPLITS):
        bars = market[long[rng.integers(len(long))]]
        first = int(rng.integers(0, len(bars) - 90))
        window, at = bars[first : first + 90], int(rng.integers(30, 80))
        whole = SPLITS[rng.integers(len(SPLITS))]
        ratio = whole if rng.random() < 0.7 else 1 / whole
        factor = np.where(np.arange(90) < at, float(ratio), 1.0)
        prices = {field: getattr(window, field) * factor for field in PRICE_FIELDS}
        told = find_splits(replace(window, **prices, volume=window.volume / factor))
        right = [(one.at, one.ratio) for one in told] == [(at, ratio)]
        found["as it is" if right else "wrongly" if told else "not"] += 1
    untouched = sum(len(find_splits(bars)) for bars in market.values())
    told_so = ", ".join(f"{count:,} {how}" for how, count in found.most_common())
    print(f"splits, {name}: {_SPLITS:,} planted, found {told_so}; {untouched} in untouched bars")


def shifts(market: Market, n_prices: int, rng: np.random.Generator) -> None:
    """Plant shifts, zones and closing times, and print how many are found."""
    found, false = Counter[str](), 0
    for k in range(_SHIFTS):
        bars = _some_hours(market, rng)
        prices = _prices(bars, n_prices, rng)
        false += bool(_shift_of(bars, prices))
        kind = ("hours", "zone", "closing")[k % 3]
        off = _off(bars, kind, k, rng)
        if shift := _shift_of(off, prices):
            mended = shift["A"][0].bars(off)
            found[kind] += bool(fits(mended, HOUR_US, prices.time, prices.price).mean() > 0.95)
    told = ", ".join(
        f"{kind} {found[kind]} of {_SHIFTS // 3}" for kind in ("hours", "zone", "closing")
    )
    print(f"shifts, {n_prices} prices: {told}; {false} of {_SHIFTS} in untouched bars")


def noisy(market: Market, rng: np.random.Generator) -> None:
    """Print how often prices of another market, next to these, look like a shift."""
    false = 0
    for k in range(_NOISY):
        bars = _some_hours(market, rng)
        prices = _prices(bars, int(rng.choice([13, 20, 40, 100])), rng)
        noise = rng.normal(0, (0, 0.001, 0.003, 0.01, 0.03)[k % 5], len(prices))
        log = replace(prices, price=prices.price * (1 + noise + (0, 0.002, 0.005, 0.01)[k % 4]))
        false += bool(_shift_of(bars, log))
    print(f"shifts, prices of another market: {false} of {_NOISY}")


def _some_hours(market: Market, rng: np.random.Generator) -> Bars:
    bars = market[sorted(market)[rng.integers(len(market))]]
    first = int(rng.integers(0, len(bars) - _HOURS))
    return bars[first : first + _HOURS]


def _prices(bars: Bars, n: int, rng: np.random.Generator) -> Prices:
    at = np.sort(rng.integers(0, len(bars), n))
    time = bars.time[at] + rng.integers(0, HOUR_US, n)
    price = bars.low[at] + (bars.high[at] - bars.low[at]) * rng.random(n)
    return Prices(time, price, [""] * n)


def _off(bars: Bars, kind: str, k: int, rng: np.random.Generator) -> Bars:
    if kind == "closing":
        return replace(bars, time=bars.time + HOUR_US)
    if kind == "hours":
        hours = [one for one in range(-12, 13) if one not in (0, 1)]
        return replace(bars, time=bars.time + int(rng.choice(hours)) * HOUR_US)
    shown = local_time(bars.time, _ZONES[k % 2])
    kept = np.concatenate([[True], shown[1:] > np.maximum.accumulate(shown)[:-1]])
    return Bars(shown[kept], *(getattr(bars, name)[kept] for name in BAR_FIELDS[1:]))


def _shift_of(bars: Bars, prices: Prices) -> dict[str, tuple[Shift, Fault]]:
    one = Series("A", "1h", HOUR_US, bars, prices)
    return find_shifts([one], lambda _: None, fixes=frozenset())


def main() -> None:
    """Print a line for each kind of trial."""
    folder = Path(os.environ.get("TRADEGEN_GOLD_DIR", "../shared/gold")).parent / "market"
    rng = np.random.default_rng(0)
    days, hours = (
        real_bars(folder / f"{name}.parquet") for name in ("equity_daily", "crypto_hourly")
    )
    splits("days of shares", days, rng)
    splits("hours of coins", hours, rng)
    for n_prices in (15, 30, 60):
        shifts(hours, n_prices, rng)
    noisy(hours, rng)


if __name__ == "__main__":
    main()
