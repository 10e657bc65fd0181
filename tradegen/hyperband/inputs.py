"""Inputs: what a model may know of a trade when its entry bar opens, and nothing later."""

import numpy as np

from tradegen.data.row import FloatArray
from tradegen.data.rows import Rows
from tradegen.fidelity.transfer import known_at_entry
from tradegen.indicators.compute import at_entry

_TINY = 1e-12

_IN_RANGES_BELOW_CLOSE = ("sma_20", "ema_20", "bb_lower_20_2", "bb_upper_20_2", "vwap_64")
_IN_RANGES = ("macd_12_26_9", "macd_signal_12_26_9", "macd_hist_12_26_9")
_AS_THEY_ARE = (
    *("rsi_14", "stoch_k_14_3_3", "stoch_d_14_3_3", "willr_14", "roc_10", "cci_20"),
    *("mfi_14", "adx_14"),
    *("volatility_close_64", "volatility_parkinson_64", "volatility_yang_zhang_64"),
)


def entry_inputs(rows: Rows, bars_per_year: FloatArray) -> FloatArray:
    """Return context and indicators at entry, shape `(n, k)`; NaN where there is no value.

    Indicators that are prices become distances from the last close in average true ranges, and
    those that are volumes shares of volume, so that symbols compare. `bars_per_year` has shape
    `(n,)`. Only bars before the entry bar are used, and the time at which it opens.
    """
    values = at_entry(rows, bars_per_year)
    close = rows.lookback(rows.bars.close)[:, -1]
    volume = rows.lookback(rows.bars.volume)
    unit = np.maximum(values["atr_14"], _TINY * close)
    columns = [
        *((close - values[name]) / unit for name in _IN_RANGES_BELOW_CLOSE),
        *(values[name] / unit for name in _IN_RANGES),
        *(values[name] for name in _AS_THEY_ARE),
        unit / close,
        volume[:, -1] / np.maximum(values["volume_sma_20"], _TINY),
        values["obv_64"] / np.maximum(volume.sum(axis=1), _TINY),
    ]
    return np.column_stack([known_at_entry(rows), *columns])
