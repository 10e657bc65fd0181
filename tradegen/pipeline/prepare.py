"""Preparation: everything a run needs before its first row, from settings."""

import math
from dataclasses import dataclass

from tradegen.data.gold import Gold, load_gold, without_holdout
from tradegen.engines.registry import EngineOrder, find_engine
from tradegen.pipeline.blueprint import Blueprint
from tradegen.samplers.constraint import resolve_constraint
from tradegen.samplers.mismatch import mismatch
from tradegen.samplers.sampler import Sampler
from tradegen.settings import Settings


@dataclass(frozen=True)
class Prepared:
    """A run that is ready to start."""

    settings: Settings
    gold: Gold
    blueprint: Blueprint
    notes: tuple[str, ...]

    @property
    def sampler(self) -> Sampler:
        """The run's sampler."""
        return self.blueprint.sampler


def prepare(settings: Settings) -> Prepared:
    """Load gold and deal the diversity constraint.

    Raises `InputError` for gold or a constraint that cannot be used, `EngineUnavailableError`
    for an engine that is not there.
    """
    find_engine(settings.engine)
    gold = load_gold(settings.gold.source())
    constraint = resolve_constraint(settings.diversity.resolved(), gold.train, gold.volatility)
    sampler = Sampler(
        constraint,
        settings.n,
        settings.seed,
        gold.train,
        gold.volatility,
        widen=settings.diversity.widen,
    )
    order = EngineOrder(
        without_holdout(gold), settings.seed, settings.judge.false_rejections, settings.nim
    )
    blueprint = Blueprint(sampler, settings.engine, order)
    notes = [*gold.notes, *constraint.notes]
    if far := mismatch(
        constraint.buckets, sampler.quotas, sampler.eligible_counts, len(gold.train)
    ):
        notes.append(far)
    level = settings.judge.false_rejections
    if settings.engine == "embedded" and len(gold.train) + 1 < 1 / level:
        notes.append(
            f"{len(gold.train)} gold rows are too few for the judge to reject any row as "
            f"unrealistic at judge.false_rejections = {level:g}; {math.ceil(1 / level) - 1} or "
            "more are needed"
        )
    if sampler.widened:
        notes.append(
            f"buckets {', '.join(sampler.widened)} have too few gold rows; their seeds are the "
            "nearest gold rows"
        )
    return Prepared(settings, gold, blueprint, tuple(notes))
