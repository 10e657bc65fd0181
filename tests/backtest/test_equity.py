"""Daily returns of the book against the engine bt, and by hand."""

from dataclasses import replace

import numpy as np
import pytest

from tests.backtest.in_bt import equity_in_bt
from tests.backtest.planted import DEAR, FREE, made_trades, one_trade
from tests.support.made_rows import us
from tests.support.market_gold import new_york_rows
from tests.support.rows import demo_gold
from tradegen.backtest.equity import Equity, daily_equity, days_open, days_per_year, market_days
from tradegen.backtest.replay import replay
from tradegen.data.interval import DAY_US, HOUR_US
from tradegen.data.row import LOOKBACK
from tradegen.data.rows import Rows


def equity(rows: Rows) -> Equity:
    return daily_equity(replay(rows, FREE), market_days(rows))


@pytest.mark.parametrize("step", [3, 100])
def test_the_book_is_worth_day_by_day_what_it_is_worth_in_bt(step: int) -> None:
    rows = made_trades(20, seed=1, step=step)
    rows = replace(
        rows,
        entry_price=rows.bars.close[rows.entry_bar],
        exit_price=rows.bars.close[rows.exit_bar],
    )
    ours = equity(rows)
    theirs = equity_in_bt(rows).pct_change().to_numpy()[1:]
    assert (ours.n_open == 0).any() == (step == 100)
    assert ours.returns == pytest.approx(theirs, abs=1e-9)


def test_a_day_earns_the_mean_of_what_is_open_after_costs() -> None:
    first = one_trade([(100, 110, 90, 104), (104, 112, 99, 108)], "long", 100.0, 110.0)
    second = one_trade([(50, 60, 40, 45)], "short", 50.0, 40.0)
    rows = Rows.concatenate([first, second])
    replayed = replay(rows, DEAR)
    found = daily_equity(replayed, market_days(rows))
    entry = found.day[0] * DAY_US
    assert entry == rows.bars.time[LOOKBACK]
    assert found.n_open.tolist() == [2, 1]
    alone = replay(first, DEAR).path_pnl / 100.0
    assert found.returns == pytest.approx(
        [(alone[0] + replay(second, DEAR).net_return[0]) / 2, alone[1]]
    )


def test_sizes_in_the_log_do_not_matter() -> None:
    rows = made_trades(20, step=5)
    other = replace(rows, quantity=np.geomspace(1, 1e6, 20))
    assert equity(rows).returns == pytest.approx(equity(other).returns, abs=1e-12)


def test_copies_of_the_same_trades_earn_the_same() -> None:
    rows = made_trades(20, step=5)
    found, doubled = equity(rows), equity(Rows.concatenate([rows, rows]))
    assert found.returns == pytest.approx(doubled.returns, abs=1e-12)
    assert np.array_equal(doubled.n_open, 2 * found.n_open)


@pytest.mark.parametrize("interval", ["1h", "4h", "1d"])
def test_a_trade_alone_earns_its_net_return_over_its_days(interval: str) -> None:
    for i in range(8):
        rows = made_trades(8, interval).slice(i, i + 1)
        replayed = replay(rows, DEAR)
        found = daily_equity(replayed, market_days(rows))
        assert found.returns.sum() == pytest.approx(replayed.net_return[0])
        assert days_open(replayed)[0] == len(found) == (found.n_open == 1).sum()


def test_bars_belong_to_the_utc_day_in_which_they_open() -> None:
    bars = [(100, 101, 99, 101), (101, 103, 100, 102), (102, 105, 101, 104)]
    rows = one_trade(bars, "long", 100.0, 104.0, "1h")
    time = us("2021-03-01T22:00:00") + HOUR_US * (np.arange(LOOKBACK + 3) - LOOKBACK)
    rows = replace(rows, bars=replace(rows.bars, time=time))
    found = equity(rows)
    assert found.returns == pytest.approx([0.02, 0.02])
    assert (found.day * DAY_US).tolist() == [us("2021-03-01"), us("2021-03-02")]


def test_days_without_a_session_are_no_days_and_days_without_a_trade_are_cash() -> None:
    rows = new_york_rows("1d", "2021-01-04", "2022-12-30", step=60)
    found = equity(rows)
    weekday = (found.day + 3) % 7
    assert weekday.max() == 4
    assert (found.n_open == 0).any()
    assert not found.returns[found.n_open == 0].any()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (new_york_rows("1d", "2021-01-04", "2022-12-30", step=20), 252),
        (new_york_rows("1h", "2021-01-04", "2021-12-30", step=20), 252),
        (made_trades(20, "4h"), 365),
        (demo_gold().train, 365),
    ],
)
def test_days_per_year_are_the_markets(rows: Rows, expected: int) -> None:
    assert days_per_year(rows) == pytest.approx(expected, rel=0.02)


def test_a_trade_on_a_day_that_the_market_does_not_have_is_refused() -> None:
    rows = made_trades(3)
    days = market_days(rows)
    with pytest.raises(ValueError, match="not among the market's days"):
        daily_equity(replay(rows, FREE), days[days != days[-1]])


def test_no_trades_have_no_days() -> None:
    nothing = made_trades(2).select([])
    assert len(equity(nothing)) == 0
    assert np.isnan(days_per_year(nothing))
