"""`tradegen import` on bars with faults: told in a table, listed in a file, fixed if asked."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.support.cli import Command

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
FILLS, BARS = EXAMPLES / "fills.csv", EXAMPLES / "bars.csv"
PRICES = ["open", "high", "low", "close"]


@pytest.fixture
def bars() -> pd.DataFrame:
    return pd.read_csv(BARS, parse_dates=["time"])


def imported(
    cli: Command, tmp_path: Path, bars: pd.DataFrame, *options: str, fills: Path = FILLS
) -> str:
    bars.to_csv(tmp_path / "bars.csv", index=False)
    out = tmp_path / "gold.parquet"
    said = cli("import", fills, "--bars", tmp_path / "bars.csv", "--out", out, "--force", *options)
    assert said.code == 0, said.err
    return said.out


def listed(tmp_path: Path) -> list[dict[str, str]]:
    with (tmp_path / "gold.bars.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def gold(path: Path) -> object:
    return pq.read_table(path / "gold.parquet")


def test_a_zone_is_told_with_its_flag_and_the_flag_mends_it(
    cli: Command, tmp_path: Path, bars: pd.DataFrame
) -> None:
    imported(cli, tmp_path, bars)
    right = gold(tmp_path)
    late = bars.assign(time=bars["time"] + pd.Timedelta(hours=5))
    said = imported(cli, tmp_path, late)
    (line,) = [one for one in said.splitlines() if one.startswith("  zone")]
    assert "BTC-USD 1h" in line
    assert "prices fit with -5 h, " in line
    assert line.endswith("-> --fix zone shifts them")
    assert listed(tmp_path)[0]["kind"] == "zone"
    said = imported(cli, tmp_path, late, "--fix", "zone")
    assert "fixed: -5 h" in said
    assert gold(tmp_path) == right
    assert [one["done"] for one in listed(tmp_path)] == ["fixed: -5 h"]


def test_a_split_in_bars_is_undone_with_the_fills_before_it(
    cli: Command, tmp_path: Path, bars: pd.DataFrame
) -> None:
    imported(cli, tmp_path, bars)
    right = pq.read_table(tmp_path / "gold.parquet").to_pandas()
    moment = bars["time"][400]
    fills = pd.read_csv(FILLS, parse_dates=["time"])
    before = bars["time"] < moment
    bars.loc[before, PRICES] *= 4
    bars.loc[before, "volume"] /= 4
    early = fills["time"] < moment
    fills.loc[early, "price"] *= 4
    fills.loc[early, "quantity"] /= 4
    fills.to_csv(tmp_path / "log.csv", index=False)
    log = tmp_path / "log.csv"
    assert "a split 4:1 to within" in imported(cli, tmp_path, bars, fills=log)
    imported(cli, tmp_path, bars, "--fix", "splits", fills=log)
    made = pq.read_table(tmp_path / "gold.parquet").to_pandas()
    for name in ("entry_price", "exit_price", "quantity"):
        assert made[name].to_numpy() == pytest.approx(right[name].to_numpy(), rel=1e-9)
    assert made["bars"].map(len).tolist() == right["bars"].map(len).tolist()


def test_fills_that_no_split_was_taken_out_of_are_brought_to_adjusted_bars(
    cli: Command, tmp_path: Path, bars: pd.DataFrame
) -> None:
    """Bought 2 at 40 000 before a split 2:1 and sold 4 at 20 000 after it: flat again."""
    fills = pd.read_csv(FILLS, parse_dates=["time"])
    early = fills["time"] < bars["time"][400]
    fills.loc[early, "price"] *= 2
    fills.loc[early, "quantity"] /= 2
    fills.to_csv(tmp_path / "log.csv", index=False)
    said = imported(cli, tmp_path, bars, "--fix", "ratio", fills=tmp_path / "log.csv")
    assert "are 2 times those of the bars" in said
    assert "57 of 57 round trips are gold" in said


def test_what_is_sorted_and_dropped_unasked_is_told(
    cli: Command, tmp_path: Path, bars: pd.DataFrame
) -> None:
    mixed = pd.concat([bars[300:], bars[:310]])
    said = imported(cli, tmp_path, mixed)
    assert "10 bars are there more than once, the same in every field -> done: dropped" in said
    assert "lie behind a later one" in said
    assert "57 of 57 round trips are gold" in said


def test_bars_that_contradict_each_other_stop_the_import(
    cli: Command, tmp_path: Path, bars: pd.DataFrame
) -> None:
    other = bars[100:101].assign(close=bars["low"][100])
    pd.concat([bars, other]).to_csv(tmp_path / "bars.csv", index=False)
    options = ("--bars", tmp_path / "bars.csv", "--out", tmp_path / "gold.parquet")
    said = cli("import", FILLS, *options)
    assert said.code == 2
    assert "bars.csv, row 101 and " in said.err
    assert "row 701: two bars of BTC-USD open at" in said.err
    assert cli("import", FILLS, *options, "--fix", "duplicates").code == 0


def test_missing_prices_are_impossible_bars_and_not_a_file_that_cannot_be_read(
    cli: Command, tmp_path: Path, bars: pd.DataFrame
) -> None:
    bars.loc[5, "close"] = float("nan")
    assert "close is missing -> --fix impossible drops them" in imported(cli, tmp_path, bars)


def test_the_table_is_short_and_the_file_is_whole(
    cli: Command, tmp_path: Path, bars: pd.DataFrame
) -> None:
    fills = pd.read_csv(FILLS, dtype=str)
    names = [f"C{k:02d}-USD" for k in range(25)]
    every = [bars.drop(index=[9, 10, 40]).assign(symbol=name) for name in names]
    logs = [fills.assign(symbol=name) for name in names]
    pd.concat(logs).to_csv(tmp_path / "log.csv", index=False)
    said = imported(cli, tmp_path, pd.concat(every), fills=tmp_path / "log.csv")
    table = [one for one in said.splitlines() if one.startswith("  gaps")]
    assert len(table) == 20
    assert "2 times, the worst: 2 bars of 24/7 missing from" in table[0]
    assert "  ... and 5 lines more" in said
    assert len(listed(tmp_path)) == 50


def test_machines_get_every_fault(cli: Command, tmp_path: Path, bars: pd.DataFrame) -> None:
    said = json.loads(imported(cli, tmp_path, bars.drop(index=[9, 10]), "--json"))
    assert (said["gold"], said["round_trips"]) == (57, 57)
    (fault,) = said["bars"]
    assert (fault["symbol"], fault["kind"], fault["count"]) == ("BTC-USD", "gaps", 2)
    assert fault["from"] == "2024-03-01T09:00:00+00:00"
    assert fault.keys() == listed(tmp_path)[0].keys()


def test_only_a_trade_that_opens_or_closes_in_a_gap_is_left_out(
    cli: Command, tmp_path: Path, bars: pd.DataFrame
) -> None:
    entry = pd.to_datetime(pd.read_csv(EXAMPLES / "round_trips.csv")["entry_time"])[20].floor("h")
    said = imported(cli, tmp_path, bars[bars["time"] != entry])
    assert "a trade that opens or closes there is left out" in said
    with (tmp_path / "gold.left-out.csv").open(encoding="utf-8") as file:
        left = list(csv.DictReader(file))
    assert left
    for one in left:
        moments = pd.to_datetime([one["entry_time"], one["exit_time"]]).floor("h")
        assert entry in moments
    assert f"{57 - len(left)} of 57 round trips are gold" in said


def test_where_a_fix_leaves_no_bars_every_trade_says_so(
    cli: Command, tmp_path: Path, bars: pd.DataFrame
) -> None:
    bars.assign(high=bars["low"] / 2).to_csv(tmp_path / "bars.csv", index=False)
    options = ("--out", tmp_path / "gold.parquet", "--fix", "impossible")
    said = cli("import", FILLS, "--bars", tmp_path / "bars.csv", *options)
    assert "left out: 57 bars missing; the first: BTC-USD of" in said.out
    assert said.code == 2
    assert "none of 57 round trips can be made gold" in said.err


def test_where_nothing_is_wrong_no_list_of_an_earlier_import_stays(
    cli: Command, tmp_path: Path, bars: pd.DataFrame
) -> None:
    imported(cli, tmp_path, bars.drop(index=[9]))
    assert (tmp_path / "gold.bars.csv").exists()
    said = imported(cli, tmp_path, bars, "--fix", "splits")
    assert "bars:" not in said
    assert "--fix splits: there is nothing of the kind" in said
    assert not (tmp_path / "gold.bars.csv").exists()


def test_the_list_is_not_written_over_what_is_there(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "gold.bars.csv").write_text("mine")
    said = cli("import", FILLS, "--bars", BARS, "--out", tmp_path / "gold.parquet")
    assert (said.code, "gold.bars.csv is there already" in said.err) == (2, True)
    assert (tmp_path / "gold.bars.csv").read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--fix", "gaps"), "--fix gaps: expected all, or some of zone, closing, ratio, splits"),
        (("--fix", "splits,tpyo"), "--fix tpyo: expected all"),
        (("--calendar", "XNYSE"), "calendar 'XNYSE' is not known"),
    ],
)
def test_wrong_words_are_refused(
    cli: Command, tmp_path: Path, options: Sequence[str], told: str
) -> None:
    said = cli("import", FILLS, "--bars", BARS, "--out", tmp_path / "gold.parquet", *options)
    assert (said.code, told in said.err) == (2, True), said.err
    assert list(tmp_path.iterdir()) == []
