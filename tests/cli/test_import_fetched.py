"""`tradegen import --bars-from`: the whole way, over HTTP on loopback."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.support.bar_servers import BarServer, alpaca, serving
from tests.support.cli import Command
from tradegen.data.bars_files import read_bars
from tradegen.providers.alpaca_bars import KEY, SECRET, URL

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
FILLS, BARS = EXAMPLES / "fills.csv", EXAMPLES / "bars.csv"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[BarServer]:
    """A server in the form of Alpaca's that has the bars of the examples."""
    held = read_bars([BARS], None).by_symbol
    bars = {name.replace("-", "/"): own for (name, _), own in held.items()}
    for variable in (KEY, SECRET):
        monkeypatch.delenv(variable, raising=False)
    with serving(BarServer(bars, alpaca)) as server:
        monkeypatch.setenv(URL, server.url)
        yield server


def test_bars_that_no_file_has_are_fetched_once(
    cli: Command, tmp_path: Path, server: BarServer
) -> None:
    by_file, fetched = tmp_path / "by_file.parquet", tmp_path / "gold.parquet"
    options = ("--interval", "1h")
    assert cli("import", FILLS, "--bars", BARS, "--out", by_file, *options).code == 0
    said = cli("import", FILLS, "--bars-from", "alpaca", "--out", fetched, *options)
    assert said.code == 0, said.err
    assert pq.read_table(fetched) == pq.read_table(by_file)
    assert len(server.asked) == 1
    said = cli("import", FILLS, "--bars-from", "alpaca", "--out", fetched, *options, "--force")
    assert said.code == 0, said.err
    assert len(server.asked) == 1, "a second import asks for nothing"
    kept = tmp_path / "gold.alpaca-1h.parquet"
    said = cli("import", FILLS, "--bars", kept, "--out", fetched, *options, "--force")
    assert said.code == 0, said.err
    assert pq.read_table(fetched) == pq.read_table(by_file)


def test_only_symbols_without_a_file_are_asked_for(
    cli: Command, tmp_path: Path, server: BarServer
) -> None:
    fills = pd.read_csv(FILLS, dtype=str)
    both = pd.concat([fills, fills.assign(symbol="ETHUSDT")])
    both.to_csv(tmp_path / "log.csv", index=False)
    server.bars = {"ETH/USD": server.bars["BTC/USD"]}
    out = tmp_path / "new" / "gold.parquet"
    options = ("--bars", BARS, "--bars-from", "alpaca", "--interval", "1h")
    said = cli("import", tmp_path / "log.csv", *options, "--out", out, "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out)["gold"] == 2 * 57
    assert [query["symbols"] for _, query in server.asked] == ["ETH/USD"]


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        ((), 2, "no bars: name a file with --bars, or a provider with --bars-from"),
        (("--bars-from", "alpaca"), 2, "say which bars to ask for, e.g. --interval 1h"),
        (("--bars-from", "bloomberg", "--interval", "1h"), 2, "no provider 'bloomberg'"),
        (("--bars-from", "yfinance", "--interval", "1h"), 2, "yfinance keeps bars of 1h for 730"),
        (
            ("--bars-from", "alpaca", "--interval", "1h", "--dry-run"),
            2,
            "--dry-run asks nothing of alpaca; it would ask for BTC/USD, 1h, 2024-02",
        ),
        (
            ("--bars-from", "alpaca", "--interval", "1h", "--symbol", "BTC-USD=AAPL"),
            2,
            f"alpaca needs a key for shares: set {KEY} and {SECRET}",
        ),
    ],
)
def test_what_cannot_be_asked_for_is_told_and_nothing_is_written(
    cli: Command, tmp_path: Path, server: BarServer, options: tuple[str, ...], code: int, told: str
) -> None:
    said = cli("import", FILLS, "--out", tmp_path / "gold.parquet", *options)
    assert (said.code, told in said.err) == (code, True), said.err
    assert server.asked == []
    assert list(tmp_path.iterdir()) == []


def test_a_provider_that_gives_no_answer_ends_the_import(
    cli: Command, tmp_path: Path, server: BarServer
) -> None:
    server.always = (403, {}, b'{"message": "forbidden."}')
    options = ("--bars-from", "alpaca", "--interval", "1h")
    said = cli("import", FILLS, "--out", tmp_path / "gold.parquet", *options)
    assert said.code == 4
    assert "refused (403); are APCA_API_KEY_ID and APCA_API_SECRET_KEY right" in said.err
    assert list(tmp_path.iterdir()) == []


def test_bars_fetched_before_do_not_contradict_those_of_a_file(
    cli: Command, tmp_path: Path, server: BarServer
) -> None:
    fills = pd.read_csv(FILLS, dtype=str)
    both = pd.concat([fills, fills.assign(symbol="ETH/USD")])
    both.assign(symbol=both["symbol"].replace("BTC-USD", "BTC/USD")).to_csv(
        tmp_path / "log.csv", index=False
    )
    server.bars = {**server.bars, "ETH/USD": server.bars["BTC/USD"]}
    out = tmp_path / "gold.parquet"
    options = ("--bars-from", "alpaca", "--interval", "1h", "--out", out, "--force")
    assert cli("import", tmp_path / "log.csv", *options).code == 0
    own = pd.read_csv(BARS).assign(symbol="BTC/USD", volume=1.0)
    own.to_csv(tmp_path / "own.csv", index=False)
    said = cli("import", tmp_path / "log.csv", *options, "--bars", tmp_path / "own.csv")
    assert said.code == 0, said.err
    made = pq.read_table(out).to_pandas().set_index("symbol")["bars"]
    assert {bar["volume"] for bar in made["BTC/USD"].iloc[0]} == {1.0}
    assert {bar["volume"] for bar in made["ETH/USD"].iloc[0]} != {1.0}
