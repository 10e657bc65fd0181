"""What is read of `run.json`, checked on reading."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    ValidationError,
)

from tradegen.errors import DamagedError


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class _Bucket(_Part):
    bucket: str
    low: float
    high: float
    weight: float
    gold_rows: NonNegativeInt
    asked: NonNegativeInt
    accepted: NonNegativeInt


class _Attempts(_Part):
    attempts: NonNegativeInt
    accepted: NonNegativeInt
    waiting: NonNegativeInt
    thrown_away: NonNegativeInt
    thrown_away_by_kind: dict[str, NonNegativeInt]
    accepted_by_retries: dict[str, NonNegativeInt]


class _Gold(_Part):
    simulated: bool
    bars_per_year: dict[str, dict[str, PositiveFloat]] = {}


class _Manifest(_Part):
    status: Literal["running", "interrupted", "exhausted", "spent", "done"]
    asked: NonNegativeInt
    accepted: NonNegativeInt
    buckets: list[_Bucket]
    attempts: _Attempts
    rows_given_up: list[NonNegativeInt]
    started: str
    written: str
    seconds: NonNegativeFloat
    gold: _Gold
    settings: dict[str, Any]
    settings_in_background: dict[str, Any] = {}


def check_manifest(manifest: Mapping[str, Any]) -> None:
    """Raise `DamagedError` naming the first field that is missing or of the wrong shape."""
    try:
        _Manifest.model_validate(manifest)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise DamagedError(f"{field}: {first['msg']}") from error
