"""Rules: what the server asks of its clients, as a real endpoint would."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

Count = Annotated[int, Field(gt=0)]

MODELS = ("nvidia/llama-3.3-nemotron-super-49b-v1.5", "meta/llama-3.3-70b-instruct")
"""What `GET /v1/models` lists if any model may be asked for."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits, the key, the models, and what the models can do.

    The text beside each type is what the command line says of it.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    rpm: Annotated[Count | None, "requests allowed in a sliding window; 429 beyond"] = None
    window_s: Annotated[float, Field(gt=0), "length of that window"] = 60.0
    ratelimit_headers: Annotated[bool, "send x-ratelimit-* headers (with --rpm)"] = False
    concurrency: Annotated[Count | None, "requests served at once; 429 beyond"] = None
    api_key: Annotated[str | None, "key required; 401 otherwise"] = None
    models: Annotated[tuple[str, ...], "models there are, by commas; 404 for others"] = ()
    no_json_schema: Annotated[bool, "400 for response_format json_schema"] = False
    no_json_object: Annotated[bool, "400 for response_format json_object"] = False
    thinking: Annotated[bool, "contents begin with <think>...</think>"] = False

    @property
    def listed(self) -> tuple[str, ...]:
        """The models that the server says it has."""
        return self.models or MODELS

    def has(self, model: str) -> bool:
        """Return whether a model may be asked for."""
        return not self.models or model in self.models
