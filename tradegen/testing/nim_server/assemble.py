"""Assembly: the answerer that the options ask for."""

import json
from functools import cache
from typing import TYPE_CHECKING

from tradegen.data.atomic import write_text
from tradegen.testing.nim_server.answers import Answerer, ScriptedAnswerer
from tradegen.testing.nim_server.bank import (
    Bank,
    BankAnswerer,
    Deposit,
    deposits_as_text,
    read_deposits,
)
from tradegen.testing.nim_server.options import Options

if TYPE_CHECKING:  # loaded only where rows are written: the rest starts without numpy
    from collections.abc import Callable

    from tradegen.data.gold import Gold
    from tradegen.engines.protocols import Engine
    from tradegen.testing.nim_server.codec import Codec

_FALSE_REJECTIONS = 0.05


async def make_answerer(options: Options) -> Answerer:
    """Return who answers; gold is read and learned from only if rows have to be written."""
    if options.script is not None:
        return ScriptedAnswerer(json.loads(options.script.read_text(encoding="utf-8")))

    @cache
    def workshop() -> "tuple[Engine, Gold, Codec]":
        return _learn(options)

    def embedded() -> Answerer:
        from tradegen.testing.nim_server.embedded import EmbeddedAnswerer

        return EmbeddedAnswerer(*workshop())

    if not options.bank:
        return embedded()
    deposits = await _deposits(options, workshop)
    return BankAnswerer(Bank(deposits), embedded)


def _learn(options: Options) -> "tuple[Engine, Gold, Codec]":
    from tradegen.data.gold import DEMO_GOLD, GoldSource, load_gold
    from tradegen.engines.embedded.engine import learn_embedded
    from tradegen.engines.embedded.options import EmbeddedOptions
    from tradegen.testing.nim_server.codec import WireCodec

    source = GoldSource(files=options.gold or (DEMO_GOLD,), holdout=options.holdout)
    gold = load_gold(source)
    from_one = EmbeddedOptions(candidates=1)
    engine = learn_embedded(gold, options.seed, _FALSE_REJECTIONS, from_one).start()
    return engine, gold, WireCodec(gold)


async def _deposits(
    options: Options, workshop: "Callable[[], tuple[Engine, Gold, Codec]]"
) -> list[Deposit]:
    """Return the bank file's trades if there are enough of them, else write new ones."""
    file = options.bank_file
    if file is not None and file.is_file():
        kept = read_deposits(file)
        if len(kept) >= options.bank:
            return kept
    from tradegen.testing.nim_server.deposits import write_deposits

    deposits = await write_deposits(options.bank, *workshop(), options.seed)
    if file is not None:
        write_text(file, deposits_as_text(deposits))
    return deposits
