from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradegen.data.local_time import in_zone

BERLIN = ZoneInfo("Europe/Berlin")


@given(st.datetimes(datetime(1990, 1, 1), datetime(2030, 1, 1)))
def test_a_time_is_in_its_zone_or_refused_because_clocks_changed(moment: datetime) -> None:
    meant = {
        late
        for hours in (1, 2)
        if (late := (moment - timedelta(hours=hours)).replace(tzinfo=UTC))
        .astimezone(BERLIN)
        .replace(tzinfo=None)
        == moment
    }
    try:
        assert {in_zone(moment, BERLIN)} == meant
    except ValueError:
        assert len(meant) != 1


@pytest.mark.parametrize("minute", [0, 59])
def test_the_hour_that_clocks_show_twice_and_the_one_they_skip_are_refused(minute: int) -> None:
    with pytest.raises(ValueError, match="show this one twice"):
        in_zone(datetime(2024, 10, 27, 2, minute), BERLIN)
    with pytest.raises(ValueError, match="show this one never"):
        in_zone(datetime(2024, 3, 31, 2, minute), BERLIN)


def test_the_hours_beside_them_are_read() -> None:
    assert in_zone(datetime(2024, 10, 27, 3), BERLIN).utcoffset() == timedelta(hours=1)
    assert in_zone(datetime(2024, 3, 31, 1, 59), BERLIN).utcoffset() == timedelta(hours=1)
    assert in_zone(datetime(2024, 3, 31, 3), BERLIN).utcoffset() == timedelta(hours=2)
