"""Activity: how wide, how heavily traded and how far off the last one bars are, from gold's."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import ndtri

from tradegen.data.row import BoolArray, FloatArray, IntArray
from tradegen.engines.embedded.windows import SEEN, Windows, place_within

_KNOTS = 1001
_REACH = 8
_EVIDENCE = 20.0
_LEAST_SPREAD = 0.02
_FARTHEST = 4.0
_BEYOND = 1.0
_SMALL_GAP = 0.1
_TYPICAL_GAP = 2.5
_FEWEST_GAPS = 0.02
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Channel:
    """Log ranges, log volumes or log gaps of gold windows, each window in units of its own spread.

    `standard` has shape `(n, w)` and, over the first 65 bars, mean 0 and standard deviation 1 in
    each row; `ranked`, `(n, 65)`, holds those sorted. `profile`, `(n_kinds, w)`, are means of each
    kind by distance from entry. `level` and `spread`, `(n,)`, are what was taken out, after the
    means by place in the day, `season`, `(n_places,)`. `knots` are quantiles of all standardised
    bars. `bend` and `slower` say how sequences are blended; see `blend`.
    """

    standard: FloatArray
    ranked: FloatArray
    profile: FloatArray
    level: FloatArray
    spread: FloatArray
    season: FloatArray
    knots: FloatArray
    bend: float
    slower: float

    @classmethod
    def of(
        cls, windows: Windows, values: FloatArray, n_places: int, bend: float, slower: float
    ) -> Self:
        """Learn a channel from log ranges, volumes or gaps of windows, shape `(n, w)`."""
        known = windows.known
        season = _season(values, known, windows.place, n_places)
        rest = values - season[windows.place]
        level = rest[:, :SEEN].mean(axis=1)
        spread = rest[:, :SEEN].std(axis=1)
        standard = (rest - level[:, None]) / np.maximum(spread, _LEAST_SPREAD)[:, None]
        knots = np.quantile(standard[known], np.linspace(0, 1, _KNOTS))
        ranked = np.sort(standard[:, :SEEN], axis=1)
        profile = _profile(standard, known, windows.kind)
        return cls(standard, ranked, profile, level, spread, season, knots, bend, slower)

    def scores(self, standard: FloatArray) -> FloatArray:
        """Return normal scores of standardised values: what they would be, were they Gaussian."""
        share = np.interp(standard, self.knots, np.linspace(0, 1, _KNOTS))
        result: FloatArray = ndtri(1e-5 + (1 - 2e-5) * share)
        return result


@dataclass(frozen=True, slots=True)
class Activity:
    """Ranges, volumes and gaps of gold windows.

    `gap_scale` is the usual gap of each window in units of its volatility, `gapless` how many of
    its first 65 bars open at the close before. `follow` says which window goes on where one ends.
    """

    range: Channel
    volume: Channel
    gap: Channel
    gap_scale: FloatArray
    gapless: IntArray
    kind: IntArray
    length: IntArray
    follow: IntArray


@dataclass(frozen=True, slots=True)
class Blend:
    """New log ranges, log volumes and sizes of gaps, `(n, n_bars)`, and their normal scores.

    Ranges and gaps are in units of the volatility; volumes have mean 0 over the first 65 bars.
    """

    range: FloatArray
    volume: FloatArray
    gap: FloatArray
    range_score: FloatArray
    volume_score: FloatArray
    gap_score: FloatArray


def learn_activity(windows: Windows, n_places: int) -> Activity:
    """Learn from gold windows."""
    ranges = Channel.of(windows, windows.range, n_places, bend=0.3, slower=0.1)
    volumes = Channel.of(windows, windows.volume, n_places, bend=0.3, slower=0.15)
    scale = _gap_scale(windows)
    gaps = np.log(np.abs(windows.gap) / scale[:, None] + _SMALL_GAP)
    return Activity(
        range=ranges,
        volume=volumes,
        gap=Channel.of(windows, gaps, n_places, bend=1.0, slower=0.1),
        gap_scale=scale,
        gapless=(windows.gap[:, :SEEN] == 0).sum(axis=1),
        kind=windows.kind,
        length=windows.length,
        follow=_follow(windows, ranges, volumes),
    )


def blend(
    activity: Activity,
    sources: IntArray,
    weights: FloatArray,
    spread: FloatArray,
    place: IntArray,
) -> Blend:
    """Blend the activity of three windows each, bar by bar.

    What is unusual in the standardised sequences is added with weights whose squares sum to 1: of
    independent sequences that keeps each one's autocorrelations, and the coupling of range, volume
    and gap, while the blend is far from any of them. Large values are stretched before (`bend`), so
    that one window's event stays an event in all three; a little of a moving average is added
    (`slower`), which makes up for the memory that this costs. Only the order of bars is taken from
    all this: their values are the weighted means of the sources' sorted ones (their Wasserstein
    barycentre), so that tails stay as heavy as real ones. Level, spread and the number of bars
    without a gap are the first source's, the spread times `spread`.

    `sources` and `weights` have shape `(n, 3)`, weights sum to 1; `spread` has shape `(n, 3)`, for
    ranges, volumes and gaps; `place`, `(n, n_bars)`, are the bars' places in their day.
    """
    n_bars = place.shape[1]
    channels = (activity.range, activity.volume, activity.gap)
    first = sources[:, 0]
    values, scores = [], []
    for k, channel in enumerate(channels):
        order = _mix(activity, channel, sources, np.sqrt(weights), n_bars)
        target = (channel.ranked[sources] * weights[:, :, None]).sum(axis=1)
        centred = target - target.mean(axis=1, keepdims=True)
        deviation = np.maximum(centred.std(axis=1, keepdims=True), _TINY)
        standard = _reorder(order, centred / deviation)
        scale = (channel.spread[first] * spread[:, k])[:, None]
        values.append(standard * scale + channel.season[place])
        scores.append(channel.scores(standard))
    ranges, volume, gaps = values
    size = np.maximum(np.exp(gaps + activity.gap.level[first][:, None]) - _SMALL_GAP, 0.0)
    size[_lowest(scores[2], activity.gapless[first])] = 0.0
    return Blend(
        range=ranges + activity.range.level[first][:, None],
        volume=volume,
        gap=size * activity.gap_scale[first][:, None],
        range_score=scores[0],
        volume_score=scores[1],
        gap_score=scores[2],
    )


def _lowest(score: FloatArray, count: IntArray) -> BoolArray:
    """Return the bars whose score is among the `count` lowest of each row's first 65."""
    ranked = np.sort(score[:, :SEEN], axis=1)
    highest = ranked[np.arange(len(score)), np.maximum(count, 1) - 1]
    lowest: BoolArray = (score <= highest[:, None]) & (count > 0)[:, None]
    return lowest


