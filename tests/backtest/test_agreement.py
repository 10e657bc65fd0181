"""Agreement on planted sets: the same markets agree, drift that was added is called fake alpha."""

import math
from dataclasses import asdict
from functools import cache

import numpy as np
import pytest
from scipy.stats import false_discovery_control, norm, spearmanr

from tests.backtest.planted import made_trades, martingale
from tests.support.real_gold import EQUITY, needs_real_gold
from tests.support.rows import demo_gold
from tradegen.backtest.agreement import SIGNIFICANT, Agreement, Results, agreement
from tradegen.backtest.costs import Costs
from tradegen.backtest.strategies import STRATEGIES, run_strategies
from tradegen.data.gold import GoldSource, load_gold
from tradegen.data.row import IntArray
from tradegen.data.rows import Rows
from tradegen.fidelity.overlap import halves, overlap_groups

STEPS = 20


def results(rows: Rows, groups: IntArray | None = None) -> Results:
    return Results(
        run_strategies(rows, Costs()), overlap_groups(rows) if groups is None else groups
    )


def agreed(real: Results, synthetic: Results, seed: int = 0) -> Agreement:
    return agreement(real, synthetic, np.random.default_rng(seed), resamples=200)


@cache
def market(seed: int, drift: float = 0.0, n: int = 400) -> Results:
    """Results on a market of its own, whose rows share no moment with each other."""
    return results(martingale(made_trades(n, seed=seed, step=150), seed, drift, STEPS))


def test_a_set_agrees_with_itself() -> None:
    rows = results(demo_gold().train)
    found = agreed(rows, rows)
    assert found.rank_correlation.value == pytest.approx(1.0)
    assert found.rank_correlation.low > 0.6
    assert found.rank_correlation.high == found.rank_correlation.value
    assert not found.fake_alphas
    told = [one for one in found.strategies if math.isfinite(one.p_fake)]
    assert len(told) > 12
    for one in told:
        assert (one.units.z, one.net_return.z, one.sharpe.z) == (0.0, 0.0, 0.0)
        assert one.p_fake == 0.5


@pytest.mark.parametrize("seed", range(6))
def test_halves_of_the_demo_gold_do_not_cry_wolf(seed: int) -> None:
    rows = demo_gold().train
    groups = overlap_groups(rows)
    first, second = halves(groups, np.random.default_rng(seed))
    found = agreed(
        results(rows.select(first), groups[first]), results(rows.select(second), groups[second])
    )
    assert not found.fake_alphas
    assert found.rank_correlation.value > 0.5


@needs_real_gold
def test_halves_of_real_gold_do_not_cry_wolf() -> None:
    rows = load_gold(GoldSource(files=(EQUITY,))).train
    groups = overlap_groups(rows)
    first, second = halves(groups, np.random.default_rng(0))
    found = agreed(
        results(rows.select(first), groups[first]), results(rows.select(second), groups[second])
    )
    assert not found.fake_alphas
    assert found.rank_correlation.low > 0.3


def test_alarms_are_as_rare_as_they_say_between_markets_of_one_kind() -> None:
    pairs = [agreed(market(2 * k), market(2 * k + 1)) for k in range(12)]
    assert sum(bool(found.fake_alphas) for found in pairs) <= 2
    z = [one.units.z for found in pairs for one in found.strategies if math.isfinite(one.units.z)]
    assert np.std(z) == pytest.approx(1.0, abs=0.25)


def test_drift_that_real_markets_lack_is_fake_alpha() -> None:
    found = agreed(market(0), market(1, drift=0.004))
    assert "always long" in found.fake_alphas
    alone = next(one for one in found.strategies if one.name == "always long")
    assert alone.units.z > 4
    assert alone.q_fake < SIGNIFICANT


def test_alpha_that_synthetic_markets_lack_is_not_fake() -> None:
    found = agreed(market(1, drift=0.004), market(0))
    assert "always long" not in found.fake_alphas
    assert next(one for one in found.strategies if one.name == "always long").units.z < -4


def test_more_volatile_markets_agree_in_units_of_volatility() -> None:
    """What differs in volatility on purpose is not called fake."""
    gold = demo_gold().train
    real = results(gold)
    synthetic = results(gold)
    doubled = {
        name: type(trades)(trades.positions, 2 * trades.net_return)
        for name, trades in synthetic.trades.items()
    }
    found = agreed(real, Results(doubled, synthetic.groups))
    for one in found.strategies:
        if one.real_trades > 100:
            assert one.net_return.synthetic.value == pytest.approx(2 * one.net_return.real.value)
            assert one.sharpe.z == pytest.approx(0.0, abs=1e-9)


def test_numbers_are_those_of_scipy() -> None:
    real, synthetic = market(0), market(1, drift=0.001)
    found = agreed(real, synthetic)
    told = [one for one in found.strategies if math.isfinite(one.p_fake)]
    for one in told:
        error = math.hypot(one.units.real.error, one.units.synthetic.error)
        z = (one.units.synthetic.value - one.units.real.value) / error
        assert one.p_fake == pytest.approx(1 - norm.cdf(z))
    q = false_discovery_control([one.p_fake for one in told])
    assert [one.q_fake for one in told] == pytest.approx(q.tolist())
    plain = spearmanr(
        [real.trades[one.name].net_units.mean() for one in told],
        [synthetic.trades[one.name].net_units.mean() for one in told],
    )
    assert found.rank_correlation.value == pytest.approx(plain.statistic)
    assert found.rank_correlation.low < found.rank_correlation.value


def test_strategies_with_few_trades_are_told_as_unknown_and_hide_no_others() -> None:
    found = agreed(market(0), market(1, drift=0.004))
    gap = next(one for one in found.strategies if one.name == "gap fade")
    assert gap.real_trades == gap.synthetic_trades == 0  # these markets have no gaps
    assert math.isnan(gap.p_fake)
    assert math.isnan(gap.q_fake)
    assert len(found.strategies) == len(STRATEGIES)


def test_a_handful_of_rows_tells_nothing() -> None:
    few = results(made_trades(3))
    found = agreed(few, few)
    assert not found.fake_alphas
    assert math.isnan(found.rank_correlation.value)


def test_the_same_seed_gives_the_same_result_as_plain_numbers() -> None:
    one, same = (asdict(agreed(market(0), market(1), seed=3)) for _ in range(2))
    assert str(one) == str(same)
    assert "array" not in str(one)
    assert "np." not in str(one)


def test_results_of_other_strategies_are_refused() -> None:
    rows = made_trades(3)
    some = Results(run_strategies(rows, Costs(), STRATEGIES[:2]), overlap_groups(rows))
    with pytest.raises(KeyError, match="reversal"):
        agreed(results(rows), some)
