"""The user's own columns of new trades: each kind of column follows what it belongs to.

- Times written as text keep their distance from the entry (or the exit, if that is nearer).
- Text that differs from row to row, such as order numbers, is written anew in its pattern.
- What in gold depends on a trade's side and result, such as the reason for its exit, comes from a
  gold row of the same side and about the same result.
- Measured numbers move a little towards another gold row's; codes and labels never do.
- Everything else, and every column that the diversity constraint names, is the primary seed's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tradegen.data.row import BoolArray, ExtraColumn, ExtraValue, FloatArray, IntArray
from tradegen.data.rows import Rows, object_array
from tradegen.engines.embedded.own_text import Pattern, learn_pattern, moved, time_of

Column = npt.NDArray[np.object_]
Columns = dict[str, Column]
Anchor = Literal["entry_time", "exit_time"]
Asked = Sequence[frozenset[str]]

OWN_DRAWS = 4
"""Uniform draws that a row's own columns take."""

FOLLOWED = frozenset({"bars", "side", "entry_price", "exit_price", "entry_time", "exit_time"})
"""Fields whose change moves the columns that follow a trade."""

_BLEND = 0.2
_FEW_VALUES = 20
_FEWEST_NAMES = 10
_NEARLY_ALL = 0.9
_SMALLEST_CELL = 5
_SIGNIFICANT = 1e-3
_NEIGHBOURS = 5
_TINY = 1e-12
_INT64 = np.iinfo(np.int64)


@dataclass(frozen=True)
class OwnColumns:
    """What gold train's own columns are, and the gold trades by side and result.

    `gold` holds gold's values, `times` what each column of times is near to, `names` the patterns
    of text written anew, `measures` the decimals of measured numbers, and `of_result` the columns
    that depend on side and result. `kind`, `long` and `result` have shape `(n_train,)`.
    """

    gold: Mapping[str, Column]
    times: Mapping[str, Anchor]
    names: Mapping[str, Pattern]
    measures: Mapping[str, int]
    of_result: frozenset[str]
    anchors: Mapping[Anchor, IntArray]
    kind: IntArray
    long: BoolArray
    result: FloatArray

    @property
    def following(self) -> tuple[str, ...]:
        """Names of the columns that follow a trade when it changes."""
        return tuple(name for name in self.gold if name in self.of_result or name in self.times)

    def write(self, rows: Rows, seeds: IntArray, draws: FloatArray, asked: Asked) -> Columns:
        """Return the own columns of new rows.

        `seeds` are train indices of shape `(n, 3)`, the primary first; `draws` are uniform of
        shape `(n, OWN_DRAWS)`. `asked` names the columns that each row's constraint gives.
        """
        primary = seeds[:, 0]
        likes = self._alike(rows, self.kind[primary], draws)
        own = {}
        for number, (name, gold) in enumerate(self.gold.items()):
            one, other = likes if name in self.of_result else (primary, seeds[:, 1])
            values = self._blended(name, gold[one], gold[other], draws[:, 0])
            if name in self.times:
                before = self.anchors[self.times[name]][primary]
                values = _moved(values, before, getattr(rows, self.times[name]))
            if name in self.names:
                values = _renamed(self.names[name], values, draws[:, 3], number)
            own[name] = np.where(columns_among(asked, name), gold[primary], values)
        return own

    def follow(
        self,
        before: Rows,
        after: Rows,
        kind: IntArray,
        draws: FloatArray,
        may_change: Mapping[str, BoolArray],
    ) -> Columns:
        """Return the own columns of edited rows, changed where they may and where the trade did.

        `may_change` holds a mask of shape `(n,)` for each column in `following`.
        """
        result = results(after)
        anew = (before.long != after.long) | (results(before) != result)
        likes = self._alike(after, kind, draws)
        own = dict(before.extras)
        for name in self.following:
            old, new = before.extras[name], before.extras[name]
            if name in self.times:
                anchor = self.times[name]
                new = _moved(old, getattr(before, anchor), getattr(after, anchor))
            if name in self.of_result:
                one, other = (self.gold[name][like] for like in likes)
                new = np.where(anew, self._blended(name, one, other, draws[:, 0]), old)
            own[name] = np.where(may_change[name], new, old)
        return own

    def _alike(self, rows: Rows, kind: IntArray, draws: FloatArray) -> tuple[IntArray, IntArray]:
        """Return two gold rows for each trade, of its kind and side and about its result."""
        wanted = results(rows)
        one, other = np.empty((2, len(rows)), dtype=np.int64)
        group = _groups(kind, rows.long, wanted)
        for number in np.unique(group):
            mine = np.flatnonzero(group == number)
            gold = np.flatnonzero(_groups(self.kind, self.long, self.result) == number)
            if len(gold) == 0:  # gold has no such trade; the nearest result of its kind will do
                gold = np.flatnonzero(self.kind == kind[mine[0]])
            gold = gold[np.argsort(self.result[gold], kind="stable")]
            size = min(_NEIGHBOURS, len(gold))
            first = np.searchsorted(self.result[gold], wanted[mine]) - size // 2
            first = np.clip(first, 0, len(gold) - size)
            one[mine] = gold[first + (draws[mine, 1] * size).astype(np.int64)]
            other[mine] = gold[first + (draws[mine, 2] * size).astype(np.int64)]
        return one, other

    def _blended(self, name: str, own: Column, other: Column, share: FloatArray) -> Column:
        if name not in self.measures:
            return own
        digits = self.measures[name]
        pairs = zip(own.tolist(), other.tolist(), share.tolist(), strict=True)
        return object_array([_blend(*pair, digits=digits) for pair in pairs])


