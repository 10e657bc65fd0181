"""The boundary to engines: what they answer is checked once, before anything relies on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from pydantic import ValidationError

from tradegen.data.row import BAR_FIELDS, LOOKBACK, Bars, ExtraColumn, Row
from tradegen.engines.critique import Critique, Finding
from tradegen.engines.protocols import Brief, Engine, Generator, Judge, Refiner, RowFailedError
from tradegen.errors import EngineUnavailableError

_TYPES: Mapping[str, tuple[type, ...]] = {
    "category": (str,),
    "text": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
}
_CONVERTED: Mapping[str, type] = {
    "entry_time": datetime,
    "exit_time": datetime,
    "entry_price": float,
    "exit_price": float,
    "quantity": float,
}
_INT64 = 2**63


def checked_engine(name: str, engine: object, extras: Sequence[ExtraColumn]) -> Engine:
    """Return an engine whose answers are held to the row contract and to gold's own columns.

    Its generator and refiner raise `RowFailedError` of kind `malformed` for a row that is none,
    its judge `EngineUnavailableError` for an opinion that is none. Raises the latter at once if
    `engine` is no engine.
    """
    if not isinstance(engine, Engine):
        raise EngineUnavailableError(
            f"engine {name!r}: start() gave a {type(engine).__name__}; expected an Engine"
        )
    kinds = {extra.name: extra.kind for extra in extras}
    return replace(
        engine,
        generator=_Generator(engine.generator, kinds),
        judge=_Judge(engine.judge, name),
        refiner=_Refiner(engine.refiner, kinds),
    )


@dataclass(frozen=True, slots=True)
class _Generator:
    inner: Generator
    kinds: Mapping[str, str]

    async def generate(self, brief: Brief) -> Row:
        return _sound(await self.inner.generate(brief), self.kinds, "generator")


@dataclass(frozen=True, slots=True)
class _Refiner:
    inner: Refiner
    kinds: Mapping[str, str]

    async def refine(self, row: Row, critique: Critique, brief: Brief, retry: int) -> Row:
        return _sound(await self.inner.refine(row, critique, brief, retry), self.kinds, "refiner")


@dataclass(frozen=True, slots=True)
class _Judge:
    inner: Judge
    name: str

    async def judge(self, row: Row, brief: Brief) -> Critique:
        critique = await self.inner.judge(row, brief)
        if wrong := _wrong_with_critique(critique):
            raise EngineUnavailableError(
                f"engine {self.name!r}: its judge gave {wrong} "
                f"(row {brief.row_number}, attempt {brief.attempt})"
            )
        return critique


def _sound(row: object, kinds: Mapping[str, str], stage: str) -> Row:
    wrong = _wrong_with_row(row, kinds)
    if wrong or not isinstance(row, Row):
        raise RowFailedError(stage, "malformed", f"malformed: {wrong}")
    return row


def _wrong_with_row(row: object, kinds: Mapping[str, str]) -> str:
    """Return what makes a row none, or nothing. Its numbers are for the judge."""
    if not isinstance(row, Row):
        return f"a {type(row).__name__}; expected a Row"
    if wrong := _wrong_with_bars(getattr(row, "bars", None)):
        return wrong
    for name, kind in _CONVERTED.items():  # pydantic would turn other types into these
        value = getattr(row, name, None)
        if not isinstance(value, kind):
            return f"{name}: a {type(value).__name__}; expected a {kind.__name__}"
    try:
        Row.model_validate({**row.__dict__, "trade_id": "any"}, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    for name, value in row.extras.items():
        if value is not None and (wrong := _wrong_with_extra(value, kinds.get(name))):
            return f"extras.{name}: {wrong}"
    return ""


def _wrong_with_bars(bars: object) -> str:
    if not isinstance(bars, Bars):
        return f"bars: a {type(bars).__name__}; expected Bars"
    for name in BAR_FIELDS:
        column, expected = getattr(bars, name), np.int64 if name == "time" else np.float64
        if not isinstance(column, np.ndarray) or column.dtype != expected or column.ndim != 1:
            return f"bars.{name}: expected an array of {expected.__name__}, shape (n_bars,)"
        if len(column) != len(bars.time):
            return f"bars.{name}: {len(column)} values for {len(bars.time)} bars"
    if len(bars) <= LOOKBACK:
        return f"bars: {len(bars)}; expected more than {LOOKBACK}"
    return ""


def _wrong_with_extra(value: str | float | bool, kind: str | None) -> str:
    expected = (str, int, float, bool) if kind is None else _TYPES[kind]
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected):
        return f"a {type(value).__name__}; expected {kind or 'a plain value'}"
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        return f"{value} does not fit into 64 bits"
    if isinstance(value, str) and not _is_unicode(value):
        return f"{value!a} is no valid Unicode text"
    return ""


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _wrong_with_critique(critique: object) -> str:
    if not isinstance(critique, Critique):
        return f"a {type(critique).__name__}; expected a Critique"
    findings: object = critique.findings
    if not isinstance(findings, tuple):
        return f"findings as a {type(findings).__name__}; expected a tuple"
    for finding in findings:
        if not isinstance(finding, Finding):
            return f"a {type(finding).__name__} as a finding; expected a Finding"
        if not all(isinstance(name, str) for name in (finding.criterion, *finding.fields)):
            return "a finding whose criterion and fields are not all text"
    scores: object = critique.scores
    if not isinstance(scores, Mapping):
        return f"scores as a {type(scores).__name__}; expected a mapping"
    for name, score in scores.items():
        if not isinstance(name, str) or not isinstance(score, (int, float)):
            return f"the score {name} as a {type(score).__name__}; expected a number"
    return ""
