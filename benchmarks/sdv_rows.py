"""Synthesisers of the Synthetic Data Vault on the flat table of benchmarks.flat_rows.

    python benchmarks/sdv_rows.py FOLDER [--methods copula] [--n 500] [--seed 0]

Runs where `sdv` is installed, which is never tradegen's own environment (SDV needs pandas 2), and
so imports nothing of tradegen. Reads FOLDER/gold.flat.parquet, writes FOLDER/sdv-NAME.flat.parquet.
The copula takes some two minutes on two cores. The networks are far slower: of `tvae` and `ctgan`,
SDV's preparation of 640 columns alone takes several minutes before the first epoch, and an epoch of
`par` some ten seconds. All else than `--epochs` is as SDV sets it.

Patki, N., Wedge, R. and Veeramachaneni, K. (2016), "The Synthetic Data Vault"; Xu, L. et al.
(2019), "Modeling tabular data using conditional GAN" (CTGAN and TVAE); Zhang, K. et al. (2022),
"Sequential models in the Synthetic Data Vault" (PAR).
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sdv.metadata import Metadata
from sdv.sequential import PARSynthesizer
from sdv.single_table import CTGANSynthesizer, GaussianCopulaSynthesizer, TVAESynthesizer

_TABLE = "trades"
_PARTS = ("gap", "body", "upper", "lower", "volume")
_LOOKBACK = 64
_EPOCHS = {"tvae": 300, "ctgan": 100, "par": 20}


def _metadata(table: pd.DataFrame, **sequence: str) -> Any:
    """Return what SDV must know: text is categories, everything else numbers."""
    columns = {
        name: {
            "sdtype": "numerical" if pd.api.types.is_numeric_dtype(table[name]) else "categorical"
        }
        for name in table.columns
    }
    if sequence:
        columns[sequence["sequence_key"]] = {"sdtype": "id"}
    return Metadata.load_from_dict({"tables": {_TABLE: {"columns": columns, **sequence}}})


def copula(table: pd.DataFrame, n: int, _epochs: int) -> pd.DataFrame:
    """Return rows of a Gaussian copula."""
    return _sampled(GaussianCopulaSynthesizer(_metadata(table)), table, n)


def tvae(table: pd.DataFrame, n: int, epochs: int) -> pd.DataFrame:
    """Return rows of a variational autoencoder."""
    return _sampled(TVAESynthesizer(_metadata(table), epochs=epochs), table, n)


def ctgan(table: pd.DataFrame, n: int, epochs: int) -> pd.DataFrame:
    """Return rows of a conditional adversarial network."""
    return _sampled(CTGANSynthesizer(_metadata(table), epochs=epochs), table, n)


def par(table: pd.DataFrame, n: int, epochs: int) -> pd.DataFrame:
    """Return rows of an autoregressive network: a bar a step, the trade's facts as the context.

    A row is as long as the network makes it, so that its holding comes from that.
    """
    facts = [name for name in table.columns if name.rsplit(" ", 1)[0] not in _PARTS]
    context = [name for name in facts if name != "held"]
    long = _steps(table, context)
    metadata = _metadata(long, sequence_key="row")
    model = PARSynthesizer(metadata, context_columns=context, epochs=epochs)
    made = _sampled(model, long, n)
    width = sum(name.startswith("gap ") for name in table.columns)
    rows = []
    for _, steps in made.groupby("row", sort=False):
        row = {name: steps[name].iloc[0] for name in context} | {"held": len(steps) - 1 - _LOOKBACK}
        for part in _PARTS:
            values = np.full(width, np.nan)
            values[: len(steps)] = steps[part].to_numpy()[:width]
            row |= {f"{part} {k}": value for k, value in enumerate(values)}
        rows.append(row)
    return pd.DataFrame(rows)[list(table.columns)]


def _steps(table: pd.DataFrame, context: list[str]) -> pd.DataFrame:
    """Return one line a bar."""
    n_bars = table["held"].to_numpy() + 1 + _LOOKBACK
    owner = np.repeat(np.arange(len(table)), n_bars)
    bar = np.concatenate([np.arange(count) for count in n_bars])
    long = table[context].iloc[owner].reset_index(drop=True)
    width = sum(name.startswith("gap ") for name in table.columns)
    for part in _PARTS:
        long[part] = table[[f"{part} {k}" for k in range(width)]].to_numpy()[owner, bar]
    long["row"] = owner
    return long


def _sampled(model: Any, table: pd.DataFrame, n: int) -> pd.DataFrame:
    model.fit({_TABLE: table})
    made: pd.DataFrame = model.sample(n)[_TABLE]
    return made


METHODS: dict[str, Callable[[pd.DataFrame, int, int], pd.DataFrame]] = {
    "copula": copula,
    "tvae": tvae,
    "ctgan": ctgan,
    "par": par,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=["copula"])
    parser.add_argument("--n", type=int, default=500)
    parser.add_argument("--epochs", type=int, help=f"default: {_EPOCHS}")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def main() -> None:
    """Write the rows of each method."""
    asked = _parser().parse_args()
    table = pd.read_parquet(asked.folder / "gold.flat.parquet")
    for name in asked.methods:
        np.random.seed(asked.seed)  # noqa: NPY002  SDV's models draw from it
        torch.manual_seed(asked.seed)
        started = time.monotonic()
        made = METHODS[name](table, asked.n, asked.epochs or _EPOCHS.get(name, 0))
        made.to_parquet(asked.folder / f"sdv-{name}.flat.parquet", index=False)
        print(
            f"sdv-{name}: {len(made)} rows in {time.monotonic() - started:.0f} s", file=sys.stderr
        )


if __name__ == "__main__":
    main()
