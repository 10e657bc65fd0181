"""Formats: found by content, forced by name, brought by other packages, or refused."""

from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.vendor_exports import EXPORTERS, UTC, Exporter
from tradegen.data.gold import zone
from tradegen.errors import GoldError, InputError
from tradegen.importers.fills import Fill
from tradegen.importers.formats import find_format, format_names, recognise
from tradegen.importers.log import LogOrder, read_log

FILLS = [
    Fill(0, 1_700_000_000_000_000, "BTCUSDT", True, 10.0, 2.0, 0.1, "1", "7"),
    Fill(0, 1_700_000_060_000_000, "BTCUSDT", False, 11.0, 2.0, 0.1, "2", "7"),
]


@pytest.mark.parametrize("by", EXPORTERS, ids=lambda one: f"{one.format}-{one.file}")
def test_every_format_is_told_from_its_content_alone(by: Exporter, tmp_path: Path) -> None:
    path = tmp_path / f"export{Path(by.file).suffix}"
    by.write(path, FILLS, UTC)
    claims = [name for name in format_names()[1:] if recognised(name, path)]
    assert claims == [by.format]


def recognised(name: str, path: Path) -> bool:
    from tradegen.importers.formats import _head

    return find_format(name).recognises(_head(path))


def test_a_plain_table_is_no_vendors(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("time,symbol,side,quantity,price\n", encoding="utf-8")
    assert recognise(path) is None


def test_every_name_is_a_format_that_says_what_it_is() -> None:
    for name in format_names()[1:]:
        form = find_format(name)
        assert form.name == name
        assert form.title


def test_a_wrong_name_lists_those_there_are() -> None:
    with pytest.raises(InputError, match=r"did you mean binance-spot\? There is csv, binance-fut"):
        find_format("binance_spot")


_THEIRS = """
    import dataclasses
    from tradegen.importers.columns import find_columns
    from tradegen.importers.export import Export
    from tradegen.importers.sheet import Sheet

    @dataclasses.dataclass(frozen=True)
    class Theirs:
        name: str = "theirs"
        title: str = "their export"

        def recognises(self, head):
            return head.text.startswith("THEIRS")

        def read(self, path):
            columns = {"time": ["2024-01-01T00:00:00Z"], "symbol": ["A"], "side": ["buy"]}
            columns |= {"quantity": ["1"], "price": ["2"]}
            sheet = Sheet(path, columns, [1])
            return Export(sheet, find_columns(sheet, {}))

    FORMAT = Theirs()
"""


def write_format(folder: Path, monkeypatch: pytest.MonkeyPatch, source: str, entry: str) -> None:
    about = folder / "their_formats-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / f"{entry.split(':')[0]}.py").write_text(dedent(source), encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: their-formats\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[tradegen.importers]\ntheirs = {entry}\n")
    monkeypatch.syspath_prepend(str(folder))


def test_another_package_brings_a_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_format(tmp_path / "site", monkeypatch, _THEIRS, "their_format_a:FORMAT")
    path = tmp_path / "log.dat"
    path.write_text("THEIRS and more", encoding="utf-8")
    log = read_log(LogOrder(path, tz=zone("UTC")))
    assert (log.format, log.title, len(log.sheet)) == ("theirs", "their export", 1)
    assert "theirs" in format_names()


@pytest.mark.parametrize(
    ("source", "entry", "told"),
    [
        ("raise RuntimeError('broken')", "their_format_b:FORMAT", "RuntimeError: broken"),
        ("FORMAT = 3", "their_format_c:FORMAT", "is no format: it does not recognise and read"),
    ],
)
def test_a_format_that_cannot_be_loaded_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, entry: str, told: str
) -> None:
    write_format(tmp_path / "site", monkeypatch, source, entry)
    with pytest.raises(InputError, match=rf"format 'theirs' \({entry}, of their-formats\).*{told}"):
        find_format("theirs")


def test_a_format_that_fails_to_recognise_a_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = _THEIRS.replace('head.text.startswith("THEIRS")', "1 / 0")
    write_format(tmp_path / "site", monkeypatch, fails, "their_format_e:FORMAT")
    path = tmp_path / "spot.csv"
    EXPORTERS[0].write(path, FILLS, UTC)
    with pytest.raises(InputError, match=r"format theirs fails to recognise .*ZeroDivisionError"):
        read_log(LogOrder(path))
    assert read_log(LogOrder(path, format="binance-spot")).format == "binance-spot"


def test_a_file_that_two_formats_claim_is_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims_all = _THEIRS.replace('head.text.startswith("THEIRS")', "True")
    write_format(tmp_path / "site", monkeypatch, claims_all, "their_format_d:FORMAT")
    path = tmp_path / "spot.csv"
    EXPORTERS[0].write(path, FILLS, UTC)
    with pytest.raises(GoldError, match=r"may be .*theirs.*say which, e\.g\. --format"):
        read_log(LogOrder(path))
    assert read_log(LogOrder(path, format="binance-spot")).format == "binance-spot"