def columns_among(asked: Asked, name: str) -> BoolArray:
    """Return which rows' constraints name a column, shape `(n,)`."""
    return np.array([name in names for names in asked], dtype=np.bool_)


def results(rows: Rows) -> FloatArray:
    """Return each trade's log result over the volatility of a bar before it, shape `(n,)`."""
    returns = np.diff(np.log(rows.lookback(rows.bars.close)), axis=1)
    move = np.log(rows.exit_price / rows.entry_price) / (returns.std(axis=1, ddof=1) + _TINY)
    result: FloatArray = np.where(rows.long, move, -move)
    return result


def learn_own_columns(rows: Rows, extras: Sequence[ExtraColumn], kind: IntArray) -> OwnColumns:
    """Learn from gold's train rows what each of the user's own columns is.

    `kind` numbers the kinds of market that do not mix, shape `(n_train,)`.
    """
    gold = {extra.name: rows.extras[extra.name] for extra in extras}
    result = results(rows)
    times: dict[str, Anchor] = {}
    names, measures = {}, {}
    for extra in extras:
        there = np.array([value is not None for value in gold[extra.name]])
        values = gold[extra.name][there].tolist()
        if extra.kind in ("category", "text"):
            moments = [time_of(value) for value in values]
            if None not in moments:
                times[extra.name] = _nearer(rows, there, np.array(moments, dtype=np.int64))
            elif len(values) > _FEWEST_NAMES and _nearly_all_differ(values):
                names[extra.name] = learn_pattern(values)
        elif extra.kind in ("number", "integer") and _measured(values):
            measures[extra.name] = max(_decimals(value) for value in values)
    trade = 2 * rows.long + (result > 0)
    return OwnColumns(
        gold=gold,
        times=times,
        names=names,
        measures=measures,
        of_result=frozenset(
            name
            for name, values in gold.items()
            if name not in times
            and name not in names
            and not _belongs_to_symbol(values, rows.symbol)
            and _depends(_codes(values, measured=name in measures), trade)
        ),
        anchors={"entry_time": rows.entry_time, "exit_time": rows.exit_time},
        kind=kind,
        long=rows.long,
        result=result,
    )


