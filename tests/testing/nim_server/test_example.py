from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tradegen.testing.nim_server.example import example_of


class Opinion(BaseModel):
    model_config = ConfigDict(extra="forbid")

    score: int = Field(ge=1, le=5)
    reason: str = Field(min_length=2)
    share: float = Field(gt=0)
    below: float = Field(le=-3)
    sure: bool
    nothing: None
    maybe: str | None = None


class Verdict(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["verdict"]
    side: Literal["long", "short"]
    realism: Opinion
    others: list[Opinion] = Field(min_length=2)
    bars: list[Annotated[list[int], Field(min_length=5, max_length=5)]] = Field(min_length=1)
    choice: int | str


def test_an_example_satisfies_the_schema_it_was_made_from() -> None:
    Verdict.model_validate(example_of(Verdict.model_json_schema()))


def test_an_empty_schema_gives_an_object() -> None:
    assert example_of({}) == {}
