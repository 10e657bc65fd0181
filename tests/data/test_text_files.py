import math
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.csv_files import write_csv, write_wide_csv
from tests.support.rows import demo_row, records, write_jsonl
from tradegen.data.row import BAR_FIELDS
from tradegen.data.text_files import (
    Cell,
    ParsedRows,
    Record,
    parse_records,
    read_csv_records,
    read_jsonl_records,
)
from tradegen.errors import GoldError

NEW_YORK = ZoneInfo("America/New_York")


def cells(path: Path, text: str) -> list[dict[str, Any]]:
    """Return the records of a CSV file of this text."""
    path.write_text(text, encoding="utf-8")
    return [dict(record.values) for record in read_csv_records(path)[0]]


# --- CSV --------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("bom", [False, True])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_delimiters_byte_order_marks_and_line_ends_are_told_by_themselves(
    tmp_path: Path, delimiter: str, bom: bool, newline: str
) -> None:
    text = newline.join(delimiter.join(cells) for cells in (["a", "b c"], ["v", "x"], ["", "y"]))
    assert cells(tmp_path / "x.csv", "\ufeff" * bom + text + newline) == [
        {"a": "v", "b c": "x"},
        {"b c": "y"},
    ]


@pytest.mark.parametrize(
    "column",
    [
        "{field}_{number}",
        "{field}{number}",
        "{field}.{number}",
        "bars.{number}.{field}",
        "bar_{number}_{field}",
        "{number}_{field}",
    ],
)
def test_wide_bars_are_gathered_whatever_their_columns_are_called(
    tmp_path: Path, column: str
) -> None:
    path = write_wide_csv(tmp_path / "x.csv", records(2), column=column)
    parsed = parse_records(path, read_csv_records(path)[0], None)
    assert parsed.problems == []
    assert [row.bars for row in parsed.rows] == [demo_row(0).bars, demo_row(1).bars]
    assert parsed.rows[0].extras == demo_row(0).extras


def wide_header(*numbers: int, way: str = "{field}_{number}") -> list[str]:
    return [way.format(field=field, number=number) for number in numbers for field in BAR_FIELDS]


def test_wide_bars_are_ordered_by_their_number_not_by_their_column(tmp_path: Path) -> None:
    header = wide_header(*range(10, -1, -1))
    (record,) = cells(tmp_path / "x.csv", f"{','.join(header)}\n{','.join(header)}\n")
    assert [bar["open"] for bar in record["bars"]] == [f"open_{k}" for k in range(11)]
    assert set(record) == {"bars"}


@pytest.mark.parametrize("own", ["volume_24", "time_2", "24_open", "bar_0_close"])
def test_a_column_that_is_called_like_one_of_a_bar_is_the_users_own(
    tmp_path: Path, own: str
) -> None:
    assert cells(tmp_path / "x.csv", f"a,{own}\nx,5\n") == [{"a": "x", own: "5"}]
    header = wide_header(0, 1, way="bars.{number}.{field}")
    text = f"{','.join(header)},{own}\n{'1,' * len(header)}5\n"
    (record,) = cells(tmp_path / "x.csv", text)
    assert record[own] == "5"
    assert record["bars"] == [dict.fromkeys(BAR_FIELDS, "1")] * 2


def test_a_number_after_the_last_bar_is_the_users_own_too(tmp_path: Path) -> None:
    header = wide_header(1, 2)
    text = f"{','.join(header)},volume_24\n{'1,' * len(header)}5\n"
    (record,) = cells(tmp_path / "x.csv", text)
    assert (len(record["bars"]), record["volume_24"]) == (2, "5")


@pytest.mark.parametrize("lacking", ["open_0", "close_1", "volume_0"])
def test_a_missing_column_of_a_bar_is_named(tmp_path: Path, lacking: str) -> None:
    header = [name for name in wide_header(0, 1, 2) if name != lacking]
    field, number = lacking.split("_")
    with pytest.raises(GoldError, match=f"written like time_2: {field} of bar {number}; expected"):
        cells(tmp_path / "x.csv", ",".join(header) + "\n")


