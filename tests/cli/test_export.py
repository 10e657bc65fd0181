"""`tradegen export`: every format reads back as the same rows."""

import json
import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.support.cli import Command
from tests.support.runs import ROWS, FinishedRun
from tradegen.data.gold import GoldSource, fingerprint, load_gold
from tradegen.data.ledger import Ledger
from tradegen.data.rows import Rows


@pytest.fixture
def run(finished_run: FinishedRun, tmp_path: Path) -> Path:
    return finished_run.copied_to(tmp_path / "runs")


def rows_of(run: Path) -> str:
    return fingerprint(Rows.from_arrow(pq.read_table(run / "rows.parquet")))


def read_back(*files: Path, bars: tuple[Path, ...] = ()) -> str:
    return load_gold(GoldSource(files=files, bars=bars, holdout=0)).fingerprint


@pytest.mark.parametrize("to", ["jsonl", "parquet"])
def test_an_export_reads_back_as_gold_with_the_same_rows(cli: Command, run: Path, to: str) -> None:
    said = cli("export", "first", "--to", to)
    assert (said.code, said.err) == (0, "")
    assert said.out == f"wrote {Path(f'runs/first/first.{to}')}\n"
    assert read_back(Path(f"runs/first/first.{to}")) == rows_of(run)


def test_a_csv_export_reads_back_with_the_flags_that_are_printed(cli: Command, run: Path) -> None:
    said = cli("export", "first", "--to", "csv")
    assert said.code == 0
    flags = re.search(r"read it back with:  --gold (\S+) --bars (\S+)", said.out)
    assert flags
    assert read_back(Path(flags[1]), bars=(Path(flags[2]),)) == rows_of(run)


def test_a_csv_export_has_one_line_a_trade_and_one_a_bar(cli: Command, run: Path) -> None:
    cli("export", "first", "--to", "csv", "--out", "out.csv")
    table = pq.read_table(run / "rows.parquet")
    trades = Path("out.csv").read_text(encoding="utf-8").splitlines()
    bars = Path("out.bars.csv").read_text(encoding="utf-8").splitlines()
    assert trades[0].split(",")[:3] == ["trade_id", "symbol", "side"]
    assert "bars" not in trades[0]
    assert bars[0] == "trade_id,time,open,high,low,close,volume"
    assert len(trades) == ROWS + 1
    assert len(bars) == sum(len(row) for row in table["bars"].to_pylist()) + 1


@pytest.mark.parametrize("to", ["csv", "jsonl", "parquet"])
def test_the_file_may_be_named_and_replaces_an_old_one(cli: Command, run: Path, to: str) -> None:
    Path(f"mine.{to}").write_text("old", encoding="utf-8")
    assert cli("export", run, "--to", to, "--out", f"mine.{to}").code == 0
    bars = (Path("mine.bars.csv"),) if to == "csv" else ()
    assert read_back(Path(f"mine.{to}"), bars=bars) == rows_of(run)


def killed(run: Path) -> None:
    """Leave a run's folder as a kill does that comes before its files are written."""
    manifest = json.loads((run / "run.json").read_text(encoding="utf-8"))
    (run / "run.json").write_text(json.dumps({**manifest, "status": "running"}), encoding="utf-8")
    (run / "rows.parquet").unlink()


@pytest.mark.parametrize("to", ["csv", "jsonl", "parquet"])
def test_of_a_killed_run_the_accepted_rows_are_exported_and_it_is_called_incomplete(
    cli: Command, run: Path, to: str
) -> None:
    expected = rows_of(run)
    killed(run)
    said = cli("export", "first", "--to", to, "--out", f"mine.{to}")
    assert (said.code, said.err) == (0, "")
    assert "note: the run is incomplete (running); go on with tradegen run --resume" in said.out
    bars = (Path("mine.bars.csv"),) if to == "csv" else ()
    assert read_back(Path(f"mine.{to}"), bars=bars) == expected
    assert not (run / "rows.parquet").exists()


def test_a_finished_run_whose_rows_are_gone_is_exported_from_its_ledger(
    cli: Command, run: Path
) -> None:
    before = (run / "rows.parquet").read_bytes()
    (run / "rows.parquet").unlink()
    assert "incomplete" not in cli("export", "first", "--out", "again.parquet").out
    assert Path("again.parquet").read_bytes() == before


def test_a_run_without_an_accepted_row_is_told(cli: Command, run: Path) -> None:
    killed(run)
    (run / "ledger.sqlite").unlink()
    Ledger(run / "ledger.sqlite").close()
    said = cli("export", "first", "--to", "csv")
    assert said.code == 2
    assert "no row is accepted yet; go on with" in said.err
    assert not (run / "first.csv").exists()


