import pytest

from tradegen.engines.nim.transport.quota import Quota, duration_s, stated_quota


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1), ("6m0s", 360), ("20ms", 0.02), ("1h2m3.5s", 3723.5), ("12", 12), ("0.5", 0.5)],
)
def test_durations_are_read_in_all_their_forms(text: str, seconds: float) -> None:
    assert duration_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "2026-01-01T00:00:00Z", "-1s", "1s tomorrow"])
def test_what_is_no_duration_is_not_taken_for_one(text: str) -> None:
    assert duration_s(text) is None


def test_headers_that_say_nothing_are_no_quota() -> None:
    assert stated_quota({}, "requests") is None
    assert stated_quota({"x-ratelimit-limit-tokens": "100"}, "requests") is None


def test_a_reset_counts_only_where_nothing_is_left() -> None:
    headers = {"x-ratelimit-limit-requests": "40", "x-ratelimit-reset-requests": "9s"}
    left, none_left = ({"x-ratelimit-remaining-requests": text} for text in ("3", "0"))
    assert stated_quota(headers | left, "requests") == Quota(40, None)
    assert stated_quota(headers | none_left, "requests") == Quota(40, 9)
