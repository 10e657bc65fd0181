"""Whatever happens in the holdout, all that generation may see stays as it is."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.support.compare import assert_same_rows
from tests.support.csv_files import write_csv
from tests.support.rows import Record, demo_gold, demo_rows, records, write_jsonl
from tradegen.data.gold import Gold, GoldSource, load_gold, without_holdout
from tradegen.data.gold_files import tidy_extras
from tradegen.data.row import PRICE_FIELDS, ExtraColumn, Row
from tradegen.data.rows import Rows

Change = Callable[[Row], Row]


def with_prices(row: Row, factor: float) -> Row:
    """Scale all prices of a row; a whole factor keeps them on their tick."""
    bars = {name: np.round(getattr(row.bars, name) * factor, 2) for name in PRICE_FIELDS}
    return row.model_copy(
        update={
            "bars": replace(row.bars, **bars),
            "entry_price": round(row.entry_price * factor, 2),
            "exit_price": round(row.exit_price * factor, 2),
        }
    )


def wilder(row: Row) -> Row:
    """Square the prices' moves away from the first close: another volatility, off every tick."""
    base = float(row.bars.close[0])
    bars = {name: getattr(row.bars, name) ** 2 / base for name in PRICE_FIELDS}
    return row.model_copy(
        update={
            "bars": replace(row.bars, **bars),
            "entry_price": row.entry_price**2 / base,
            "exit_price": row.exit_price**2 / base,
        }
    )


def other_size(row: Row) -> Row:
    volume = row.bars.volume + 0.5
    return row.model_copy(
        update={"quantity": row.quantity / 3, "bars": replace(row.bars, volume=volume)}
    )


def other_side(row: Row) -> Row:
    return row.model_copy(update={"side": "short" if row.side == "long" else "long"})


def other_extras(row: Row) -> Row:
    return row.model_copy(update={"extras": {**row.extras, "setup": f"note on {row.trade_id}"}})


def other_symbol(row: Row) -> Row:
    return row.model_copy(update={"symbol": "LATE"})


CHANGES: dict[str, Change] = {
    "prices tripled": lambda row: with_prices(row, 3),
    "prices wilder and off the tick": wilder,
    "quantities and volumes off their grids": other_size,
    "sides turned": other_side,
    "a text of its own for every trade": other_extras,
    "a symbol never seen before": other_symbol,
}


def gold_with_changed_holdout(folder: Path, change: Change) -> Gold:
    """Return the demo gold read from a file whose holdout rows were changed."""
    late = set(demo_gold().holdout.trade_id.tolist())
    models = [demo_rows().row(i) for i in range(len(demo_rows()))]
    rows = Rows.from_models([change(row) if row.trade_id in late else row for row in models])
    pq.write_table(rows.to_arrow(tidy_extras(rows)[1]), folder / "changed.parquet")
    return load_gold(GoldSource((folder / "changed.parquet",)))


def assert_generation_sees_the_same(found: Gold, expected: Gold) -> None:
    assert_same_rows(found.train, expected.train)
    assert found.market.instruments == expected.market.instruments
    assert found.market.calendars == expected.market.calendars
    assert found.extras == expected.extras
    assert found.volatility.tobytes() == expected.volatility.tobytes()
    assert (found.begins, found.purged) == (expected.begins, expected.purged)
    assert len(found.holdout) == len(expected.holdout) == 0


@pytest.mark.parametrize("what", CHANGES)
def test_nothing_that_generation_sees_moves_with_the_holdout(tmp_path: Path, what: str) -> None:
    gold = gold_with_changed_holdout(tmp_path, CHANGES[what])
    assert gold.fingerprint != demo_gold().fingerprint
    assert len(gold.holdout) == len(demo_gold().holdout)
    assert_generation_sees_the_same(without_holdout(gold), without_holdout(demo_gold()))


def test_a_change_of_a_train_row_is_seen() -> None:
    """What the tests above compare does move when it may."""
    gold = demo_gold()
    close = gold.train.bars.close.copy()
    close[0] *= 2
    changed = replace(gold.train, bars=replace(gold.train.bars, close=close))
    with pytest.raises(AssertionError):
        assert_generation_sees_the_same(
            without_holdout(replace(gold, train=changed)), without_holdout(gold)
        )


def own_column(early: object, late: object) -> list[Record]:
    """Return 30 records, the latest 4 of which have another value in a column of the user's own."""
    made = sorted(records(30), key=lambda record: str(record["entry_time"]))
    values = [early] * 26 + [late] * 4
    return [
        record if value is None else {**record, "own": value}
        for record, value in zip(made, values, strict=True)
    ]


def test_the_kind_of_a_column_is_told_from_train_rows(tmp_path: Path) -> None:
    plain = load_gold(GoldSource((write_jsonl(tmp_path / "a.jsonl", own_column(1, 2)),)))
    other = load_gold(GoldSource((write_jsonl(tmp_path / "b.jsonl", own_column(1, "n/a")),)))
    assert "n/a" in other.holdout.extras["own"]
    assert ExtraColumn("own", "integer") in other.extras
    assert_generation_sees_the_same(without_holdout(other), without_holdout(plain))


def test_the_type_of_a_csv_column_is_told_from_train_rows(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "x.csv", own_column(1, 2))
    plain = load_gold(GoldSource((path,)))
    other = load_gold(GoldSource((write_csv(path, own_column(1, "n/a")),)))
    assert_generation_sees_the_same(without_holdout(other), without_holdout(plain))


def test_a_column_that_only_holdout_rows_have_is_not_seen(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "x.jsonl", own_column(None, None))
    plain = load_gold(GoldSource((path,)))
    other = load_gold(GoldSource((write_jsonl(path, own_column(None, "late")),)))
    assert other.extras == plain.extras
