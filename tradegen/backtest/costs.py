"""What filling an order costs: commission, half the spread, slippage and impact."""

from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from tradegen.data.row import FloatArray
from tradegen.data.rows import Rows

_BPS = 1e-4


class Costs(BaseModel):
    """What each fill costs; every trade has two. Basis points are of the fill's value."""

    model_config = ConfigDict(extra="forbid", validate_default=True, frozen=True)

    commission_bps: float = Field(
        1.0, ge=0, allow_inf_nan=False, description="broker's or exchange's fee, in basis points"
    )
    commission_per_share: float = Field(
        0.0, ge=0, allow_inf_nan=False, description="fee for each unit of quantity, in currency"
    )
    spread_bps: float = Field(
        4.0,
        ge=0,
        allow_inf_nan=False,
        description="distance of bid and ask, in basis points; each fill pays half of it",
    )
    slippage_bps: float = Field(
        1.0,
        ge=0,
        allow_inf_nan=False,
        description="what a fill of any size is worse than expected, in basis points",
    )
    impact_bps: float = Field(
        10.0,
        ge=0,
        allow_inf_nan=False,
        description="slippage of a fill as large as its bar's volume, in basis points; smaller "
        "fills pay it times the square root of their share of the volume",
    )


@dataclass(frozen=True, slots=True)
class FillCosts:
    """Costs of each row's two fills, in currency, shape `(n,)` each."""

    entry: FloatArray
    exit: FloatArray

    @property
    def total(self) -> FloatArray:
        """Costs of the round trip, in currency, shape `(n,)`."""
        return self.entry + self.exit


def fill_costs(rows: Rows, costs: Costs) -> FillCosts:
    """Return what each row's entry and exit cost at the volumes of the bars they are filled in."""
    fills = ((rows.entry_price, rows.entry_bar), (rows.exit_price, rows.exit_bar))
    entry, exit_ = (
        price * rows.quantity * cost_share(costs, price, rows.quantity, rows.bars.volume[bar])
        for price, bar in fills
    )
    return FillCosts(entry, exit_)


def cost_share(
    costs: Costs, price: FloatArray, quantity: FloatArray, volume: FloatArray
) -> FloatArray:
    """Return the cost of each fill as a fraction of its value; all arrays have the same shape.

    Impact follows the square-root law: it grows with the root of the fill's share of the bar's
    volume (Toth et al., 2011, "Anomalous price impact and the critical nature of liquidity in
    financial markets", Physical Review X 1, 021006). No fill is more than all of the volume: where
    a bar has none, or less than the quantity (contracts against coins, say), the share is 1.
    """
    share = participation(quantity, volume)
    relative = costs.commission_bps + costs.spread_bps / 2 + costs.slippage_bps
    impact = costs.impact_bps * np.sqrt(share)
    result: FloatArray = _BPS * (relative + impact) + costs.commission_per_share / price
    return result


def participation(quantity: FloatArray, volume: FloatArray) -> FloatArray:
    """Return each fill's share of its bar's volume, from 0 to 1; 1 where there is no volume."""
    whole = np.maximum(quantity, volume)
    return np.where(volume > 0, quantity / np.where(whole > 0, whole, 1.0), 1.0)
