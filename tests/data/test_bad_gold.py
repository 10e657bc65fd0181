"""The table of bad inputs: what is wrong, and the error a user gets for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.csv_files import (
    without_bars,
    write_bars_csv,
    write_csv,
    write_wide_csv,
)
from tests.support.rows import Record, demo_row, demo_rows, records, write_jsonl, write_parquet
from tradegen.data.gold import GoldSource, load_gold
from tradegen.data.row import LOOKBACK
from tradegen.errors import GoldError, InputError

Spoil = Callable[[Record], None]
NAN, INF = float("nan"), float("inf")

# --- how a record is spoilt -------------------------------------------------------------------


def sets(**values: object) -> Spoil:
    """Return a change that sets fields of a record."""
    return lambda record: record.update(values)


def bar(number: int, **values: object) -> Spoil:
    """Return a change that sets fields of one bar."""
    return lambda record: record["bars"][number].update(values)


def moved(field: str, **by: float) -> Spoil:
    """Return a change that moves a time."""

    def apply(record: Record) -> None:
        record[field] = (datetime.fromisoformat(record[field]) + timedelta(**by)).isoformat()

    return apply


def out_before_in_within_one_bar(record: Record) -> None:
    record["bars"] = record["bars"][: LOOKBACK + 1]
    record["exit_price"] = record["entry_price"]
    record["exit_time"] = record["entry_time"]
    moved("exit_time", seconds=-1)(record)


def swapped(record: Record) -> None:
    bars = record["bars"]
    bars[3], bars[4] = bars[4], bars[3]


def last_bars(count: int) -> Spoil:
    return lambda record: record.update(bars=record["bars"][-count:])


# --- bad rows ---------------------------------------------------------------------------------

JSONL, PARQUET, CSV = "jsonl", "parquet", "csv"
WRITERS: Mapping[str, Callable[[Path, Sequence[Record]], Path]] = {
    JSONL: write_jsonl,
    PARQUET: write_parquet,
    CSV: write_wide_csv,
}
ALL, TEXT = (JSONL, PARQUET, CSV), (JSONL, CSV)


@dataclass(frozen=True)
class BadRow:
    what: str
    spoil: Spoil
    field: str
    value: str
    expected: str
    formats: tuple[str, ...] = ALL


BAD_ROWS = (
    BadRow("NaN price", sets(entry_price=NAN), "entry_price", "nan", "a finite number"),
    BadRow("NaN in a bar", bar(3, close=NAN), "bars[3].close", "nan", "a finite number"),
    BadRow("infinite quantity", sets(quantity=INF), "quantity", "inf", "a finite number"),
    BadRow("infinite own number", sets(score=-INF), "score", "-inf", "a finite number", (JSONL,)),
    BadRow("high below low", bar(3, high=0.5), "bars[3].high", "0.5", "at least max(open, close)"),
    BadRow("low above open", bar(3, low=1e4), "bars[3].low", "10000", "at most min(open, close)"),
    BadRow("price of zero", bar(9, low=0.0), "bars[9].low", "0", "a price above 0"),
    BadRow("negative volume", bar(0, volume=-1.0), "bars[0].volume", "-1", "0 or more"),
    BadRow(
        "exit before entry",
        out_before_in_within_one_bar,
        "exit_time",
        "2017-03-15T06:43:30.519380+00:00",
        "not before entry_time 2017-03-15T06:43:31.519380+00:00",
    ),
    BadRow(
        "exit after its bar",
        moved("exit_time", days=1),
        "exit_time",
        "2017-03-29T",
        "a time inside the last bar (2017-03-28T00:00:00+00:00 to 2017-03-29T00:00:00+00:00)",
    ),
    BadRow(
        "entry price outside its bar",
        sets(entry_price=1e6),
        "entry_price",
        "1000000",
        "a price inside bars[64] (50.37 to 50.94)",
    ),
    BadRow(
        "exit price outside its bar", sets(exit_price=1.0), "exit_price", "1", "inside the last bar"
    ),
    BadRow(
        "unsorted bars",
        swapped,
        "bars[4].time",
        "2017-01-13T00:00:00+00:00",
        "later than the bar before it (2017-01-14T00:00:00+00:00)",
    ),
    BadRow(
        "bar off the grid of its interval",
        bar(3, time="2017-01-13T00:30:00Z"),
        "bars[3].time",
        "2017-01-13T00:30:00+00:00",
        "an opening time of 1d bars in calendar 24/7",
    ),
    BadRow("too few lookback bars", last_bars(40), "bars", "40 bars", "at least 64 bars before"),
    BadRow("no bars", sets(bars=[]), "bars", "0 bars", "at least 64 bars before", (JSONL, PARQUET)),
    BadRow("unknown interval", sets(interval="7m"), "interval", "'7m'", "one of 1m, 3m, 5m, 15m"),
    BadRow("unknown side", sets(side="buy"), "side", "'buy'", "'long' or 'short'"),
    BadRow("negative quantity", sets(quantity=-3.0), "quantity", "-3", "above 0 (side tells"),
    BadRow("no quantity traded", sets(quantity=0.0), "quantity", "0", "above 0"),
    BadRow("null symbol", sets(symbol=None), "symbol", "missing", "a value", (PARQUET,)),
    BadRow("null symbol", sets(symbol=None), "symbol", "missing", "text", (JSONL,)),
    BadRow("empty id", sets(trade_id=""), "trade_id", "''", "at least 1 char", (JSONL, PARQUET)),
    BadRow("empty symbol", sets(symbol=""), "symbol", "''", "at least 1 char", (JSONL, PARQUET)),
    BadRow("endless id", sets(trade_id="x" * 201), "trade_id", "'xxx", "at most 200 characters"),
    BadRow("endless symbol", sets(symbol="x" * 201), "symbol", "'xxx", "at most 200 characters"),
    BadRow("empty cell", sets(symbol=""), "symbol", "missing", "text", (CSV,)),
    BadRow("empty number", sets(quantity=""), "quantity", "missing", "a number", (CSV,)),
    BadRow("null in a bar", bar(5, low=None), "bars[5].low", "missing", "a value", (PARQUET,)),
    BadRow("null in a bar", bar(5, low=None), "bars[5].low", "None", "a valid number", (JSONL,)),
    BadRow("field left out", lambda r: r.pop("quantity"), "quantity", "missing", "num", (JSONL,)),
    BadRow("wrong type", sets(entry_price="abc"), "entry_price", "'abc'", "a valid number", TEXT),
    BadRow(
        "decimal comma",
        sets(entry_price="47,11"),
        "entry_price",
        "'47,11'",
        "a decimal point (this one has a decimal comma)",
        TEXT,
    ),
    BadRow(
        "naive time among aware ones",
        sets(entry_time="2017-03-15T06:43:31"),
        "entry_time",
        "'2017-03-15T06:43:31'",
        "a time with its offset from UTC, e.g. 2024-01-31T14:30:00Z",
        TEXT,
    ),
    BadRow(
        "naive time in a bar",
        bar(2, time="2017-01-12T00:00:00"),
        "bars[2].time",
        "'2017-01-12T00:00:00'",
        "a time with its offset from UTC",
        TEXT,
    ),
    BadRow(
        "time as a number",
        sets(entry_time=1489560211),
        "entry_time",
        "1489560211",
        "an ISO 8601 time such as 2024-01-31T14:30:00Z",
        TEXT,
    ),
    *(
        BadRow(
            f"{name} of {value:g}",
            sets(**{name: value}),
            name,
            f"{value:.10g}",
            "a number between 1e-12 and 1e+15; state it in another unit, or mend it",
        )
        for name, value in (
            ("entry_price", 1e-297),
            ("exit_price", 1e300),
            ("quantity", 1e308),
            ("quantity", 5e-324),
        )
    ),
    BadRow("volume of 1e308", bar(3, volume=1e308), "bars[3].volume", "1e+308", "1e-12 and 1e+15"),
    *(
        BadRow(
            f"time at the {edge} of the calendar",
            sets(entry_time=time),
            "entry_time",
            time,
            "a time from the year 1700 on and before 2200",
            TEXT,
        )
        for edge, time in (
            ("end", "9999-12-31T23:59:59.999999-12:00"),
            ("start", "0001-01-01T00:00:00+14:00"),
        )
    ),
    BadRow(
        "time of a bar at the end of the calendar",
        bar(3, time="9999-12-31T23:59:59.999999-12:00"),
        "bars[3].time",
        "9999",
        "a time from the year 1700 on",
        TEXT,
    ),
    BadRow("NUL", sets(symbol="A\0"), "symbol", "'A\\x00'", "text without NUL characters"),
    BadRow("only NUL", sets(symbol="\0"), "symbol", "'\\x00'", "text without NUL characters"),
    BadRow("a megabyte", sets(symbol="x" * 10**6), "symbol", "'xxx", "at most 200 characters"),
    BadRow("endless side", sets(side="x" * 201), "side", "'xxx", "", (PARQUET,)),
    BadRow("half a character", sets(note="\ud800"), "note", r"'\ud800'", "whole char", (JSONL,)),
    BadRow(
        "half a character in a name",
        sets(**{"\ud800": 1}),
        "column name",
        r"'\ud800'",
        "whole characters",
        (JSONL,),
    ),
    BadRow(
        "column of lists",
        sets(tags=["a", "b"]),
        "tags",
        "['a', 'b']",
        "text, a number or a boolean; flatten or drop this column",
        (JSONL,),
    ),
)


@pytest.mark.parametrize(
    ("case", "kind"),
    [
        pytest.param(case, kind, id=f"{case.what}-{kind}")
        for case in BAD_ROWS
        for kind in case.formats
    ],
)
def test_a_bad_row_is_an_error_that_says_where_it_is_and_what_was_expected(
    tmp_path: Path, case: BadRow, kind: str
) -> None:
    made = records(4)
    case.spoil(made[1])
    path = WRITERS[kind](tmp_path / f"trades.{kind}", made)
    with pytest.raises(GoldError) as caught:
        load_gold(GoldSource((path,)))
    (problem,) = caught.value.problems
    assert (problem.file, problem.row, problem.field) == (str(path), 2, case.field)
    assert case.value in problem.value
    assert case.expected in problem.expected
    text = str(caught.value)
    assert text.startswith("1 of 4 gold rows cannot be used:\n")
    assert f"{path}, row 2: {case.field} is {problem.value}; expected {problem.expected}" in text
    assert "--skip-bad-gold" in text


def test_a_trade_id_may_not_appear_twice_in_a_file_or_in_two(tmp_path: Path) -> None:
    one = write_jsonl(tmp_path / "one.jsonl", [*records(2), records(1)[0]])
    two = write_jsonl(tmp_path / "two.jsonl", records(1, start=1))
    with pytest.raises(GoldError) as caught:
        load_gold(GoldSource((one, two)))
    found = [(p.file, p.row, p.field, p.value) for p in caught.value.problems]
    assert found == [
        (str(one), 3, "trade_id", repr(demo_row(0).trade_id)),
        (str(two), 1, "trade_id", repr(demo_row(1).trade_id)),
    ]
    assert f"a trade_id of its own ({one}, row 1 has it)" in str(caught.value)
    assert f"a trade_id of its own ({one}, row 2 has it)" in str(caught.value)


def test_every_bad_field_of_every_bad_row_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    first, second = records(3), records(3, start=3)
    first[0].update(side="buy", entry_price="x")
    second[2].update(interval="7m")
    paths = write_jsonl(tmp_path / "a.jsonl", first), write_jsonl(tmp_path / "b.jsonl", second)
    with pytest.raises(GoldError, match="2 of 6 gold rows cannot be used") as caught:
        load_gold(GoldSource(paths))
    assert {(Path(p.file).name, p.row, p.field) for p in caught.value.problems} == {
        ("a.jsonl", 1, "side"),
        ("a.jsonl", 1, "entry_price"),
        ("b.jsonl", 3, "interval"),
    }


def test_the_first_ten_problems_are_listed_and_the_others_counted(tmp_path: Path) -> None:
    made = records(14)
    for record in made[1:]:
        record["quantity"] = -1.0
    with pytest.raises(GoldError, match="13 of 14 gold rows") as caught:
        load_gold(GoldSource((write_jsonl(tmp_path / "x.jsonl", made),)))
    assert str(caught.value).count("expected above 0") == 10
    assert "... and 3 more" in str(caught.value)
    assert len(caught.value.problems) == 13


# --- bad files --------------------------------------------------------------------------------


def text_file(name: str, text: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_text(text, encoding="utf-8")
        return folder / name

    return make


def all_rows(kind: str, spoil: Spoil) -> Callable[[Path], Path]:
    """Return a maker of a file whose every row is spoilt the same way."""

    def make(folder: Path) -> Path:
        made = records(3)
        for record in made:
            spoil(record)
        return WRITERS[kind](folder / f"trades.{kind}", made)

    return make


def column(name: str, change: Callable[[Any], Any]) -> Callable[[Path], Path]:
    """Return a maker of a Parquet file one of whose columns is changed."""

    def make(folder: Path) -> Path:
        path = write_parquet(folder / "trades.parquet", records(3))
        table = pq.read_table(path)
        at = table.column_names.index(name)
        pq.write_table(table.set_column(at, name, change(table[name])), path)
        return path

    return make


def again(name: str, called: str) -> Callable[[Path], Path]:
    """Return a maker of a Parquet file that has a column twice."""

    def make(folder: Path) -> Path:
        path = write_parquet(folder / "trades.parquet", records(3))
        table = pq.read_table(path)
        pq.write_table(table.append_column(called, table[name]), path)
        return path

    return make


def at_microseconds(microseconds: int) -> Callable[[Any], Any]:
    """Return a change that moves the second of three times to a moment."""
    stamp = pa.timestamp("us", tz="UTC")
    return lambda values: pa.array(
        [microseconds if k == 1 else us for k, us in enumerate(values.cast("int64").to_pylist())],
        stamp,
    )


def truncated(folder: Path) -> Path:
    path = write_parquet(folder / "trades.parquet", records(3))
    path.write_bytes(path.read_bytes()[:-100])
    return path


def without_rows(folder: Path) -> Path:
    path = write_parquet(folder / "trades.parquet", records(3))
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    return path


def renamed(record: Record) -> None:
    record["entryprice"] = record.pop("entry_price")


def bars_without_volume(record: Record) -> None:
    for one in record["bars"]:
        del one["volume"]


HEADER = ",".join(records(1)[0]) + "\n"
NAIVE = pa.timestamp("us")
TWO_OPENS = pa.list_(
    pa.struct(
        [
            (name, pa.timestamp("us", tz="UTC") if name == "time" else pa.float64())
            for name in ("time", "open", "open", "high", "low", "close", "volume")
        ]
    )
)

BAD_FILES: Mapping[str, tuple[Callable[[Path], Path], tuple[str, ...]]] = {
    # what is wrong: (the file, what the error says)
    "missing file": (lambda folder: folder / "none.csv", ("none.csv: no such file",)),
    "unknown suffix": (
        text_file("trades.xlsx", "x"),
        ("trades.xlsx: unknown kind of file", "expected .parquet, .csv, .tsv or .jsonl"),
    ),
    "empty CSV": (text_file("a.csv", ""), ("a.csv: the file is empty", "expected a header")),
    "empty JSONL": (text_file("a.jsonl", "\n"), ("a.jsonl: the file is empty", "one JSON object")),
    "empty Parquet": (text_file("a.parquet", ""), ("a.parquet: not a readable Parquet file",)),
    "truncated Parquet": (truncated, ("trades.parquet: not a readable", "may be truncated")),
    "header without rows, CSV": (text_file("a.csv", HEADER), ("a.csv: the file has a header but",)),
    "header without rows, Parquet": (without_rows, ("trades.parquet: the file has no rows",)),
    "broken JSON line": (
        text_file("a.jsonl", '\n{"trade_id": \n'),
        ("a.jsonl, row 2: line is not JSON", "expected a JSON object"),
    ),
    "endless nesting": (
        text_file("a.jsonl", "[" * 100_000 + "\n"),
        ("a.jsonl, row 1: line is not JSON: nested too deeply; expected a JSON object",),
    ),
    "endless integer": (
        text_file("a.jsonl", '{"own": ' + "1" * 5000 + "}\n"),
        ("a.jsonl, row 1: line is not JSON: a whole number of thousands of digits; expected",),
    ),
    "two core columns of one name": (
        again("symbol", "symbol"),
        ("trades.parquet: two columns are called symbol; rename one of them",),
    ),
    "two own columns of one name": (
        again("setup", "setup"),
        ("trades.parquet: two columns are called setup; rename one of them",),
    ),
    "two fields of one name in bars": (
        column("bars", lambda values: pa.array([[]] * 3, TWO_OPENS)),
        ("trades.parquet: two fields of bars are called open; rename one of them",),
    ),
    **{
        f"whole quantity of {kind}": (
            column("quantity", whole),
            ("trades.parquet, row 1: quantity is", "expected a number between 1e-12 and 1e+15"),
        )
        for kind, whole in (
            ("int64", lambda values: pa.array([2**53 + 1] * 3)),
            ("uint64", lambda values: pa.array([2**64 - 1] * 3, pa.uint64())),
        )
    },
    **{
        f"time {microseconds} us from 1970": (
            column("entry_time", at_microseconds(microseconds)),
            ("trades.parquet, row 2: entry_time is ", "expected a time from the year 1700 on"),
        )
        for microseconds in (2**63 - 1, -(2**63), 253402300800 * 10**6, -62135596800 * 10**6 - 1)
    },
    "own times in an unknown zone": (
        column("setup", lambda values: pa.array([1] * 3, pa.timestamp("ns", tz="Mars/X"))),
        ("trades.parquet: your own column 'setup' has type timestamp[ns, tz=Mars/X]", "drop it"),
    ),
    "JSON that is no object": (
        text_file("a.jsonl", "[1, 2]\n"),
        ("a.jsonl, row 1: line is a JSON list; expected a JSON object: one trade",),
    ),
    "CSV line cut short": (
        text_file("a.csv", HEADER + "1,2,3\n"),
        ("a.csv, row 1: cells is 3; expected 13, as in the header", "cut short"),
    ),
    "missing column, JSONL": (
        all_rows(JSONL, lambda record: record.pop("quantity")),
        ("trades.jsonl: missing column(s): quantity", "found trade_id", "expected trade_id"),
    ),
    "missing column, CSV": (
        all_rows(CSV, lambda record: record.pop("side")),
        ("trades.csv: missing column(s): side;",),
    ),
    "misspelt column": (
        all_rows(PARQUET, renamed),
        ("trades.parquet: missing column(s): entry_price (is it 'entryprice'?)",),
    ),
    "no bars": (
        all_rows(PARQUET, lambda record: record.pop("bars")),
        ("trades.parquet: missing column(s): bars", "--bars FILE"),
    ),
    "text for prices": (
        column("entry_price", lambda values: values.cast(pa.string())),
        ("trades.parquet", "entry_price has type string (e.g. '197.61')", "expected numbers"),
    ),
    "numbers for ids": (
        column("trade_id", lambda values: pa.array([1, 2, 3])),
        ("trades.parquet", "trade_id has type int64 (e.g. 1)", "expected text"),
    ),
    "lists for prices": (
        column("exit_price", lambda values: pa.array([[1.0]] * 3)),
        ("trades.parquet", "exit_price has type list", "[1.0]", "expected numbers"),
    ),
    "numbers for times": (
        column("entry_time", lambda values: values.cast(pa.int64())),
        ("trades.parquet: entry_time has type int64", "expected timestamps with a time zone"),
    ),
    "naive timestamps": (
        column("exit_time", lambda values: values.cast(NAIVE)),
        ("trades.parquet: exit_time has times without a time zone", "pass --tz ZONE"),
    ),
    "a column without any value": (
        column("quantity", lambda values: pa.nulls(3)),
        ("trades.parquet", "quantity has type null", "expected numbers"),
    ),
    "bars as text": (
        column("bars", lambda values: pa.array(["[]"] * 3)),
        ("trades.parquet: bars has type string", "list of structs with time, open, high"),
    ),
    "bars without a field": (
        all_rows(JSONL, bars_without_volume),
        ("trades.jsonl, row 1: bars[0].volume is missing; expected a number",),
    ),
    "bars without a column": (
        column("bars", lambda values: pa.array([[{"time": 1, "open": 1.0}]] * 3)),
        ("trades.parquet: bars lack high, low, close, volume; found time, open",),
    ),
    "a column of lists": (
        column("setup", lambda values: pa.array([["a"]] * 3)),
        ("trades.parquet: your own column 'setup' has type list", "flatten or drop it"),
    ),
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_a_bad_file_is_an_error_that_names_it_and_what_was_expected(
    tmp_path: Path, what: str
) -> None:
    make, pieces = BAD_FILES[what]
    path = make(tmp_path)
    with pytest.raises(GoldError) as caught:
        load_gold(GoldSource((path,)))
    assert str(path) in str(caught.value)
    for piece in pieces:
        assert piece in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_bad_file_is_named_among_good_ones(tmp_path: Path) -> None:
    good = write_jsonl(tmp_path / "good.jsonl", records(3))
    with pytest.raises(GoldError, match=r"bad\.csv: the file is empty"):
        load_gold(GoldSource((good, text_file("bad.csv", "")(tmp_path))))


def test_trades_whose_symbol_the_bars_file_lacks_are_told_by_row(tmp_path: Path) -> None:
    made = records(6)
    trades = write_csv(tmp_path / "trades.csv", without_bars(made))
    symbol = made[0]["symbol"]
    known = [record for record in made if record["symbol"] == symbol]
    bars = write_bars_csv(tmp_path / "bars.csv", known)
    with pytest.raises(GoldError) as caught:
        load_gold(GoldSource((trades,), bars=(bars,)))
    lacking = {k: r["symbol"] for k, r in enumerate(made, start=1) if r["symbol"] != symbol}
    assert 0 < len(lacking) < len(made)
    assert {p.row: p.field for p in caught.value.problems} == dict.fromkeys(lacking, "bars")
    for row, other in lacking.items():
        expected = f"bars is missing; expected bars of {other} (1d) in the bars file"
        assert f"{trades}, row {row}: {expected}" in str(caught.value)


@pytest.mark.parametrize("days", [3, 200])
def test_an_exit_before_entry_is_told_as_such_when_bars_are_joined(
    tmp_path: Path, days: int
) -> None:
    made = records(2)
    entry = datetime.fromisoformat(made[1]["entry_time"])
    made[1]["exit_time"] = (entry - timedelta(days=days)).isoformat()
    trades = write_csv(tmp_path / "trades.csv", without_bars(made))
    bars = write_bars_csv(tmp_path / "bars.csv", records(2))
    with pytest.raises(GoldError) as caught:
        load_gold(GoldSource((trades,), bars=(bars,)))
    assert {problem.row for problem in caught.value.problems} == {2}
    assert f"expected not before entry_time {entry.isoformat()}" in str(caught.value)
    assert "at least 64" not in str(caught.value)


# --- what looks bad but is not ----------------------------------------------------------------


def test_a_csv_with_a_byte_order_mark_and_semicolons_is_read(tmp_path: Path) -> None:
    path = write_wide_csv(tmp_path / "x.csv", records(3), delimiter=";", bom=True)
    assert path.read_bytes().startswith(b"\xef\xbb\xbftrade_id;")
    gold = load_gold(GoldSource((path,), holdout=0))
    assert [gold.train.row(i) for i in range(3)] == [demo_row(i) for i in range(3)]


def test_decimal_commas_are_told_cell_by_cell(tmp_path: Path) -> None:
    path = write_wide_csv(tmp_path / "x.csv", records(2), delimiter=";", decimal=",")
    with pytest.raises(GoldError, match="2 of 2 gold rows") as caught:
        load_gold(GoldSource((path,)))
    assert all("decimal comma" in problem.expected for problem in caught.value.problems)
    assert caught.value.problems[0].field == "entry_price"


def naive(record: Record) -> None:
    for holder in (record, *record["bars"]):
        for name in ("entry_time", "exit_time", "time"):
            if name in holder:
                holder[name] = datetime.fromisoformat(holder[name]).replace(tzinfo=None).isoformat()


@pytest.mark.parametrize("kind", TEXT)
def test_naive_times_are_an_error_that_a_zone_mends(tmp_path: Path, kind: str) -> None:
    path = all_rows(kind, naive)(tmp_path)
    with pytest.raises(GoldError, match="3 of 3 gold rows"):
        load_gold(GoldSource((path,)))
    gold = load_gold(GoldSource((path,), tz="UTC", holdout=0))
    assert [gold.train.row(i) for i in range(3)] == [demo_row(i) for i in range(3)]


def refusal(path: Path, *, skip_bad: bool = False) -> GoldError:
    with pytest.raises(GoldError) as refused:
        load_gold(GoldSource((path,), skip_bad=skip_bad))
    return refused.value


@pytest.mark.parametrize("skip_bad", [False, True])
def test_where_all_rows_lack_a_zone_the_advice_is_the_zone(tmp_path: Path, skip_bad: bool) -> None:
    error = refusal(all_rows("jsonl", naive)(tmp_path), skip_bad=skip_bad)
    assert str(error).endswith("Say which zone their times are in: --tz ZONE, e.g. --tz UTC.")
    assert "--skip-bad-gold" not in str(error)


def test_times_without_a_zone_are_one_cause_and_one_line_a_row(tmp_path: Path) -> None:
    error = refusal(all_rows("jsonl", naive)(tmp_path))
    assert len({problem.row for problem in error.problems}) == len(error.problems)
    assert error.problems[0].field == "entry_time"
    assert "more of this row)" in error.problems[0].value


def test_a_few_naive_rows_among_many_bad_ones_leave_the_advice_as_it_is(tmp_path: Path) -> None:
    made = records(20)
    naive(made[0])
    for record in made[1:8]:
        record["entry_price"] = "a lot"
    error = refusal(write_jsonl(tmp_path / "gold.jsonl", made))
    assert str(error).endswith("Mend them, or drop them with --skip-bad-gold.")


def test_one_other_bad_row_does_not_hide_the_zone(tmp_path: Path) -> None:
    made = records(20)
    for record in made[1:]:
        naive(record)
    made[0]["entry_price"] = "a lot"
    text = str(refusal(write_jsonl(tmp_path / "gold.jsonl", made)))
    assert "--tz ZONE" in text
    assert "Mend the others, or drop them with --skip-bad-gold." in text


def test_a_zone_moves_naive_times_and_leaves_the_others(tmp_path: Path) -> None:
    """Bars of days that are stamped at midnight in Tokyo do not open on days of UTC."""
    made = records(1, start=300)
    assert made[0]["interval"] == "1h"
    naive(made[0])
    aware = records(1, start=301)
    path = write_jsonl(tmp_path / "x.jsonl", made + aware)
    gold = load_gold(GoldSource((path,), tz="Asia/Tokyo", holdout=0))
    moved_row, left_row = gold.train.row(0), gold.train.row(1)
    assert moved_row.entry_time == demo_row(300).entry_time - timedelta(hours=9)
    assert moved_row.bars.time[0] == demo_row(300).bars.time[0] - 9 * 3_600_000_000
    assert left_row == demo_row(301)


def test_a_zone_mends_naive_timestamps_in_parquet(tmp_path: Path) -> None:
    path = column("entry_time", lambda values: values.cast(NAIVE))(tmp_path)
    gold = load_gold(GoldSource((path,), tz="UTC", holdout=0))
    assert [gold.train.row(i) for i in range(3)] == [demo_row(i) for i in range(3)]


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc"])
def test_an_unknown_zone_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises(InputError, match=r"is not known; expected e\.g\. Europe/Berlin") as caught:
        load_gold(GoldSource(tz=name))
    assert repr(name) in str(caught.value)


# --- skipping ---------------------------------------------------------------------------------


def test_bad_rows_are_dropped_if_asked_and_the_notes_say_how_many_and_why(tmp_path: Path) -> None:
    made = records(10)
    made[1]["side"] = "buy"
    made[4]["entry_price"] = 1e6
    made[5]["bars"][7]["high"] = 0.01
    made[8]["trade_id"] = made[0]["trade_id"]
    path = write_jsonl(tmp_path / "x.jsonl", made)
    gold = load_gold(GoldSource((path,), skip_bad=True, holdout=0))
    kept = [0, 2, 3, 6, 7, 9]
    assert gold.train.trade_id.tolist() == [demo_row(i).trade_id for i in kept]
    (note,) = gold.notes
    head, *listed = note.splitlines()
    assert head.startswith("dropped 4 of 10 bad gold rows, by field: ")
    for counted in ("side (1)", "entry_price (1)", "bars (1)", "trade_id (1)"):
        assert counted in head
    assert [line.split(":")[0].strip() for line in listed] == [
        f"{path}, row {row}" for row in (2, 5, 6, 9)
    ]


@pytest.mark.parametrize("kind", ALL)
def test_dropping_lists_the_first_ten_reasons(tmp_path: Path, kind: str) -> None:
    made = records(16)
    for record in made[2:]:
        record["quantity"] = -1.0
    path = WRITERS[kind](tmp_path / f"x.{kind}", made)
    gold = load_gold(GoldSource((path,), skip_bad=True, holdout=0))
    assert len(gold.train) == 2
    assert "dropped 14 of 16 bad gold rows, by field: quantity (14)" in gold.notes[0]
    assert gold.notes[0].count("expected above 0") == 10
    assert "... and 4 more" in gold.notes[0]


@settings(max_examples=20)
@given(
    st.sets(st.integers(0, 7), max_size=7),
    st.sampled_from([case for case in BAD_ROWS if case.what != "no bars"]),  # see bugs found
)
def test_exactly_the_good_rows_are_kept(
    tmp_path_factory: pytest.TempPathFactory, bad: set[int], case: BadRow
) -> None:
    made = records(8)
    for i in bad:
        case.spoil(made[i])
    kind = case.formats[0]
    path = WRITERS[kind](tmp_path_factory.mktemp("gold") / f"x.{kind}", made)
    gold = load_gold(GoldSource((path,), skip_bad=True, holdout=0))
    assert gold.train.trade_id.tolist() == [demo_row(i).trade_id for i in range(8) if i not in bad]
    assert bool(gold.notes) == bool(bad)


def test_good_gold_is_told_nothing_about(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "x.jsonl", records(4))
    assert load_gold(GoldSource((path,), skip_bad=True)).notes == ()


def test_nothing_left_is_an_error_even_when_bad_rows_are_skipped(tmp_path: Path) -> None:
    for number, spoil in enumerate((sets(side="buy"), sets(quantity=-1.0))):
        path = all_rows(JSONL, spoil)(tmp_path)
        with pytest.raises(GoldError, match="no usable gold row is left") as caught:
            load_gold(GoldSource((path,), skip_bad=True))
        assert len(caught.value.problems) == 3, number


# --- bugs found -------------------------------------------------------------------------------


def with_column(folder: Path, name: str, values: pa.Array) -> Path:
    path = write_parquet(folder / "trades.parquet", records(4))
    table = pq.read_table(path)
    if name in table.column_names:
        table = table.set_column(table.column_names.index(name), name, values)
    else:
        table = table.append_column(name, values)
    pq.write_table(table, path)
    return path


def assert_carried_or_refused(path: Path, column_name: str) -> None:
    """Check that a column can be written with the rows, or is refused by its name."""
    refusal = ""
    try:
        gold = load_gold(GoldSource((path,), holdout=0))
    except GoldError as error:
        refusal = str(error)
    else:
        gold.train.to_arrow(gold.extras)
    assert refusal == "" or column_name in refusal


def test_gold_without_any_bars_is_a_gold_error(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match="3 of 3 gold rows"):
        load_gold(GoldSource((all_rows(JSONL, sets(bars=[]))(tmp_path),)))


def test_times_to_the_nanosecond_are_read(tmp_path: Path) -> None:
    """pandas before 3 writes nanoseconds, and exchanges stamp fills with them."""
    micros = [row.entry_time for row in map(demo_row, range(4))]
    nanos = pa.array(micros).cast(pa.timestamp("ns", tz="UTC")).cast(pa.int64())
    later = pa.array([value + 7 for value in nanos.to_pylist()], pa.timestamp("ns", tz="UTC"))
    gold = load_gold(GoldSource((with_column(tmp_path, "entry_time", later),), holdout=0))
    assert gold.train.entry_time.tolist() == demo_rows().entry_time[:4].tolist()


@pytest.mark.parametrize("moment", ["2021-11-07T01:30", "2021-03-14T02:30"])
def test_a_naive_time_that_the_zone_has_twice_or_never_is_a_gold_error(
    tmp_path: Path, moment: str
) -> None:
    times = pa.array([datetime.fromisoformat(moment)] * 4, NAIVE)
    path = with_column(tmp_path, "entry_time", times)
    with pytest.raises(GoldError, match="entry_time"):
        load_gold(GoldSource((path,), tz="America/New_York"))


def test_unsigned_ids_too_large_for_int64_are_carried_or_a_gold_error(tmp_path: Path) -> None:
    path = with_column(tmp_path, "order", pa.array([2**63 + 5] * 4, pa.uint64()))
    assert_carried_or_refused(path, "order")


def test_a_continent_is_no_time_zone() -> None:
    with pytest.raises(InputError, match="'America' is not known"):
        load_gold(GoldSource(tz="America"))


MIXED: Mapping[str, tuple[object, ...]] = {
    "numbers and text": (1, "x", 2.5, None),
    "truth and numbers": (True, 0, 1, False),
    "numbers past int64": (2**63, 1, 2, 3),
}


@pytest.mark.parametrize("what", MIXED)
def test_mixed_values_in_the_users_own_column_are_carried_or_a_gold_error(
    tmp_path: Path, what: str
) -> None:
    made = records(4)
    for record, value in zip(made, MIXED[what], strict=True):
        record["own"] = value
    path = write_jsonl(tmp_path / "x.jsonl", made)
    assert_carried_or_refused(path, "own")