def _season(values: FloatArray, known: BoolArray, place: IntArray, n_places: int) -> FloatArray:
    """Return mean deviations by place in the day, drawn to 0 where there is little evidence."""
    away = values - values[:, :SEEN].mean(axis=1, keepdims=True)
    total = np.bincount(place[known], weights=away[known], minlength=n_places)
    count = np.bincount(place[known], minlength=n_places)
    season: FloatArray = total / (count + _EVIDENCE)
    return season


def _profile(standard: FloatArray, known: BoolArray, kind: IntArray) -> FloatArray:
    """Return means by kind and distance from entry, drawn to 0 where there is little evidence."""
    profile = np.zeros((int(kind.max()) + 1, standard.shape[1]))
    for number in np.unique(kind):
        own = kind == number
        count = known[own].sum(axis=0)
        profile[number] = np.where(known[own], standard[own], 0.0).sum(axis=0) / (count + _EVIDENCE)
    return profile


def _follow(windows: Windows, ranges: Channel, volumes: Channel) -> IntArray:
    """Return for each window the longer one that is most like it at its last bar, else itself."""
    follow = np.arange(len(windows))
    state = np.stack([ranges.standard, volumes.standard, windows.returns])
    for kind in np.unique(windows.kind):
        own = np.flatnonzero(windows.kind == kind)
        for length in np.unique(windows.length[own]):
            ended, longer = (
                own[windows.length[own] == length],
                own[windows.length[own] > length],
            )
            if len(longer) == 0:
                continue
            ends = state[:, :, length - 1]
            apart = ends[:, ended, None] - ends[:, None, longer]
            follow[ended] = longer[(apart**2).sum(axis=0).argmin(axis=1)]
    return follow


