"""The numbers that nights are compared by, taken from a run's own files."""

import json
import math
from collections.abc import Mapping
from typing import Any

from tradegen.data.run_folder import RunFolder
from tradegen.errors import StorageError
from tradegen.nightly.status import Metric, finite
from tradegen.settings import ACCEPTANCE, COST, SECONDS

_NORMAL_95 = 1.96


def read_evaluation(folder: RunFolder) -> dict[str, Any]:
    """Return what `evaluation.json` of a run says. Raises `StorageError` if it cannot be read."""
    path = folder.path / "evaluation.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not {"verdict", "exit_code", "headline", "next", "of", "checks"} <= found.keys():
            raise ValueError("fields are missing")
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise StorageError(f"{path}: cannot be read ({error}); remove it, and go on") from error
    return dict(found)


def metrics_of(manifest: Mapping[str, Any], evaluation: Mapping[str, Any]) -> dict[str, Metric]:
    """Return the metrics of a run: every check that was measured, and how the rows came about.

    `acceptance` is the share of attempts whose row was accepted, `seconds` the time the rows took
    in all sessions, `cost` what calls of models cost, at the prices in the settings.
    """
    found = {one["check"]: _of_check(one) for one in evaluation["checks"]}
    attempts, acceptance = manifest["attempts"]["attempts"], finite(manifest.get("acceptance"))
    if acceptance is not None and attempts:
        error = math.sqrt(acceptance * (1 - acceptance) / attempts)
        found[ACCEPTANCE] = Metric(value=acceptance, error=error, higher_is_worse=False)
    seconds = finite(manifest["seconds"])
    found[SECONDS] = _exact(seconds) if seconds is not None else None
    usage = manifest["attempts"].get("usage", {})
    cost = sum(finite(used.get("cost")) or 0.0 for used in usage.values())
    found[COST] = _exact(cost) if cost else None
    return {name: metric for name, metric in found.items() if metric is not None}


def _of_check(check: Mapping[str, Any]) -> Metric | None:
    """Return a check's number; its interval may be cut off on one side: the longer counts."""
    value, low, high = (finite(check.get(name)) for name in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return None
    error = max(value - low, high - value, 0.0) / _NORMAL_95
    return Metric(value=value, error=error, higher_is_worse=check["worse"] == "higher")


def _exact(value: float) -> Metric:
    return Metric(value=value, error=0.0, higher_is_worse=True)
