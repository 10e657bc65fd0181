"""Preparation: everything a run needs before its first row, from settings."""

import math
from dataclasses import dataclass

from tradegen.data.gold import Gold, load_gold, without_holdout
from tradegen.engines.nim.options import ASKING
from tradegen.engines.registry import EngineOrder, find_engine
from tradegen.errors import InputError
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


def _check_prices(settings: Settings) -> None:
    nim = settings.nim
    priced = any(
        role.price_in or role.price_out for role in (nim.generator, nim.judge, nim.refiner)
    )
    if settings.engine in ASKING and nim.max_cost is not None and not priced:
        raise InputError(
            "--max-cost needs prices: set price_in and price_out of nim.generator, nim.judge and "
            "nim.refiner in the settings file, or limit calls by --max-calls"
        )


_COLUMN_ROLES = ("generator", "judge")


def _check_designer(settings: Settings) -> None:
    """Raise `InputError` for settings of nim that Data Designer has no way to keep to."""
    nim = settings.nim
    stated = [f"nim.{name}" for name in ("rpm", "tpm") if getattr(nim, name) is not None]
    stated += [
        f"nim.{role}.{name}"
        for role in _COLUMN_ROLES
        for name in ("chat_model", "thinking")
        if getattr(getattr(nim, role), name)
    ]
    if stated:
        raise InputError(
            f"engine designer cannot keep to {', '.join(stated)}: Data Designer knows no such "
            "thing; leave it out, or take engine nim"
        )


def with_endpoint(settings: Settings) -> Settings:
    """Return settings that name the models which are to be asked, if the engine asks any.

    Raises the errors of `engines.nim.endpoint.reach`; `EngineUnavailableError` where the engine's
    package is not installed, `InputError` for settings that it cannot keep to.
    """
    if settings.engine not in ASKING:
        return settings
    if settings.engine == "designer":
        from tradegen.engines.designer.quiet import check_installed

        check_installed()
        _check_designer(settings)
    from tradegen.engines.nim.endpoint import reach, with_models

    nim = with_models(settings.nim, reach(settings.nim))
    return settings.model_copy(update={"nim": nim})


def prepare(settings: Settings) -> Prepared:
    """Load gold and deal the diversity constraint.

    Raises `InputError` for gold or a constraint that cannot be used, `EngineUnavailableError`
    for an engine that is not there.
    """
    find_engine(settings.engine)
    _check_prices(settings)
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
        without_holdout(gold),
        settings.seed,
        settings.judge.false_rejections,
        settings.nim,
        settings.embedded,
        designer=settings.designer,
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
