"""What a user may set about the NIM engine."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

HOSTED = "https://integrate.api.nvidia.com/v1"
KEY_VARIABLE = "NVIDIA_API_KEY"

Role = Literal["generator", "judge", "refiner"]

ASKING = frozenset({"nim", "designer"})
"""Engines that ask the models these options name."""

DECIDE_ROWS = frozenset({"generator", "judge", "refiner", "pass_score", "seed_bars"})
"""Options that decide what rows a run makes; all others are about where and how fast."""


MOST_CALLS = 12
"""Answered calls of one attempt at the most: generator, three judges and two refiners, each with
one repair."""

_TEMPERATURE = "randomness of the answers"
_MAX_TOKENS = "longest answer"


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_default=True, frozen=True)


class RoleOptions(_Options):
    """One role's model and how it is asked."""

    model: str | None = Field(
        None,
        description="the endpoint's name of the model; default: a Nemotron or Llama model, or "
        "the only model of an endpoint of your own",
        examples=["meta/llama-3.3-70b-instruct"],
    )
    temperature: float = Field(0.7, ge=0, le=2, description=_TEMPERATURE)
    top_p: float = Field(0.95, gt=0, le=1, description="share of probability that is sampled from")
    max_tokens: int = Field(6144, ge=64, description=_MAX_TOKENS)
    thinking: bool = Field(
        False, description="let a reasoning model think first; its thoughts count as an answer's"
    )
    price_in: float = Field(0.0, ge=0, description="price of a million tokens read")
    price_out: float = Field(0.0, ge=0, description="price of a million tokens written")
    chat_model: str | None = Field(
        None,
        description="import path of another LangChain chat model, package.module:Class",
        examples=["langchain_openai:ChatOpenAI"],
    )


class GeneratorOptions(RoleOptions):
    """The generator's model: hot, for diverse rows."""

    temperature: float = Field(0.9, ge=0, le=2, description=_TEMPERATURE)


class JudgeOptions(RoleOptions):
    """The judge's model: cold, for verdicts that stay the same."""

    temperature: float = Field(0.0, ge=0, le=2, description=_TEMPERATURE)
    max_tokens: int = Field(2048, ge=64, description=_MAX_TOKENS)


class RefinerOptions(RoleOptions):
    """The refiner's model: cool, for the smallest edit."""

    temperature: float = Field(0.2, ge=0, le=2, description=_TEMPERATURE)
    max_tokens: int = Field(4096, ge=64, description=_MAX_TOKENS)


class NimOptions(_Options):
    """The NIM engine: which models, where, and how fast."""

    base_url: str | None = Field(
        None,
        description="address of a NIM of your own; default: NVIDIA's hosted models",
        examples=["http://localhost:8000/v1"],
    )
    generator: GeneratorOptions = GeneratorOptions()
    judge: JudgeOptions = JudgeOptions()
    refiner: RefinerOptions = RefinerOptions()
    pass_score: int = Field(4, ge=1, le=5, description="least score of each of three criteria")
    seed_bars: int = Field(64, ge=1, le=64, description="bars before entry shown of each seed")
    calls_at_once: int = Field(128, ge=1, description="most calls under way, all workers together")
    rpm: float | None = Field(
        None, gt=0, description="requests a minute, all workers together", examples=[40]
    )
    tpm: float | None = Field(
        None, gt=0, description="tokens a minute, all workers together", examples=[200_000]
    )
    connect_timeout_s: float = Field(10.0, gt=0, description="seconds to get a connection")
    idle_timeout_s: float = Field(120.0, gt=0, description="seconds without a byte of an answer")
    tries: int = Field(8, ge=1, description="tries of one call")
    max_calls: int | None = Field(
        None,
        ge=MOST_CALLS,
        description="answered calls after which the run stops",
        examples=[50_000],
    )
    max_cost: float | None = Field(
        None, gt=0, description="cost after which the run stops", examples=[25.0]
    )
    telemetry: bool = Field(
        False, description="let the client library report its usage to its maker"
    )
