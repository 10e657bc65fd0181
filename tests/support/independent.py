"""An independent check of accepted rows: it knows pyarrow and numpy, and nothing of tradegen."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

VALUES = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1]
WEIGHTS = [5, 5, 10, 15, 20, 20, 15, 5, 5]
BARS_PER_YEAR = {"1h": 8760.0, "4h": 2190.0, "1d": 365.0}
HOUR = 3_600_000_000


def check_rows(path: Path, gold: list[Path], n: int) -> np.ndarray:
    """Check every accepted row against the contract; return the volatilities, shape `(n,)`."""
    table = pq.read_table(path)
    assert table.num_rows == n
    known: dict[str, list[dict[str, Any]]] = {}
    for file in gold:
        for row in pq.read_table(file).to_pylist():
            known.setdefault(row["symbol"], []).append(row)
    gold_ids = {row["trade_id"] for rows in known.values() for row in rows}
    ids = table["trade_id"].to_pylist()
    assert len(set(ids)) == n
    assert not set(ids) & gold_ids
    return np.array([_check(row, known[row["symbol"]]) for row in table.to_pylist()])


def _check(row: dict[str, Any], kin: list[dict[str, Any]]) -> float:
    bars = row["bars"]
    o, h, low, c, v = (
        np.array([bar[k] for bar in bars]) for k in ("open", "high", "low", "close", "volume")
    )
    time = np.array([bar["time"].timestamp() for bar in bars])
    assert len(bars) >= 65
    for column in (o, h, low, c, v):
        assert np.all(np.isfinite(column))
    assert np.all(low <= np.minimum(o, c))
    assert np.all(np.maximum(o, c) <= h)
    assert np.all(low > 0)
    assert np.all(v >= 0)
    assert np.all(np.diff(time) > 0)
    step = {"1h": 3600, "4h": 4 * 3600, "1d": 86400}[row["interval"]]
    assert np.all(time % step == 0)
    weekdays = ((time // 86400).astype(int) + 3) % 7
    rests = all(bar["time"].weekday() < 5 for other in kin for bar in other["bars"])
    daily_rest = rests and row["interval"] == "1d"
    if daily_rest:
        assert np.all(weekdays < 5)
        assert np.all(np.diff(time) <= 5 * 86400), "no session but for weekends and holidays"
    else:
        assert np.all(np.diff(time) == step)
    entry, exit_ = row["entry_time"].timestamp(), row["exit_time"].timestamp()
    assert time[64] <= entry < time[64] + step
    assert time[-1] <= exit_ < time[-1] + step
    assert exit_ >= entry
    assert low[64] <= row["entry_price"] <= h[64]
    assert low[-1] <= row["exit_price"] <= h[-1]
    assert row["quantity"] > 0
    assert row["side"] in {other["side"] for other in kin}
    if all(other["quantity"] == round(other["quantity"]) for other in kin):
        assert row["quantity"] == round(row["quantity"])
    prices = [
        bar[k] for other in kin for bar in other["bars"] for k in ("open", "high", "low", "close")
    ]
    cents = 100 * np.array(prices)
    if np.all(np.abs(cents - np.round(cents)) <= 1e-7 * cents):  # as 32-bit floats keep them
        for column in (o, h, low, c):
            assert np.all(np.abs(column * 100 - np.round(column * 100)) < 1e-6)
    per_year = 252.0 if daily_rest else BARS_PER_YEAR[row["interval"]]
    return float(np.diff(np.log(c[:64])).std(ddof=1) * np.sqrt(per_year))


def check_split(volatility: np.ndarray, n: int) -> None:
    """Check that the rows split over the default buckets as the weights say, to the row."""
    edges = np.round(np.arange(0.25, 1.16, 0.1), 9)
    counts, _ = np.histogram(volatility, edges)
    exact = [n * weight / 100 for weight in WEIGHTS]
    parts = [int(share) for share in exact]
    order = sorted(range(9), key=lambda k: (-(exact[k] - parts[k]), k))
    for k in order[: n - sum(parts)]:
        parts[k] += 1
    assert counts.tolist() == parts
