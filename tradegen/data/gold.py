"""Gold: the user's real trades, read, checked and split into train and holdout."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from tradegen.data.gold_files import GoldFile, read_gold_files, tidy_extras
from tradegen.data.invariants import find_violations
from tradegen.data.market import AUTO, InstrumentOverride, Market, learn_market
from tradegen.data.provenance import is_synthetic
from tradegen.data.row import ExtraColumn, FloatArray
from tradegen.data.rows import Rows
from tradegen.data.split import split_by_time
from tradegen.data.volatility import lookback_volatility
from tradegen.errors import GoldError, InputError, Problem, list_problems

DEMO_GOLD = Path(__file__).parent / "demo_gold.parquet"
"""Simulated rows for a first run, where the user names no gold. See `demo.py`."""

_NEARLY_ALL = 0.9
"""Share of rows that are bad for one cause from which on the advice speaks of that cause."""


@dataclass(frozen=True, slots=True)
class GoldSource:
    """Where gold comes from and how it is read.

    `bars` are files whose bars are joined to rows that have none; `tz` names the zone of times
    that carry none; `holdout` is the share of the latest rows kept for proof; `calendar` and
    `instruments` state what is otherwise learned, see `market.learn_market`.
    """

    files: tuple[Path, ...] = (DEMO_GOLD,)
    bars: tuple[Path, ...] = ()
    tz: str | None = None
    holdout: float = 0.2
    skip_bad: bool = False
    calendar: str = AUTO
    instruments: Mapping[str, InstrumentOverride] = field(default_factory=dict)


@dataclass(frozen=True)
class Gold:
    """Checked gold. Generation may see `train`, `market` and `extras`; only proof the rest.

    `market` is learned from train rows alone. `volatility` belongs to the train rows, shape
    `(n_train,)`. `begins` is where the holdout begins, in microseconds since 1970, or None.
    """

    train: Rows
    holdout: Rows
    market: Market
    extras: tuple[ExtraColumn, ...]
    volatility: FloatArray
    begins: int | None
    purged: int
    fingerprint: str
    files: tuple[str, ...]
    notes: tuple[str, ...]


def load_gold(source: GoldSource) -> Gold:
    """Read, check and split gold.

    Raises `GoldError` with every bad file, row and field, unless `skip_bad` drops bad rows; what
    was dropped is then told in `notes`.
    """
    files = read_gold_files(source.files, source.bars, zone(source.tz))
    read = _gather(files)
    checked = _without_bad_rows(read, _duplicates(read) + _broken_invariants(read, None))
    problems, total = [*_naive_times_once(read.problems), *checked.problems], read.total
    if not problems or (source.skip_bad and len(checked.rows)):
        market = learn_market(checked.rows, source.calendar, source.instruments)
        sound = _without_bad_rows(checked, _broken_invariants(checked, market))
        problems += sound.problems
        if not problems or (source.skip_bad and len(sound.rows)):
            notes = (*_synthetic(files), *_notes(sound.rows, problems, total))
            return _split(source, sound.rows, notes)
    if source.skip_bad:
        raise GoldError("no usable gold row is left", problems, _zone_advice(problems, total))
    raise _bad_rows(problems, total)


@dataclass(frozen=True, slots=True)
class _Checked:
    """Rows, the file and number of each, and what is wrong with rows that are not among them."""

    rows: Rows
    places: list[tuple[str, int]]
    problems: list[Problem]

    @property
    def total(self) -> int:
        """Number of rows, bad ones included."""
        return len(self.rows) + _count_rows(self.problems)


def _without_bad_rows(checked: _Checked, problems: list[Problem]) -> _Checked:
    bad = {(problem.file, problem.row) for problem in problems}
    good = np.array([place not in bad for place in checked.places], dtype=np.bool_)
    places = [place for place in checked.places if place not in bad]
    return _Checked(checked.rows.select(good) if bad else checked.rows, places, problems)


def _count_rows(problems: Sequence[Problem]) -> int:
    return len({(problem.file, problem.row) for problem in problems})


def zone(name: str | None) -> ZoneInfo | None:
    """Return a time zone by its name. Raises `InputError` for one that is not known."""
    try:
        return None if name is None else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(f"time zone {name!r} is not known; expected e.g. Europe/Berlin") from error


def _gather(files: Sequence[GoldFile]) -> _Checked:
    return _Checked(
        rows=Rows.concatenate([file.rows for file in files]),
        places=[(str(file.path), number) for file in files for number in file.numbers],
        problems=[problem for file in files for problem in file.problems],
    )


def _broken_invariants(checked: _Checked, market: Market | None) -> list[Problem]:
    return [
        Problem(*checked.places[v.row], v.field.removeprefix("extras."), v.value, v.expected)
        for v in find_violations(checked.rows, market, averages_allowed=True)
    ]


def _duplicates(checked: _Checked) -> list[Problem]:
    first: dict[str, tuple[str, int]] = {}
    found = []
    for trade_id, place in zip(checked.rows.trade_id.tolist(), checked.places, strict=True):
        if trade_id in first:
            file, row = first[trade_id]
            expected = f"a trade_id of its own ({file}, row {row} has it)"
            found.append(Problem(*place, "trade_id", repr(trade_id), expected))
        first.setdefault(trade_id, place)
    return found


def _bad_rows(problems: Sequence[Problem], total: int) -> GoldError:
    off_market = any(" in calendar " in problem.expected for problem in problems)
    state = "state their market with --calendar, " if off_market else ""
    return GoldError(
        f"{_count_rows(problems)} of {total} gold rows cannot be used:",
        _in_order(problems),
        _zone_advice(problems, total) or f"Mend them, {state}or drop them with --skip-bad-gold.",
    )


def _is_naive_time(problem: Problem) -> bool:
    """Return whether a time is there and can be read, but carries no zone."""
    return "offset from UTC" in problem.expected and problem.value != "missing"


def _naive_times_once(problems: Sequence[Problem]) -> list[Problem]:
    """Return the problems with one for all times of a row that carry no zone: one cause."""
    naive: dict[tuple[str, int | None], list[Problem]] = {}
    for problem in filter(_is_naive_time, problems):
        naive.setdefault((problem.file, problem.row), []).append(problem)
    together = [
        replace(first, value=f"{first.value} (and so {len(others)} more of this row)")
        if others
        else first
        for first, *others in naive.values()
    ]
    return [*together, *(problem for problem in problems if not _is_naive_time(problem))]


def _zone_advice(problems: Sequence[Problem], total: int) -> str:
    """Return what to do if nearly all rows are bad for want of a time zone, else nothing."""
    naive = _count_rows([problem for problem in problems if _is_naive_time(problem)])
    if naive < _NEARLY_ALL * total:
        return ""
    others = naive < _count_rows(problems)
    rest = " Mend the others, or drop them with --skip-bad-gold." if others else ""
    return f"Say which zone their times are in: --tz ZONE, e.g. --tz UTC.{rest}"


def _in_order(problems: Sequence[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (problem.file, problem.row or 0))


def _synthetic(files: Sequence[GoldFile]) -> Iterator[str]:
    for file in files:
        if is_synthetic(file.path, file.rows.trade_id.tolist()):
            yield f"{file.path} was made by tradegen: these are synthetic trades, not real ones"


def _notes(rows: Rows, problems: Sequence[Problem], total: int) -> tuple[str, ...]:
    notes = []
    if problems:
        reasons = Counter(problem.field.split("[")[0] for problem in problems)
        listed = ", ".join(f"{name} ({count})" for name, count in reasons.most_common())
        notes.append(
            f"dropped {_count_rows(problems)} of {total} bad gold rows, by field: {listed}\n"
            f"{list_problems(_in_order(problems))}"
        )
    averages = {violation.row for violation in find_violations(rows, None)}
    if averages:
        notes.append(
            f"{len(averages)} gold rows have average prices (price_source says vwap) outside "
            "their entry or exit bar; generated prices always lie inside"
        )
    return tuple(notes)


def _split(source: GoldSource, rows: Rows, notes: tuple[str, ...]) -> Gold:
    split = split_by_time(rows, source.holdout)
    train, extras = tidy_extras(rows.select(split.train))
    holdout, _ = tidy_extras(rows.select(split.holdout))
    seen = set(train.symbol.tolist())
    stated = {name: given for name, given in source.instruments.items() if name in seen}
    market = learn_market(train, source.calendar, stated)
    return Gold(
        train=train,
        holdout=holdout,
        market=market,
        extras=extras,
        volatility=lookback_volatility(train, market.bars_per_year(train)),
        begins=split.begins,
        purged=len(split.purged),
        fingerprint=fingerprint(tidy_extras(rows)[0]),
        files=tuple(str(path) for path in source.files),
        notes=notes,
    )


def fingerprint(rows: Rows) -> str:
    """Return a SHA-256 of all values of all rows, whatever their order and their files."""
    ordered = rows.select(np.argsort(rows.trade_id, kind="stable"))
    digest = hashlib.sha256()
    for column in fields(Rows):
        value = getattr(ordered, column.name)
        if column.name == "bars":
            for part in fields(value):
                digest.update(getattr(value, part.name).tobytes())
        elif column.name == "extras":
            for name in sorted(value):
                digest.update(repr((name, value[name].tolist())).encode())
        elif value.dtype.kind == "U":
            digest.update("\0".join(value.tolist()).encode())
        else:
            digest.update(value.tobytes())
    return digest.hexdigest()


def without_holdout(gold: Gold) -> Gold:
    """Return gold with an empty holdout, as it is handed to whoever generates."""
    return replace(gold, holdout=gold.holdout.slice(0, 0))
