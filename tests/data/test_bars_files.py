from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.csv_files import write_bars_csv
from tests.support.made_rows import us
from tests.support.rows import Record, demo_row, records
from tradegen.data.bars_files import read_bars
from tradegen.data.row import BAR_FIELDS, LOOKBACK, to_microseconds
from tradegen.errors import GoldError

HEADER = "symbol,time,open,high,low,close,volume\n"
LINE = "A,2024-01-0{day}T00:00:00Z,1,2,0.5,1.5,10\n"


def csv_of(path: Path, *lines: str, header: str = HEADER) -> Path:
    path.write_text(header + "".join(lines), encoding="utf-8")
    return path


def window(record: Record) -> tuple[int, int]:
    entry, exit_ = (datetime.fromisoformat(record[name]) for name in ("entry_time", "exit_time"))
    return to_microseconds(entry), to_microseconds(exit_)


@pytest.mark.parametrize("key", ["symbol", "trade_id"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_trade_gets_the_bars_it_had(tmp_path: Path, key: str, delimiter: str) -> None:
    made = records(5)
    path = write_bars_csv(tmp_path / "bars.csv", made, key=key, delimiter=delimiter)
    table = read_bars([path], None)
    assert bool(table.by_trade) == (key == "trade_id")
    for i, record in enumerate(made):
        assert table.around(record, *window(record)) == demo_row(i).bars


def test_bars_come_from_parquet_as_from_csv_and_in_any_order(tmp_path: Path) -> None:
    record = records(1)[0]
    bars = demo_row(0).bars
    mixed = np.random.default_rng(0).permutation(len(bars))
    columns = {name: getattr(bars, name)[mixed] for name in BAR_FIELDS[1:]}
    time = pa.array(bars.time[mixed]).cast(pa.timestamp("us", tz="UTC"))
    table = pa.table({"symbol": [record["symbol"]] * len(bars), "time": time, **columns})
    pq.write_table(table, tmp_path / "bars.parquet")
    found = read_bars([tmp_path / "bars.parquet"], None).around(record, *window(record))
    assert found == bars


def test_the_window_starts_64_bars_before_the_entry_bar_and_ends_with_the_exit_bar(
    tmp_path: Path,
) -> None:
    hours = [f"2024-01-{1 + k // 24:02d}T{k % 24:02d}:00:00Z" for k in range(100)]
    path = csv_of(tmp_path / "bars.csv", *[f"A,{time},1,2,0.5,1.5,10\n" for time in hours])
    table = read_bars([path], None)
    entry, exit_ = us("2024-01-04T00:59:59"), us("2024-01-04T02:00:00")
    found = table.around({"symbol": "A", "interval": "1h"}, entry, exit_)
    assert len(found) == LOOKBACK + 3
    assert found.time[LOOKBACK] == us("2024-01-04T00:00")
    assert found.time[-1] == us("2024-01-04T02:00")
    at_the_open = table.around({"symbol": "A"}, us("2024-01-04T00:00:00"), exit_)
    assert at_the_open == found


def test_bars_of_one_symbol_at_two_intervals_are_told_apart(tmp_path: Path) -> None:
    header = HEADER.replace("symbol,", "symbol,interval,")
    lines = [
        f"A,{interval},2024-01-01T0{hour}:00:00Z,{price},{price},{price},{price},1\n"
        for interval, price in (("1h", 5), ("4h", 7))
        for hour in (0, 4)
    ]
    table = read_bars([csv_of(tmp_path / "bars.csv", *lines, header=header)], None)
    assert table.by_symbol["A", "1h"].close.tolist() == [5, 5]
    assert table.by_symbol["A", "4h"].close.tolist() == [7, 7]


def test_files_of_several_symbols_complete_each_other(tmp_path: Path) -> None:
    first = csv_of(tmp_path / "a.csv", LINE.format(day=1))
    second = csv_of(tmp_path / "b.csv", LINE.format(day=1).replace("A,", "B,"))
    assert set(read_bars([first, second], None).by_symbol) == {("A", None), ("B", None)}


def test_files_of_several_years_of_one_symbol_are_merged_and_may_overlap(tmp_path: Path) -> None:
    made = records(1)
    bars = made[0]["bars"]
    late = write_bars_csv(tmp_path / "late.csv", [{**made[0], "bars": bars[40:]}])
    early = write_bars_csv(tmp_path / "early.csv", [{**made[0], "bars": bars[:45]}])
    table = read_bars([late, early], None)
    assert table.around(made[0], *window(made[0])) == demo_row(0).bars


def test_bars_of_two_files_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    first = csv_of(tmp_path / "a.csv", *[LINE.format(day=day) for day in (1, 2)])
    third = csv_of(tmp_path / "b.csv", *[LINE.format(day=day) for day in (3, 4)])
    other = csv_of(tmp_path / "c.csv", LINE.format(day=2).replace("1.5", "1.25"))
    with pytest.raises(GoldError) as caught:
        read_bars([first, third, other], None)
    assert str(caught.value) == (
        f"{other}: close of A at 2024-01-02T00:00:00+00:00 contradicts {first} (1.5 and 1.25); "
        "drop one of the two bars"
    )


def test_one_file_may_hold_bars_by_symbol_and_another_by_trade(tmp_path: Path) -> None:
    made = records(2)
    by_symbol = write_bars_csv(tmp_path / "a.csv", made[:1])
    by_trade = write_bars_csv(tmp_path / "b.csv", made[1:], key="trade_id")
    for paths in ([by_symbol, by_trade], [by_trade, by_symbol]):
        table = read_bars(paths, None)
        for i, record in enumerate(made):
            assert table.around(record, *window(record)) == demo_row(i).bars
        other = {"trade_id": "T", "symbol": "S", "interval": "1d"}
        with pytest.raises(LookupError, match=r"^bars of T or S \(1d\) in the bars file"):
            table.around(other, *window(made[0]))


def test_naive_times_need_a_zone_and_are_then_taken_to_be_in_it(tmp_path: Path) -> None:
    path = csv_of(tmp_path / "bars.csv", "A,2024-01-15T09:30:00,1,2,0.5,1.5,10\n")
    with pytest.raises(
        GoldError, match=r"bars\.csv, row 1: time is '2024-01-15T09:30:00', .*or pass --tz"
    ):
        read_bars([path], None)
    bars = read_bars([path], ZoneInfo("America/New_York")).by_symbol["A", None]
    assert bars.time.tolist() == [us("2024-01-15T14:30")]


@pytest.mark.parametrize(
    ("time", "often"), [("2024-11-03T01:30", "twice"), ("2024-03-10T02:30", "never")]
)
def test_a_time_that_clocks_show_twice_or_never_is_not_guessed(
    tmp_path: Path, time: str, often: str
) -> None:
    path = csv_of(tmp_path / "bars.csv", LINE.format(day=1), f"A,{time},1,2,0.5,1.5,10\n")
    with pytest.raises(GoldError) as caught:
        read_bars([path], ZoneInfo("America/New_York"))
    assert f"bars.csv, row 2: time is '{time}'; expected a time with its offset" in str(
        caught.value
    )
    assert f"clocks in America/New_York show this one {often}" in str(caught.value)


def test_naive_timestamps_in_parquet_need_a_zone_too(tmp_path: Path) -> None:
    table = pa.table(
        {
            "symbol": ["A"],
            "time": pa.array([datetime(2024, 1, 15, 9, 30, tzinfo=UTC)]).cast(pa.timestamp("us")),
            **{name: [1.0] for name in BAR_FIELDS[1:]},
        }
    )
    path = tmp_path / "bars.parquet"
    pq.write_table(table, path)
    with pytest.raises(GoldError, match=r"bars\.parquet: time has times without a time zone.*--tz"):
        read_bars([path], None)
    assert read_bars([path], ZoneInfo("Asia/Tokyo")).by_symbol["A", None].time.tolist() == [
        us("2024-01-15T00:30")
    ]


def test_the_naive_time_shown_is_a_naive_one(tmp_path: Path) -> None:
    naive = LINE.format(day=2).replace("Z", "")
    path = csv_of(tmp_path / "bars.csv", LINE.format(day=1), naive)
    with pytest.raises(
        GoldError, match=r"row 2: time is '2024-01-02T00:00:00', without a time zone"
    ):
        read_bars([path], None)


def test_a_zone_for_naive_trades_leaves_bars_with_an_offset_alone(tmp_path: Path) -> None:
    path = csv_of(tmp_path / "bars.csv", LINE.format(day=1))
    bars = read_bars([path], ZoneInfo("America/New_York")).by_symbol["A", None]
    assert bars.time.tolist() == [us("2024-01-01")]


# --- what is wrong with a file of bars --------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", ["bars.csv", "Empty CSV file"]),
        ("symbol,time,open\nA,x,1\n", ["bars.csv", "missing", "high, low, close, volume"]),
        (HEADER.replace("symbol", "ticker") + LINE.format(day=1), ["missing", "symbol", "ticker"]),
        (HEADER + LINE.format(day=1) * 2, ["bars.csv", "two bars of A open at the same time"]),
        (HEADER + LINE.format(day=1) + "A,,1,2,1,1,1\n", ["bars.csv, row 2: time is missing"]),
        (HEADER + LINE.format(day=1) + "A,2024-01-02T00:00:00Z,1,,1,1,1\n", ["row 2: high is mis"]),
        (
            HEADER + "A,soon,1,2,0.5,1.5,10\n",
            ["bars.csv, row 1: time is 'soon'", "ISO 8601", "2024-01-31T14:30:00Z"],
        ),
        (
            HEADER + 'A,2024-01-01T00:00:00Z,"1,5",2,1,1,1\n',
            ["bars.csv, row 1: open is '1,5'", "point"],
        ),
        (
            HEADER + LINE.format(day=1) + LINE.format(day=2).replace("2024", "9999", 1),
            ["bars.csv, row 2: time is '9999-", "expected a time from the year 1700 on"],
        ),
        (
            HEADER.replace("volume", "volume,open") + "A,2024-01-01T00:00:00Z,1,2,1,1,1,1\n",
            ["bars.csv: two columns are called open; rename one of them"],
        ),
        (HEADER + "A,2024-01-01T00:00:00Z,1\n", ["bars.csv", "Expected 7 columns, got 3"]),
    ],
    ids=[
        "empty",
        "columns missing",
        "symbol missing",
        "same time twice",
        "no time",
        "no high",
        "no time at all",
        "decimal comma",
        "year 9999",
        "column twice",
        "line cut short",
    ],
)
def test_a_bad_bars_file_is_an_error_that_names_it(
    tmp_path: Path, text: str, pieces: list[str]
) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GoldError) as caught:
        read_bars([path], None)
    for piece in pieces:
        assert piece in str(caught.value)


