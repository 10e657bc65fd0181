"""`tradegen import`: what a user has becomes gold, or is told why it does not."""

import csv
import os
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.support.cli import Command
from tradegen.data.gold import GoldSource, load_gold

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
FILLS, TRIPS, BARS = (EXAMPLES / f"{name}.csv" for name in ("fills", "round_trips", "bars"))
REAL = os.environ.get("TRADEGEN_GOLD_DIR")

HEAD = "time,symbol,side,quantity,price"
ROW = "2024-03-03T22:05:00Z,BTC-USD,sell,0.05,53155.6"


def rows_of(path: Path) -> pd.DataFrame:
    frame: pd.DataFrame = pq.read_table(path).drop(["bars"]).to_pandas()
    return frame


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "log.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_fills_become_the_round_trips_that_they_are(cli: Command, tmp_path: Path) -> None:
    said = cli("import", FILLS, "--bars", BARS, "--out", tmp_path / "gold.parquet")
    assert (said.code, said.err) == (0, "")
    assert "129 fills make 57 round trips (from flat to flat); 0 positions are still" in said.out
    made = rows_of(tmp_path / "gold.parquet").sort_values("entry_time", ignore_index=True)
    known = pd.read_csv(TRIPS, parse_dates=["entry_time", "exit_time"])
    known = known.sort_values("entry_time", ignore_index=True)
    for name in ("symbol", "side", "entry_time", "exit_time"):
        assert (made[name] == known[name]).all()
    for name in ("entry_price", "exit_price"):
        assert made[name].to_numpy() == pytest.approx(known[name].to_numpy())
    gold = load_gold(GoldSource((tmp_path / "gold.parquet",), holdout=0))
    assert len(gold.train) == 57
    assert not (tmp_path / "gold.left-out.csv").exists()


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet"])
def test_a_journal_with_names_of_its_own_is_read_from_any_kind_of_file(
    cli: Command, tmp_path: Path, suffix: str
) -> None:
    journal = pd.read_csv(TRIPS, dtype=str).drop(columns=["interval", "price_source"])
    names = {"symbol": "Ticker", "entry_time": "Opened", "exit_time": "Closed", "trade_id": "ID"}
    journal = journal.rename(columns={**names, "entry_price": "In", "exit_price": "Out"})
    path = tmp_path / f"journal{suffix}"
    if suffix == ".csv":
        journal.to_csv(path, index=False, sep=";")
    elif suffix == ".xlsx":
        journal.to_excel(path, index=False)
    else:
        journal.to_parquet(path)
    maps = ("--map", "entry_price=In", "--map", "exit_price=Out")
    said = cli("import", path, "--bars", BARS, "--out", tmp_path / "gold.parquet", *maps)
    assert said.code == 0, said.err
    assert "read as round trips" in said.out
    made = rows_of(tmp_path / "gold.parquet")
    assert set(made["trade_id"]) <= set(journal["ID"])
    assert f"{len(made):,} of 57 round trips are gold" in said.out
    assert len(made) > 20, "single fills lie inside their bars"


def test_a_trip_that_ends_before_it_begins_is_refused(cli: Command, tmp_path: Path) -> None:
    journal = pd.read_csv(TRIPS)
    journal.loc[1, "exit_time"] = "2024-01-01 00:00:00+00:00"
    journal.to_csv(tmp_path / "log.csv", index=False)
    said = cli("import", tmp_path / "log.csv", "--bars", BARS, "--out", tmp_path / "gold.parquet")
    assert said.code == 2
    assert "row 2: exit_time is '2024-01-01 00:00:00+00:00'; expected a time not before" in said.err


def test_the_users_own_columns_are_carried_over(cli: Command, tmp_path: Path) -> None:
    journal = pd.read_csv(TRIPS).assign(setup="breakout", stars=range(57))
    journal.to_csv(tmp_path / "log.csv", index=False)
    out = tmp_path / "gold.parquet"
    said = cli("import", tmp_path / "log.csv", "--bars", BARS, "--out", out)
    assert "  carried over as they are: setup, stars\n" in said.out
    assert "  made anew, not carried over: interval\n" in said.out
    made = rows_of(out).merge(journal, on="trade_id")
    assert set(made["setup_x"]) == {"breakout"}
    assert made["stars_x"].tolist() == made["stars_y"].tolist()


