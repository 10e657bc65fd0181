"""Files that would hang, fill the memory or speak to the terminal are refused with their reason."""

import zipfile
from pathlib import Path

import openpyxl
import pytest

from tests.support.cli import Command
from tradegen.errors import GoldError
from tradegen.importers.sheet import read_sheet
from tradegen.importers.vendors.flex_xml import read_elements

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
FILLS, BARS = EXAMPLES / "fills.csv", EXAMPLES / "bars.csv"
HEAD = "time,symbol,side,quantity,price"


def test_a_line_that_is_no_row_of_a_table_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(HEAD + "\n" + "1," * 3_000_000, encoding="utf-8")
    with pytest.raises(GoldError, match="line 2 is longer than 1,000,000 characters"):
        read_sheet(path)


def test_more_columns_than_a_sheet_has_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(",".join(f"c{k}" for k in range(20_000)) + "\n1\n", encoding="utf-8")
    with pytest.raises(GoldError, match="has 20,000 columns; expected 16,384 at most"):
        read_sheet(path)


def workbook(path: Path) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(HEAD.split(","))
    book.active.append(["2024-03-05 10:00:00", "BTC-USD", "buy", 2.0, 0.5])
    book.save(path)
    return book


def test_a_cell_in_the_last_corner_of_a_workbook_costs_nothing(tmp_path: Path) -> None:
    book = workbook(tmp_path / "log.xlsx")
    assert book.active is not None
    book.active["XFD100000"] = "x"
    book.save(tmp_path / "log.xlsx")
    sheet = read_sheet(tmp_path / "log.xlsx")
    assert (sheet.columns["quantity"], sheet.columns["price"]) == (["2"], ["0.5"])
    (problem,) = sheet.problems
    assert (problem.row, problem.value) == (99_999, "16384 values")


def test_an_error_in_a_cell_of_excel_is_no_value(tmp_path: Path) -> None:
    book = workbook(tmp_path / "log.xlsx")
    assert book.active is not None
    book.active["E2"] = "#DIV/0!"
    book.save(tmp_path / "log.xlsx")
    assert read_sheet(tmp_path / "log.xlsx").columns["price"] == [""]


def test_a_workbook_that_unpacks_to_far_more_is_refused_unopened(tmp_path: Path) -> None:
    path = tmp_path / "log.xlsx"
    workbook(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        packed.writestr("xl/sharedStrings.xml", b"A" * 2**27)
    with pytest.raises(GoldError, match="over 100 times its size"):
        read_sheet(path)


@pytest.mark.parametrize("content", [b"no workbook", b"PK\x03\x04", b""])
def test_what_is_no_workbook_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log.xlsx"
    path.write_bytes(content)
    with pytest.raises(GoldError, match="not readable as a table"):
        read_sheet(path)


def test_a_workbook_whose_xml_is_damaged_is_told(tmp_path: Path) -> None:
    path = tmp_path / "log.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("[Content_Types].xml", "<Types><")
    with pytest.raises(GoldError, match="no Excel workbook, or damaged"):
        read_sheet(path)


def test_an_encoding_of_xml_that_nobody_knows_is_told(tmp_path: Path) -> None:
    path = tmp_path / "flex.xml"
    path.write_bytes(b'<?xml version="1.0" encoding="x-bogus"?><FlexQueryResponse/>')
    with pytest.raises(GoldError, match="unknown encoding: x-bogus"):
        read_elements(path, "Trade")


def test_utf_32_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(FILLS.read_text(encoding="utf-8"), encoding="utf-32")
    assert read_sheet(path).columns == read_sheet(FILLS).columns


@pytest.mark.parametrize(
    ("column", "symbol", "code"),
    [("note", "\x1b]0;owned\x07BTC", 2), ("\x1b[2Jnote", "BTC-USD", 0), ("note", "BTC\x00", 2)],
)
def test_nothing_in_a_file_can_speak_to_the_terminal(
    cli: Command, tmp_path: Path, column: str, symbol: str, code: int
) -> None:
    lines = FILLS.read_text(encoding="utf-8").splitlines()
    rows = [f"{line},x" for line in lines[1:]]
    more = f"2024-03-29T10:00:00Z,{symbol},buy,0.05,60000,x"
    path = tmp_path / "log.csv"
    path.write_text("\n".join([f"{lines[0]},{column}", *rows, more]), encoding="utf-8")
    said = cli("import", path, "--bars", BARS, "--out", tmp_path / "gold.parquet")
    assert said.code == code
    assert not set(said.out + said.err) & {"\x1b", "\x07", "\x00"}
    said = cli("import", path, "--bars", BARS, "--map", "price=\x1b[2J", "--dry-run")
    assert "no column" in said.err
    assert "\x1b" not in said.err


def test_thousands_of_symbols_and_columns_are_told_in_a_few_lines(
    cli: Command, tmp_path: Path
) -> None:
    head = ",".join([HEAD, *(f"c{k}" for k in range(100))])
    rows = [f"2024-03-05T10:00:00Z,S{k},buy,1,5{',' * 100}" for k in range(60)]
    path = tmp_path / "log.csv"
    path.write_text("\n".join([head, *rows]), encoding="utf-8")
    said = cli("import", path, "--bars", BARS, "--dry-run")
    assert "no bars: S0, S1, S10" in said.out
    assert "and 40 more (--symbol S0=NAME)" in said.out
    for options in (("--map", "price=Px"), ("--symbol", "X=BTC-USD"), ("--symbol", "S1=X")):
        said = cli("import", path, "--bars", BARS, "--dry-run", *options)
        assert (said.code, len(said.err) < 1_000) == (2, True)
