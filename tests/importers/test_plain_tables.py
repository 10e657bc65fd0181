"""Plain tables as people keep them: titles above the header, dates apart from times, signs."""

from pathlib import Path

import pandas as pd
import pytest

from tradegen.data.gold import zone
from tradegen.errors import GoldError
from tradegen.importers.log import Log, LogOrder, read_log
from tradegen.importers.records import Read, read_records


def log_of(tmp_path: Path, text: str, **order: object) -> Log:
    path = tmp_path / "log.csv"
    path.write_text(text, encoding="utf-8")
    return read_log(LogOrder(path, tz=zone("UTC"), **order))  # type: ignore[arg-type]  # kwargs


def records_of(log: Log) -> Read:
    return read_records(log.sheet, log.columns, log.tz, log.time_format)


PREAMBLE = """Account;7
"Account, base: USD"

Exported;by;hand
Date;Time;Symbol;Qty;Price
2024-03-04;09:30:00;ABC;5;10
2024-03-04;9:45;ABC;-5;11
"""


def test_the_header_is_found_below_titles_and_is_told(tmp_path: Path) -> None:
    log = log_of(tmp_path, PREAMBLE)
    assert log.notes == [
        "the header is line 5; what stands above it is not read",
        "'Date + Time' is made of the two columns",
        "no column of sides: negative 'Qty' are sold (or short)",
    ]


def test_columns_that_are_stated_tell_the_header_whatever_their_names(tmp_path: Path) -> None:
    text = "Depot, 7, 8\nWann;Was;Art;Menge;Kurs\n2024-03-04T09:30:00Z;ABC;buy;5;10\n"
    names = {"time": "Wann", "symbol": "Was", "side": "Art", "quantity": "Menge", "price": "Kurs"}
    log = log_of(tmp_path, text, columns=names)
    assert log.notes == ["the header is line 2; what stands above it is not read"]
    assert [(fill.symbol, fill.quantity, fill.price) for fill in records_of(log).fills] == [
        ("ABC", 5, 10)
    ]


def test_dates_and_times_of_day_are_one_time_and_signs_are_sides(tmp_path: Path) -> None:
    read = records_of(log_of(tmp_path, PREAMBLE))
    assert read.problems == []
    first, second = read.fills
    assert (first.buy, second.buy) == (True, False)
    assert (first.quantity, second.quantity) == (5, 5)
    assert second.time - first.time == 15 * 60 * 1_000_000


def test_tradervues_generic_import_format_is_a_plain_table(tmp_path: Path) -> None:
    text = "Date,Time,Symbol,Quantity,Price,Side\n1/17/2011,11:35:05,SPY,100,125.52,Buy\n"
    log = log_of(tmp_path, text, time_format="%m/%d/%Y %H:%M:%S")
    (fill,) = records_of(log).fills
    assert (fill.symbol, fill.buy, fill.price) == ("SPY", True, 125.52)


def test_a_journals_dates_and_times_are_joined_on_both_sides(tmp_path: Path) -> None:
    text = (
        "Ticker,Side,Qty,Open Date,Open Time,Entry Price,Close Date,Close Time,Exit Price\n"
        "ABC,long,5,2024-03-04,09:30:00,10,2024-03-05,15:59:59,11\n"
    )
    log = log_of(tmp_path, text)
    assert log.columns.of["entry_time"] == "Open Date + Open Time"
    (trip,) = records_of(log).trips
    assert trip.exit_time - trip.entry_time == (24 * 3600 + 6 * 3600 + 29 * 60 + 59) * 1_000_000


def test_a_column_that_holds_whole_times_is_not_joined_with_a_date(tmp_path: Path) -> None:
    text = "Date,Time,Symbol,Side,Quantity,Price\n2024-03-04,2024-03-04 09:30:00,ABC,buy,1,10\n"
    with pytest.raises(GoldError, match="'Time', 'Date' may each be the time"):
        log_of(tmp_path, text)


def test_what_is_stated_of_a_column_keeps_it_as_it_is(tmp_path: Path) -> None:
    text = "Date,Time,Symbol,Side,Quantity,Price\n2024-03-04,09:30:00,ABC,buy,1,10\n"
    assert log_of(tmp_path, text, columns={"time": "Date"}).columns.of["time"] == "Date"


def test_excel_files_may_have_titles_and_empty_columns_behind_the_table(tmp_path: Path) -> None:
    rows = [
        ["My trades", "", "", "", "", "", ""],
        ["", "", "", "", "", "", ""],
        ["time", "symbol", "side", "quantity", "price", "", ""],
        ["2024-03-04T09:30:00Z", "ABC", "buy", "1", "10", "", ""],
    ]
    path = tmp_path / "log.xlsx"
    pd.DataFrame(rows).to_excel(path, index=False, header=False)
    log = read_log(LogOrder(path))
    assert log.sheet.header == 3
    assert len(records_of(log).fills) == 1


def test_dates_and_times_of_day_in_excels_own_types_are_joined(tmp_path: Path) -> None:
    when = pd.Timestamp("2024-03-04 09:30:15")
    row = {"Date": when.normalize(), "Time": when.time(), "Symbol": "ABC", "Qty": -1, "Price": 10}
    path = tmp_path / "log.xlsx"
    pd.DataFrame([row]).to_excel(path, index=False)
    (fill,) = records_of(read_log(LogOrder(path, tz=zone("UTC")))).fills
    assert fill.time == when.tz_localize("UTC").value // 1000
    assert not fill.buy


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_text_in_any_unicode_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "log.csv"
    text = "time,symbol,side,quantity,price\n2024-03-04T09:30:00Z,ABC,buy,1,10\n"
    path.write_text(text, encoding=encoding)
    assert len(records_of(read_log(LogOrder(path))).fills) == 1