def test_bars_that_are_there_twice_are_refused(tmp_path: Path) -> None:
    header = wide_header(0) + wide_header(0, way="bars.{number}.{field}")
    with pytest.raises(GoldError, match=r"bars are there twice \(time_0 and bars\.0\.time"):
        cells(tmp_path / "x.csv", ",".join(header) + "\n")


def test_columns_that_only_look_like_bars_stay_the_users_own(tmp_path: Path) -> None:
    (record,) = cells(tmp_path / "x.csv", "open,open_interest,time_in_force,volume_x\n1,2,3,4\n")
    assert list(record) == ["open", "open_interest", "time_in_force", "volume_x"]


def test_bars_may_be_json_in_one_cell(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "x.csv", records(3))
    parsed = parse_records(path, read_csv_records(path)[0], None)
    assert parsed.problems == []
    assert parsed.rows == [demo_row(i) for i in range(3)]


def test_a_row_of_another_length_than_the_header_is_told_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n1,2,3\n", encoding="utf-8")
    records, (problem,) = read_csv_records(path)
    assert [record.number for record in records] == [1]
    assert (problem.row, problem.value, problem.expected[:2]) == (2, "3", "2,")


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match="two columns are called b"):
        cells(tmp_path / "x.csv", "a,b,b\n1,2,3\n")


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_is_an_error_that_says_which_is_expected(
    tmp_path: Path, encoding: str
) -> None:
    for suffix, read in (("csv", read_csv_records), ("jsonl", read_jsonl_records)):
        path = tmp_path / f"x.{suffix}"
        path.write_bytes("größe,b\n1,2\n".encode(encoding))
        with pytest.raises(GoldError, match=rf"x\.{suffix}: not UTF-8 text .*save it as UTF-8"):
            read(path)


def test_empty_lines_at_the_end_of_a_csv_are_skipped(tmp_path: Path) -> None:
    assert cells(tmp_path / "x.csv", "a,b\n1,2\n\n\n") == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\u2028"])
def test_line_ends_inside_quotes_belong_to_the_cell(tmp_path: Path, end: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(f'a,b\n"one{end}two",2\n'.encode())
    assert [dict(record.values) for record in read_csv_records(path)[0]] == [
        {"a": f"one{end}two", "b": "2"}
    ]


def test_long_bars_in_one_cell_are_read(tmp_path: Path) -> None:
    """About 1,100 bars: a trade held for 18 hours of 1m bars."""
    record = records(1)[0]
    record["bars"] = record["bars"] * 15
    path = write_csv(tmp_path / "x.csv", [record])
    assert len(read_csv_records(path)[0][0].values["bars"]) == len(record["bars"])


# --- JSON lines -------------------------------------------------------------------------------


def test_json_rows_are_numbered_by_their_line_and_empty_lines_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('\ufeff{"a": 1}\n\n  \n{"a": 2}\n', encoding="utf-8")
    assert read_jsonl_records(path)[0] == [Record(1, {"a": 1}), Record(4, {"a": 2})]


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\u0085"])
def test_separators_that_json_allows_inside_text_do_not_end_a_line(
    tmp_path: Path, separator: str
) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(f'{{"note": "one{separator}two"}}\n', encoding="utf-8")
    assert read_jsonl_records(path)[0][0].values == {"note": f"one{separator}two"}


# --- validation -------------------------------------------------------------------------------


def test_good_and_bad_rows_of_a_file_are_told_apart_with_their_numbers(tmp_path: Path) -> None:
    made = records(4)
    made[1]["side"] = "buy"
    made[3]["bars"][5]["open"] = None
    path = write_jsonl(tmp_path / "x.jsonl", made)
    parsed = parse_records(path, read_jsonl_records(path)[0], None)
    assert parsed.numbers == [1, 3]
    assert parsed.rows == [demo_row(0), demo_row(2)]
    assert [(p.row, p.field) for p in parsed.problems] == [(2, "side"), (4, "bars[5].open")]


def read_with_times(entry: object, tz: ZoneInfo | None) -> ParsedRows:
    record = {**records(1)[0], "entry_time": entry}
    return parse_records(Path("x.jsonl"), [Record(7, record)], tz)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024-01-15T09:30:00", "2024-01-15 14:30:00+00:00"),
        ("2024-07-15 09:30", "2024-07-15 13:30:00+00:00"),
        ("20240715T093000", "2024-07-15 13:30:00+00:00"),
        (datetime(2024, 7, 15, 9, 30), "2024-07-15 13:30:00+00:00"),
    ],
)
def test_naive_times_are_taken_to_be_in_the_zone_given_summer_and_winter(
    written: object, meant: str
) -> None:
    (row,) = read_with_times(written, NEW_YORK).rows
    assert str(row.entry_time) == meant


