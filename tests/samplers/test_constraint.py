from dataclasses import replace

import numpy as np
import pytest

from tests.support.rows import demo_gold
from tradegen.data.rows import object_array
from tradegen.errors import InputError
from tradegen.samplers.columns import default_column, read_columns
from tradegen.samplers.constraint import DiversityConstraint, resolve_constraint


def resolve(*columns: object) -> DiversityConstraint:
    gold = demo_gold()
    return resolve_constraint(read_columns(columns), gold.train, gold.volatility)


def volatility_column(**more: object) -> dict[str, object]:
    params = {"values": [0.5, 0.7], "weights": [0.4, 0.6]}
    return {"name": "target_volatility", "sampler_type": "category", "params": params, **more}


def test_plain_buckets_need_no_further_columns() -> None:
    constraint = resolve(default_column())
    assert [bucket.where for bucket in constraint.buckets] == [()] * 9
    assert constraint.notes == ()


def test_weights_that_do_not_sum_to_one_are_divided_with_a_warning() -> None:
    params = {"values": [0.5, 0.7], "weights": [1.0, 3.0]}
    constraint = resolve(volatility_column(params=params))
    assert [bucket.weight for bucket in constraint.buckets] == [0.25, 0.75]
    assert "sum to 4" in constraint.notes[0]


def test_weights_under_a_condition_that_do_not_sum_to_one_are_told_too() -> None:
    conditions = {"side == 'short'": {"values": [0.5, 0.7], "weights": [2.0, 3.0]}}
    constraint = resolve(volatility_column(conditional_params=conditions))
    (note,) = constraint.notes
    assert note.startswith("weights of target_volatility where side == 'short' sum to 5, not 1")


def test_a_further_column_splits_each_volatility() -> None:
    side = {
        "name": "side",
        "sampler_type": "category",
        "params": {"values": ["long", "short"], "weights": [0.75, 0.25]},
    }
    constraint = resolve(volatility_column(), side)
    quotas = constraint.quotas(1000)
    found = {
        (b.value, dict(b.where)["side"]): int(q)
        for b, q in zip(constraint.buckets, quotas, strict=True)
    }
    assert found == {
        (0.5, "long"): 300,
        (0.5, "short"): 100,
        (0.7, "long"): 450,
        (0.7, "short"): 150,
    }


def test_volatility_quotas_stay_exact_whatever_further_columns_do() -> None:
    side = {"name": "side", "sampler_type": "category", "params": {"values": ["long", "short"]}}
    constraint = resolve(default_column(), side)
    quotas = constraint.quotas(997)
    by_value = {
        value: int(
            sum(q for b, q in zip(constraint.buckets, quotas, strict=True) if b.value == value)
        )
        for value in {b.value for b in constraint.buckets}
    }
    plain = resolve(default_column())
    expected = {b.value: int(q) for b, q in zip(plain.buckets, plain.quotas(997), strict=True)}
    assert by_value == expected


def test_the_last_condition_that_holds_wins_and_gold_gives_the_shares() -> None:
    column = volatility_column(
        conditional_params={
            "interval in ['1h', '1d']": {"values": [0.6]},
            "interval == '1d'": {"values": [0.9]},
        }
    )
    constraint = resolve(column)
    values = {dict(b.where)["interval"]: b.value for b in constraint.buckets}
    assert values == {"1h": 0.6, "1d": 0.9}
    share = float(np.mean(demo_gold().train.interval == "1h"))
    hourly = next(b for b in constraint.buckets if dict(b.where)["interval"] == "1h")
    assert hourly.weight == pytest.approx(share)


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        ("leverage > 1", {None: 0.5, 1: 0.5, 2: 0.9}),
        ("leverage > -1", {None: 0.5, 1: 0.9, 2: 0.9}),
        ("paper == True", {False: 0.5, True: 0.9}),
    ],
)
def test_conditions_see_numbers_and_booleans_as_gold_has_them(
    condition: str, values: dict[object, float]
) -> None:
    gold = demo_gold()
    n = len(gold.train)
    own = {
        "leverage": object_array([(None, 1, 2)[k % 3] for k in range(n)]),
        "paper": object_array([k % 2 == 0 for k in range(n)]),
    }
    rows = replace(gold.train, extras=own)
    name = condition.split()[0]
    column = volatility_column(
        params={"values": [0.5]}, conditional_params={condition: {"values": [0.9]}}
    )
    constraint = resolve_constraint(read_columns(column), rows, gold.volatility)
    assert {dict(b.where)[name]: b.value for b in constraint.buckets} == values
    for bucket, index in zip(
        constraint.buckets, constraint.eligible(rows, gold.volatility), strict=True
    ):
        asked = dict(bucket.where)[name]
        assert len(index)
        assert all(value is asked or value == asked for value in own[name][index])


def test_values_of_a_further_column_are_golds_own() -> None:
    gold = demo_gold()
    rows = replace(
        gold.train, extras={"paper": object_array([k % 2 == 0 for k in range(len(gold.train))])}
    )
    paper = {"name": "paper", "sampler_type": "category", "params": {"values": [True]}}
    constraint = resolve_constraint(
        read_columns([volatility_column(), paper]), rows, gold.volatility
    )
    assert [bucket.where for bucket in constraint.buckets] == [(("paper", True),)] * 2
    assert all(type(value) is bool for bucket in constraint.buckets for _, value in bucket.where)


def test_eligible_rows_satisfy_volatility_and_further_columns() -> None:
    gold = demo_gold()
    side = {"name": "side", "sampler_type": "category", "params": {"values": ["short"]}}
    constraint = resolve(volatility_column(), side)
    for bucket, index in zip(
        constraint.buckets, constraint.eligible(gold.train, gold.volatility), strict=True
    ):
        assert len(index)
        assert np.all(gold.train.side[index] == "short")
        assert np.all(
            (gold.volatility[index] >= bucket.low) & (gold.volatility[index] < bucket.high)
        )


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ([{**volatility_column(), "name": "volatility"}], "target_volatility"),
        ([], "none"),
        (
            [
                volatility_column(),
                {"name": "sede", "sampler_type": "category", "params": {"values": ["long"]}},
            ],
            "sede",
        ),
        (
            [
                volatility_column(),
                {"name": "side", "sampler_type": "category", "params": {"values": ["up"]}},
            ],
            "up",
        ),
        (
            [
                volatility_column(),
                {"name": "side", "sampler_type": "uniform", "params": {"low": 0, "high": 1}},
            ],
            "side",
        ),
        ([volatility_column(conditional_params={"mood == 'x'": {"values": [0.3]}})], "mood"),
    ],
)
def test_columns_that_mean_nothing_here_are_refused(columns: list[object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        resolve(*columns)


def test_gold_weights_take_in_all_of_gold() -> None:
    gold = demo_gold()
    constraint = resolve_constraint("gold", gold.train, gold.volatility)
    counts = [len(index) for index in constraint.eligible(gold.train, gold.volatility)]
    assert sum(counts) == len(gold.train)
