"""The NIM engine as a whole: reached once, then started in any process."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel

from tradegen.data.calls import CallJournal
from tradegen.data.gold import Gold
from tradegen.engines.nim.answers import AnswerForm, Patch, Verdict, answer_form, trade_form
from tradegen.engines.nim.asking import Asker, Asks
from tradegen.engines.nim.endpoint import Endpoint, reach
from tradegen.engines.nim.fields import field_names
from tradegen.engines.nim.generator import NimGenerator
from tradegen.engines.nim.judge import NimJudge
from tradegen.engines.nim.models import ChatModel, NimModel, OtherModel, Way
from tradegen.engines.nim.options import NimOptions, Role
from tradegen.engines.nim.prompting import Prompt, as_data, load_prompt, load_text
from tradegen.engines.nim.refiner import NimRefiner
from tradegen.engines.nim.showing import Shown
from tradegen.engines.nim.transport.limits import TransportLimits
from tradegen.engines.nim.transport.transport import Transport
from tradegen.engines.nim.wire import WireForm
from tradegen.engines.protocols import Engine
from tradegen.engines.rules import Rules
from tradegen.guards.copies import CopyGuard

_Answer = TypeVar("_Answer", bound=BaseModel)

ModelOf = Callable[[Role, AnswerForm[Any]], ChatModel]
"""Finds the model that a role asks for answers of a form."""


class AskerOf(Protocol):
    """Finds through whom a role asks for answers of a form."""

    def __call__(self, role: Role, form: AnswerForm[_Answer], /) -> Asks[_Answer]:
        """Return who asks."""
        ...


def asking(options: NimOptions, model_of: ModelOf, journal: CallJournal | None) -> AskerOf:
    """Return who asks models, with one repair and a journal."""
    repair = load_prompt("repair")

    def asker(role: Role, form: AnswerForm[_Answer]) -> Asks[_Answer]:
        return Asker(role, model_of(role, form), getattr(options, role), form, repair, journal)

    return asker


@dataclass(frozen=True)
class NimRoles:
    """The three roles, which share a wire form."""

    generator: NimGenerator
    judge: NimJudge
    refiner: NimRefiner


def make_roles(
    gold: Gold,
    rules: Rules,
    options: NimOptions,
    seed: int,
    asker_of: AskerOf,
) -> NimRoles:
    """Return the roles, each asking through the asker that there is for it and its form."""
    shown = Shown(WireForm(gold.market, gold.train), gold.market, options.seed_bars)
    names = as_data(field_names(extra.name for extra in gold.extras))
    trade = trade_form(gold)
    verdict, patch = answer_form("verdict", Verdict), answer_form("patch", Patch)

    def prompt(role: Role, form: AnswerForm[Any], **more: str) -> Prompt:
        wire_form = load_text("wire_form").strip()
        return load_prompt(role, wire_form=wire_form, schema=form.schema_text, **more)

    return NimRoles(
        NimGenerator(asker_of("generator", trade), prompt("generator", trade), shown, seed),
        NimJudge(
            rules,
            asker_of("judge", verdict),
            prompt("judge", verdict, names=names),
            shown,
            options.pass_score,
        ),
        NimRefiner(asker_of("refiner", patch), trade, prompt("refiner", patch), shown),
    )


@dataclass(frozen=True)
class NimModels:
    """What is fixed before the first call; see `engines.registry.EngineModel`."""

    gold: Gold
    guard: CopyGuard
    options: NimOptions
    endpoint: Endpoint
    seed: int
    journal: Path | None
    workers: int

    def start(self) -> Engine:
        """Return the engine's roles for this process."""
        transport = Transport(self.limits())
        ways: defaultdict[str, Way] = defaultdict(Way)
        roles = self.roles(lambda role, _: self.model_of(role, transport, ways))
        return Engine(
            name="nim",
            generator=roles.generator,
            judge=roles.judge,
            refiner=roles.refiner,
            applies_rules=True,
            close=transport.close,
        )

    def roles(self, model_of: ModelOf) -> NimRoles:
        """Return the roles, with a journal if there is to be one."""
        return make_roles(
            self.gold,
            Rules(self.gold.market, self.guard),
            self.options,
            self.seed,
            asking(self.options, model_of, CallJournal(self.journal) if self.journal else None),
        )

    def model_of(self, role: Role, transport: Transport, ways: Mapping[str, Way]) -> ChatModel:
        """Return the model that a role asks over a transport; roles may share `ways`."""
        stated = getattr(self.options, role)
        name = self.endpoint.models[role]
        if stated.chat_model is not None:
            return OtherModel(name, stated)
        return NimModel(name, stated, self.options, self.endpoint, transport, ways[name])

    def limits(self) -> TransportLimits:
        """Return this process's share of what all workers may do together."""
        options, workers = self.options, self.workers
        return TransportLimits(
            max_in_flight=max(1, options.calls_at_once // workers),
            share=1 / workers,
            requests_per_minute=options.rpm and options.rpm / workers,
            tokens_per_minute=options.tpm and options.tpm / workers,
            connect_timeout_s=options.connect_timeout_s,
            idle_timeout_s=options.idle_timeout_s,
            max_tries=options.tries,
        )


def learn_nim(
    gold: Gold, seed: int, options: NimOptions, journal: Path | None, workers: int
) -> NimModels:
    """Reach the endpoint and prepare the rules.

    Raises `EngineUnavailableError` for the reasons that `endpoint.reach` has.
    """
    import langchain_nvidia_ai_endpoints  # noqa: F401  (a second, paid once for all workers)

    return NimModels(gold, CopyGuard(gold.train), options, reach(options), seed, journal, workers)
