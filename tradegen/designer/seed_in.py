"""A seed dataset of Data Designer as gold, or as what an export of tradegen drew it from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tradegen.designer.left_out import LeftOut, Rest, shown
from tradegen.designer.words import NOTE

_GOLD_SUFFIXES = (".parquet", ".pq", ".csv", ".jsonl")
_WHY = "tradegen's own sampler chooses the gold rows of each new row"


@dataclass(frozen=True)
class SeedIn:
    """What a seed dataset says: settings, the digest of the config it was written with."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    digest: str | None = None
    left_out: tuple[LeftOut, ...] = ()

    @property
    def is_used(self) -> bool:
        """Return whether the dataset has become anything."""
        return bool(self.settings)


def read_seed(rest: Rest, beside: Path | None) -> SeedIn:
    """Read a `seed_config`; relative paths start at the working folder, else in `beside`."""
    if not rest:
        return SeedIn()
    strategy = rest.take("sampling_strategy")
    inner = rest.take_part("source")
    kind, path = inner.take("seed_type") or "local", inner.take("path")
    where = inner.path
    if path is None and kind == "local":  # nemo_microservices
        path, where = rest.take("dataset"), rest.where("dataset")
    files = _files(path, beside) if kind == "local" and isinstance(path, str) else []
    note = _note(files[0]) if len(files) == 1 else None
    if strategy not in (None, "ordered"):
        rest.put_back("sampling_strategy", strategy)
    left = list(rest.told({}, _WHY))
    left += inner.told({}, "gold is read from local files")
    if note is not None:
        return SeedIn(note["settings"], note["digest"], tuple(left))
    gold = [file for file in files if file.suffix.lower() in _GOLD_SUFFIXES]
    if gold and len(gold) == len(files):
        return SeedIn({"gold": {"files": [str(file) for file in gold]}}, None, tuple(left))
    left.insert(0, LeftOut(where, _what(kind, path), _why_no_gold(kind, files)))
    return SeedIn(left_out=tuple(left))


def _files(path: str, beside: Path | None) -> list[Path]:
    """Return the files that a path or pattern names."""
    for folder in (Path(), *([] if beside is None else [beside])):
        whole = folder / path
        try:
            found = sorted(whole.parent.glob(whole.name)) if "*" in whole.name else [whole]
            files = [one for one in found if one.is_file()]
        except (OSError, ValueError):  # no path at all
            return []
        if files:
            return files
    return []


def _note(path: Path) -> dict[str, Any] | None:
    """Return what an export of tradegen noted in the dataset, if it is one."""
    if path.suffix.lower() not in (".parquet", ".pq"):
        return None
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_schema(path).metadata or {}
        note = json.loads(metadata[NOTE]) if NOTE in metadata else None
    except (OSError, pa.ArrowException, ValueError):
        return None
    if not isinstance(note, dict) or not isinstance(note.get("settings"), dict):
        return None
    return note if isinstance(note.get("digest"), str) else None


def _what(kind: object, path: object) -> str:
    return f"a {shown('', kind)} dataset" + (f" at {shown('', path)}" if path else "")


def _why_no_gold(kind: object, files: list[Path]) -> str:
    if kind == "df":
        return "a data frame is given to tradegen.run(gold=frame)"
    if kind != "local":
        return "gold is read from local files; download it, and name it with --gold"
    if not files:
        return "no such file; name gold with --gold"
    return f"gold is read from files named *{', *'.join(_GOLD_SUFFIXES)}"
