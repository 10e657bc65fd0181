"""How positions are entered and left, case by case."""

from collections.abc import Sequence

import numpy as np
import pytest

from tradegen.backtest.fills import Exits, Positions, carry_out
from tradegen.backtest.histories import Histories

QUIET = (100.0, 101.0, 99.0, 100.0)
EXITS = Exits(stop=5.0, target=8.0, bars=4)


def carried_out(
    bars: Sequence[Sequence[float]], side: int = 1, at: Sequence[int] = (0,)
) -> Positions:
    """Carry out signals at these bars of one row, with a unit of 1."""
    prices = np.array([bars], dtype=np.float64)
    open_, high, low, close = np.moveaxis(prices, 2, 0)
    history = Histories(open_, high, low, close, np.ones_like(close), np.array([len(bars) - 1]))
    signal = np.zeros(prices.shape[:2], dtype=np.int8)
    signal[0, list(at)] = side
    return carry_out(history, signal, np.ones(prices.shape[:2]), EXITS)


@pytest.mark.parametrize(
    ("bar", "price"),
    [
        ((100, 101, 94, 98), 95.0),  # the stop
        ((100, 109, 99, 101), 108.0),  # the target
        ((100, 110, 90, 101), 95.0),  # both: the stop first
        ((93, 110, 90, 101), 93.0),  # a gap beyond the stop
        ((112, 113, 90, 101), 112.0),  # a gap beyond the target, and the stop after it
        ((95, 96, 95, 96), 95.0),  # just the stop
        ((100, 108, 99, 100), 108.0),  # just the target
    ],
)
def test_a_bar_after_entry_fills_at(bar: tuple[float, ...], price: float) -> None:
    found = carried_out([QUIET, QUIET, bar, QUIET, QUIET])
    assert found.entry_at.tolist() == [1]
    assert found.exit_at.tolist() == [2]
    assert found.exit_price.tolist() == [price]
    mirrored = [200 - np.array(one)[[0, 2, 1, 3]] for one in (QUIET, QUIET, bar, QUIET, QUIET)]
    short = carried_out([one.tolist() for one in mirrored], side=-1)
    assert short.exit_price.tolist() == [200 - price]


def test_stop_and_target_hold_in_the_entry_bar_too() -> None:
    assert carried_out([QUIET, (100, 101, 90, 99), QUIET]).exit_price.tolist() == [95.0]
    assert carried_out([QUIET, (100, 110, 99, 99), QUIET]).exit_price.tolist() == [108.0]


def test_what_reaches_neither_is_left_at_the_close_when_its_time_is_over() -> None:
    bars = [QUIET, QUIET, QUIET, QUIET, (100, 102, 99, 101.5), (100, 120, 80, 100)]
    found = carried_out(bars)
    assert (found.exit_at.tolist(), found.exit_price.tolist()) == ([4], [101.5])


def test_what_is_open_at_the_last_bar_is_left_at_its_close() -> None:
    found = carried_out([QUIET, QUIET, (100, 102, 99, 101.5)])
    assert (found.exit_at.tolist(), found.exit_price.tolist()) == ([2], [101.5])


def test_a_signal_while_something_is_open_is_passed_over_and_one_at_the_exit_is_not() -> None:
    stopped = (100, 101, 94, 98)
    found = carried_out([QUIET, QUIET, QUIET, stopped, QUIET, QUIET], at=(0, 1, 2, 3))
    assert found.entry_at.tolist() == [1, 4]
    assert found.exit_at.tolist() == [3, 5]


def test_a_signal_at_the_last_bar_is_not_filled() -> None:
    assert len(carried_out([QUIET, QUIET], at=(1,))) == 0


def test_without_a_unit_nothing_is_risked() -> None:
    bars = np.full((1, 5), 100.0)
    history = Histories(bars, bars, bars, bars, bars, np.array([4]))
    signal = np.ones((1, 5), dtype=np.int8)
    for unit in (0.0, np.nan):
        assert len(carry_out(history, signal, np.full((1, 5), unit), EXITS)) == 0


def test_rows_do_not_touch_each_other() -> None:
    rng = np.random.default_rng(0)
    close = 100 + np.cumsum(rng.normal(size=(6, 40)), axis=1)
    open_ = close + rng.normal(size=close.shape)
    last = np.array([39, 39, 20, 39, 5, 39])
    history = Histories(
        open_, np.maximum(open_, close) + 1, np.minimum(open_, close) - 1, close, close, last
    )
    signal = rng.integers(-1, 2, close.shape).astype(np.int8)
    for i, end in enumerate(last):
        signal[i, end + 1 :] = 0
    every = carry_out(history, signal, np.ones_like(close), EXITS)
    for i in range(6):
        part = slice(i, i + 1)
        alone = carry_out(
            Histories(
                history.open[part],
                history.high[part],
                history.low[part],
                history.close[part],
                history.volume[part],
                last[part],
            ),
            signal[part],
            np.ones((1, 40)),
            EXITS,
        )
        mine = every.row == i
        assert np.array_equal(every.exit_price[mine], alone.exit_price)
        assert np.array_equal(every.entry_at[mine], alone.entry_at)
