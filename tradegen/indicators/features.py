"""The file `features.parquet`: indicators of a dataset's rows at their entries, by `trade_id`.

What computes them is imported only where they are computed.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tradegen.data.atomic import atomic_file
from tradegen.data.dataset import check_file
from tradegen.data.provenance import marked
from tradegen.data.row import FloatArray
from tradegen.data.rows import Rows
from tradegen.version import __version__

if TYPE_CHECKING:
    from tradegen.indicators.asked import Asked

_KEY = pa.field("trade_id", pa.string(), nullable=False)
_SAYS = b"indicators"
_PANDAS_TA = "pandas-ta-classic"


@dataclass(frozen=True, slots=True)
class Written:
    """How many rows were written, and in how many of them each column is null."""

    rows: int
    nulls: Mapping[str, int]


def write_features(
    path: Path,
    batches: Iterable[tuple[Rows, FloatArray]],
    asked: Sequence[str] = (),
    *,
    synthetic: bool,
    computed: Callable[[int], None] | None = None,
) -> Written:
    """Write the default set and what else is asked for, batch by batch; or nothing, on an error.

    A batch is rows and their bars per year, NaN where not known. `asked` are texts such as
    `kc(length=20)`; `computed` goes to `compute.at_entry`. Raises `ValueError` as
    `asked.read_all`, `StorageError` if the file cannot be written. Equal rows give equal bytes.
    """
    from tradegen.indicators.asked import read_all
    from tradegen.indicators.compute import at_entry

    chosen = read_all(asked)
    schema = _schema(chosen, synthetic=synthetic)
    written, nulls = 0, Counter(dict.fromkeys(schema.names[1:], 0))
    with atomic_file(path) as part, pq.ParquetWriter(part, schema, compression="zstd") as writer:
        for rows, bars_per_year in batches:
            values = at_entry(rows, bars_per_year, chosen, computed)
            columns = [pa.array(value, from_pandas=True) for value in values.values()]
            writer.write_table(pa.table([pa.array(rows.trade_id), *columns], schema=schema))
            written += len(rows)
            nulls.update({name: int(np.isnan(value).sum()) for name, value in values.items()})
    return Written(written, nulls)


def _schema(asked: Sequence["Asked"], *, synthetic: bool) -> pa.Schema:
    """Return the columns; each says its unit, where known, and what has computed it."""
    from tradegen.indicators.catalogue import DEFAULT_SET

    computed_by = {
        "TA-Lib": f"TA-Lib {version('TA-Lib')}",
        "tradegen": f"tradegen {__version__}",
        _PANDAS_TA: f"{_PANDAS_TA} {version(_PANDAS_TA)}",
    }
    fields = [_KEY]
    for indicator in DEFAULT_SET:
        says = {"unit": indicator.unit, "computed_by": computed_by[indicator.library]}
        fields += [pa.field(name, pa.float64(), metadata=says) for name in indicator.columns]
    for one in asked:
        says = {"asked": str(one), "computed_by": computed_by[_PANDAS_TA]}
        fields += [pa.field(name, pa.float64(), metadata=says) for name in one.columns]
    used = [*computed_by.values()] if asked else [*computed_by.values()][:-1]
    of_all = {"asked": [str(one) for one in asked], "computed_by": used}
    schema = pa.schema(fields, metadata={_SAYS: json.dumps(of_all)})
    return marked(schema) if synthetic else schema


def asked_in(path: Path) -> tuple[str, ...]:
    """Return what a file of features has besides the default set, as it says itself."""
    says = json.loads((pq.read_schema(path).metadata or {}).get(_SAYS, b"{}"))
    return tuple(says.get("asked", ()))


def check_features(path: Path, rows: int, *, all_of_it: bool = False) -> None:
    """Raise `StorageError` unless a run's features can be read and are of as many rows.

    `all_of_it` reads every value; otherwise the number of rows and the key are looked at.
    """
    check_file(path, pa.schema([_KEY]), rows, all_of_it=all_of_it)
