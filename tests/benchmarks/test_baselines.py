"""The plain methods do what their names say, or the table of the benchmark compares nothing."""

import numpy as np
import pytest

from benchmarks.baselines import block_bootstrap, garch_t, jitter
from benchmarks.compared import MADE
from tests.support.rows import demo_gold
from tradegen.data.invariants import find_violations
from tradegen.data.volatility import lookback_volatility
from tradegen.fidelity.privacy import copied_runs

N = 200


@pytest.mark.parametrize("method", list(MADE))
def test_a_seed_gives_the_same_rows_with_gold_s_volatilities(method: str) -> None:
    gold = demo_gold()
    rows, again = (MADE[method](gold, N, np.random.default_rng(3)) for _ in range(2))
    assert rows.bars == again.bars
    assert len(set(rows.trade_id.tolist())) == len(rows) == N
    volatility = lookback_volatility(rows, gold.market.bars_per_year(rows))
    np.testing.assert_allclose(
        np.quantile(volatility, [0.1, 0.5, 0.9]),
        np.quantile(gold.volatility, [0.1, 0.5, 0.9]),
        rtol=0.25,
    )


def test_blocks_and_models_keep_the_contract_and_jitter_does_not() -> None:
    gold = demo_gold()
    for method in (block_bootstrap, garch_t):
        rows = method(gold, N, np.random.default_rng(0))
        assert find_violations(rows, gold.market) == []
    assert find_violations(jitter(gold, N, np.random.default_rng(0)), gold.market)


def test_jitter_and_blocks_copy_runs_and_models_do_not() -> None:
    gold = demo_gold()
    shares = [
        copied_runs(gold.train, method(gold, N, np.random.default_rng(0)))[0]
        for method in (jitter, block_bootstrap, garch_t)
    ]
    assert shares[0] > 0.8
    assert 0.1 < shares[1] < 0.8
    assert shares[2] < 0.01
