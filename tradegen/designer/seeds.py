"""The seed dataset: each row's task and its three gold rows, dealt by tradegen's own sampler."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tradegen.data.atomic import atomic_file
from tradegen.data.gold import Gold
from tradegen.designer.words import NOTE
from tradegen.engines.designer.templates import without_braces
from tradegen.engines.nim.showing import Shown
from tradegen.engines.protocols import Brief
from tradegen.samplers.constraint import SEEDS
from tradegen.samplers.sampler import Sampler

_AT_ONCE = 1000
_ROLE = '"role":"generator",'

SEED_COLUMNS = tuple(f"seed_{k + 1}" for k in range(SEEDS))

_SCHEMA = pa.schema(
    [
        ("row_number", pa.int64()),
        ("volatility", pa.float64()),
        ("volatility_low", pa.float64()),
        ("volatility_high", pa.float64()),
        ("task", pa.string()),
        *((name, pa.string()) for name in SEED_COLUMNS),
    ]
)
NAMES = tuple(_SCHEMA.names)


def write_seeds(
    path: Path, sampler: Sampler, gold: Gold, shown: Shown, note: Mapping[str, Any]
) -> None:
    """Write one seed row for each row of the run; `note` says what they were drawn from.

    Gold rows come from train alone. Trades and tasks stand without their outer braces; see
    `templates`.
    """
    schema = _SCHEMA.with_metadata({NOTE: json.dumps(note).encode()})
    with atomic_file(path) as part, pq.ParquetWriter(part, schema, compression="zstd") as writer:
        for start in range(0, len(sampler), _AT_ONCE):
            numbers = range(start, min(start + _AT_ONCE, len(sampler)))
            rows = list(_rows(numbers, sampler, gold, shown))
            writer.write_table(pa.Table.from_pylist(rows, schema))


def _rows(
    numbers: range, sampler: Sampler, gold: Gold, shown: Shown
) -> Iterator[dict[str, object]]:
    for number in numbers:
        draw = sampler.draw(number, 0)
        seeds = tuple(gold.train.row(int(i)) for i in draw.seeds)
        task = without_braces(shown.task("generator", Brief(number, 0, draw.constraint, seeds)))
        assert task.startswith(_ROLE), task[:40]
        yield {
            "row_number": number,
            "volatility": draw.constraint.value,
            "volatility_low": draw.constraint.low,
            "volatility_high": draw.constraint.high,
            "task": task.removeprefix(_ROLE),
            **{
                name: without_braces(shown.seed(seed))
                for name, seed in zip(SEED_COLUMNS, seeds, strict=True)
            },
        }
