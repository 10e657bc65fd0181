from datetime import UTC, datetime

import numpy as np

from tests.support.market_gold import new_york_rows, session_times
from tests.support.rows import demo_gold
from tradegen.data.interval import DAY_US, HOUR_US
from tradegen.data.row import LOOKBACK
from tradegen.engines.embedded.windows import Clock, _spread, clocks, learn_windows


def test_a_market_that_rests_counts_places_from_its_opening_whatever_the_clocks_say() -> None:
    slots = session_times("1h", "2023-01-03", "2023-07-20")
    clock = Clock(slots, HOUR_US, 0)
    opening = np.flatnonzero(np.diff(slots, prepend=0) > HOUR_US)
    hours = {datetime.fromtimestamp(int(t) / 1e6, tz=UTC).hour for t in slots[opening]}
    assert len(hours) == 2  # clocks changed in between
    assert set(clock(slots[opening]).tolist()) == {0}
    assert clock(slots).max() < clock.n_places


def test_a_market_that_never_rests_counts_places_from_midnight() -> None:
    slots = np.arange(0, 30 * DAY_US, 4 * HOUR_US)
    place = Clock(slots, 4 * HOUR_US, 5)(slots)
    assert place[:7].tolist() == [5, 6, 7, 8, 9, 10, 5]


def test_kinds_do_not_share_places_and_days_have_one() -> None:
    days, hours = np.arange(0, 90 * DAY_US, DAY_US), np.arange(0, 90 * DAY_US, HOUR_US)
    by_day, by_hour = clocks([days, hours], [DAY_US, HOUR_US])
    assert set(by_day(days).tolist()) == {0}
    assert set(by_hour(hours).tolist()) == set(range(1, 25))


def test_parts_of_bars_add_up_to_their_range_and_prices() -> None:
    gold = demo_gold()
    rows = gold.train
    kind = np.zeros(len(rows), dtype=np.int64)
    made = learn_windows(rows, gold.market, kind, clocks([rows.bars.time], [DAY_US]))
    k = int(np.argmin(made.length))
    bars, n = rows.bars_of(int(made.row[k])), made.length[k]
    scale = np.diff(np.log(bars.close[:LOOKBACK])).std()
    width = made.upper[k, :n] + np.abs(made.body[k, :n]) + made.lower[k, :n]
    assert np.allclose(width * scale, np.log(bars.high / bars.low))
    assert np.allclose(
        np.cumsum(made.returns[k, 1:n]) * scale, np.log(bars.close / bars.close[0])[1:]
    )
    assert made.known[k].sum() == len(bars.close)


def test_windows_are_thinned_out_evenly_in_time() -> None:
    rows = new_york_rows("1d", "2018-01-03", "2023-12-20", 10)
    kind = np.zeros(len(rows), dtype=np.int64)
    whole = _spread(rows, kind)
    assert sorted(whole.tolist()) == list(range(len(rows)))
    few = _spread(rows, kind, most=10)
    by_side = [rows.entry_time[few[rows.long[few] == side]] for side in (True, False)]
    for times in by_side:
        assert len(times) <= 10
        assert np.all(np.diff(times) >= 0)
