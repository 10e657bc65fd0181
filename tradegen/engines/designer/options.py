"""What a user may set about the designer engine; its models and endpoint are those of `nim`."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

MOST_CALLS = 20
"""Answered calls of one attempt at the most: generator, three judges and two refiners, each with
one repair; Data Designer lets a model correct each answer of the first two once."""


class DesignerOptions(BaseModel):
    """The designer engine: Data Designer asks the models that nim names, at its base_url."""

    model_config = ConfigDict(extra="forbid", validate_default=True, frozen=True)

    batch_rows: int = Field(
        128, ge=1, le=10_000, description="most rows that one run of Data Designer is given"
    )
    dataset: Path | None = Field(
        None,
        description="answers of a finished job; `tradegen designer submit` sets it",
        examples=["runs/mine-job/answers.parquet"],
    )
