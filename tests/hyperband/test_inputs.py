"""Inputs at entry: they know nothing later, and mean the same at any price."""

from dataclasses import replace

import numpy as np

from tests.support.nonsense import with_a_nonsense_future
from tests.support.rows import demo_gold
from tradegen.data.row import Bars
from tradegen.hyperband.inputs import entry_inputs

YEAR = np.full(len(demo_gold().train), 252.0)


def test_no_input_changes_by_a_bit_if_the_future_is_nonsense() -> None:
    rows = demo_gold().train
    spoilt = replace(with_a_nonsense_future(rows), entry_time=rows.entry_time)
    with np.errstate(all="ignore"):
        after = entry_inputs(spoilt, YEAR)
    assert np.array_equal(entry_inputs(rows, YEAR), after, equal_nan=True)


def test_prices_ten_times_as_high_are_the_same_but_for_their_level() -> None:
    rows = demo_gold().train
    bars = rows.bars
    prices = [10 * price for price in (bars.open, bars.high, bars.low, bars.close)]
    dear = replace(
        rows,
        bars=Bars(bars.time, prices[0], prices[1], prices[2], prices[3], bars.volume),
        entry_price=10 * rows.entry_price,
        exit_price=10 * rows.exit_price,
    )
    one, other = entry_inputs(rows, YEAR), entry_inputs(dear, YEAR)
    changed = ~np.isclose(one, other, rtol=1e-6, atol=1e-6, equal_nan=True).all(axis=0)
    levels = ~np.isclose(other - one, np.log(10), atol=1e-6).all(axis=0)
    assert not (changed & levels).any() or (changed & levels).sum() <= 1  # closes in cents
    assert 0 < changed.sum() <= 4


def test_what_needs_the_bars_of_a_year_is_missing_where_they_are_not_known() -> None:
    rows = demo_gold().train
    unknown = entry_inputs(rows, np.full(len(rows), np.nan))
    assert np.isnan(unknown).all(axis=0).sum() == 3
