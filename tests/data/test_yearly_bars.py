"""Bars per year as `run.json` keeps them."""

import json

import numpy as np
import pytest

from tests.support.rows import demo_gold
from tests.support.runs import manifest
from tradegen.data.run_json import check_manifest
from tradegen.data.yearly_bars import bars_per_year, yearly_bars
from tradegen.errors import DamagedError


def test_they_are_those_of_the_market_after_a_way_through_json() -> None:
    gold = demo_gold()
    known = json.loads(json.dumps(yearly_bars(gold.market, gold.train)))
    assert set(known) == set(gold.train.symbol.tolist())
    expected = gold.market.bars_per_year(gold.train)
    assert len(np.unique(expected)) > 1
    np.testing.assert_array_equal(bars_per_year(known, gold.train), expected)


def test_a_symbol_or_an_interval_that_is_not_known_has_none() -> None:
    rows = demo_gold().train.slice(0, 1)
    symbol, interval = str(rows.symbol[0]), str(rows.interval[0])
    assert np.isnan(bars_per_year({}, rows)).all()
    assert np.isnan(bars_per_year({symbol: {}}, rows)).all()
    assert bars_per_year({symbol: {interval: 7.0}}, rows).tolist() == [7.0]


@pytest.mark.parametrize("wrong", [{"A": {"1d": 0.0}}, {"A": {"1d": "x"}}, {"A": 252.0}, []])
def test_a_run_json_that_says_nonsense_of_them_is_damaged(wrong: object) -> None:
    with pytest.raises(DamagedError, match="bars_per_year"):
        check_manifest(manifest(gold={"simulated": True, "bars_per_year": wrong}))
