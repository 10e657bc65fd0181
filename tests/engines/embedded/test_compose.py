"""Times of new rows: on the market's slots, inside the span of gold train, for any market."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

import tradegen
from tests.support.engine import SEED, briefs_of, complaint
from tests.support.made_rows import rows_at, us
from tests.support.market_gold import loaded, new_york_rows, session_times, trades_on, written_to
from tradegen.data.gold import Gold
from tradegen.data.interval import DAY_US, HOUR_US, INTERVAL_US
from tradegen.data.invariants import find_violations
from tradegen.data.row import LOOKBACK, IntArray
from tradegen.data.rows import Rows
from tradegen.engines.embedded.compose import bar_times
from tradegen.engines.embedded.donors import Donors, learn_donors
from tradegen.engines.embedded.generator import EmbeddedGenerator
from tradegen.engines.embedded.refiner import EmbeddedRefiner

NEW_EXIT = ("bars", "exit_time", "exit_price")
SPANS = {
    "15m": ("2023-01-03", "2023-04-20", 20),
    "30m": ("2023-01-03", "2023-07-20", 20),
    "1h": ("2023-01-03", "2023-12-20", 12),
    "1d": ("2018-01-03", "2023-12-20", 10),
}


def new_york(interval: str) -> Rows:
    return new_york_rows(interval, *SPANS[interval])


def hours_and_days() -> Rows:
    """Hourly trades held for 300 bars, and short daily ones over nine months; no market rests."""
    hours = np.arange(us("2022-01-01"), us("2023-06-01"), HOUR_US)
    days = np.arange(us("2023-01-01"), us("2023-10-01"), DAY_US)
    return Rows.concatenate(
        [
            rows_at(trades_on(hours, [300], 100), "1h", "HOURS"),
            rows_at(trades_on(days, [5], 3), "1d", "DAYS"),
        ]
    )


def assert_on_consecutive_slots_of_train(rows: Rows, gold: Gold) -> None:
    assert find_violations(rows, gold.market) == []
    assert rows.bars.time.min() >= gold.train.bars.time.min()
    assert gold.begins is not None
    assert rows.bars.time.max() < gold.begins
    for i in range(len(rows)):
        time, symbol = rows.bars_of(i).time, str(rows.symbol[i])
        length = INTERVAL_US[str(rows.interval[i])]
        slots = gold.market.calendar_of(symbol).slots(length, int(time[0]), int(time[-1]) + 1)
        assert time.tolist() == slots.tolist()


@pytest.mark.parametrize("interval", SPANS)
def test_rows_of_a_market_with_sessions_are_written_and_refined_on_its_slots(
    tmp_path: Path, interval: str
) -> None:
    gold = loaded(tmp_path / "gold.parquet", new_york(interval))
    donors, briefs = learn_donors(gold), briefs_of(gold, 60, widen=True)
    made = EmbeddedGenerator(donors, SEED).write(briefs)
    assert_on_consecutive_slots_of_train(Rows.from_models(made), gold)
    items = [(row, complaint(*NEW_EXIT), brief, 1) for row, brief in zip(made, briefs, strict=True)]
    edited = EmbeddedRefiner(donors, SEED).edit(items)
    assert_on_consecutive_slots_of_train(Rows.from_models(edited), gold)
    alone = [EmbeddedRefiner(donors, SEED).edit([item])[0] for item in items[:5]]
    assert alone == edited[:5]


@pytest.mark.parametrize("interval", ["15m", "1h"])
def test_a_run_over_intraday_trades_of_new_york_makes_its_rows(
    tmp_path: Path, interval: str
) -> None:
    gold = written_to(tmp_path / "gold.parquet", new_york(interval))
    settings = {
        "run": {"folder": tmp_path / "runs", "workers": 1},
        "judge": {"false_rejections": 0.4},
    }
    assert tradegen.run(40, gold, diversity="gold", settings=settings).accepted == 40


def test_kinds_of_trades_keep_their_own_longest_holding(tmp_path: Path) -> None:
    """A year of hours held for 300 bars asks no 365 days of the daily trades."""
    gold = loaded(tmp_path / "gold.parquet", hours_and_days())
    donors, briefs = learn_donors(gold), briefs_of(gold, 60, widen=True)
    made = EmbeddedGenerator(donors, SEED).write(briefs)
    items = [(row, complaint(*NEW_EXIT), brief, 1) for row, brief in zip(made, briefs, strict=True)]
    for models in (made, EmbeddedRefiner(donors, SEED).edit(items)):
        rows = Rows.from_models(models)
        assert_on_consecutive_slots_of_train(rows, gold)
        daily = rows.interval == "1d"
        assert daily.any()
        assert not daily.all()
        assert (rows.n_bars[daily] <= LOOKBACK + 1 + 5).all()


def entry_times(donors: Donors, primary: int) -> IntArray:
    draw = np.linspace(0.0, 0.999, 200)
    return bar_times(donors, np.full(len(draw), primary), draw)[:, LOOKBACK]


def test_entries_reach_both_ends_of_the_span_of_their_kind(tmp_path: Path) -> None:
    gold = loaded(tmp_path / "gold.parquet", hours_and_days())
    donors = learn_donors(gold)
    slots = donors.slots[donors.kind[np.flatnonzero(gold.train.interval == "1d")[0]]]
    entries = entry_times(donors, int(np.flatnonzero(gold.train.interval == "1d")[0]))
    assert entries.min() - slots[LOOKBACK] < 7 * DAY_US
    assert slots[-1] - entries.max() < (5 + 7) * DAY_US


def test_entries_stay_on_their_weekday_across_clock_changes(tmp_path: Path) -> None:
    """Days stamped at New York's midnight open at 04:00 UTC in summer and 05:00 in winter."""
    days = session_times("1d", "2018-01-03", "2023-12-20")
    zone = ZoneInfo("America/New_York")
    naive = [datetime.fromtimestamp(day // 1_000_000, UTC).replace(tzinfo=zone) for day in days]
    stamps = np.array([int(moment.timestamp()) * 1_000_000 for moment in naive])
    gold = loaded(tmp_path / "gold.parquet", rows_at(trades_on(stamps, [5], 10), "1d", "ACME"))
    donors = learn_donors(gold)
    fridays = [
        k
        for k, entry in enumerate(gold.train.bars.time[gold.train.entry_bar].tolist())
        if datetime.fromtimestamp(entry // 1_000_000, zone).weekday() == 4
    ]
    entries = np.concatenate([entry_times(donors, k) for k in fridays])
    weekdays = [datetime.fromtimestamp(e // 1_000_000, zone).weekday() for e in entries.tolist()]
    assert np.mean(np.array(weekdays) == 4) > 0.95, "but for holidays"
