"""The figures show the numbers they are given: against what is counted in another way."""

from collections import Counter
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from tests.report.made import Report
from tests.support.rows import demo_gold
from tradegen.data.gold import Gold
from tradegen.data.ledger import Ledger
from tradegen.data.parquet import read_table
from tradegen.data.row import LOOKBACK, Bars
from tradegen.data.rows import Rows
from tradegen.data.run_folder import RunFolder
from tradegen.fidelity.features import smooth_features
from tradegen.fidelity.overlap import overlap_groups
from tradegen.fidelity.privacy import near_distance, too_close
from tradegen.fidelity.space import Space
from tradegen.report.figures.candles import candle_figure, price_range_pct
from tradegen.report.figures.distances import distance_shares
from tradegen.report.figures.equity import Book, equity_figure
from tradegen.report.figures.look import GOLD
from tradegen.report.nearest import GoldSpace, Nearest
from tradegen.report.pairs import choose_pairs
from tradegen.report.parts.distances import distances_shown
from tradegen.report.parts.equity import equity_shown
from tradegen.report.parts.part import Missing, Shown
from tradegen.report.survey import survey_rows
from tradegen.report.traits import Traits


def rows_of(run: RunFolder) -> Rows:
    return Rows.from_arrow(read_table(run.rows))


def counts(trace: dict[str, list[object]]) -> list[int]:
    return [one[-1] if isinstance(one, list) else one for one in trace["customdata"]]  # type: ignore[misc]


@pytest.mark.parametrize("name", ["result", "held", "volatility", "entry", "side", "symbol"])
def test_every_row_and_every_gold_row_is_in_one_bar(
    report: Report, evaluated_run: RunFolder, run_gold: Gold, name: str
) -> None:
    synthetic, gold = report.figures[name]["data"]
    assert (synthetic["name"], gold["name"]) == ("synthetic", "gold")
    assert sum(counts(synthetic)) == len(rows_of(evaluated_run))
    assert sum(counts(gold)) == len(run_gold.train)


def test_symbols_are_counted_as_they_are_in_the_file(
    report: Report, evaluated_run: RunFolder
) -> None:
    figure = report.figures["symbol"]
    shown = dict(zip(figure["layout"]["yaxis"]["ticktext"], counts(figure["data"][0]), strict=True))
    assert shown == Counter(read_table(evaluated_run.rows)["symbol"].to_pylist())


def test_buckets_show_what_the_ledger_holds(report: Report, evaluated_run: RunFolder) -> None:
    with closing(Ledger.read(evaluated_run.ledger)) as ledger:
        counted = ledger.counts_by_bucket()
    buckets = evaluated_run.read_manifest()["buckets"]
    got, asked = report.figures["buckets"]["data"]
    assert got["x"] == [counted.get(k, (0, 0))[1] for k in range(len(buckets))]
    assert asked["x"] == [bucket["asked"] for bucket in buckets]


def test_attempts_add_up_to_the_ledger_s(report: Report, evaluated_run: RunFolder) -> None:
    with closing(Ledger.read(evaluated_run.ledger)) as ledger:
        summary = ledger.summary()
    (bars,) = report.figures["attempts"]["data"]
    assert sum(bars["x"]) == summary["attempts"] == summary["accepted"] + summary["thrown_away"]
    assert len(bars["x"]) > 3
    assert {"/", ""} == set(bars["marker"]["pattern"]["shape"])


