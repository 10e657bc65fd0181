"""What a user may set about the embedded engine."""

from pydantic import BaseModel, ConfigDict, Field


class EmbeddedOptions(BaseModel):
    """How the embedded engine works."""

    model_config = ConfigDict(extra="forbid", validate_default=True, frozen=True)

    candidates: int = Field(
        3,
        ge=1,
        le=20,
        description="rows written for each row, of which the one likeliest to be real is kept",
    )