def _mix(
    activity: Activity,
    channel: Channel,
    sources: IntArray,
    weights: FloatArray,
    n_bars: int,
) -> FloatArray:
    """Return weighted sums of the sources' standardised bars, `(n, n_bars)`; see `blend`."""
    mixed = np.empty((len(sources), n_bars))
    level = np.empty_like(mixed)
    kind = activity.kind[sources[:, 0]]
    current = sources
    longest = channel.standard.shape[1]
    for t in range(n_bars):
        at = place_within(t, longest)
        while True:
            after = np.where(activity.length[current] > at, current, activity.follow[current])
            if np.array_equal(after, current):
                break
            current = after
        usual = channel.profile[kind, at]
        away = _convex(channel.standard[current, at] - usual[:, None], channel.bend)
        mixed[:, t] = (away * weights).sum(axis=1)
        level[:, t] = usual
    return level + mixed + channel.slower * _smooth(mixed)


def _smooth(values: FloatArray) -> FloatArray:
    """Return each bar's mean with its 8 neighbours on either side, fewer at the ends."""
    total = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
    n_bars = values.shape[1]
    first, end = (
        np.maximum(np.arange(n_bars) - _REACH, 0),
        np.minimum(np.arange(n_bars) + _REACH + 1, n_bars),
    )
    result: FloatArray = (total[:, end] - total[:, first]) / (end - first)
    return result


def _convex(values: FloatArray, bend: float) -> FloatArray:
    """Return values of which large ones are stretched; a bend of 1 makes logarithms sizes."""
    result: FloatArray = np.expm1(bend * np.minimum(values, _FARTHEST + 2)) / bend
    return result


def _reorder(order: FloatArray, target: FloatArray) -> FloatArray:
    """Return `target`'s values in the order of `order`'s first 65; later bars in between them.

    `target` is sorted, `(n, 65)`. Later bars of `order` that lie beyond the first 65 are put beyond
    them by the outermost step, three times at the most.
    """
    rows = np.arange(len(order))
    ranked = np.sort(order[:, :SEEN], axis=1)
    values = np.empty_like(order)
    values[rows[:, None], order[:, :SEEN].argsort(axis=1, kind="stable")] = target
    for t in range(SEEN, order.shape[1]):
        above = np.clip((ranked < order[:, t, None]).sum(axis=1), 1, SEEN - 1)
        low, high = ranked[rows, above - 1], ranked[rows, above]
        share = (order[:, t] - low) / np.maximum(high - low, _TINY)
        share = np.clip(share, -_BEYOND, 1 + _BEYOND)
        step = target[rows, above] - target[rows, above - 1]
        values[:, t] = target[rows, above - 1] + share * step
    return np.clip(values, -_FARTHEST - 1, _FARTHEST + 2)


def _gap_scale(windows: Windows) -> FloatArray:
    """Return each window's usual gap in units of its volatility: a mean without the largest.

    Where a market hardly gaps, gaps are not scaled by window: the mean of all stands for each.
    """
    size = np.abs(windows.gap[:, 1:SEEN])
    median = np.median(size, axis=1)
    usual = np.minimum(size, _TYPICAL_GAP * median[:, None]).mean(axis=1)
    result = np.empty(len(windows))
    for kind in np.unique(windows.kind):
        own = windows.kind == kind
        gaps = own & (median > _FEWEST_GAPS)
        common = np.median(usual[gaps]) if gaps.any() else size[own].mean()
        result[own] = np.where(gaps[own], usual[own], max(float(common), _TINY))
    return result
