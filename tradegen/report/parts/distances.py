"""How near the rows come to gold, beside how near real rows come to each other."""

import numpy as np

from tradegen.data.row import FloatArray
from tradegen.report.figures.distances import distance_shares, distances_figure
from tradegen.report.nearest import GoldSpace
from tradegen.report.parts.part import Chart, Shown, Table

_NAMES = {
    "synthetic": "synthetic",
    "gold": "gold to other gold",
    "holdout": "later gold (holdout)",
}
_ENOUGH = 100
_QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95)


def distances_shown(space: GoldSpace, distance: FloatArray) -> Shown:
    """Return the figure of distances to the nearest gold row."""
    found = {"synthetic": distance, "gold": space.among, "holdout": space.holdout}
    found = {name: values for name, values in found.items() if len(values)}
    near = {name: 100 * float((values < space.near).mean()) for name, values in found.items()}
    said = [f"{near['synthetic']:.1f} % of the rows"]
    if "holdout" in near:
        said.append(f"{near['holdout']:.1f} % of later real trades")
    told = f"Nearest gold row: {' and '.join(said)} lie as near as copies would"
    if not np.isfinite(space.near):
        told = "Nearest gold row: what a copy would be cannot be said"
    edges, shares = distance_shares(found)
    how = (
        "The bars should lie no further left than the lines, which say how near real trades come "
        "to each other; a heap of bars left of the mark would be copies."
    )
    return Shown(
        told,
        f"{how}{_caution(len(space.among))}",
        Chart(
            "distances",
            distances_figure(found, _NAMES, space.near),
            f"Distances to the nearest gold row in {len(edges) - 1} bins; median "
            + ", ".join(f"{_NAMES[name]} {np.median(of):.2f}" for name, of in found.items())
            + f". Largest bin {max(float(share.max()) for share in shares.values()):.1f} %.",
        ),
        Table(
            ("rows", "count", *(_quantile_name(q) for q in _QUANTILES), "near gold, %"),
            [
                (
                    _NAMES[name],
                    f"{len(values):,}",
                    *(f"{value:.2f}" for value in np.quantile(values, _QUANTILES).tolist()),
                    f"{near[name]:.1f}" if np.isfinite(space.near) else "not known",
                )
                for name, values in found.items()
            ],
        ),
        wide=True,
    )


def _caution(n_gold: int) -> str:
    """Return what to know of the mark where gold is small: it is where 1 % of gold lies."""
    if n_gold == 0:
        return " There are too few gold trades to set the mark."
    if n_gold < _ENOUGH:
        return f" Of {n_gold} gold trades the mark is little more than their closest pair."
    return ""


def _quantile_name(q: float) -> str:
    return "nearest" if q == 0 else "median" if q == 0.5 else f"{100 * q:.0f} % nearer than"
