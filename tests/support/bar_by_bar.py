"""A second implementation of the strategies: one row, one bar after the other, plain loops.

A signal is asked for with the bars up to its own and no others, so it cannot see the future.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt

from tradegen.backtest.costs import Costs
from tradegen.data.row import Bars


@dataclass(frozen=True)
class Known:
    """The bars up to now as lists; the last is the bar that just closed."""

    o: list[float]
    h: list[float]
    l: list[float]  # noqa: E741
    c: list[float]
    v: list[float]

    @classmethod
    def of(cls, bars: Bars) -> "Known":
        columns = (bars.open, bars.high, bars.low, bars.close, bars.volume)
        return cls(*(column.tolist() for column in columns))

    def __len__(self) -> int:
        return len(self.c)

    def before(self, bars: int = 1) -> "Known":
        end = len(self) - bars
        return self.upto(end)

    def upto(self, end: int) -> "Known":
        return Known(self.o[:end], self.h[:end], self.l[:end], self.c[:end], self.v[:end])


@dataclass(frozen=True)
class Trade:
    """One trade as the loop made it."""

    side: int
    entry_at: int
    exit_at: int
    entry_price: float
    exit_price: float
    net_return: float


def mean(values: list[float]) -> float:
    total = 0.0
    for value in values:
        total += value
    return total / len(values)


def true_range(bars: Known) -> float:
    return max(bars.h[-1], bars.c[-2]) - min(bars.l[-1], bars.c[-2])


def atr(bars: Known) -> float | None:
    if len(bars) < 15:
        return None
    return mean([true_range(bars.before(k)) for k in range(13, -1, -1)])


def sign_beyond(value: float, limit: float) -> int:
    return (value > limit) - (value < -limit)


def always_long(_: Known) -> int:
    return 1


def momentum(bars: Known) -> int:
    unit = atr(bars)
    if len(bars) < 21 or unit is None:
        return 0
    return sign_beyond(bars.c[-1] - bars.c[-21], 3 * unit)


def reversal(bars: Known) -> int:
    unit = atr(bars)
    return 0 if unit is None else -sign_beyond(bars.c[-1] - bars.c[-6], 2 * unit)


def breakout(bars: Known) -> int:
    if len(bars) < 21:
        return 0
    return (bars.c[-1] > max(bars.h[-21:-1])) - (bars.c[-1] < min(bars.l[-21:-1]))


def failed_breakout(bars: Known) -> int:
    if len(bars) < 21:
        return 0
    top, bottom = max(bars.h[-21:-1]), min(bars.l[-21:-1])
    short = bars.h[-1] > top > bars.c[-1]
    long = bars.l[-1] < bottom < bars.c[-1]
    return 0 if short and long else long - short


def average_cross(bars: Known) -> int:
    if len(bars) < 21:
        return 0
    now = mean(bars.c[-5:]) - mean(bars.c[-20:])
    before = mean(bars.c[-6:-1]) - mean(bars.c[-21:-1])
    return (now > 0 >= before) - (now < 0 <= before)


def rsi_reversal(bars: Known) -> int:
    if len(bars) < 15:
        return 0
    changes = [bars.c[k] - bars.c[k - 1] for k in range(len(bars) - 14, len(bars))]
    rise, fall = mean([max(x, 0.0) for x in changes]), mean([max(-x, 0.0) for x in changes])
    if rise + fall == 0:
        return 0
    rsi = 100 * rise / (rise + fall)
    return (rsi < 30) - (rsi > 70)


def bollinger_reversal(bars: Known) -> int:
    if len(bars) < 20:
        return 0
    closes = bars.c[-20:]
    middle = mean(closes)
    deviation = sqrt(mean([(close - middle) ** 2 for close in closes]))
    return -sign_beyond(closes[-1] - middle, 2 * deviation)


def squeeze(bars: Known) -> int:
    if len(bars) < 21:
        return 0
    n = len(bars)
    widths = [max(bars.h[k - 5 : k]) - min(bars.l[k - 5 : k]) for k in range(n - 16, n)]
    if widths[-1] > min(widths):
        return 0
    return (bars.c[-1] > max(bars.h[-6:-1])) - (bars.c[-1] < min(bars.l[-6:-1]))


def wide_range(bars: Known) -> int:
    if len(bars) < 16:
        return 0
    unit = atr(bars.before())
    assert unit is not None
    wide = true_range(bars) > 2 * unit
    return wide * ((bars.c[-1] > bars.o[-1]) - (bars.c[-1] < bars.o[-1]))


def heavy_volume(bars: Known) -> int:
    if len(bars) < 21 or bars.v[-1] <= 2 * mean(bars.v[-21:-1]):
        return 0
    return (bars.c[-1] > bars.c[-2]) - (bars.c[-1] < bars.c[-2])


def quiet_pullback(bars: Known) -> int:
    if len(bars) < 21 or bars.v[-1] >= 0.5 * mean(bars.v[-20:]):
        return 0
    up, rose = bars.c[-1] - bars.c[-21], bars.c[-1] - bars.c[-2]
    return (up > 0 > rose) - (up < 0 < rose)


def gap_fade(bars: Known) -> int:
    if len(bars) < 16:
        return 0
    unit = atr(bars.before())
    assert unit is not None
    gap = sign_beyond(bars.o[-1] - bars.c[-2], 0.5 * unit)
    left_open = gap * (bars.c[-1] - bars.c[-2]) > 0
    return -gap if left_open else 0


def inside_bar(bars: Known) -> int:
    if len(bars) < 11 or not (bars.h[-1] < bars.h[-2] and bars.l[-1] > bars.l[-2]):
        return 0
    return (bars.c[-1] > bars.c[-11]) - (bars.c[-1] < bars.c[-11])


def engulfing(bars: Known) -> int:
    if len(bars) < 2:
        return 0
    (o0, o1), (c0, c1) = bars.o[-2:], bars.c[-2:]
    if c0 < o0 and o1 < c1 and o1 <= c0 and c1 >= o0:
        return 1
    return -1 if c0 > o0 and o1 > c1 and o1 >= c0 and c1 <= o0 else 0


def three_in_a_row(bars: Known) -> int:
    if len(bars) < 4:
        return 0
    a, b, c, d = bars.c[-4:]
    return (a > b > c > d) - (a < b < c < d)


SIGNALS: Mapping[str, Callable[[Known], int]] = {
    "always long": always_long,
    "momentum": momentum,
    "reversal": reversal,
    "breakout": breakout,
    "failed breakout": failed_breakout,
    "moving-average cross": average_cross,
    "RSI reversal": rsi_reversal,
    "Bollinger reversal": bollinger_reversal,
    "squeeze": squeeze,
    "wide range": wide_range,
    "heavy volume": heavy_volume,
    "quiet pullback": quiet_pullback,
    "gap fade": gap_fade,
    "inside bar": inside_bar,
    "engulfing": engulfing,
    "three in a row": three_in_a_row,
}


def traded(
    bars: Bars,
    signal: Callable[[Known], int],
    exits: tuple[float, float, int],
    costs: Costs,
) -> list[Trade]:
    """Trade one row's bars with a stop and a target in ATRs, and a longest holding in bars."""
    every = Known.of(bars)
    trades: list[Trade] = []
    t = 1
    while t < len(every):
        seen = every.upto(t)
        side, unit = signal(seen), atr(seen)
        if side and unit:
            trades.append(_held(every, t, side, unit, exits, costs))
            t = trades[-1].exit_at
        t += 1
    return trades