def test_a_missing_bars_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match=r"none\.csv: no such file"):
        read_bars([tmp_path / "none.csv"], None)


def test_what_is_missing_around_a_trade_is_said(tmp_path: Path) -> None:
    record = records(1)[0]
    path = write_bars_csv(tmp_path / "bars.csv", [{**record, "bars": record["bars"][14:]}])
    table = read_bars([path], None)
    with pytest.raises(
        LookupError,
        match=f"64 bars of {record['symbol']} before the entry bar; the bars file has 50",
    ):
        table.around(record, *window(record))
    with pytest.raises(LookupError, match=r"^bars of NONE \(1d\) in the bars file"):
        table.around({**record, "symbol": "NONE"}, *window(record))


def parquet_bars(path: Path, **columns: pa.Array) -> Path:
    table = {"symbol": ["A"], "time": pa.array([us("2024-01-01")]).cast(pa.timestamp("us", "UTC"))}
    table |= {name: [1.0] for name in BAR_FIELDS[1:]}
    pq.write_table(pa.table({**table, **columns}), path)
    return path


@pytest.mark.parametrize(
    "columns",
    [{"open": pa.array(["x"])}, {"open": pa.array([[1.0]])}, {"time": pa.array([1.5])}],
    ids=["text price", "list price", "fractional time"],
)
def test_bars_of_the_wrong_type_are_a_gold_error(
    tmp_path: Path, columns: dict[str, pa.Array]
) -> None:
    with pytest.raises(GoldError, match=r"bars\.parquet"):
        read_bars([parquet_bars(tmp_path / "bars.parquet", **columns)], None)


def test_bare_numbers_are_no_times_in_bars_files_either(tmp_path: Path) -> None:
    milliseconds = pa.array([1_704_067_200_000])
    with pytest.raises(GoldError, match="time"):
        read_bars([parquet_bars(tmp_path / "bars.parquet", time=milliseconds)], None)


def test_a_bars_file_in_another_encoding_is_a_gold_error(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_bytes((HEADER + LINE.format(day=1).replace("A", "Ä")).encode("latin-1"))
    with pytest.raises(GoldError, match=r"bars\.csv"):
        read_bars([path], None)
