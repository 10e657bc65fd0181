"""Indicators asked for by name and parameters, `kc(length=20)`: any that pandas-ta has."""

import ast
import difflib
import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pandas_ta_classic as ta
from pydantic import TypeAdapter, ValidationError

from tradegen.data.row import BAR_FIELDS, FloatArray
from tradegen.indicators.catalogue import DEFAULT_SET
from tradegen.indicators.windows import Windows

Value = str | int | float | bool

_LONGEST = 200
_SAMPLE_BARS = 1000
_INPUTS = {"open_": "open", **{name: name for name in BAR_FIELDS[1:]}}
_RANGE = ("high", "low", "close")
"""Inputs that are given even where they may be left out; `open_` and `volume` would change what is
computed."""

_NO_PARAMETERS = {*_INPUTS, "offset", "kwargs", "benchmark", "trend", "source"}
"""What a value at entry has no use for, or is no number or word."""

_ANY_NUMBER = {"ddof", "distribution_offset", "offsetonreverse", "phase", "startvalue"}
"""Numbers that may be 0 or less; of all others pandas-ta would silently take its default."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One indicator of pandas-ta, with the parameters that were stated and the columns it gives."""

    name: str
    parameters: tuple[tuple[str, Value], ...]
    columns: tuple[str, ...]

    def __str__(self) -> str:
        if not self.parameters:
            return self.name
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.parameters)})"


def read_all(texts: Iterable[str]) -> tuple[Asked, ...]:
    """Return what is asked for, each thing once.

    Raises `ValueError` as `read_asked`, and for a column that comes twice.
    """
    asked = tuple(dict.fromkeys(read_asked(text) for text in texts))
    given = {column: "the default set" for one in DEFAULT_SET for column in one.columns}
    for one in asked:
        for column in one.columns:
            if column in given:
                raise ValueError(
                    f"each column once: {one} gives {column}, and so does {given[column]}"
                )
            given[column] = str(one)
    return asked


