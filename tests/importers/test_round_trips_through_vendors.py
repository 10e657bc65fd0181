"""Whatever fills a vendor exports, the same fills are read back."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.vendor_exports import EXPORTERS, Exporter
from tradegen.data.row import to_microseconds
from tradegen.importers.fills import Fill
from tradegen.importers.log import LogOrder, read_log
from tradegen.importers.records import read_records

ZONES = [ZoneInfo(name) for name in ("UTC", "America/New_York", "Europe/Athens", "Asia/Kolkata")]
SPRING = (datetime(2024, 4, 15), datetime(2024, 9, 15))
"""No clock is changed in between."""


def decimals(least: str, most: str, places: int) -> st.SearchStrategy[float]:
    return st.decimals(least, most, places=places).map(float)


@st.composite
def fills(draw: st.DrawFn) -> Fill:
    at = draw(st.datetimes(*SPRING)).replace(microsecond=0, tzinfo=UTC)
    return Fill(
        row=0,
        time=to_microseconds(at),
        symbol=draw(st.sampled_from(["BTCUSDT", "1INCHUSDT", "1000SATSUSDT", "USDCUSDT"])),
        buy=draw(st.booleans()),
        price=draw(decimals("0.00000001", "99999.99999999", 8)),
        quantity=draw(decimals("0.00000001", "99999.99999999", 8)),
        fee=draw(decimals("0", "9.99999999", 8)),
        order_id=draw(st.sampled_from(["17", "10000000000000000001"])),
        account=draw(st.sampled_from(["7", "U1234567"])),
    )


def as_told(fill: Fill, by: Exporter) -> Fill:
    """Return what a vendor's file can say of a fill."""
    unit = by.unit_s * 1_000_000
    return replace(
        fill,
        time=fill.time // unit * unit,
        order_id=fill.order_id if "order_id" in by.kept else "",
        account=fill.account if "account" in by.kept else "",
    )


@pytest.mark.parametrize("by", EXPORTERS, ids=lambda one: f"{one.format}-{one.file}")
@settings(max_examples=15, deadline=None)
@given(given_fills=st.lists(fills(), min_size=1, max_size=6), zone=st.sampled_from(ZONES))
def test_what_a_vendor_exports_is_read_back(
    by: Exporter, given_fills: Sequence[Fill], zone: ZoneInfo
) -> None:
    known = [as_told(fill, by) for fill in given_fills]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / by.file
        by.write(path, known, ZoneInfo("UTC") if by.states_zone else zone)
        log = read_log(LogOrder(path, tz=None if by.states_zone else zone))
        assert log.format == by.format
        read = read_records(log.sheet, log.columns, log.tz, log.time_format)
    assert read.problems == []
    assert [replace(fill, row=0) for fill in read.fills] == known
