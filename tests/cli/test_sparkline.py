"""Sparklines: the shape of a path in one line."""

from hypothesis import given
from hypothesis import strategies as st

from tradegen.cli.sparkline import sparkline

PRICES = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=300)


def test_a_rise_and_a_fall_can_be_seen() -> None:
    assert sparkline([1, 2, 3, 4, 5, 6, 7, 8], 8) == "▁▂▃▄▅▆▇█"
    assert sparkline([8, 1], 10) == "█▁"


def test_a_path_that_does_not_move_is_flat() -> None:
    assert set(sparkline([5.0] * 100, 60)) == {"▁"}


@given(PRICES, st.integers(1, 80))
def test_a_path_of_any_length_fits_the_width(prices: list[float], width: int) -> None:
    line = sparkline(prices, width)
    assert len(line) == min(width, len(prices))
    assert set(line) <= set("▁▂▃▄▅▆▇█")


@given(PRICES, st.integers(1, 80))
def test_more_than_one_level_is_used_once_the_averages_differ(
    prices: list[float], width: int
) -> None:
    line = sparkline(prices, width)
    if len(prices) <= width and max(prices) > min(prices):
        assert line[prices.index(max(prices))] == "█"
        assert line[prices.index(min(prices))] == "▁"
