"""`tradegen import`: what a user has becomes gold, or is told why it does not."""

import csv
import os
import sys
import tomllib
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


SPOT = "Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n"
BUY = "2024-03-04 09:30:00,BTCUSDT,BUY,52000,0.1BTC,5200USDT,5.2USDT\n"
FUTURES = "Uid,Time,Symbol,Side,Price,Quantity,Amount,Fee,Realized Profit\n"
CLOSED = "Contracts,Closing Direction,Qty,Entry Price,Exit Price,Closed P&L,Trade Time(UTC+0)\n"
PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>"
FLEX = "<FlexQueryResponse><FlexStatements><FlexStatement><Trades>"
FLEX_END = "</Trades></FlexStatement></FlexStatements></FlexQueryResponse>"
STOCK = 'assetCategory="STK" symbol="A" quantity="1" tradePrice="2" buySell="BUY"'
BOMB = (
    '<!DOCTYPE bomb [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    f'{FLEX}<Trade symbol="&b;"/>{FLEX_END}'
)
ENTITY = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + FLEX + FLEX_END
REPORT = "<html><head><title>1: Trade History Report</title></head><body><table>{}</table></body>"
DEALS = "Time,Deal,Symbol,Type,Direction,Volume,Price,Order,Commission\n"
DEAL = "2024.03.04 09:30:00,1,BTCUSD,buy,in,1,52000,1,0\n"