@pytest.mark.parametrize("written", ["2024-01-15T09:30:00Z", "2024-01-15T11:30+02:00"])
def test_times_with_an_offset_are_left_alone(written: str) -> None:
    (row,) = read_with_times(written, NEW_YORK).rows
    assert str(row.entry_time) == "2024-01-15 09:30:00+00:00"


@pytest.mark.parametrize("written", ["soon", 5, "1705311000"])
def test_what_is_no_time_is_none_in_a_zone_either(written: object) -> None:
    (problem,) = read_with_times(written, NEW_YORK).problems
    assert (problem.row, problem.field, problem.value) == (7, "entry_time", repr(written))


@pytest.mark.parametrize(
    ("written", "often"), [("2024-10-27 02:30", "twice"), ("2024-03-31T02:30:00", "never")]
)
def test_a_time_that_clocks_show_twice_or_never_is_not_guessed(written: str, often: str) -> None:
    record = records(1)[0]
    record["bars"][3]["time"] = record["entry_time"] = written
    berlin = ZoneInfo("Europe/Berlin")
    parsed = parse_records(Path("x.csv"), [Record(7, record)], berlin)
    assert parsed.rows == []
    expected = (
        f"expected a time with its offset from UTC (clocks in Europe/Berlin show this one {often})"
    )
    assert [str(problem) for problem in parsed.problems] == [
        f"x.csv, row 7: entry_time is {written!r}; {expected}",
        f"x.csv, row 7: bars[3].time is {written!r}; {expected}",
    ]


# --- the user's own columns -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1", 1),
        ("-2", -2),
        ("2.5", 2.5),
        ("1e3", 1000.0),
        ("true", True),
        ("FALSE", False),
        ("x", "x"),
        ("007", "007"),
        ("1_000", "1_000"),
        ("nan", "nan"),
        ("+1", "+1"),
        ("1.", "1."),
    ],
)
def test_a_cell_of_an_own_column_means_what_it_is_written_as(cell: str, value: object) -> None:
    assert Cell(cell).meaning == value
    assert type(Cell(cell).meaning) is type(value)


@pytest.mark.parametrize("cell", ["1" * 1001, "-" + "1" * 5000])
def test_a_whole_number_of_thousands_of_digits_stays_text(cell: str) -> None:
    assert Cell(cell).meaning == cell


def test_cells_of_own_columns_are_kept_as_they_are_written(tmp_path: Path) -> None:
    assert cells(tmp_path / "x.csv", "own,b\n1.10,TRUE\n ,007\n2,1e3\n") == [
        {"own": "1.10", "b": "TRUE"},
        {"b": "007"},
        {"own": "2", "b": "1e3"},
    ]


def test_a_number_too_large_to_be_one_is_infinite_only_among_numbers(tmp_path: Path) -> None:
    found = cells(tmp_path / "x.csv", "own,hash\n1,5e999\n5e999,ab12\n")
    assert found == [{"own": "1", "hash": "5e999"}, {"own": math.inf, "hash": "ab12"}]


def test_cells_of_the_contracts_columns_stay_text_until_they_are_validated(tmp_path: Path) -> None:
    (record,) = cells(tmp_path / "x.csv", "symbol,quantity\n7203,100\n")
    assert record == {"symbol": "7203", "quantity": "100"}


@given(st.integers(-(10**18), 10**18))
def test_written_integers_are_read_as_they_were(number: int) -> None:
    assert Cell(number).meaning == number
