"""Draw the picture of the loop: `python docs/images/draw.py` writes loop.svg anew."""

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

PICTURE = Path(__file__).with_name("loop.svg")

W, H = 130, 54
"""Size of a box."""

ACCENT = "#2f9e64"

BOXES: dict[str, tuple[int, int, str, str]] = {
    "gold": (10, 20, "your trades", "gold, without holdout"),
    "sampler": (180, 20, "sampler", "a volatility, 3 seeds"),
    "generator": (350, 20, "generator", "writes one trade"),
    "judge": (520, 20, "judge", "realism, rules, copies"),
    "ledger": (720, 20, "ledger", "nothing is lost"),
    "refiner": (520, 130, "refiner", "mends those fields"),
    "thrown": (350, 130, "thrown away", "kept with its critique"),
    "rows": (720, 130, "rows.parquet", "exactly n trades"),
    "holdout": (10, 240, "holdout", "never seen before"),
    "evaluate": (520, 240, "evaluate", "backtest, Hyperband"),
    "verdict": (720, 240, "verdict", "overfit, underfit?"),
}

ARROWS: Sequence[str] = (
    "M140 47H176",
    "M310 47H346",
    "M480 47H516",
    "M650 47H716",
    "M785 74V126",
    "M575 74V126",
    "M605 130V78",
    "M535 74V100H415V126",
    "M785 184V212H585V236",
    "M75 74V236",
    "M140 267H516",
    "M650 267H716",
)

WORDS: Sequence[tuple[int, int, str, str]] = (
    (682, 40, "middle", "passes"),
    (569, 118, "end", "fails"),
    (613, 106, "start", "at most twice"),
    (475, 94, "middle", "a third time"),
    (84, 160, "start", "the latest 20 %"),
    (328, 260, "middle", "real trades to hold the new ones against"),
)

STYLE = "<style>svg{color:#24292f}@media(prefers-color-scheme:dark){svg{color:#e6edf3}}</style>"


def picture() -> str:
    """Return the picture; in a page of the site, its colours are those of the text."""
    boxes = "\n".join(_box(name, *box) for name, box in BOXES.items())
    arrows = "\n".join(f'<path d="{path}" marker-end="url(#tip)"/>' for path in ARROWS)
    words = "\n".join(
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="11" opacity=".8">'
        f"{escape(said)}</text>"
        for x, y, anchor, said in WORDS
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 860 304" width="860" '
        'height="304" font-family="system-ui,sans-serif">\n'
        "<title>From your trades through sampler, generator, judge and refiner to rows, and from "
        "rows and holdout to a verdict</title>\n"
        f"{STYLE}\n"
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="currentColor"/></marker>'
        "</defs>\n"
        f'<g fill="none" stroke="currentColor" stroke-width="1.3">\n{arrows}\n</g>\n'
        f'<g fill="currentColor" text-anchor="middle">\n{boxes}\n</g>\n'
        f'<g fill="currentColor">\n{words}\n</g>\n</svg>\n'
    )


def _box(name: str, x: int, y: int, title: str, told: str) -> str:
    ours = name in ("sampler", "generator", "judge", "refiner")
    edge = ACCENT if ours else "currentColor"
    fill = ACCENT if ours else "currentColor"
    return (
        f'<rect x="{x}" y="{y}" width="{W}" height="{H}" rx="9" fill="{fill}" '
        f'fill-opacity="{".16" if ours else ".06"}" stroke="{edge}" stroke-width="1.3"/>'
        f'<text x="{x + W // 2}" y="{y + 24}" font-size="14" font-weight="600">{escape(title)}'
        f'</text><text x="{x + W // 2}" y="{y + 42}" font-size="11" opacity=".8">{escape(told)}'
        "</text>"
    )


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
