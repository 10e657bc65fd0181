"""An estimate of what calls take, from the prompts they would send; nothing is sent."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from tradegen.data.calls import Answered
from tradegen.data.gold import Gold
from tradegen.engines.critique import Critique, Finding
from tradegen.engines.nim.answers import AnswerForm, Verdict, answer_form, trade_form
from tradegen.engines.nim.engine import NimRoles, asking, make_roles
from tradegen.engines.nim.options import NimOptions, Role
from tradegen.engines.nim.prompting import Message, as_data
from tradegen.engines.nim.tokens import count_tokens
from tradegen.engines.nim.wire import WireForm
from tradegen.engines.protocols import Brief
from tradegen.engines.rules import Rules
from tradegen.guards.copies import CopyGuard

CALLS_A_ROW = {"generator": 1.1, "judge": 1.2, "refiner": 0.2}
"""Of each role, as runs against the protocol server of this package took."""
TOKENS_A_SECOND = 60.0
"""That an endpoint is supposed to write for each call."""

_VERDICT_TOKENS, _PATCH_TOKENS = 200, 150
_READ_A_SECOND = 5000.0
_WAIT_S = 0.3
_MILLION, _MINUTE_S = 1e6, 60.0
_A_COMPLAINT = Critique((Finding("realism", "bars", "x" * 200, "score 3 of 5", ("bars",)),))


@dataclass(frozen=True, slots=True)
class RoleEstimate:
    """One role's part of a run: calls, tokens read and written, money."""

    calls: float
    tokens_in: float
    tokens_out: float
    cost: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would take. `held_by` is what its time follows from."""

    by_role: dict[Role, RoleEstimate]
    seconds: float
    held_by: str

    @property
    def total(self) -> RoleEstimate:
        """All roles together."""
        parts = [astuple(part) for part in self.by_role.values()]
        return RoleEstimate(*(sum(column) for column in zip(*parts, strict=True)))


class _NobodyAsks:
    """Stands where a chat model would: an estimate asks nothing."""

    def __init__(self, role: Role, _form: AnswerForm[Any]) -> None:
        self.name: str = role

    async def complete(
        self, messages: Sequence[Message], form: AnswerForm[Any], seed: int
    ) -> Answered:
        raise NotImplementedError


def silent_roles(gold: Gold, options: NimOptions) -> NimRoles:
    """Return roles that can tell what they would ask, and ask nobody."""
    rules = Rules(gold.market, CopyGuard(gold.train))
    return make_roles(gold, rules, options, 0, asking(options, _NobodyAsks, None))


def estimate(
    gold: Gold,
    options: NimOptions,
    n: int,
    briefs: Sequence[Brief],
    *,
    schema_again: bool = False,
) -> Estimate:
    """Estimate what `n` accepted rows take, from the prompts of some.

    Real rows stand in for those that a model would write. A model that fails more often than
    `CALLS_A_ROW` supposes takes more. With `schema_again` generator and judge are told their
    schema a second time, as Data Designer does.
    """
    roles = silent_roles(gold, options)
    prompts: dict[Role, list[list[Message]]] = {
        "generator": [roles.generator.messages(brief) for brief in briefs],
        "judge": [roles.judge.messages(brief.seeds[0], brief) for brief in briefs],
        "refiner": [
            roles.refiner.messages(brief.seeds[0], _A_COMPLAINT, brief, 1) for brief in briefs
        ],
    }
    wire = WireForm(gold.market, gold.train)
    trades = [as_data(wire.encode(brief.seeds[0])) for brief in briefs]
    written: dict[Role, float] = {
        "generator": sum(map(count_tokens, trades)) / len(trades),
        "judge": _VERDICT_TOKENS,
        "refiner": _PATCH_TOKENS,
    }
    again: dict[Role, str] = {}
    if schema_again:
        again = {
            "generator": trade_form(gold).schema_text,
            "judge": answer_form("verdict", Verdict).schema_text,
        }
    by_role: dict[Role, RoleEstimate] = {}
    working = 0.0
    for role, conversations in prompts.items():
        calls = n * CALLS_A_ROW[role]
        texts = [turn.text for turns in conversations for turn in turns]
        read = sum(map(count_tokens, texts)) / len(conversations)
        read += count_tokens(again.get(role, ""))
        stated = getattr(options, role)
        cost = (read * stated.price_in + written[role] * stated.price_out) / _MILLION
        by_role[role] = RoleEstimate(calls, calls * read, calls * written[role], calls * cost)
        working += calls * (_WAIT_S + read / _READ_A_SECOND + written[role] / TOKENS_A_SECOND)
    return Estimate(by_role, *_time(by_role, options, working))


def _time(
    by_role: dict[Role, RoleEstimate], options: NimOptions, working: float
) -> tuple[float, str]:
    """Return seconds, and which of the limits they follow from."""
    calls = sum(role.calls for role in by_role.values())
    tokens = sum(role.tokens_in + role.tokens_out for role in by_role.values())
    times = {f"{options.calls_at_once} calls at once": working / options.calls_at_once}
    if options.rpm is not None:
        times[f"{options.rpm:g} requests a minute"] = _MINUTE_S * calls / options.rpm
    if options.tpm is not None:
        times[f"{options.tpm:g} tokens a minute"] = _MINUTE_S * tokens / options.tpm
    held_by = max(times, key=lambda name: times[name])
    return times[held_by], held_by