@pytest.mark.parametrize(
    ("name", "text", "more", "told"),
    [
        ("a.xml", FLEX + f"<Trade {STOCK}/><Tra", (), "a.xml: not readable as XML (unclosed token"),
        ("a.xml", BOMB, (), "a.xml: declares a document type, which no export does; refused"),
        ("a.xml", ENTITY, (), "a.xml: declares a document type, which no export does; refused"),
        ("a.xml", FLEX + FLEX_END, (), "a.xml: holds no trades; tick Executions under Trades"),
        (
            "a.xml",
            f'{FLEX}<Trade symbol="A"/>{FLEX_END}',
            (),
            "the Flex Query lacks assetCategory,",
        ),
        ("a.xml", "<rss></rss>", ("--format", "ibkr-flex"), "is no Interactive Brokers Flex Query"),
        ("a.xml", "<rss></rss>", (), "a.xml: no table of a known kind; expected .csv, .tsv"),
        (
            "a.xml",
            f'{FLEX}<Trade {STOCK} dateTime="20240304;093000"/>{FLEX_END}',
            (),
            "does not say in which zone its times are (Interactive Brokers writes New York's",
        ),
        (
            "a.xml",
            f'{FLEX}<Trade {STOCK} dateTime="04/03/2024;0930"/>{FLEX_END}',
            ("--tz", "UTC"),
            "a.xml, row 1: dateTime is '04/03/2024;0930'; expected a time such as",
        ),
        (
            "a.xml",
            f'{FLEX}<Trade {STOCK.replace("STK", "FUT")} dateTime="20240304;093000"/>{FLEX_END}',
            ("--tz", "UTC"),
            "futures without their multiplier; tick Multiplier",
        ),
        (
            "a.xml",
            f'{FLEX}<Trade {STOCK.replace("STK", "OPT")} dateTime="20240304;093000"/>{FLEX_END}',
            ("--tz", "UTC"),
            "holds no trades (1 rows are passed over: assetCategory OPT: only STK, FUT, CASH, CRY",
        ),
        ("a.html", PAGE, (), "a.html: no table of a known kind; expected .csv, .tsv, .xlsx or"),
        (
            "a.html",
            PAGE.replace("<h1>502</h1>", "<table><tr><td>502</td></tr></table>"),
            (),
            "a.html: no table of a known kind; expected .csv, .tsv, .xlsx or",
        ),
        ("a.html", PAGE, ("--format", "mt5"), "is no MetaTrader 5 history report in English"),
        ("a.html", "", ("--format", "mt5"), "a.html: not readable as HTML"),
        ("a.html", REPORT.format(""), (), "is no MetaTrader 5 history report in English"),
        ("a.csv", DEALS + DEAL, (), "zone its times are (times are those of the broker's server"),
        ("a.csv", DEALS + DEAL.replace("52000", "-"), ("--tz", "UTC"), "row 1: Price is '-'; exp"),
        ("a.csv", DEALS, ("--tz", "UTC"), "this MetaTrader 5 history report holds no trades"),
        (
            "a.csv",
            DEALS + DEAL.replace("buy", "balance"),
            ("--tz", "UTC"),
            "holds no trades (1 rows are passed over: Type balance: no trade)",
        ),
        ("a.csv", SPOT, (), "a.csv: holds no rows"),
        ("a.csv", PAGE, (), "it begins as a page of HTML or XML does, with '<html><head>"),
        ("a.csv", SPOT + BUY + PAGE + "\n", (), "a.csv, row 2: row is 1 values; expected 7, one a"),
        ("a.csv", SPOT + BUY + FUTURES, (), "a.csv: may be binance-futures and binance-spot; say"),
        ("a.csv", SPOT + BUY + SPOT, (), "row 2: Date(UTC) is 'Date(UTC)'; expected a time such"),
        ("a.csv", SPOT + BUY.replace("0.1BTC", "?"), (), "row 1: Executed is '?'; expected a num"),
        ("a.csv", SPOT + BUY, ("--format", "binance"), "did you mean binance-spot? There is csv,"),
        ("a.csv", SPOT + BUY, ("--format", "mt5"), "a.csv: is no MetaTrader 5 history report"),
        ("a.csv", SPOT + BUY, ("--format", "bybit-spot"), "expected columns Spot Pairs, Direction"),
        (
            "a.csv",
            SPOT + BUY,
            ("--format", "binance-spot", "--map", "price=Price"),
            "--map (import.columns): --format binance-spot knows its columns and times",
        ),
        (
            "a.csv",
            SPOT.replace("Date(UTC)", "Time") + BUY,
            (),
            "a Binance spot trade history does not say in which zone its times are",
        ),
        (
            "a.csv",
            CLOSED + "BTCUSDT,Sell,1,2,3,1,2024-03-04 09:30:00\n",
            (),
            "but not when it was op",
        ),
    ],
)
def test_a_bad_export_is_named_and_leaves_nothing(
    cli: Command, tmp_path: Path, name: str, text: str, more: tuple[str, ...], told: str
) -> None:
    path, out = tmp_path / name, tmp_path / "gold.parquet"
    path.write_text(text, encoding="utf-8")
    said = cli("import", path, "--bars", BARS, "--out", out, *more)
    assert said.code == 2
    assert told in said.err
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_html_reports_say_which_library_they_need(
    cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    path.write_text(REPORT.format(""), encoding="utf-16")
    monkeypatch.setitem(sys.modules, "lxml", None)
    said = cli("import", path, "--bars", BARS, "--out", tmp_path / "gold.parquet")
    assert said.code == 2
    assert "report.html: to read HTML reports, pip install 'tradegen[html]'" in said.err


def test_text_in_another_encoding_than_unicode_is_refused(cli: Command, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes("Zeit,Wertpapier\n1,Münchener Rück\n".encode("latin-1"))
    said = cli("import", path, "--bars", BARS, "--out", tmp_path / "gold.parquet")
    assert said.code == 2
    assert "log.csv: not UTF-8 text; save it as CSV in UTF-8" in said.err


def test_files_of_two_vendors_are_imported_each_for_itself(cli: Command, tmp_path: Path) -> None:
    said = cli("import", FILLS, TRIPS, "--bars", BARS, "--out", tmp_path / "gold.parquet")
    assert said.code == 2
    assert "unexpected extra argument" in said.err


@pytest.fixture(scope="module")
def spot_export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's fills as Binance exports them, in UTF-16 as Excel saves text."""
    path = tmp_path_factory.mktemp("vendor") / "spot.csv"
    lines = FILLS.read_text(encoding="utf-8").replace("-USD", "USDT").splitlines()[1:]
    rows = [line.split(",") for line in lines]
    text = SPOT + "".join(
        f"{time[:10]} {time[11:19]},{symbol},{side.upper()},{price},"
        f"{size}{symbol[:3]},1USDT,0.001BNB\n"
        for time, symbol, side, size, price in rows
    )
    path.write_text(text, encoding="utf-16")
    return path


def test_a_vendors_export_becomes_the_same_gold_as_the_plain_table(
    cli: Command, tmp_path: Path, spot_export: Path
) -> None:
    ours, theirs = tmp_path / "ours.parquet", tmp_path / "theirs.parquet"
    assert cli("import", FILLS, "--bars", BARS, "--out", ours).code == 0
    said = cli("import", spot_export, "--bars", BARS, "--out", theirs)
    assert (said.code, said.err) == (0, "")
    assert (
        "129 rows, read as Binance spot trade history (--format csv reads a plain table, "
        "--format binance-spot states this)"
    ) in said.out
    assert "the fees of 129 fills are in BNB, whose price is not known: not counted" in said.out
    made, known = rows_of(theirs), rows_of(ours)
    for name in ("side", "entry_time", "exit_time", "entry_price", "exit_price", "quantity"):
        assert (made[name] == known[name]).all()


ZONES = {"binance-futures": "UTC", "ibkr-flex": "America/New_York", "mt5": "Europe/Athens"}
ZONES |= dict.fromkeys(("tradervue", "tradersync"), "America/New_York")


@pytest.mark.parametrize("path", sorted((EXAMPLES / "vendors").iterdir()), ids=lambda one: one.stem)
def test_the_example_of_every_vendor_is_the_same_trades(
    cli: Command, tmp_path: Path, path: Path
) -> None:
    zone = ("--tz", ZONES[path.stem]) if path.stem in ZONES else ()
    out = tmp_path / "gold.parquet"
    said = cli("import", path, "--bars", BARS, "--out", out, *zone)
    assert (said.code, said.err) == (0, "")
    made = rows_of(out).sort_values("entry_time", ignore_index=True)
    known = pd.read_csv(TRIPS, parse_dates=["entry_time", "exit_time"]).head(len(made))
    assert len(made) >= 12
    for name in ("side", "entry_time", "exit_time"):
        assert (made[name] == known[name]).all()
    for name in ("entry_price", "exit_price", "quantity"):
        assert made[name].to_numpy() == pytest.approx(known[name].to_numpy())
    assert not (tmp_path / "gold.left-out.csv").exists() or path.stem == "mt5"


def test_a_wrong_format_may_be_set_right(cli: Command, tmp_path: Path, spot_export: Path) -> None:
    options = ("--bars", BARS, "--out", tmp_path / "gold.parquet", "--dry-run")
    said = cli("import", spot_export, "--format", "csv", "--map", "fee=-", "--tz", "UTC", *options)
    assert said.code == 2
    assert "'Executed', 'Amount' may each be the quantity" in said.err
    plain = ("--map", "quantity=Executed", "--map", "fee=-", "--tz", "UTC")
    said = cli("import", spot_export, *plain, *options)
    assert said.code == 0, said.err
    assert "129 rows, read as fills" in said.out


def test_rows_that_are_no_trades_are_told_and_listed(cli: Command, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    deals = "2024.03.04 09:31:00,1,BTCUSD,buy,in,0.2,51895.2,1,0\n"
    deals += "2024.03.04 17:18:00,2,BTCUSD,sell,out,0.2,51405.3,2,0\n"
    path.write_text(DEALS + DEAL.replace("buy", "balance") + deals, encoding="utf-8")
    options = ("--bars", BARS, "--tz", "UTC", "--out", tmp_path / "gold.parquet")
    said = cli("import", path, *options)
    assert said.code == 0, said.err
    assert "  not imported: 1 rows; Type balance: no trade" in said.out
    assert "1 of 1 round trips are gold" in said.out
    with (tmp_path / "gold.left-out.csv").open(encoding="utf-8") as file:
        (left,) = csv.DictReader(file)
    assert (left["rows"], left["reason"], left["why"]) == (
        *("1", "not imported"),
        "Type balance: no trade",
    )


def test_what_is_found_of_a_log_is_kept_as_settings_that_read_it_again(
    cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = FILLS.read_text(encoding="utf-8").splitlines()
    lines[0] = "When,symbol,side,Größe,price"
    path = written(tmp_path, "My trades", "", *lines)
    maps = ("--map", "time=When", "--map", "quantity=Größe", "--symbol", "BTC-USD=BTC-USD")
    said = cli("import", path, *maps, "--show-map")
    assert said.code == 0
    assert "the header is line 3; what stands above it is not read" in said.err
    assert tomllib.loads(said.out)["import"] == {
        "format": "csv",
        "columns": {
            "time": "When",
            "symbol": "symbol",
            "side": "side",
            "price": "price",
            "quantity": "Größe",
        },
        "symbols": {"BTC-USD": "BTC-USD"},
    }
    Path("tradegen.toml").write_text(said.out, encoding="utf-8")
    said = cli("import", path, "--bars", BARS, "--dry-run")
    assert said.code == 0, said.err
    assert "57 of 57 round trips are gold" in said.out


def test_flags_win_over_the_settings_file(
    cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    toml = tmp_path / "tradegen.toml"
    toml.write_text("[import]\nmatch = 'fifo'\ntz = 'Mars'\n", encoding="utf-8")
    said = cli("import", FILLS, "--bars", BARS, "--dry-run", "--tz", "UTC")
    assert said.code == 0, said.err
    assert "first in, first out" in said.out
    said = cli("import", FILLS, "--bars", BARS, "--dry-run", "--tz", "UTC", "--match", "flat")
    assert "from flat to flat" in said.out
    said = cli("import", FILLS, "--bars", BARS, "--dry-run")
    assert "time zone 'Mars' is not known" in said.err


def test_settings_of_columns_do_not_stand_in_the_way_of_a_stated_format(
    cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spot_export: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    toml = "[import]\ntime_format = '%d.%m.%Y'\n[import.columns]\nprice = 'Px'\n"
    (tmp_path / "tradegen.toml").write_text(toml, encoding="utf-8")
    options = ("--bars", BARS, "--dry-run", "--format", "binance-spot")
    assert cli("import", spot_export, *options).code == 0


def test_settings_of_symbols_may_be_those_of_several_logs(
    cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    toml = '[import.symbols]\nDOGE = "DOGE-USD"\n"BTC-USD" = "BTC-USD"\n'
    (tmp_path / "tradegen.toml").write_text(toml, encoding="utf-8")
    assert cli("import", FILLS, "--bars", BARS, "--dry-run").code == 0
    said = cli("import", FILLS, "--bars", BARS, "--dry-run", "--symbol", "DOGE=BTC-USD")
    assert "--symbol DOGE: the file holds no such symbol" in said.err


def test_fills_that_differ_but_in_their_ids_are_no_repeated_rows(
    cli: Command, tmp_path: Path
) -> None:
    path = tmp_path / "futures.csv"
    fill = "7,2024-03-04 09:31:00,BTCUSDT,BUY,51895.2,0.1,5189.52,2 USDT,0,true,false,{},1\n"
    header = FUTURES.strip() + ",Buyer,Maker,Trade ID,Order ID\n"
    path.write_text(header + fill.format(1) + fill.format(2), encoding="utf-8")
    options = ("--bars", BARS, "--tz", "UTC", "--dry-run")
    assert "repeat another one" not in cli("import", path, *options).out
    path.write_text(header + fill.format(1) + fill.format(1), encoding="utf-8")
    assert "1 rows repeat another one" in cli("import", path, *options).out


def test_symbols_that_differ_only_in_case_are_one(cli: Command, tmp_path: Path) -> None:
    lines = FILLS.read_text(encoding="utf-8").splitlines()
    lines[2::5] = [line.replace("BTC-USD", "btc-usd") for line in lines[2::5]]
    path, out = written(tmp_path, *lines), tmp_path / "gold.parquet"
    said = cli("import", path, "--bars", BARS, "--out", out)
    assert "btc-usd is taken for BTC-USD, as they differ only in case" in said.out
    assert "57 of 57 round trips are gold" in said.out
    assert set(rows_of(out)["symbol"]) == set(pd.read_csv(FILLS)["symbol"])


def test_without_bars_nothing_is_imported(cli: Command, tmp_path: Path) -> None:
    said = cli("import", FILLS, "--out", tmp_path / "gold.parquet")
    assert said.code == 2
    assert "no bars: name a file with --bars, or a provider with --bars-from" in said.err


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
