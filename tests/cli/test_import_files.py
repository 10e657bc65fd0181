"""What `tradegen import` writes: three files of one import, all of them or none."""

import csv
import json
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from tests.support.cli import Command

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
FILLS, BARS = EXAMPLES / "fills.csv", EXAMPLES / "bars.csv"
STILL_OPEN = "2024-03-29T10:00:00Z,BTC-USD,buy,7,60000"
UNKNOWN = "2024-03-05T10:00:00Z,{0},buy,1,0.1\n2024-03-05T11:00:00Z,{0},sell,1,0.1"


def log(tmp_path: Path, *more: str) -> Path:
    path = tmp_path / "log.csv"
    path.write_text(FILLS.read_text(encoding="utf-8") + "\n".join(more) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """Bars of which one is missing."""
    path = tmp_path / "bars.csv"
    pd.read_csv(BARS).drop(index=[5]).to_csv(path, index=False)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}


def test_a_second_import_replaces_all_three_files(
    cli: Command, tmp_path: Path, faulty: Path
) -> None:
    out = tmp_path / "out" / "gold.parquet"
    assert cli("import", log(tmp_path, STILL_OPEN), "--bars", faulty, "--out", out).code == 0
    assert set(contents(out.parent)) == {"gold.parquet", "gold.left-out.csv", "gold.bars.csv"}
    assert cli("import", FILLS, "--bars", BARS, "--out", out, "--force").code == 0
    assert set(contents(out.parent)) == {"gold.parquet"}


def test_if_one_file_cannot_be_written_all_are_as_they_were(
    cli: Command, tmp_path: Path, faulty: Path
) -> None:
    out = tmp_path / "out" / "gold.parquet"
    assert cli("import", FILLS, "--bars", BARS, "--out", out).code == 0
    before = contents(out.parent)
    (out.parent / ".gold.parquet.part").mkdir()
    options = ("--bars", faulty, "--out", out, "--force")
    said = cli("import", log(tmp_path, STILL_OPEN), *options)
    assert (said.code, "gold.parquet: cannot be written" in said.err) == (5, True)
    assert contents(out.parent) == before


@pytest.mark.parametrize("name", ["gold.parquet", "gold.left-out.csv", "gold.bars.csv"])
def test_a_folder_in_place_of_a_file_is_told_before_anything_is_read(
    cli: Command, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).mkdir()
    said = cli("import", FILLS, "--bars", BARS, "--out", tmp_path / "gold.parquet", "--force")
    assert (said.code, f"{name}: is a folder" in said.err) == (2, True), said.err
    assert contents(tmp_path) == {}


def test_gold_of_an_earlier_import_outlives_one_that_makes_none(
    cli: Command, tmp_path: Path
) -> None:
    out = tmp_path / "gold.parquet"
    assert cli("import", FILLS, "--bars", BARS, "--out", out).code == 0
    kept = out.read_bytes()
    path = tmp_path / "log.csv"
    path.write_text(f"time,symbol,side,quantity,price\n{STILL_OPEN}\n", encoding="utf-8")
    said = cli("import", path, "--bars", BARS, "--out", out, "--force")
    assert (said.code, f"{out} is left as it was" in said.err) == (2, True)
    assert out.read_bytes() == kept


def test_a_list_opened_in_a_spreadsheet_runs_nothing(cli: Command, tmp_path: Path) -> None:
    path = log(tmp_path, UNKNOWN.format("=HYPERLINK(1)"), UNKNOWN.format("@SUM"))
    out = tmp_path / "gold.parquet"
    assert cli("import", path, "--bars", BARS, "--out", out).code == 0
    with (tmp_path / "gold.left-out.csv").open(encoding="utf-8") as file:
        symbols = {one["symbol"] for one in csv.DictReader(file)}
    assert symbols == {"'=HYPERLINK(1)", "'@SUM"}


def test_json_says_what_people_are_told(cli: Command, tmp_path: Path, faulty: Path) -> None:
    lines = log(tmp_path, STILL_OPEN, UNKNOWN.format("DOGE"), "x,BTC-USD,buy,1,1")
    text = lines.read_text(encoding="utf-8").replace("BTC-USD,sell", "btc-usd,sell", 3)
    lines.write_text(f"My fills,,,,\n{text}", encoding="utf-8")
    options = ("--bars", faulty, "--out", tmp_path / "gold.parquet", "--skip-bad", "--json")
    said = cli("import", lines, *options)
    told = json.loads(said.out)
    assert told["notes"] == ["the header is line 2; what stands above it is not read"]
    assert told["spelling"] == {"btc-usd": "BTC-USD"}
    assert told["bars_of"] == {"BTC-USD": "BTC-USD"}
    assert told["without_bars"] == ["DOGE"]
    assert (told["still_open"], told["unreadable"]) == (1, 1)
    assert told["left_out"] == {"no bars": 1}
    assert [one["kind"] for one in told["bars"]] == ["outside", "gaps"]
    said = cli("import", tmp_path / "none.csv", *options)
    assert (said.code, json.loads(said.out)["exit_code"]) == (2, 2)


def test_all_that_is_said_once_can_be_kept_and_need_not_be_said_again(
    cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    naive = pd.read_csv(BARS)
    naive["time"] = naive["time"].str.removesuffix("Z")
    late = pd.to_datetime(naive["time"]) + pd.Timedelta(hours=5)
    naive.assign(time=late).to_csv("bars.csv", index=False)
    flags = ("--bars", "bars.csv", "--bars-tz", "UTC", "--fix", "zone", "--calendar", "24/7")
    more = ("--match", "fifo", "--dust", "0", "--interval", "1h", "--symbol", "BTC-USD=BTC-USD")
    said = cli("import", FILLS, *flags, *more, "--out", "flags.parquet")
    assert said.code == 0, said.err
    shown = cli("import", FILLS, *flags, *more, "--show-map")
    in_json = cli("import", FILLS, *flags, *more, "--show-map", "--json")
    assert json.loads(in_json.out) == tomllib.loads(shown.out)
    Path("tradegen.toml").write_text(shown.out, encoding="utf-8")
    said = cli("import", FILLS, "--out", "settings.parquet")
    assert said.code == 0, said.err
    assert Path("settings.parquet").read_bytes() == Path("flags.parquet").read_bytes()
    said = cli("import", FILLS, "--fix", "stale", "--dry-run")
    assert "--fix zone shifts them" in said.out, "a flag wins over the settings"