def test_distances_are_those_by_which_evaluate_finds_copies(
    evaluated_run: RunFolder, run_gold: Gold
) -> None:
    rows, train = rows_of(evaluated_run), run_gold.train
    ours, theirs = smooth_features(train).values, smooth_features(rows).values
    space = Space.of(ours)
    near = near_distance(space(ours), overlap_groups(train))
    found = GoldSpace.of(train, run_gold.holdout)
    nearest = found.nearest(rows)
    distance, which = cKDTree(space(ours)).query(space(theirs))
    np.testing.assert_allclose(nearest.distance, distance)
    assert nearest.gold.tolist() == which.tolist()
    assert found.near == pytest.approx(near)
    share = float((nearest.distance < found.near).mean())
    assert share == too_close(space(ours), space(theirs), near)
    copies = found.nearest(train)
    assert copies.distance.max() == pytest.approx(0)
    shown = distances_shown(found, copies.distance)
    assert "100.0 % of the rows" in shown.title


def test_shares_of_distances_are_of_all_rows() -> None:
    far = {"synthetic": np.array([0.0, 1.0, 5.0]), "gold": np.array([2.0])}
    edges, shares = distance_shares(far)
    assert edges[0] == 0
    assert edges[-1] == 5
    assert all(share.sum() == pytest.approx(100) for share in shares.values())


def test_an_equity_curve_is_the_product_of_its_days() -> None:
    days = [f"2024-01-{day:02d}" for day in range(1, 11)]
    returns = np.array([0.1, -0.2, 0.05, 0.0, 0.3, -0.1, 0.0, 0.02, -0.5, 0.1])
    figure = equity_figure({"synthetic": Book(days, returns)})
    expected, value = [], 1.0
    for change in returns.tolist():
        value *= 1 + change
        expected.append(value)
    assert figure.data[0].y == pytest.approx(expected, rel=1e-4)
    shown = equity_shown({"synthetic": Book(days, returns), "gold holdout": Book([], returns[:0])})
    assert isinstance(shown, Shown)
    worst = max(1 - expected[j] / expected[i] for i in range(10) for j in range(i, 10))
    assert shown.table.rows[0][-1] == f"{100 * worst:.1f}"
    assert len(shown.table.rows) == 1
    assert isinstance(equity_shown({}), Missing)


def test_a_long_curve_keeps_its_ends_and_is_thinned() -> None:
    days = [f"day {k}" for k in range(5000)]
    figure = equity_figure({"synthetic": Book(days, np.full(5000, 0.001))})
    assert len(figure.data[0].x) == 800
    assert figure.data[0].x[0] == "day 0"
    assert figure.data[0].x[-1] == "day 4999"
    assert figure.data[0].y[-1] == pytest.approx(1.001**5000, rel=1e-3)


def test_candles_are_the_bars_in_percent_from_entry() -> None:
    row = demo_gold().train.select([3])
    figure = candle_figure(row, GOLD, price_range_pct(row))
    candles, trade = figure.data
    for name in ("open", "high", "low", "close"):
        expected = 100 * (getattr(row.bars, name) / row.entry_price[0] - 1)
        np.testing.assert_allclose(candles[name], expected, rtol=1e-3, atol=1e-3)
    assert candles.x[LOOKBACK] == 0
    assert candles.x[-1] == trade.x[1] == len(row.bars) - 1 - LOOKBACK
    assert candles.increasing.fillcolor != candles.decreasing.fillcolor
    assert trade.y[0] == 0
    assert trade.y[1] == pytest.approx(
        100 * (row.exit_price[0] / row.entry_price[0] - 1), rel=1e-3, abs=1e-3
    )


@pytest.mark.parametrize(("side", "sign", "mark"), [("long", 1, "▲"), ("short", -1, "▼")])
def test_the_side_shows_in_form_and_words_and_the_result_has_its_sign(
    side: str, sign: int, mark: str
) -> None:
    row = replace(
        demo_gold().train.select([3]),
        side=np.array([side]),
        entry_price=np.array([100.0]),
        exit_price=np.array([102.0]),
    )
    figure = candle_figure(row, GOLD, (-5.0, 5.0))
    (words,) = [one.text for one in figure.layout.annotations]
    assert words.startswith(side)
    assert f"{mark} in" in words
    assert f"{2 * sign:+.2f} %" in words
    assert figure.data[1].marker.symbol[0] == ("triangle-up" if sign > 0 else "triangle-down")