def _groups(kind: IntArray, long: BoolArray, result: FloatArray) -> IntArray:
    groups: IntArray = 4 * kind + 2 * long + (result > 0)
    return groups


# --- what a column is -------------------------------------------------------------------------


def _nearly_all_differ(values: Sequence[object]) -> bool:
    return len(set(values)) >= _NEARLY_ALL * len(values)


def _measured(values: Sequence[float]) -> bool:
    """Return whether numbers are measured; few, or whole and repeated, they are codes or ids."""
    if len(set(values)) <= _FEW_VALUES:
        return False
    return _nearly_all_differ(values) or not all(float(value).is_integer() for value in values)


def _decimals(value: float) -> int:
    _, _, fraction = f"{value:.12f}".rstrip("0").partition(".")
    return len(fraction)


def _nearer(rows: Rows, there: BoolArray, moments: IntArray) -> Anchor:
    to_entry = np.median(np.abs(moments - rows.entry_time[there]))
    to_exit = np.median(np.abs(moments - rows.exit_time[there]))
    return "exit_time" if to_exit < to_entry else "entry_time"


def _belongs_to_symbol(values: Column, symbol: npt.NDArray[np.str_]) -> bool:
    """Return whether each symbol has one value: then it says what is traded, not how."""
    return len(set(zip(symbol.tolist(), values.tolist(), strict=True))) == len(set(symbol.tolist()))


def _codes(values: Column, *, measured: bool) -> IntArray:
    """Return values as few numbers: quarters of what is measured, and -1 for what is missing."""
    codes = np.full(len(values), -1, dtype=np.int64)
    there = np.array([value is not None for value in values])
    present: npt.NDArray[Any] = np.array(values[there].tolist())
    if measured:
        codes[there] = np.searchsorted(np.quantile(present, [0.25, 0.5, 0.75]), present)
    else:
        codes[there] = np.unique(present, return_inverse=True)[1]
    return codes


def _depends(codes: IntArray, trade: IntArray) -> bool:
    """Return whether a column depends on side and result: Pearson's chi-squared test (1900).

    Values with fewer than 5 rows count as one; with more than 20 values nothing can be said.
    """
    from scipy.special import chdtrc

    known, inverse, counts = np.unique(codes, return_inverse=True, return_counts=True)
    if len(known) > _FEW_VALUES + 1:
        return False
    inverse = np.where(counts[inverse] < _SMALLEST_CELL, len(known), inverse)
    _, row = np.unique(inverse, return_inverse=True)
    _, column = np.unique(trade, return_inverse=True)
    table = np.zeros((row.max() + 1, column.max() + 1))
    np.add.at(table, (row, column), 1.0)
    freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
    if freedom == 0:
        return False
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    return bool(chdtrc(freedom, ((table - expected) ** 2 / expected).sum()) < _SIGNIFICANT)


# --- new values -------------------------------------------------------------------------------


def _blend(own: ExtraValue, other: ExtraValue, share: float, *, digits: int) -> ExtraValue:
    if not isinstance(own, (int, float)) or not isinstance(other, (int, float)):
        return own
    new = round(own + _BLEND * share * (other - own), digits)
    return min(max(int(new), _INT64.min), _INT64.max) if isinstance(own, int) else new


def _moved(values: Column, before: IntArray, after: IntArray) -> Column:
    triples = zip(values.tolist(), before.tolist(), after.tolist(), strict=True)
    return object_array([v if v is None else moved(v, start, end) for v, start, end in triples])


def _renamed(pattern: Pattern, values: Column, draw: FloatArray, number: int) -> Column:
    seeds = (draw * 2**53).astype(np.int64).tolist()
    return object_array(
        [
            value if value is None else pattern.like(value, np.random.default_rng([seed, number]))
            for value, seed in zip(values.tolist(), seeds, strict=True)
        ]
    )
