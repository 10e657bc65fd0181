"""Deposits: writes trades of accepted quality for a bank, with the embedded engine."""

import asyncio
import json

from tradegen.data.gold import Gold
from tradegen.engines.protocols import Brief, Engine
from tradegen.errors import TradegenError
from tradegen.samplers.columns import default_column
from tradegen.samplers.constraint import resolve_constraint
from tradegen.samplers.sampler import Sampler
from tradegen.testing.nim_server.bank import Deposit
from tradegen.testing.nim_server.codec import Codec

_WAVE = 256
_ATTEMPTS = 12


async def write_deposits(
    n: int, engine: Engine, gold: Gold, codec: Codec, seed: int
) -> list[Deposit]:
    """Return `n` trades, spread over the default volatility buckets as a run spreads them.

    Each has passed the engine's judge after a trip over the wire.
    """
    constraint = resolve_constraint((default_column(),), gold.train, gold.volatility)
    sampler = Sampler(constraint, n, seed, gold.train, gold.volatility, widen=True)

    async def write(number: int) -> Deposit:
        for attempt in range(_ATTEMPTS):
            draw = sampler.draw(number, attempt)
            seeds = tuple(gold.train.row(int(k)) for k in draw.seeds)
            brief = Brief(number, attempt, draw.constraint, seeds)
            wire = codec.encode(await engine.generator.generate(brief))
            if (await engine.judge.judge(codec.decode(wire), brief)).passed:
                bucket = (draw.constraint.low, draw.constraint.high)
                return Deposit(bucket, json.dumps(wire, separators=(",", ":")))
        raise TradegenError(f"row {number} of the bank failed {_ATTEMPTS} times")

    deposits: list[Deposit] = []
    for start in range(0, n, _WAVE):
        numbers = range(start, min(n, start + _WAVE))
        deposits += await asyncio.gather(*(write(number) for number in numbers))
    return deposits
