"""What was fetched is kept, whatever happens then, and asked for once."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.providers.conftest import some_bars
from tradegen.data.bars_files import read_bars
from tradegen.data.interval import DAY_US, HOUR_US
from tradegen.data.row import Bars
from tradegen.errors import InputError, ProviderError, StorageError
from tradegen.providers.fetch import fetch_bars, requests_for
from tradegen.providers.protocol import BarsRequest

NOW = 25_000 * DAY_US
NONE = Bars(np.zeros(0, np.int64), *(np.zeros(0) for _ in range(5)))
FIRST = int(some_bars().time[0])


@dataclass
class Shelf:
    """A provider that takes its bars from a shelf."""

    known: dict[str, Bars]
    name: str = "shelf"
    adjusted: str = "splits"
    asked: list[BarsRequest] = field(default_factory=list)

    def symbol(self, traded: str) -> str:
        return traded.lower()

    def refusal(self, request: BarsRequest, now: int) -> str | None:
        return "keeps a year" if request.start < now - 9_000 * DAY_US else None

    def bars(self, request: BarsRequest) -> Bars:
        self.asked.append(request)
        if request.symbol == "broken":
            raise ProviderError("no answer")
        bars = self.known.get(request.symbol, NONE)
        return bars[slice(*np.searchsorted(bars.time, [request.start, request.end]))]


def asking(*symbols: str, hours: int = 100, since: int = FIRST) -> list[BarsRequest]:
    return [BarsRequest(one, "1h", since, since + hours * HOUR_US) for one in symbols]


def fetch(
    shelf: Shelf, requests: list[BarsRequest], path: Path, *, may_ask: bool = True
) -> tuple[dict[str, Bars], list[str]]:
    told: list[str] = []
    cached = fetch_bars(shelf, requests, path, lambda: NOW, told.append, may_ask=may_ask)
    return dict(cached.bars), told


def test_a_second_fetch_asks_for_nothing(tmp_path: Path) -> None:
    shelf = Shelf({"a": some_bars(), "b": some_bars(150)})
    path = tmp_path / "kept.parquet"
    bars, told = fetch(shelf, asking("a", "b", "none"), path)
    assert (bars["a"], bars["b"], len(bars["none"])) == (some_bars()[:100], some_bars(150)[:100], 0)
    assert told[-1] == "shelf has no bars of none (--symbol states its name)"
    again, _ = fetch(shelf, asking("a", "b", "none"), path, may_ask=False)
    assert again == bars
    assert len(shelf.asked) == 3
    assert fetch(shelf, asking("a", hours=50), path)[0] == bars, "less is there, too"
    assert len(shelf.asked) == 3


def test_more_is_asked_for_as_one_with_what_was_there(tmp_path: Path) -> None:
    """Prices that are adjusted must not be put together from two days of asking."""
    shelf = Shelf({"a": some_bars()})
    path = tmp_path / "kept.parquet"
    fetch(shelf, asking("a", hours=100), path)
    bars, _ = fetch(shelf, asking("a", hours=150, since=FIRST + 20 * HOUR_US), path)
    assert bars["a"] == some_bars()[:170]
    assert shelf.asked[-1] == asking("a", hours=170)[0]


def test_what_came_before_a_failure_is_kept(tmp_path: Path) -> None:
    shelf = Shelf({"a": some_bars(), "c": some_bars()})
    path = tmp_path / "kept.parquet"
    with pytest.raises(ProviderError):
        fetch(shelf, asking("a", "broken", "c"), path)
    shelf.asked.clear()
    bars, _ = fetch(shelf, asking("a", "c"), path)
    assert [one.symbol for one in shelf.asked] == ["c"]
    assert bars["a"] == some_bars()[:100]


def test_the_file_is_one_of_bars_and_says_where_they_come_from(tmp_path: Path) -> None:
    path = tmp_path / "kept.parquet"
    fetch(Shelf({"a": some_bars()}), asking("a"), path)
    assert read_bars([path], None).by_symbol["a", "1h"] == some_bars()[:100]
    about = pq.read_schema(path).metadata[b"tradegen.fetched"].decode()
    for told in ('"source": "shelf"', '"adjusted": "splits"', '"fetched_at": {"a": "2038-06-13T'):
        assert told in about
    assert [one.name for one in tmp_path.iterdir()] == ["kept.parquet"]


def test_nothing_of_the_users_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "kept.parquet"
    path.write_bytes(b"mine")
    with pytest.raises(InputError, match="not a file of fetched bars"):
        fetch(Shelf({"a": some_bars()}), asking("a"), path)
    assert path.read_bytes() == b"mine"
    other = tmp_path / "other.parquet"
    fetch(Shelf({"a": some_bars()}, name="other"), asking("a"), other)
    with pytest.raises(InputError, match="it holds 1h of other"):
        fetch(Shelf({"a": some_bars()}), asking("a"), other)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written"):
        fetch(Shelf({"a": some_bars()}), asking("a"), tmp_path / "gone" / "kept.parquet")


def test_what_cannot_be_given_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    shelf = Shelf({"a": some_bars()})
    with pytest.raises(InputError, match=r"shelf keeps a year \(asked for b, 1h, 1970-01-01"):
        fetch(shelf, [*asking("a"), *asking("b", since=0)], tmp_path / "kept.parquet")
    with pytest.raises(InputError, match="--dry-run asks nothing of shelf; it would ask for a, 1h"):
        fetch(shelf, asking("a"), tmp_path / "kept.parquet", may_ask=False)
    assert shelf.asked == []
    assert list(tmp_path.iterdir()) == []


def test_bars_of_nothing_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="shelf has no bars of x, y; is that what it calls them"):
        fetch(Shelf({}), asking("x", "y"), tmp_path / "kept.parquet")


@pytest.mark.parametrize(("interval", "days"), [("1m", 7), ("1h", 20), ("4h", 60), ("1d", 95)])
def test_enough_is_asked_for_before_the_first_trade(interval: str, days: int) -> None:
    """64 bars of a market that is open for 6.5 hours on weekdays reach back as far as this."""
    first = 20_000 * DAY_US + 15 * HOUR_US
    (one,) = requests_for({"A": (first, first + HOUR_US)}, {"A": "a"}, interval, NOW)
    assert one.start <= first - days * DAY_US
    assert one.end == 20_001 * DAY_US
    assert one.start % DAY_US == 0


def test_two_names_of_one_market_are_one_question() -> None:
    spans = {"A": (10 * DAY_US, 11 * DAY_US), "B": (300 * DAY_US, 301 * DAY_US)}
    (one,) = requests_for(spans, {"A": "a", "B": "a"}, "1h", NOW)
    assert (one.symbol, one.end) == ("a", 302 * DAY_US)


def test_nothing_of_the_future_is_asked_for() -> None:
    now = 399 * DAY_US + HOUR_US // 2
    (one,) = requests_for({"A": (DAY_US, 400 * DAY_US)}, {"A": "a"}, "1h", now)
    assert one.end == 399 * DAY_US, "the bar that is under way would be kept half done"
