"""The manifest `run.json`: what was asked for, what came of it, and what it was made with."""

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tradegen.data.gold import Gold
from tradegen.data.ledger import Ledger
from tradegen.data.row import IntArray, from_microseconds
from tradegen.data.run_folder import RunFolder
from tradegen.data.yearly_bars import yearly_bars
from tradegen.pipeline.prepare import Prepared
from tradegen.version import __version__

_PACKAGES = (
    *("langgraph", "langchain-core", "langchain-nvidia-ai-endpoints", "aiohttp"),
    *("numpy", "pyarrow", "pydantic", "scipy", "TA-Lib"),
)
SIMULATED = "simulated"


def describe(
    prepared: Prepared,
    *,
    settings_in_background: Mapping[str, Any],
    status: str,
    accepted_by_bucket: IntArray,
    attempts_by_bucket: IntArray,
    given_up: list[int],
    attempts: Mapping[str, Any],
    started: datetime,
    seconds: float,
) -> dict[str, Any]:
    """Return the contents of `run.json`. Times are UTC, `seconds` count all sessions of the run.

    `settings_in_background` are those that the settings file and the environment stated.
    """
    settings = prepared.settings
    accepted = int(accepted_by_bucket.sum())
    return {
        "status": status,
        "asked": settings.n,
        "accepted": accepted,
        "acceptance": _acceptance(attempts["attempts"], accepted),
        "buckets": [
            {
                "bucket": bucket.label,
                "value": bucket.value,
                "low": bucket.low,
                "high": bucket.high,
                "weight": bucket.weight,
                "gold_rows": int(gold_rows),
                "asked": int(asked),
                **bucket_counts(int(tried), int(made)),
            }
            for bucket, gold_rows, asked, tried, made in zip(
                prepared.sampler.constraint.buckets,
                prepared.sampler.eligible_counts,
                prepared.sampler.quotas,
                attempts_by_bucket,
                accepted_by_bucket,
                strict=True,
            )
        ],
        "attempts": dict(attempts),
        "rows_given_up": given_up,
        "started": started.isoformat(timespec="seconds"),
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 3),
        "gold": describe_gold(prepared.gold),
        "notes": list(prepared.notes),
        "settings": settings.model_dump(mode="json"),
        "settings_in_background": dict(settings_in_background),
        "versions": _versions(),
    }


def bucket_counts(attempts: int, accepted: int) -> dict[str, Any]:
    """Return what `run.json` says of the work on one bucket."""
    acceptance = _acceptance(attempts, accepted)
    return {"accepted": accepted, "attempts": attempts, "acceptance": acceptance}


def up_to_date(run: RunFolder, manifest: dict[str, Any], ledger: Ledger) -> dict[str, Any]:
    """Return what `run.json` says; of a run that did not end, with the ledger's counts.

    How long that one took is not known: time is noted when a session ends.
    """
    if manifest["status"] != "running":
        return manifest
    with ledger.snapshot():
        attempts, counted = ledger.summary(), ledger.counts_by_bucket()
    buckets = [
        {**bucket, **bucket_counts(*counted.get(k, (0, 0)))}
        for k, bucket in enumerate(manifest["buckets"])
    ]
    counts = {"accepted": attempts["accepted"], "attempts": attempts, "buckets": buckets}
    status = "running" if run.is_being_worked_on() else "killed"
    return {**manifest, **counts, "status": status, "seconds": None}


def _acceptance(attempts: int, accepted: int) -> float | None:
    return accepted / attempts if attempts else None


def describe_gold(gold: Gold) -> dict[str, Any]:
    """Return what `run.json` says of gold."""
    begins = None if gold.begins is None else from_microseconds(gold.begins).isoformat()
    return {
        "files": list(gold.files),
        "fingerprint": gold.fingerprint,
        "simulated": is_simulated(gold),
        "train_rows": len(gold.train),
        "holdout_rows": len(gold.holdout),
        "purged_rows": gold.purged,
        "holdout_begins": begins,
        "bars_per_year": yearly_bars(gold.market, gold.train),
    }


def is_simulated(gold: Gold) -> bool:
    """Return whether gold says of itself that it is simulated, as the demo gold does."""
    sources = gold.train.extras.get("source")
    return sources is not None and set(sources.tolist()) == {SIMULATED}


def _versions() -> dict[str, str]:
    found = {"tradegen": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
