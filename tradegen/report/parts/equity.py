"""How the trades fared, as one book of equal stakes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tradegen.backtest.costs import Costs
from tradegen.backtest.equity import daily_equity, market_days
from tradegen.backtest.replay import replay
from tradegen.data.interval import DAY_US
from tradegen.data.row import from_microseconds
from tradegen.data.rows import Rows
from tradegen.report.figures.equity import Book, equity_figure, growth
from tradegen.report.parts.part import Chart, Missing, Shown, Table

_BESIDE_GOLD = (
    "Equal stakes after costs, no more synthetic trades than gold has. The curves need not lie on "
    "each other: every row is a market of its own, so their book swings less. A synthetic curve "
    "that climbs far above gold's would promise gains that are not there, one that falls far below "
    "it losses."
)
_ALONE = "Equal stakes after costs; there is no gold to hold it against."


def books_of_evaluation(records: Sequence[Mapping[str, Any]]) -> dict[str, Book]:
    """Return the books of an evaluation's table `equity`."""
    names = list(dict.fromkeys(str(record["book"]) for record in records))
    own = {name: [one for one in records if one["book"] == name] for name in names}
    return {
        name: Book(
            [str(one["day"]) for one in of],
            np.array([one["return"] or 0.0 for one in of], dtype=np.float64),
        )
        for name, of in own.items()
    }


def book_of(rows: Rows, costs: Costs) -> Book:
    """Return the book of rows: equal stakes, after costs."""
    equity = daily_equity(replay(rows, costs), market_days(rows))
    days = [from_microseconds(day * DAY_US).date().isoformat() for day in equity.day.tolist()]
    return Book(days, equity.returns)


def equity_shown(books: Mapping[str, Book]) -> Shown | Missing:
    """Return the figure of the books' equity curves; books without a day are left out."""
    drawn = {name: book for name, book in books.items() if len(book.days)}
    if not drawn:
        return Missing("No trade to draw an equity curve of.")
    ends = {name: float(growth(book.returns)[-1]) for name, book in drawn.items()}
    said = ", ".join(f"{end:.2f} in {name}" for name, end in ends.items())
    return Shown(
        f"Equity: 1 became {said}",
        _BESIDE_GOLD if len(drawn) > 1 else _ALONE,
        Chart(
            "equity",
            equity_figure(drawn),
            f"Equity curves on a logarithmic scale. 1 became {said}.",
        ),
        Table(
            ("book", "first day", "last day", "growth of 1", "worst fall, %"),
            [
                (
                    name,
                    book.days[0],
                    book.days[-1],
                    f"{ends[name]:.3f}",
                    f"{_worst_fall_pct(book):.1f}",
                )
                for name, book in drawn.items()
            ],
        ),
        wide=True,
    )


def _worst_fall_pct(book: Book) -> float:
    value = np.concatenate([[1.0], growth(book.returns)])
    return 100 * float((1 - value / np.maximum.accumulate(value)).max())
