"""What models are shown of rows and tasks, and how the trades they write become rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel

from tradegen.data.interval import INTERVAL_US
from tradegen.data.market import Market
from tradegen.data.row import Row
from tradegen.engines.nim.options import Role
from tradegen.engines.nim.prompting import as_data
from tradegen.engines.nim.settle import settle_volatility
from tradegen.engines.nim.wire import WireForm
from tradegen.engines.protocols import Brief

_SEEDS_KEPT = 8192


class Shown:
    """Rows and tasks in the words and numbers of the wire."""

    def __init__(self, wire: WireForm, market: Market, seed_bars: int) -> None:
        """Show seeds with `seed_bars` bars before entry."""
        self.wire = wire
        self._market = market
        self._seed_bars = seed_bars
        self._seeds: dict[str, str] = {}

    def task(self, role: Role, brief: Brief, **more: Any) -> str:
        """Return what is asked for, as data, with what is more to say to this role."""
        constraint = brief.constraint
        markets = dict.fromkeys((seed.symbol, seed.interval) for seed in brief.seeds)
        years = {f"{s} {i}": self._bars_per_year(s, i) for s, i in markets}
        first, last = self.wire.span()
        task: dict[str, Any] = {
            "role": role,
            "row_number": brief.row_number,
            "attempt": brief.attempt,
            "volatility": {
                "value": constraint.value,
                "low": round(constraint.low, 4),
                "high": round(constraint.high, 4),
            },
            "bars_a_year": {name: round(bars) for name, bars in years.items()},
            "one_sd_bp": {
                name: round(constraint.value / np.sqrt(bars) * 1e4) for name, bars in years.items()
            },
            "first_day": first,
            "last_day": last,
        }
        if constraint.where:
            task["must_have"] = dict(constraint.where)
        return as_data({**task, **more})

    def seeds(self, seeds: Sequence[Row]) -> str:
        """Return seeds as data."""
        return f"[{','.join(map(self.seed, seeds))}]"

    def seed(self, seed: Row) -> str:
        """Return one seed as data. It is encoded once, however often it is dealt."""
        if seed.trade_id not in self._seeds:
            if len(self._seeds) >= _SEEDS_KEPT:
                self._seeds.clear()
            self._seeds[seed.trade_id] = as_data(self.wire.encode(seed, self._seed_bars))
        return self._seeds[seed.trade_id]

    def row(self, row: Row) -> str:
        """Return a row as data."""
        return as_data(self.wire.encode(row))

    def row_of(self, answer: BaseModel, brief: Brief) -> tuple[Row, list[str]]:
        """Return the row that an answer stands for, and what arithmetic settled in it.

        Raises `WireError` if it stands for none.
        """
        return self.row_of_wire(answer.model_dump(by_alias=True), brief)

    def row_of_wire(self, wire: Mapping[str, Any], brief: Brief) -> tuple[Row, list[str]]:
        """Do the same for a trade on the wire that was validated."""
        decoded = self.wire.decode(wire)
        row, note = settle_volatility(
            decoded.row,
            brief.constraint,
            self._market,
            self._bars_per_year(decoded.row.symbol, decoded.row.interval),
        )
        return row, [*decoded.settled, *([note] if note else [])]

    def _bars_per_year(self, symbol: str, interval: str) -> float:
        return self._market.calendar_of(symbol).bars_per_year(INTERVAL_US[interval])
