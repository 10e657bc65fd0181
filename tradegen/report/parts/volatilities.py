"""The volatilities asked for against those got."""

from collections.abc import Mapping, Sequence
from typing import Any

from tradegen.report.figures.buckets import Bucket, buckets_figure
from tradegen.report.parts.part import Chart, Missing, Shown, Table

_MOST = 40


def volatilities(buckets: Sequence[Mapping[str, Any]]) -> Shown | Missing:
    """Return the figure of a run's buckets, as `run.json` has them."""
    every = [
        Bucket(str(one["bucket"]), one["asked"], one["accepted"], one["gold_rows"])
        for one in buckets
        if one["asked"] or one["weight"]
    ]
    if not every:
        return Missing("The run has no buckets of volatility: nothing has been asked for yet.")
    asked, got = sum(one.asked for one in every), sum(one.got for one in every)
    wanted = [one for one in every if one.asked]
    full = sum(one.got == one.asked for one in wanted)
    few = _few(every)
    rows = [(one.label, f"{one.asked:,}", f"{one.got:,}", f"{one.gold:,}") for one in few]
    what = "1 bucket is" if len(wanted) == 1 else f"{full} of {len(wanted)} buckets are"
    title = f"Asked {asked:,}, got {got:,}: {what} filled exactly"
    if len(wanted) == 1 and not full:
        title = f"Asked {asked:,}, got {got:,} in the one bucket asked for"
    return Shown(
        title,
        "Each bar should end at its mark. One that ends before it is a bucket that could not be "
        "filled; one with few gold rows (see the numbers) leans on few examples.",
        Chart(
            "buckets",
            buckets_figure(few),
            f"Rows asked for and got in {len(few)} buckets of volatility; {full} of the "
            f"{len(wanted)} asked for are full.",
        ),
        Table(("volatility", "asked", "got", "gold rows it holds"), rows),
        wide=True,
    )


def _few(buckets: Sequence[Bucket]) -> Sequence[Bucket]:
    """Return at most 40 buckets; of more, the last one stands for all that are left."""
    if len(buckets) <= _MOST:
        return buckets
    kept, left = buckets[: _MOST - 1], buckets[_MOST - 1 :]
    sums = (sum(part) for part in zip(*(one[1:] for one in left), strict=True))
    return [*kept, Bucket(f"{len(left)} more", *sums)]