@cache
def read_asked(text: str) -> Asked:
    """Return what a text such as `kc(length=20)` or `kc` asks for.

    The columns are called as pandas-ta calls them, in lower case. Raises `ValueError` for text of
    another form, an indicator or a parameter that pandas-ta does not know (with the nearest one
    that it does), and an indicator that does not give a number for each bar.
    """
    name, parameters = _parse(text)
    if name not in _known():
        close = difflib.get_close_matches(name, _known(), n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else "see pandas-ta-classic for all"
        raise ValueError(f"an indicator of pandas-ta; there is no {name}: {hint}")
    _check(name, parameters)
    return Asked(name, tuple(parameters.items()), _columns(name, parameters))


def compute_asked(asked: Asked, windows: Windows) -> dict[str, FloatArray]:
    """Return the columns of an indicator, each of shape `(n,)`; NaN where it gives no value."""
    values = {column: np.full(len(windows), np.nan) for column in asked.columns}
    parameters = dict(asked.parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i, bars in enumerate(_frames(windows)):
            for column, value in _at_last_bar(asked.name, parameters, bars).items():
                if column in values:
                    values[column][i] = value
    return values


def _parse(text: str) -> tuple[str, dict[str, Value]]:
    """Return a name and parameters. Raises `ValueError` for text of another form."""
    try:
        tree = ast.parse(text.strip() if len(text) <= _LONGEST else "", mode="eval").body
        if isinstance(tree, ast.Name):
            return tree.id, {}
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and not tree.args:
            stated = {str(keyword.arg): _literal(keyword.value) for keyword in tree.keywords}
            if len(stated) == len(tree.keywords):
                return tree.func.id, dict(sorted(stated.items()))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    raise ValueError("a name and its parameters such as kc(length=20)")


def _literal(node: ast.expr) -> Value:
    value = ast.literal_eval(node)
    if not isinstance(value, Value):
        raise ValueError(f"{value!r} is no number or text")  # noqa: TRY004  (one error for all forms)
    return value


@cache
def _known() -> dict[str, Callable[..., object]]:
    """Return pandas-ta's indicators that need nothing but bars."""
    names = sorted({name for category in ta.Category.values() for name in category})
    functions = {name: getattr(ta, name, None) for name in names}
    return {
        name: function
        for name, function in functions.items()
        if function is not None and set(_inputs(function)) <= set(_INPUTS)
    }


def _inputs(function: Callable[..., object]) -> Iterator[str]:
    """Yield the arguments that are bars' fields, or that must be given."""
    for name, parameter in inspect.signature(function).parameters.items():
        needed = (
            parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
        )
        if needed or name in _RANGE:
            yield name


def _check(name: str, stated: Mapping[str, Value]) -> None:
    """Raise `ValueError` for parameters that an indicator does not have, or of another kind."""
    signature = inspect.signature(_known()[name], eval_str=True)
    known = {k: p for k, p in signature.parameters.items() if k not in _NO_PARAMETERS}
    for parameter, value in stated.items():
        if parameter not in known:
            close = difflib.get_close_matches(parameter, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"it has {', '.join(known) or 'none'}"
            raise ValueError(f"a parameter of {name}; there is no {parameter}: {hint}")
        try:
            TypeAdapter(known[parameter].annotation).validate_python(value, strict=True)
        except ValidationError as error:
            said = error.errors(include_url=False)[0]["msg"].removeprefix("Input should be ")
            raise ValueError(f"{said} for {parameter} of {name}, not {value!r}") from error
        _check_value(name, parameter, value)


def _check_value(name: str, parameter: str, value: Value) -> None:
    """Raise `ValueError` for a value in whose place pandas-ta would silently take its default."""
    if parameter == "mamode" and value not in (known := ta.ma()):
        raise ValueError(f"{', '.join(known)} for {parameter} of {name}, not {value!r}")
    if isinstance(value, (bool, str)) or parameter in _ANY_NUMBER:
        return
    if not 0 < value < float("inf"):
        raise ValueError(f"a number above 0 for {parameter} of {name}, not {value!r}")


def _columns(name: str, parameters: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the columns that an indicator gives, as a long sample shows.

    Raises `ValueError` if it fails on it, or gives no number at its last bar.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            drawn = _draw(name, parameters, _sample())
        except Exception as error:  # what pandas-ta raises is not said anywhere
            raise ValueError(f"parameters that {name} can be computed with ({error})") from error
    if drawn is None:
        raise ValueError(
            f"an indicator with a number for each of {_SAMPLE_BARS} bars; "
            f"{name} with these has none"
        )
    if drawn.iloc[-1].isna().all():
        raise ValueError(
            f"an indicator with a value at the last of {_SAMPLE_BARS} bars; {name} with these has "
            "none there"
        )
    return tuple(map(str, drawn.columns))


def _draw(
    name: str, parameters: Mapping[str, Value], bars: Mapping[str, "pd.Series[float]"]
) -> pd.DataFrame | None:
    """Return the lines that an indicator draws, or None if it gives no number for each bar."""
    function = _known()[name]
    inputs = {argument: bars[_INPUTS[argument]].copy() for argument in _inputs(function)}
    drawn: Any = function(**inputs, **parameters)
    if isinstance(drawn, pd.Series):
        drawn = drawn.to_frame(str(drawn.name))
    if not isinstance(drawn, pd.DataFrame) or len(drawn) != len(bars["close"]):
        return None
    drawn.columns = drawn.columns.map(lambda column: str(column).lower())
    sound = drawn.columns.is_unique and all(kind.kind in "biuf" for kind in drawn.dtypes)
    return drawn.astype(np.float64) if sound else None


def _at_last_bar(
    name: str, parameters: Mapping[str, Value], bars: Mapping[str, "pd.Series[float]"]
) -> dict[str, float]:
    """Return an indicator's values at the last bar; none where pandas-ta fails on these bars.

    It divides and indexes without a look at prices that never move; where that raises, there is no
    value.
    """
    try:
        drawn = _draw(name, parameters, bars)
    except Exception:  # as in `_columns`; the parameters are known to be good
        return {}
    return {} if drawn is None else {str(k): float(v) for k, v in drawn.iloc[-1].items()}


def _frames(windows: Windows) -> Iterator[dict[str, "pd.Series[float]"]]:
    """Yield the bars of each row as series over their times (UTC, without saying so)."""
    for i, time in enumerate(windows.time.astype("datetime64[us]")):
        index = pd.DatetimeIndex(time)
        yield {
            name: pd.Series(getattr(windows, name)[i], index=index, name=name)
            for name in _INPUTS.values()
        }


@cache
def _sample() -> dict[str, "pd.Series[float]"]:
    """Return bars of a random walk, always the same, to see what an indicator gives."""
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(0.01 * rng.standard_normal((1, _SAMPLE_BARS)), axis=1))
    open_ = close * np.exp(0.004 * rng.standard_normal(close.shape))
    high, low = np.maximum(open_, close) * 1.004, np.minimum(open_, close) * 0.996
    volume = rng.lognormal(6, 1, close.shape)
    time = np.arange(_SAMPLE_BARS, dtype=np.int64)[None] * 3_600_000_000
    windows = Windows(time, open_, high, low, close, volume, np.full(1, 8760.0))
    (bars,) = _frames(windows)
    return bars