def test_a_trade_of_very_many_bars_shares_candles_and_loses_no_extreme() -> None:
    count = LOOKBACK + 1000
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, count)))
    open_ = np.append(100.0, close[:-1])
    high, low = np.maximum(open_, close) * 1.01, np.minimum(open_, close) * 0.99
    bars = Bars(np.arange(count) * 60_000_000, open_, high, low, close, np.ones(count))
    row = replace(
        demo_gold().train.select([0]),
        bars=bars,
        offsets=np.array([0, count]),
        entry_price=np.array([100.0]),
    )
    candles = candle_figure(row, GOLD, price_range_pct(row)).data[0]
    assert len(candles.x) <= 160
    assert max(candles.high) == pytest.approx(high.max() - 100, rel=1e-3)
    assert min(candles.low) == pytest.approx(low.min() - 100, rel=1e-3, abs=1e-3)
    entry = list(candles.x).index(0)
    assert candles.open[entry] == pytest.approx(open_[LOOKBACK] - 100, rel=1e-3, abs=1e-3)
    for k in range(1, len(candles.x)):
        assert candles.open[k] == pytest.approx(candles.close[k - 1], rel=1e-3, abs=1e-3)


def test_pairs_are_the_closest_of_all_and_the_typical_of_each_band() -> None:
    rng = np.random.default_rng(1)
    distance = rng.uniform(1, 9, 501)
    volatility = rng.uniform(0.1, 2, 501)
    nearest = Nearest(distance, np.arange(501)[::-1].copy())
    pairs = choose_pairs(nearest, volatility)
    assert len(pairs) == 6
    assert pairs[0].row == distance.argmin()
    assert all(pair.gold == 500 - pair.row for pair in pairs)
    assert len({pair.row for pair in pairs}) == 6
    bands = np.array_split(np.argsort(volatility), 5)
    for pair, band in zip(pairs[1:], bands, strict=True):
        assert pair.row in band
        assert np.quantile(distance[band], 0.4) < pair.distance < np.quantile(distance[band], 0.6)
    assert choose_pairs(nearest, volatility) == pairs


@pytest.mark.parametrize("n", [0, 1, 2, 4])
def test_few_rows_give_few_pairs_and_none_twice(n: int) -> None:
    pairs = choose_pairs(Nearest(np.linspace(1, 2, n), np.zeros(n, np.int64)), np.full(n, np.nan))
    assert len(pairs) == len({pair.row for pair in pairs}) == n


def test_of_very_many_rows_whole_groups_are_looked_at(evaluated_run: RunFolder, tmp_path) -> None:  # type: ignore[no-untyped-def]
    import pyarrow.parquet as pq

    table = read_table(evaluated_run.rows)
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=4)
    known = evaluated_run.read_manifest()["gold"]["bars_per_year"]
    found = survey_rows(tmp_path / "rows.parquet", known, None, 7, most=20)
    whole = survey_rows(evaluated_run.rows, known, None, 7)
    assert found is not None
    assert whole is not None
    assert (found.total, found.counted, whole.counted) == (40, 20, 40)
    assert len(found.sample) == len(whole.sample) == 7
    np.testing.assert_array_equal(found.traits.symbol, whole.traits.symbol[found.number])
    assert found.number[-1] >= 36 - 4


def test_traits_are_in_the_trade_s_direction() -> None:
    rows = demo_gold().train
    traits = Traits.of(rows, demo_gold().market.bars_per_year(rows))
    gained = (rows.exit_price - rows.entry_price) * np.where(rows.side == "long", 1, -1)
    assert ((traits.result_pct > 0) == (gained > 0)).all()
    moment = rows.row(0).entry_time
    assert (traits.hour[0], traits.weekday[0]) == (moment.hour, moment.weekday())
    np.testing.assert_allclose(traits.volatility, demo_gold().volatility)
