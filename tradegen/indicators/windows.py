"""What an indicator may see of rows: the bars before entry, and how many make a year."""

from dataclasses import dataclass
from typing import Self

from tradegen.data.row import FloatArray, IntArray
from tradegen.data.rows import Rows


@dataclass(frozen=True, slots=True)
class Windows:
    """The lookbacks of `n` rows; neither the entry bar nor any bar after it is in here.

    The columns of bars have shape `(n, LOOKBACK)`, are contiguous, and end with the last bar before
    entry; `time` is in microseconds since 1970. `bars_per_year` has shape `(n,)` and is NaN where
    it is not known.
    """

    time: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray
    bars_per_year: FloatArray

    @classmethod
    def before_entry(cls, rows: Rows, bars_per_year: FloatArray) -> Self:
        """Return the lookbacks of rows."""
        bars = rows.bars
        return cls(
            time=rows.lookback(bars.time),
            open=rows.lookback(bars.open),
            high=rows.lookback(bars.high),
            low=rows.lookback(bars.low),
            close=rows.lookback(bars.close),
            volume=rows.lookback(bars.volume),
            bars_per_year=bars_per_year,
        )

    def __len__(self) -> int:
        return len(self.close)

    @property
    def range_prices(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """High, low and close, as many formulas take them."""
        return self.high, self.low, self.close

    @property
    def typical(self) -> FloatArray:
        """Typical price, (high + low + close) / 3, shape `(n, LOOKBACK)`."""
        result: FloatArray = (self.high + self.low + self.close) / 3.0
        return result
