"""Costs of fills against plain formulas, and where a bar has no volume."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from tests.backtest.planted import DEAR, FREE, made_trades, one_trade
from tradegen.backtest.costs import Costs, fill_costs, participation
from tradegen.data.row import LOOKBACK
from tradegen.data.rows import Rows


def with_volumes(rows: Rows, entry: float, exit_: float) -> Rows:
    volume = rows.bars.volume.copy()
    volume[rows.entry_bar], volume[rows.exit_bar] = entry, exit_
    return replace(rows, bars=replace(rows.bars, volume=volume))


TWO_BARS = [(100, 110, 90, 105), (105, 120, 100, 115)]


def test_a_fill_pays_commission_half_the_spread_slippage_and_the_root_of_its_share() -> None:
    rows = with_volumes(one_trade(TWO_BARS, "long", 100.0, 110.0), 10_000.0, 2_500.0)
    rows = replace(rows, quantity=np.array([100.0]))
    paid = fill_costs(rows, DEAR)
    bps = 7 + 10 + 5
    assert paid.entry == pytest.approx(10_000 * (bps + 50 * 0.1) / 1e4 + 100 * 0.01)
    assert paid.exit == pytest.approx(11_000 * (bps + 50 * 0.2) / 1e4 + 100 * 0.01)
    assert paid.total == paid.entry + paid.exit


def test_without_costs_nothing_is_paid() -> None:
    assert not fill_costs(made_trades(5), FREE).total.any()


def test_a_bar_without_volume_costs_what_the_whole_of_a_bar_costs() -> None:
    trade = one_trade(TWO_BARS, "long", 100.0, 110.0)
    whole = fill_costs(with_volumes(trade, 1.0, 1.0), DEAR)
    for volume in (0.0, 1e-300, 0.5):  # less than the quantity of 1, or none
        paid = fill_costs(with_volumes(trade, volume, volume), DEAR)
        assert np.array_equal(paid.entry, whole.entry)
        assert np.array_equal(paid.exit, whole.exit)


def test_no_fill_is_more_than_its_bars_volume() -> None:
    share = participation(np.array([1.0, 5.0, 0.0, 0.0]), np.array([4.0, 2.0, 0.0, 3.0]))
    assert share.tolist() == [0.25, 1.0, 1.0, 0.0]


def test_the_bars_of_entry_and_exit_are_those_that_are_asked() -> None:
    rows = made_trades(20)
    expected = [
        DEAR.impact_bps * np.sqrt(min(row.quantity / row.bars.volume[LOOKBACK], 1.0)) + 22
        for row in (rows.row(i) for i in range(len(rows)))
    ]
    per_share = DEAR.commission_per_share * rows.quantity
    value = rows.quantity * rows.entry_price
    assert (fill_costs(rows, DEAR).entry - per_share) / value * 1e4 == pytest.approx(expected)


@pytest.mark.parametrize("name", list(Costs.model_fields))
@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
def test_costs_below_zero_or_without_bounds_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValidationError, match=name):
        Costs.model_validate({name: value})