def _held(
    bars: Known, start: int, side: int, unit: float, exits: tuple[float, float, int], costs: Costs
) -> Trade:
    stop_units, target_units, longest = exits
    entry = bars.o[start]
    stop, target = entry - side * stop_units * unit, entry + side * target_units * unit
    for t in range(start, len(bars)):
        price = _left_at(bars, t, side, stop, target)
        if price is None and (t - start + 1 == longest or t == len(bars) - 1):
            price = bars.c[t]
        if price is not None:
            paid = _fee(costs, entry, bars.v[start]) * entry + _fee(costs, price, bars.v[t]) * price
            net = (side * (price - entry) - paid) / entry
            return Trade(side, start, t, entry, price, net)
    raise AssertionError("a position is closed at the last bar")


def _left_at(bars: Known, t: int, side: int, stop: float, target: float) -> float | None:
    o, h, low = bars.o[t], bars.h[t], bars.l[t]
    if side > 0:
        if o <= stop or o >= target:
            return o
        if low <= stop:
            return stop
        return target if h >= target else None
    if o >= stop or o <= target:
        return o
    if h >= stop:
        return stop
    return target if low <= target else None


def _fee(costs: Costs, price: float, volume: float) -> float:
    share = 0.01 if volume > 0 else 1.0
    bps = costs.commission_bps + costs.spread_bps / 2 + costs.slippage_bps
    return (bps + costs.impact_bps * sqrt(share)) / 10_000 + costs.commission_per_share / price
