"""Files of fills as vendors export them, written from the documentation of their formats."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from html import escape
from pathlib import Path
from xml.sax.saxutils import quoteattr
from zoneinfo import ZoneInfo

import pandas as pd

from tradegen.data.row import from_microseconds
from tradegen.importers.fills import Fill

UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Exporter:
    """Writes fills as one vendor does.

    `zone` is that of the times in the file; `states_zone` says whether the file tells it. What a
    format has no place for is not `kept`. Times may be no finer than `unit_s` seconds.
    """

    format: str
    file: str
    write: Callable[[Path, Sequence[Fill], ZoneInfo], None]
    states_zone: bool = False
    kept: Sequence[str] = ("fee", "order_id", "account")
    unit_s: int = 1


def _text(value: float) -> str:
    return format(Decimal(repr(value)), "f")


def _local(fill: Fill, zone: ZoneInfo) -> datetime:
    return from_microseconds(fill.time).astimezone(zone)


def _side(fill: Fill) -> str:
    return "BUY" if fill.buy else "SELL"


def _csv(path: Path, rows: Sequence[Sequence[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8-sig")


def _binance_spot(path: Path, fills: Sequence[Fill], zone: ZoneInfo) -> None:
    rows = [["Date(UTC)", "Pair", "Side", "Price", "Executed", "Amount", "Fee"]]
    for fill in fills:
        base, quote = fill.symbol.removesuffix("USDT"), "USDT"
        amount = _text(fill.price * fill.quantity)
        rows.append(
            [
                *(f"{_local(fill, zone):%Y-%m-%d %H:%M:%S}", fill.symbol, _side(fill)),
                *(_text(fill.price), f"{_text(fill.quantity)}{base}", f"{amount}{quote}"),
                f"{_text(fill.fee)}{quote}",
            ]
        )
    _csv(path, rows)


def _binance_spot_apart(path: Path, fills: Sequence[Fill], zone: ZoneInfo) -> None:
    rows = [["Date(UTC)", "Market", "Type", "Price", "Amount", "Total", "Fee", "Fee Coin"]]
    rows += [
        [
            *(f"{_local(fill, zone):%Y-%m-%d %H:%M:%S}", fill.symbol, _side(fill)),
            *(_text(fill.price), _text(fill.quantity), _text(fill.price * fill.quantity)),
            *(_text(fill.fee), "USDT"),
        ]
        for fill in fills
    ]
    _csv(path, rows)


def _binance_futures(path: Path, fills: Sequence[Fill], zone: ZoneInfo) -> None:
    header = "Uid,Time,Symbol,Side,Price,Quantity,Amount,Fee,Realized Profit,Buyer,Maker"
    rows = [[*header.split(","), "Trade ID", "Order ID"]]
    rows += [
        [
            *(fill.account, f"{_local(fill, zone):%y-%m-%d %H:%M:%S}", fill.symbol, _side(fill)),
            *(_text(fill.price), _text(fill.quantity), _text(fill.price * fill.quantity)),
            *(f"{_text(fill.fee)} USDT", "0", str(fill.buy).lower(), "false"),
            *(str(1000 + k), fill.order_id),
        ]
        for k, fill in enumerate(fills)
    ]
    _csv(path, rows)


def _bybit_spot(path: Path, fills: Sequence[Fill], zone: ZoneInfo) -> None:
    header = "Uid,Spot Pairs,Order Type,Direction,feeCoin,ExecFeeV2,Filled Value,Filled Price"
    rows = [
        ["UID: 1,Company Name: ,Country: "],
        [
            *header.split(","),
            *("Filled Quantity", "Fees", "Transaction ID", "Order No.", "Timestamp (UTC)"),
        ],
    ]
    rows += [
        [
            *(fill.account, fill.symbol, "MARKET", _side(fill), "USDT", _text(fill.fee)),
            *(_text(fill.price * fill.quantity), _text(fill.price), _text(fill.quantity), "--"),
            *(str(2000 + k), f" {fill.order_id}", f"{_local(fill, zone):%H:%M %Y-%m-%d}"),
        ]
        for k, fill in enumerate(fills)
    ]
    _csv(path, rows)


def _bybit_derivatives(path: Path, fills: Sequence[Fill], zone: ZoneInfo) -> None:
    header = "Market,Filled Type,Filled Quantity,Filled Price,Order Price,Fee Rate,Trading Fee"
    more = "feeCoin,ExecFeeV2,Direction,Order Type,Trasaction ID,Order No."
    rows = [[*header.split(","), *more.split(","), "Transaction Time(UTC+0)"]]
    rows += [
        [
            *(fill.symbol, "Trade", _text(fill.quantity), _text(fill.price), _text(fill.price)),
            *("0.00055", _text(fill.fee), "USDT", _text(fill.fee)),
            *("Long" if fill.buy else "Short", "Market", str(3000 + k), f" {fill.order_id}"),
            f"{_local(fill, zone):%H:%M %Y-%m-%d}",
        ]
        for k, fill in enumerate(fills)
    ]
    _csv(path, rows)


def _flex(fill: Fill, zone: ZoneInfo, number: int) -> Mapping[str, str]:
    return {
        "accountId": fill.account,
        "currency": "USD",
        "assetCategory": "STK",
        "symbol": fill.symbol,
        "multiplier": "1",
        "tradeID": str(number),
        "dateTime": f"{_local(fill, zone):%Y%m%d;%H%M%S}",
        "quantity": ("" if fill.buy else "-") + _text(fill.quantity),
        "tradePrice": _text(fill.price),
        "ibCommission": _text(-fill.fee),
        "ibCommissionCurrency": "USD",
        "buySell": _side(fill),
        "ibOrderID": fill.order_id,
        "levelOfDetail": "EXECUTION",
    }


def _flex_xml(path: Path, fills: Sequence[Fill], zone: ZoneInfo) -> None:
    trades = []
    for number, fill in enumerate(fills):
        attributes = _flex(fill, zone, number).items()
        words = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes)
        trades += [f"<Order {words}/>", f"<Trade {words}/>"]
    inner = "\n".join(trades)
    path.write_text(
        '<FlexQueryResponse queryName="q" type="AF"><FlexStatements count="1">'
        f'<FlexStatement accountId="U1"><Trades>\n{inner}\n</Trades></FlexStatement>'
        "</FlexStatements></FlexQueryResponse>",
        encoding="utf-8",
    )


_FLEX_CSV = {
    "accountId": "ClientAccountID",
    "currency": "CurrencyPrimary",
    "assetCategory": "AssetClass",
    "buySell": "Buy/Sell",
}


def _flex_csv(path: Path, fills: Sequence[Fill], zone: ZoneInfo) -> None:
    rows = [_flex(fill, zone, number) for number, fill in enumerate(fills)]
    names = [_FLEX_CSV.get(name) or _flex_name(name) for name in rows[0]]
    _csv(path, [names, *(list(row.values()) for row in rows)])


def _flex_name(name: str) -> str:
    return f"IB{name[2:]}" if name.startswith("ib") else name[0].upper() + name[1:]


_DEALS = "Time,Deal,Symbol,Type,Direction,Volume,Price,Order,Commission,Fee,Swap,Profit"


def _mt5_rows(fills: Sequence[Fill], zone: ZoneInfo) -> list[list[str]]:
    rows = [
        ["Trade History Report"],
        ["Account:", "", "1 (USD, Server, demo, Netting)"],
        ["Deals"],
        [*_DEALS.split(","), "Balance", "Comment"],
        ["2024.01.01 00:00:00", "1", "", "balance", "", "", "", "", "0", "0", "0", "5 000.00"],
    ]
    rows += [
        [
            *(f"{_local(fill, zone):%Y.%m.%d %H:%M:%S}", str(4000 + k), fill.symbol),
            *(_side(fill).lower(), "in", _text(fill.quantity), _text(fill.price), fill.order_id),
            *(_text(-fill.fee), "0.00", "0.00", "- 1 250.00", "10 000.00", ""),
        ]
        for k, fill in enumerate(fills)
    ]
    return [row + [""] * (14 - len(row)) for row in rows]


def _mt5_html(path: Path, fills: Sequence[Fill], zone: ZoneInfo) -> None:
    body = "\n".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
        for row in _mt5_rows(fills, zone)
    )
    page = f"<html><head><title>1: Trade History Report</title></head><body><table>{body}"
    path.write_text(f"{page}</table></body></html>", encoding="utf-16")


def _mt5_csv(path: Path, fills: Sequence[Fill], zone: ZoneInfo) -> None:
    _csv(path, _mt5_rows(fills, zone))


def _mt5_excel(path: Path, fills: Sequence[Fill], zone: ZoneInfo) -> None:
    pd.DataFrame(_mt5_rows(fills, zone)).to_excel(path, index=False, header=False)


_NO_IDS = ("fee",)
_NO_ACCOUNT = ("fee", "order_id")
EXPORTERS = (
    Exporter("binance-spot", "spot.csv", _binance_spot, states_zone=True, kept=_NO_IDS),
    Exporter("binance-spot", "old.csv", _binance_spot_apart, states_zone=True, kept=_NO_IDS),
    Exporter("binance-futures", "futures.csv", _binance_futures),
    Exporter("bybit-spot", "spot.csv", _bybit_spot, states_zone=True, unit_s=60),
    Exporter(
        *("bybit-derivatives", "linear.csv", _bybit_derivatives),
        states_zone=True,
        kept=_NO_ACCOUNT,
        unit_s=60,
    ),
    Exporter("ibkr-flex", "flex.xml", _flex_xml),
    Exporter("ibkr-flex", "flex.csv", _flex_csv),
    Exporter("mt5", "report.html", _mt5_html, kept=_NO_ACCOUNT),
    Exporter("mt5", "report.csv", _mt5_csv, kept=_NO_ACCOUNT),
    Exporter("mt5", "report.xlsx", _mt5_excel, kept=_NO_ACCOUNT),
)
