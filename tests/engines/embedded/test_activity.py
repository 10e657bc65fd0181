import numpy as np
import pytest

from tests.support.engine import demo_model
from tradegen.data.row import FloatArray, IntArray
from tradegen.engines.embedded.activity import Activity, Blend, blend
from tradegen.engines.embedded.windows import SEEN

N, N_BARS = 300, 90


def activity() -> Activity:
    return demo_model().donors.bars.activity


def sources(n: int = N) -> IntArray:
    return np.random.default_rng(0).integers(0, len(activity().length), (n, 3))


def blended(sources_: IntArray, weights: FloatArray) -> Blend:
    n = len(sources_)
    place = np.zeros((n, N_BARS), dtype=np.int64)
    return blend(activity(), sources_, weights, np.ones((n, 3)), place)


@pytest.fixture(scope="module")
def mixed() -> Blend:
    return blended(sources(), np.full((N, 3), 1 / 3))


def memory(values: FloatArray, lag: int) -> float:
    away = values - values.mean(axis=1, keepdims=True)
    return float((away[:, lag:] * away[:, :-lag]).mean() / (away**2).mean())


@pytest.mark.parametrize("lag", [1, 5])
@pytest.mark.parametrize("name", ["range", "volume"])
def test_a_blend_remembers_as_long_as_gold(mixed: Blend, name: str, lag: int) -> None:
    ours = getattr(mixed, name)[:, :SEEN]
    gold = getattr(activity(), name).standard[:, :SEEN]
    assert memory(ours, lag) == pytest.approx(memory(gold, lag), abs=0.06)


def test_range_and_volume_stay_coupled(mixed: Blend) -> None:
    def coupling(a: FloatArray, b: FloatArray) -> float:
        pairs = zip(a[:, :SEEN], b[:, :SEEN], strict=True)
        return float(np.mean([np.corrcoef(x, y)[0, 1] for x, y in pairs]))

    gold = coupling(activity().range.standard, activity().volume.standard)
    assert coupling(mixed.range, mixed.volume) == pytest.approx(gold, abs=0.06)


def test_level_and_spread_are_the_first_sources(mixed: Blend) -> None:
    first, ranges = sources()[:, 0], activity().range
    level = ranges.level[first] + ranges.season[0]
    assert mixed.range[:, :SEEN].mean(axis=1) == pytest.approx(level)
    assert mixed.range[:, :SEEN].std(axis=1) == pytest.approx(ranges.spread[first])


def test_no_blend_of_three_markets_is_one_of_them(mixed: Blend) -> None:
    gold, ours = activity().range.standard[:, :SEEN], mixed.range[:, :SEEN]
    ours = (ours - ours.mean(axis=1, keepdims=True)) / ours.std(axis=1, keepdims=True)
    alike = ours @ gold.T / SEEN
    assert alike.max() < 0.95


def test_all_weight_on_one_window_gives_that_window() -> None:
    one = blended(sources(), np.tile([1.0, 0.0, 0.0], (N, 1)))
    gold = activity().range.standard[sources()[:, 0], :SEEN]
    ours = (one.range[:, :SEEN] - one.range[:, :SEEN].mean(axis=1, keepdims=True)) / gold.std()
    same = [np.corrcoef(a, b)[0, 1] for a, b in zip(ours, gold, strict=True)]
    assert np.median(same) > 0.98


def test_a_row_of_a_blend_depends_on_its_sources_alone(mixed: Blend) -> None:
    alone = blended(sources()[5:6], np.full((1, 3), 1 / 3))
    assert np.array_equal(alone.range[0], mixed.range[5])
    assert np.array_equal(alone.gap[0], mixed.gap[5])


def test_as_many_bars_have_no_gap_as_in_the_first_source(mixed: Blend) -> None:
    without = (mixed.gap[:, :SEEN] == 0).sum(axis=1)
    assert np.all(without >= activity().gapless[sources()[:, 0]])
    assert np.all(mixed.gap >= 0)


def test_windows_that_end_are_followed_by_longer_ones() -> None:
    known = activity()
    after = known.length[known.follow]
    longest = np.array([known.length[known.kind == kind].max() for kind in known.kind])
    assert np.all((after > known.length) | (known.length == longest))
    assert np.array_equal(known.kind[known.follow], known.kind)


def test_bars_far_beyond_golds_windows_still_differ() -> None:
    many = np.full((N, 3), 1 / 3), np.ones((N, 3)), np.zeros((N, 400), dtype=np.int64)
    long = blend(activity(), sources(), *many)
    for values in (long.range, long.volume):
        later, before = values[:, 200:].std(axis=1), values[:, :SEEN].std(axis=1)
        assert np.median(later / before) > 0.7
