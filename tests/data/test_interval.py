from datetime import timedelta

import numpy as np

from tradegen.data.interval import INTERVAL_US, interval_lengths

UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def test_every_interval_is_as_long_as_its_name_says() -> None:
    for name, length in INTERVAL_US.items():
        assert timedelta(microseconds=length) == int(name[:-1]) * UNITS[name[-1]]


def test_lengths_of_many_names_and_zero_for_names_that_are_not_intervals() -> None:
    lengths = interval_lengths(np.array(["1h", "7m", "1d", "1h", ""]))
    assert lengths.tolist() == [3_600_000_000, 0, 86_400_000_000, 3_600_000_000, 0]
    assert interval_lengths(np.array([], dtype=np.str_)).shape == (0,)