def test_what_is_no_gold_is_told_and_listed(cli: Command, tmp_path: Path) -> None:
    lines = FILLS.read_text(encoding="utf-8").splitlines()
    more = [
        "2024-03-05T10:00:00Z,DOGE-USD,buy,1,0.1",
        "2024-03-05T11:00:00Z,DOGE-USD,sell,1,0.1",
        "2024-03-29T10:00:00Z,BTC-USD,buy,7,60000",
    ]
    path = written(tmp_path, *lines, *more)
    said = cli("import", path, "--bars", BARS, "--out", tmp_path / "gold.parquet")
    assert said.code == 0
    assert "no bars: DOGE-USD (--symbol DOGE-USD=NAME)" in said.out
    assert "open: BTC-USD long 7 since 2024-03-29T10:00:00+00:00" in said.out
    with (tmp_path / "gold.left-out.csv").open(encoding="utf-8") as file:
        left = {one["reason"]: one for one in csv.DictReader(file)}
    assert set(left) == {"no bars", "still open"}
    assert left["no bars"]["rows"] == f"{len(lines)}-{len(lines) + 1}"
    assert left["still open"]["rows"] == str(len(lines) + 2)


def test_a_dry_run_tells_all_and_writes_nothing(cli: Command, tmp_path: Path) -> None:
    out = tmp_path / "gold.parquet"
    said = cli("import", FILLS, "--bars", BARS, "--out", out, "--dry-run")
    assert said.code == 0
    assert "57 of 57 round trips are gold" in said.out
    assert said.out.endswith("nothing is written (--dry-run)\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("lines", "more", "told"),
    [
        ([HEAD], (), "log.csv: holds no rows"),
        ([HEAD, ",,,,"], (), "log.csv: holds no rows"),
        ([HEAD.replace("price", "cost"), ROW], (), "no column is found for price"),
        (
            [HEAD, ROW.replace("Z", "")],
            (),
            "log.csv, row 1: time is '2024-03-03T22:05:00'; expected",
        ),
        ([HEAD, ROW.replace("sell", "hold")], (), "row 1: side is 'hold'; expected buy or sell"),
        ([HEAD, ROW, ROW.replace("0.05", "x")], (), "row 2: quantity is 'x'; expected a number"),
        ([HEAD, ROW.replace("0.05", "")], (), "row 1: quantity; expected a value"),
        ([HEAD, ROW], ("--dust", "2"), "import.dust = 2.0: expected less than 1"),
        ([HEAD, ROW], ("--symbol", "TYPO=BTC-USD"), "--symbol TYPO: the file holds no such"),
        ([HEAD, ROW], ("--map", "price"), "--map price: expected NAME=VALUE"),
        ([HEAD, ROW], ("--interval", "7m"), "import.interval = '7m': expected one of 1m, 3m"),
        ([HEAD, ROW], ("--symbol", "BTC-USD=GONE"), "no bars of GONE"),
        ([HEAD, ROW], ("--tz", "Mars"), "time zone 'Mars' is not known"),
        ([HEAD + ",price", ROW + ",1"], (), "two columns are called price"),
        ([HEAD, ROW, ROW + ",1"], (), "row 2: row is 6 values; expected 5, one a column"),
    ],
)
def test_bad_input_is_named_and_leaves_nothing(
    cli: Command, tmp_path: Path, lines: list[str], more: tuple[str, ...], told: str
) -> None:
    path, out = written(tmp_path, *lines), tmp_path / "gold.parquet"
    said = cli("import", path, "--bars", BARS, "--out", out, *more)
    assert said.code == 2
    assert told in said.err
    assert [one.name for one in tmp_path.iterdir()] == ["log.csv"]


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet"])
def test_a_file_that_is_no_table_is_refused(cli: Command, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"log{suffix}"
    path.write_bytes(b"PK\x03\x04 and then nothing of the kind")
    said = cli("import", path, "--bars", BARS, "--out", tmp_path / "gold.parquet")
    assert said.code == 2
    assert f"log{suffix}: not readable as a table" in said.err


def test_rows_that_cannot_be_read_are_skipped_only_if_that_is_asked_for(
    cli: Command, tmp_path: Path
) -> None:
    lines = FILLS.read_text(encoding="utf-8").splitlines()
    path = written(tmp_path, *lines, ROW.replace("sell", "hold"))
    options = ("--bars", BARS, "--out", tmp_path / "gold.parquet")
    assert cli("import", path, *options).code == 2
    said = cli("import", path, *options, "--skip-bad")
    assert said.code == 0
    assert "warning: 1 rows cannot be read and are skipped" in said.err
    with (tmp_path / "gold.left-out.csv").open(encoding="utf-8") as file:
        (left,) = csv.DictReader(file)
    assert (left["rows"], left["reason"]) == (str(len(lines)), "cannot be read")
    assert left["why"].startswith("side is 'hold'; expected buy or sell")


def test_where_nothing_is_gold_the_reasons_are_written(cli: Command, tmp_path: Path) -> None:
    path = written(tmp_path, HEAD, ROW)
    said = cli("import", path, "--bars", BARS, "--out", tmp_path / "gold.parquet")
    assert said.code == 2
    assert "none of 0 round trips can be made gold" in said.err
    assert {one.name for one in tmp_path.iterdir()} == {"log.csv", "gold.left-out.csv"}


def test_nothing_that_the_user_has_is_written_over(cli: Command, tmp_path: Path) -> None:
    path = written(tmp_path, *FILLS.read_text(encoding="utf-8").splitlines())
    bars = tmp_path / "bars.parquet"
    pd.read_csv(BARS).to_parquet(bars)
    kept = {one: one.read_bytes() for one in (path, bars)}
    for out, told in ((path, "is written as Parquet"), (bars, f"would write over {bars}")):
        said = cli("import", path, "--bars", bars, "--out", out, "--force")
        assert said.code == 2
        assert told in said.err
    out = tmp_path / "gold.parquet"
    assert cli("import", path, "--bars", bars, "--out", out).code == 0
    said = cli("import", path, "--bars", bars, "--out", out)
    assert said.code == 2
    assert "gold.parquet is there already; choose another --out, or pass --force" in said.err
    assert cli("import", path, "--bars", bars, "--out", out, "--force").code == 0
    assert {one: one.read_bytes() for one in kept} == kept


def test_zones_of_log_and_bars_are_said_each_for_itself(cli: Command, tmp_path: Path) -> None:
    naive = pd.read_csv(BARS)
    naive["time"] = naive["time"].str.removesuffix("Z")
    naive.to_csv(tmp_path / "bars.csv", index=False)
    options = ("--bars", tmp_path / "bars.csv", "--out", tmp_path / "gold.parquet")
    said = cli("import", FILLS, *options, "--tz", "Europe/Berlin")
    assert said.code == 2
    assert "pass --bars-tz ZONE" in said.err
    said = cli("import", FILLS, *options, "--bars-tz", "UTC")
    assert said.code == 0, said.err
    assert "57 of 57 round trips are gold" in said.out


def test_imports_of_several_accounts_go_together(cli: Command, tmp_path: Path) -> None:
    for name in ("one", "two"):
        fills = pd.read_csv(FILLS).assign(account=name)
        fills.to_csv(tmp_path / f"{name}.csv", index=False)
        out = tmp_path / f"{name}.parquet"
        assert cli("import", tmp_path / f"{name}.csv", "--bars", BARS, "--out", out).code == 0
    files = (tmp_path / "one.parquet", tmp_path / "two.parquet")
    assert len(load_gold(GoldSource(files, holdout=0)).train) == 2 * 57


@pytest.mark.skipif(REAL is None, reason="needs real gold (TRADEGEN_GOLD_DIR)")
def test_real_fills_become_the_round_trips_that_were_found_by_hand(
    cli: Command, tmp_path: Path
) -> None:
    folder = Path(str(REAL))
    bars = folder.parent / "market" / "crypto_hourly.parquet"
    out = tmp_path / "gold.parquet"
    said = cli("import", folder / "fills_crypto.csv", "--bars", bars, "--out", out)
    assert said.code == 0
    assert "no bars: ADAUSDT, TRXUSDT, XLMUSDT" in said.out
    known = rows_of(folder / "crypto.parquet")
    known = known[known["price_source"] == "fills_vwap"]
    keys = ["symbol", "side", "entry_time", "exit_time", "quantity"]
    both = known.merge(rows_of(out), on=keys, suffixes=("", "_made"))
    assert len(both) == len(known) == 51
    for name in ("entry_price", "exit_price"):
        assert both[f"{name}_made"].to_numpy() == pytest.approx(both[name].to_numpy(), rel=1e-6)
    assert (both["interval"] == both["interval_made"]).mean() > 0.9
