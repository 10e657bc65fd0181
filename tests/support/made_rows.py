"""Rows made from nothing: plausible bars at any times, and any row that the contract allows."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from tradegen.data.interval import INTERVAL_US
from tradegen.data.row import (
    CORE_FIELDS,
    LOOKBACK,
    Bars,
    ExtraValue,
    IntArray,
    Row,
    from_microseconds,
)
from tradegen.data.rows import Rows

TICK = 0.01


def us(text: str) -> int:
    """Return an ISO time in UTC as microseconds since 1970."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def bars_at(time: npt.ArrayLike, seed: int = 0) -> Bars:
    """Return plausible bars that open at these times, with prices on a tick of 0.01."""
    times = np.asarray(time, dtype=np.int64)
    rng = np.random.default_rng(seed)
    close = np.exp(np.log(100) + np.cumsum(0.01 * rng.standard_normal(len(times))))
    open_ = close * np.exp(0.004 * rng.standard_normal(len(times)))
    open_, close = np.round(open_, 2), np.round(close, 2)
    reach = np.round(0.5 * rng.random((2, len(times))), 2)
    return Bars(
        time=times,
        open=open_,
        high=np.round(np.maximum(open_, close) + reach[0], 2),
        low=np.round(np.minimum(open_, close) - reach[1], 2),
        close=close,
        volume=np.round(rng.lognormal(6, 1, len(times))),
    )


def row_at(
    time: npt.ArrayLike,
    interval: str = "1d",
    *,
    trade_id: str = "made-1",
    symbol: str = "MADE",
    seed: int = 0,
    extras: dict[str, ExtraValue] | None = None,
) -> Row:
    """Return a valid row whose bars open at these times: in at the entry bar, out at the last."""
    bars = bars_at(time, seed)
    entry, exit_ = bars.time[LOOKBACK], bars.time[-1]
    return Row(
        trade_id=trade_id,
        symbol=symbol,
        side="long",
        interval=interval,
        entry_time=from_microseconds(entry),
        entry_price=float(bars.close[LOOKBACK]),
        exit_time=from_microseconds(exit_ + INTERVAL_US[interval] // 2),
        exit_price=float(bars.close[-1]),
        quantity=10.0,
        extras=extras or {},
        bars=bars,
    )


def rows_at(windows: Sequence[IntArray], interval: str = "1d", symbol: str = "MADE") -> Rows:
    """Return one valid row for each window of bar times."""
    return Rows.from_models(
        [
            row_at(window, interval, symbol=symbol, trade_id=f"{symbol}-{k}", seed=k)
            for k, window in enumerate(windows)
        ]
    )


# --- hypothesis -------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
"""Any text; numpy's text arrays cannot hold a NUL at the end, JSON no half of a surrogate pair."""

NAMES = TEXT.filter(bool)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.integers(us("1900-01-01"), us("2200-01-01") - 1)

_EXTRA_VALUES: tuple[st.SearchStrategy[ExtraValue], ...] = (
    TEXT,
    st.integers(-(2**63), 2**63 - 1),
    NUMBERS,
    st.booleans(),
)


@st.composite
def any_bars(draw: st.DrawFn, min_size: int = 0, max_size: int = 4) -> Bars:
    """Draw bars of any times and numbers, sensible or not."""
    n = draw(st.integers(min_size, max_size))
    time = draw(st.lists(TIMES, min_size=n, max_size=n))
    numbers = draw(st.lists(NUMBERS, min_size=5 * n, max_size=5 * n))
    columns = np.array(numbers, dtype=np.float64).reshape(5, n)
    return Bars(np.array(time, dtype=np.int64), *columns)


@st.composite
def any_rows(draw: st.DrawFn, min_size: int = 1, max_size: int = 4) -> list[Row]:
    """Draw rows that the contract allows and no invariant restrains, with the same extras."""
    names = draw(
        st.lists(
            NAMES.filter(lambda name: name not in (*CORE_FIELDS, "extras")),
            unique=True,
            max_size=3,
        )
    )
    kinds = [draw(st.sampled_from(_EXTRA_VALUES)) for _ in names]
    return [
        Row(
            trade_id=draw(NAMES),
            symbol=draw(NAMES),
            side=draw(st.sampled_from(["long", "short"])),
            interval=draw(st.sampled_from(list(INTERVAL_US))),
            entry_time=from_microseconds(draw(TIMES)),
            entry_price=draw(NUMBERS),
            exit_time=from_microseconds(draw(TIMES)),
            exit_price=draw(NUMBERS),
            quantity=draw(NUMBERS),
            extras={name: draw(st.none() | kind) for name, kind in zip(names, kinds, strict=True)},
            bars=draw(any_bars()),
        )
        for _ in range(draw(st.integers(min_size, max_size)))
    ]
