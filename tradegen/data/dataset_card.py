"""The dataset card: a README that people and Hugging Face `datasets` read."""

import json
from collections.abc import Mapping
from typing import Any

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
)

_CARD = """\
---
pretty_name: {quoted_name}
size_categories:
- {size}
tags:
- synthetic
- finance
- trading
configs:
- config_name: default
  data_files:
  - split: train
    path: rows.parquet
---
# {name}

{accepted:,} synthetic trades made by tradegen {version} with the `{engine}` engine, seed {seed}.
{completeness}

**These are not real trades.** They were made from {train_rows:,} gold rows ({gold}); the latest
gold rows ({holdout_rows:,}) were kept back and never seen by the generator.

**Each row is a world of its own.** Tickers and times look real, prices are invented: two rows of
one symbol at one moment show different prices. Do not join rows with market data, nor with each
other by symbol and time; all that belongs to a trade is in its own `bars`.

| volatility | range | weight | asked | accepted |
|---|---|---|---|---|
{buckets}

Of {attempts:,} attempts {thrown_away:,} were thrown away{reasons}. Each of them is in
`rejected.parquet` with its critique; every attempt is in `ledger.sqlite`.

## Columns

`trade_id`, `symbol`, `side`, `interval`, `entry_time`, `entry_price`, `exit_time`, `exit_price`,
`quantity`, {extras}`bars`.

`bars` holds 64 bars before the entry bar, then the entry bar (`bars[64]`) up to the exit bar
(`bars[-1]`), stamped with their opening time in UTC. Volatility is the annualised sample standard
deviation of the 63 log returns before entry. What can be computed (returns, profit, indicators) is
left out on purpose: compute it from the bars.

`features.parquet` has technical indicators at entry, computed from the 64 bars before it alone: one
line a row, by `trade_id`. Each column says its unit and what has computed it; null means that there
is no value.

## Loading

```python
import pandas
rows = pandas.read_parquet("path/to/this/folder/rows.parquet")
```

or, with Hugging Face `datasets`:

```python
import datasets
rows = datasets.load_dataset("path/to/this/folder", split="train")
```
"""


def dataset_card(name: str, manifest: Mapping[str, Any], extras: tuple[str, ...] = ()) -> str:
    """Return the card of a run from what its `run.json` says."""
    settings, gold, attempts = manifest["settings"], manifest["gold"], manifest["attempts"]
    accepted = manifest["accepted"]
    kinds = attempts["thrown_away_by_kind"]
    reasons = ", ".join(f"{kind} {count:,}" for kind, count in kinds.items())
    return _CARD.format(
        name=name,
        quoted_name=json.dumps(name),  # JSON strings are YAML strings
        size=next((label for limit, label in _SIZES if accepted < limit), "1B<n<10B"),
        accepted=accepted,
        version=manifest["versions"]["tradegen"],
        engine=settings["engine"],
        seed=settings["seed"],
        completeness=(
            "All rows asked for are there."
            if manifest["status"] == "done"
            else f"**Incomplete** ({manifest['status']}): {manifest['asked']:,} were asked for."
        ),
        train_rows=gold["train_rows"],
        holdout_rows=gold["holdout_rows"],
        gold="simulated demo gold, source=simulated" if gold["simulated"] else "the user's own",
        buckets="\n".join(
            f"| {bucket['bucket']} | {bucket['low']:g} to {bucket['high']:g} "
            f"| {bucket['weight']:.2%} | {bucket['asked']:,} | {bucket['accepted']:,} |"
            for bucket in manifest["buckets"]
        ),
        attempts=attempts["attempts"],
        thrown_away=attempts["thrown_away"],
        reasons=f" ({reasons})" if reasons else "",
        extras="".join(f"`{extra}`, " for extra in extras),
    )