@pytest.mark.parametrize("to", ["csv", "jsonl", "parquet"])
def test_the_ending_of_the_file_names_the_format(cli: Command, run: Path, to: str) -> None:
    assert cli("export", "first", "--out", f"new/deep/mine.{to}").code == 0
    assert Path(f"new/deep/mine.{to}").is_file()


def test_a_format_and_an_ending_that_contradict_each_other_are_refused(
    cli: Command, run: Path
) -> None:
    said = cli("export", "first", "--to", "csv", "--out", "mine.parquet")
    assert said.code == 2
    assert "--to csv contradicts --out mine.parquet" in said.err
    assert not Path("mine.parquet").exists()


def test_the_printed_flags_can_be_pasted_whatever_the_path(cli: Command, run: Path) -> None:
    said = cli("export", "first", "--to", "csv", "--out", "my trades.csv")
    printed = shlex.split(said.out.split("read it back with:")[1])
    assert printed == ["--gold", "my trades.csv", "--bars", "my trades.bars.csv"]


def test_what_is_printed_to_read_back_works_for_a_file_without_an_ending(
    cli: Command, run: Path
) -> None:
    said = cli("export", "first", "--to", "csv", "--out", "trades")
    flags = shlex.split(said.out.split("read it back with:")[1])
    assert read_back(Path(flags[1]), bars=(Path(flags[3]),)) == rows_of(run)


def test_an_export_from_inside_the_run_folder_is_named_like_the_run(
    cli: Command, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run)
    assert cli("export", ".", "--to", "jsonl").code == 0
    assert (run / "first.jsonl").is_file()


def test_an_export_never_replaces_the_runs_own_files(
    cli: Command, finished_run: FinishedRun, tmp_path: Path
) -> None:
    for name in ("rows", "rejected"):
        copied = finished_run.copied_to(tmp_path / name)
        run = copied.rename(copied.with_name(name))
        before = {path.name: path.read_bytes() for path in run.iterdir()}
        said = cli("export", run, "--to", "parquet")
        assert said.code == 2
        assert f"{name}.parquet: one of the run's own files" in said.err
        assert "choose another file with --out" in said.err
        assert {path.name: path.read_bytes() for path in run.iterdir()} == before


@pytest.mark.parametrize("out", ["rows.parquet", "rejected", "../other/rejected.parquet"])
def test_no_runs_own_file_can_be_named_as_the_file_to_write(
    cli: Command, run: Path, monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    other = run.parent / "other"
    other.mkdir()
    (other / "run.json").write_text("{}", encoding="utf-8")
    before = (run / "rows.parquet").read_bytes(), (run / "rejected.parquet").read_bytes()
    said = cli("export", run, "--to", "parquet", "--out", run / out)
    assert said.code == 2
    assert "one of the run's own files" in said.err
    monkeypatch.chdir(run)
    assert cli("export", ".", "--to", "parquet", "--out", out).code == 2
    assert before == ((run / "rows.parquet").read_bytes(), (run / "rejected.parquet").read_bytes())
    assert not (other / "rejected.parquet").exists()


def test_a_file_called_rows_may_be_written_elsewhere(cli: Command, run: Path) -> None:
    assert cli("export", "first", "--to", "parquet", "--out", "rows.parquet").code == 0
    assert read_back(Path("rows.parquet")) == rows_of(run)


@pytest.mark.parametrize("taken", ["d.csv", "d.bars.csv"])
@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_where_one_file_cannot_be_written_none_is(
    cli: Command, run: Path, taken: str, make: Callable[[Path], None]
) -> None:
    make(Path(taken))
    said = cli("export", "first", "--to", "csv", "--out", "d.csv")
    assert said.code == 2
    assert f"{taken}: is " in said.err
    assert "choose another file with --out" in said.err
    assert [path.name for path in Path().glob("d.*")] == [taken]


def test_an_unrelated_file_called_like_the_bars_is_not_replaced(cli: Command, run: Path) -> None:
    Path("my.bars.csv").write_text("mine", encoding="utf-8")
    said = cli("export", "first", "--out", "my.csv")
    assert said.code == 2
    assert "my.bars.csv: is there and no part of an earlier export" in said.err
    assert Path("my.bars.csv").read_text(encoding="utf-8") == "mine"
    assert not Path("my.csv").exists()


def test_an_export_goes_where_a_link_leads(cli: Command, run: Path) -> None:
    Path("store").mkdir()
    Path("link.jsonl").symlink_to("store/real.jsonl")
    assert cli("export", "first", "--out", "link.jsonl").code == 0
    assert Path("link.jsonl").is_symlink()
    assert read_back(Path("store/real.jsonl")) == rows_of(run)
