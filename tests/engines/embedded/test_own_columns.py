from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.support.engine import SEED, brief, complaint
from tests.support.rows import demo_gold
from tradegen.data.gold import Gold
from tradegen.data.gold_files import tidy_extras
from tradegen.data.row import ExtraValue, from_microseconds
from tradegen.data.rows import Rows, object_array
from tradegen.engines.critique import Critique
from tradegen.engines.embedded.donors import Donors, learn_donors
from tradegen.engines.embedded.generator import EmbeddedGenerator
from tradegen.engines.embedded.own_columns import OwnColumns
from tradegen.engines.embedded.refiner import EmbeddedRefiner
from tradegen.engines.protocols import Brief
from tradegen.engines.rules import PATH_FIELDS

MANY = 600


def result(rows: Rows) -> np.ndarray:
    return np.where(rows.long, 1, -1) * np.log(rows.exit_price / rows.entry_price)


@cache
def gold() -> Gold:
    """Return the demo gold with columns as trade logs have them."""
    rows = demo_gold().train
    n = len(rows)
    pnl = np.round(rows.quantity * (rows.exit_price - rows.entry_price) * (2 * rows.long - 1), 2)
    entry, exit_ = (
        [from_microseconds(k).isoformat(sep=" ", timespec="seconds") for k in times.tolist()]
        for times in (rows.entry_time, rows.exit_time)
    )
    own: dict[str, list[Any]] = {
        "order_id": [f"ORD-{k:06d}-ACC{k * 7919 % 1000:03d}" for k in range(n)],
        "account": [100_000 + 37 * (k % 60) for k in range(n)],
        "account_float": [None if k % 9 == 0 else 100_000.0 + k % 60 for k in range(n)],
        "score": np.random.default_rng(0).random(n).round(3).tolist(),
        "pnl": pnl.tolist(),
        "action": np.where(rows.long, "BUY", "SELL").tolist(),
        "opened": entry,
        "closed": exit_,
        "day": [text[:10] for text in entry],
        "sector": [f"sector {name[-1]}" for name in rows.symbol.tolist()],
    }
    extras = {name: object_array(values) for name, values in own.items()}
    train, columns = tidy_extras(replace(rows, extras={**rows.extras, **extras}))
    return replace(demo_gold(), train=train, extras=columns)


@cache
def donors() -> Donors:
    return learn_donors(gold())


def own() -> OwnColumns:
    return donors().own


@cache
def made() -> Rows:
    return Rows.from_models(
        EmbeddedGenerator(donors(), SEED).write([brief(i) for i in range(MANY)])
    )


def test_columns_are_told_apart() -> None:
    assert own().times == {"opened": "entry_time", "closed": "exit_time", "day": "entry_time"}
    assert set(own().names) == {"order_id"}
    assert own().measures == {"score": 3, "pnl": 2}
    assert own().of_result == {"exit_reason", "pnl", "action"}


def test_the_reason_for_an_exit_fits_the_result_as_in_gold() -> None:
    def winners(rows: Rows) -> dict[str, float]:
        won, reason = result(rows) > 0, rows.extras["exit_reason"]
        return {name: won[reason == name].mean() for name in ("stop", "target", "time")}

    assert winners(made()) == pytest.approx(winners(gold().train), abs=0.11)  # 2 standard errors


def test_what_says_the_side_or_the_profit_agrees_with_the_trade() -> None:
    assert made().extras["action"].tolist() == np.where(made().long, "BUY", "SELL").tolist()
    pnl = made().extras["pnl"].astype(float)
    assert np.mean((pnl > 0) == (result(made()) > 0)) > 0.98  # a blend of two near 0 may round


def test_order_numbers_are_new_and_differ() -> None:
    orders = made().extras["order_id"].tolist()
    assert not set(orders) & set(gold().train.extras["order_id"].tolist())
    assert len(set(orders)) == MANY


@pytest.mark.parametrize("name", ["account", "account_float", "sector", "setup", "source"])
def test_labels_are_golds_own(name: str) -> None:
    assert set(made().extras[name].tolist()) <= set(gold().train.extras[name].tolist())


def test_what_belongs_to_a_symbol_stays_with_it() -> None:
    assert made().extras["sector"].tolist() == [f"sector {s[-1]}" for s in made().symbol.tolist()]


def test_measures_are_blended() -> None:
    scores = made().extras["score"].astype(float)
    assert np.isin(scores, gold().train.extras["score"].astype(float)).mean() < 0.7
    assert scores.min() >= 0
    assert scores.max() <= 1


def test_times_are_those_of_the_new_trade() -> None:
    for i in range(MANY):
        row = made().row(i)
        assert row.extras["opened"] == row.entry_time.isoformat(sep=" ", timespec="seconds")
        assert row.extras["closed"] == row.exit_time.isoformat(sep=" ", timespec="seconds")
        assert row.extras["day"] == str(row.entry_time.date())


def test_own_columns_follow_from_the_row_alone() -> None:
    (alone,) = EmbeddedGenerator(donors(), SEED).write([brief(17)])
    assert alone.extras == made().row(17).extras


def with_where(task: Brief, where: tuple[tuple[str, ExtraValue], ...]) -> Brief:
    return replace(task, constraint=replace(task.constraint, where=where))


def test_columns_that_a_constraint_names_are_the_primary_seeds() -> None:
    """The seeds of such a row all have what is asked for."""
    index = {name: k for k, name in enumerate(gold().train.trade_id.tolist())}
    for i in range(40):
        seeds = brief(i).seeds
        reasons = [gold().train.extras["exit_reason"][index[seed.trade_id]] for seed in seeds]
        if len(set(reasons)) > 1:
            continue
        asked = with_where(brief(i), (("exit_reason", reasons[0]),))
        (row,) = EmbeddedGenerator(donors(), SEED).write([asked])
        assert row.extras["exit_reason"] == reasons[0]


# --- refinement -------------------------------------------------------------------------------


def refined(critique: Critique, where: tuple[tuple[str, ExtraValue], ...] = ()) -> Rows:
    items = [(made().row(i), critique, with_where(brief(i), where), 1) for i in range(MANY)]
    return Rows.from_models(EmbeddedRefiner(donors(), SEED).edit(items))


def following() -> tuple[str, ...]:
    return tuple(f"extras.{name}" for name in own().following)


def test_a_new_path_or_side_takes_its_own_columns_along() -> None:
    after = refined(complaint(*PATH_FIELDS, "side", "exit_time", *following()))
    assert np.mean((result(after) > 0) != (result(made()) > 0)) > 0.3, "there is much to follow"
    reason = after.extras["exit_reason"]
    assert not np.any(result(after)[reason == "stop"] > 0)
    assert not np.any(result(after)[reason == "target"] < 0)
    assert after.extras["action"].tolist() == np.where(after.long, "BUY", "SELL").tolist()
    for i in range(MANY):
        row = after.row(i)
        assert row.extras["closed"] == row.exit_time.isoformat(sep=" ", timespec="seconds")


def test_own_columns_stay_where_the_trade_does() -> None:
    after = refined(complaint("quantity", *following()))
    for name, values in after.extras.items():
        assert values.tolist() == made().extras[name].tolist()


def test_neither_side_nor_own_columns_leave_their_quota() -> None:
    where = (("side", "as it is"), ("exit_reason", "as it is"))
    after = refined(complaint(*PATH_FIELDS, "side", *following()), where)
    assert after.side.tolist() == made().side.tolist()
    assert after.extras["exit_reason"].tolist() == made().extras["exit_reason"].tolist()
    assert after.extras["pnl"].tolist() != made().extras["pnl"].tolist()
