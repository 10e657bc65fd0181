import json
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.support.compare import assert_same_row
from tests.support.made_rows import any_bars, any_rows
from tests.support.rows import Record, demo_row, records
from tradegen.data.dataset import row_as_json
from tradegen.data.row import (
    BAR_FIELDS,
    CORE_FIELDS,
    Bars,
    ExtraColumn,
    Row,
    arrow_schema,
    from_microseconds,
    to_microseconds,
)


@given(any_rows(max_size=1))
def test_a_row_survives_json_exactly(rows: list[Row]) -> None:
    assert_same_row(Row.from_record(json.loads(row_as_json(rows[0]))), rows[0])


@given(st.datetimes(timezones=st.just(UTC)))
def test_microseconds_are_exact_at_any_time(moment: datetime) -> None:
    assert from_microseconds(to_microseconds(moment)) == moment
    assert timedelta(microseconds=to_microseconds(moment)) == moment - datetime(
        1970, 1, 1, tzinfo=UTC
    )


def test_a_time_in_another_zone_is_the_same_moment_in_utc() -> None:
    record = records(1)[0]
    moment = datetime.fromisoformat(record["entry_time"])
    record["entry_time"] = moment.astimezone(timezone(timedelta(hours=-5))).isoformat()
    row = Row.from_record(record)
    assert row.entry_time == moment
    assert row.entry_time.tzinfo is UTC


def _refusals(record: Record) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        Row.from_record(record)
    return {".".join(map(str, e["loc"])): e["msg"] for e in caught.value.errors()}


@pytest.mark.parametrize("bare", [1_600_000_000, 1_600_000_000.5, "1600000000", " 1600000000.5 "])
def test_a_bare_number_is_no_time_as_its_unit_would_be_a_guess(bare: object) -> None:
    assert "ISO 8601" in _refusals({**records(1)[0], "entry_time": bare})["entry_time"]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("entry_time", "2024-01-31T14:30:00", "offset from UTC"),
        ("entry_time", "yesterday", "valid datetime"),
        ("interval", "7m", "1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h, 1d"),
        ("side", "LONG", "'long' or 'short'"),
        ("entry_price", float("nan"), "finite"),
        ("quantity", float("inf"), "finite"),
        ("trade_id", "", "at least 1 character"),
        ("symbol", "x" * 201, "at most 200 characters"),
        ("bars", "none", "list"),
    ],
)
def test_what_the_contract_does_not_allow_is_refused_by_field(
    field: str, value: object, says: str
) -> None:
    refusals = _refusals({**records(1)[0], field: value})
    assert list(refusals) == [field]
    assert says in refusals[field]


def test_a_bad_bar_is_named_by_its_number_and_column() -> None:
    record = records(1)[0]
    record["bars"][3]["high"] = "high"
    record["bars"][7]["vwap"] = 1.0
    assert set(_refusals(record)) == {"bars.3.high", "bars.7.vwap"}


def test_unknown_columns_are_the_users_own_and_must_be_plain_values() -> None:
    own = {"desk": "A", "score": 0.5, "grade": 3, "auto": True, "comment": None}
    row = Row.from_record({**records(1)[0], **own})
    assert {name: row.extras[name] for name in own} == own
    assert row.extras["auto"] is True
    assert "flatten or drop" in _refusals({**records(1)[0], "tags": ["a"]})["extras.tags"]


def test_an_own_number_is_finite_or_missing() -> None:
    assert Row.from_record({**records(1)[0], "score": float("nan")}).extras["score"] is None
    assert "finite" in _refusals({**records(1)[0], "score": float("inf")})["extras.score"]


def test_a_row_cannot_be_changed_in_place() -> None:
    row = demo_row()
    with pytest.raises(ValidationError, match="frozen"):
        row.quantity = 1.0  # type: ignore[misc]


def test_the_arrow_schema_is_the_contract_with_the_users_columns_before_the_bars() -> None:
    own = (ExtraColumn("desk", "category"), ExtraColumn("score", "number"))
    schema = arrow_schema((*own, ExtraColumn("grade", "integer"), ExtraColumn("auto", "boolean")))
    assert schema.names == [*CORE_FIELDS[:-1], "desk", "score", "grade", "auto", "bars"]
    stamp, number, text = pa.timestamp("us", tz="UTC"), pa.float64(), pa.string()
    kinds = [text] * 4 + [stamp, number, stamp, number, number, text, number, pa.int64()]
    assert schema.types[:-1] == [*kinds, pa.bool_()]
    nullable = [field.name for field in schema if field.nullable]
    assert nullable == ["desk", "score", "grade", "auto"]
    bar = schema.field("bars").type.value_type
    assert [bar.field(k).name for k in range(bar.num_fields)] == list(BAR_FIELDS)
    assert [bar.field(k).type for k in range(bar.num_fields)] == [stamp, *[number] * 5]


@given(any_bars(max_size=5), st.data())
def test_bars_cut_anywhere_and_joined_again_are_the_same(bars: Bars, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(bars)))
    assert len(bars[:cut]) == cut
    assert Bars.concatenate([bars[:cut], bars[cut:]]) == bars


def test_bars_differ_when_one_number_differs() -> None:
    bars = demo_row().bars
    other = Bars(*(np.array(getattr(bars, name)) for name in BAR_FIELDS))
    assert other == bars
    other.volume[5] += 1
    assert other != bars
