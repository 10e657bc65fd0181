"""`features.parquet`: complete, keyed, marked, the same for the same rows."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.rows import demo_gold
from tradegen.data.row import FloatArray
from tradegen.data.rows import Rows
from tradegen.errors import StorageError
from tradegen.indicators.catalogue import DEFAULT_SET
from tradegen.indicators.compute import at_entry
from tradegen.indicators.features import asked_in, check_features, write_features

COLUMNS = [column for indicator in DEFAULT_SET for column in indicator.columns]


def batches(size: int, n: int = 50) -> Iterator[tuple[Rows, FloatArray]]:
    gold = demo_gold()
    for start in range(0, n, size):
        rows = gold.train.slice(start, min(start + size, n))
        yield rows, gold.market.bars_per_year(rows)


def test_every_row_has_its_indicators_under_its_trade_id(tmp_path: Path) -> None:
    path = tmp_path / "features.parquet"
    written = write_features(path, batches(20), ["hma"], synthetic=True)
    table = pq.read_table(path)
    assert table.column_names == ["trade_id", *COLUMNS, "hma_10"]
    ((rows, bars_per_year),) = batches(50)
    assert table["trade_id"].to_pylist() == rows.trade_id.tolist()
    for column, values in at_entry(rows, bars_per_year).items():
        np.testing.assert_array_equal(table[column].to_numpy(), values)
    assert written.rows == 50
    assert written.nulls == dict.fromkeys(table.column_names[1:], 0)
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_not_there_is_null_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "features.parquet"
    rows = demo_gold().train.slice(0, 3)
    unknown = [(rows, np.array([np.nan, 252.0, 252.0]))]
    written = write_features(path, unknown, ["sma(length=65)"], synthetic=False)
    table = pq.read_table(path)
    assert table["volatility_close_64"].null_count == written.nulls["volatility_close_64"] == 1
    assert table["sma_65"].null_count == written.nulls["sma_65"] == 3
    for column in table.columns[1:]:
        assert np.isfinite(column.drop_null().to_numpy()).all()


def test_a_file_says_what_has_computed_it_and_in_which_units(tmp_path: Path) -> None:
    import talib

    path = tmp_path / "features.parquet"
    write_features(path, batches(50), ["hma( )"], synthetic=True)
    schema = pq.read_schema(path)
    assert schema.field("rsi_14").metadata == {
        b"unit": b"0 to 100",
        b"computed_by": f"TA-Lib {talib.__version__}".encode(),
    }
    assert schema.field("vwap_64").metadata[b"computed_by"].startswith(b"tradegen ")
    assert schema.field("hma_10").metadata[b"asked"] == b"hma"
    assert schema.field("hma_10").metadata[b"computed_by"].startswith(b"pandas-ta-classic ")
    assert json.loads(schema.metadata[b"tradegen"])["synthetic"] is True
    assert asked_in(path) == ("hma",)


def test_only_synthetic_rows_are_called_synthetic(tmp_path: Path) -> None:
    path = tmp_path / "features.parquet"
    write_features(path, batches(50), synthetic=False)
    schema = pq.read_schema(path)
    assert b"tradegen" not in schema.metadata
    assert "pandas-ta" not in schema.metadata[b"indicators"].decode()
    assert asked_in(path) == ()


def test_equal_rows_give_equal_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "a.parquet", tmp_path / "b.parquet"
    for path in (first, second):
        write_features(path, batches(20), ["hma"], synthetic=True)
    assert first.read_bytes() == second.read_bytes()


def test_no_rows_are_a_file_with_all_columns(tmp_path: Path) -> None:
    path = tmp_path / "features.parquet"
    assert write_features(path, [], synthetic=True).rows == 0
    assert pq.read_table(path).column_names == ["trade_id", *COLUMNS]


def test_an_error_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "features.parquet"
    path.write_bytes(b"old")

    def failing() -> Iterator[tuple[Rows, FloatArray]]:
        yield from batches(20, 20)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_features(path, failing(), synthetic=True)
    with pytest.raises(ValueError, match="there is no kx"):
        write_features(path, batches(20), ["kx"], synthetic=True)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_batches_are_taken_one_after_the_other(tmp_path: Path) -> None:
    """A large run is not gathered first: a batch is written before the next one is read."""
    sizes = []

    def watched() -> Iterator[tuple[Rows, FloatArray]]:
        for batch in batches(10):
            sizes.append((tmp_path / ".features.parquet.part").stat().st_size)
            yield batch

    write_features(tmp_path / "features.parquet", watched(), synthetic=True)
    assert len(sizes) == 5
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (pa.table({"a": [1]}), "no column trade_id"),
        (pa.table({"trade_id": ["x", "y"]}), "2 rows, expected 1"),
        (pa.table({"trade_id": [1]}), "no column trade_id of type string"),
    ],
)
def test_another_file_in_its_place_is_told(tmp_path: Path, table: pa.Table, says: str) -> None:
    path = tmp_path / "features.parquet"
    pq.write_table(table, path)
    with pytest.raises(StorageError, match=says):
        check_features(path, 1)
