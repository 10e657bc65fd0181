"""What models must answer: one JSON object a role, as pydantic models and JSON schemas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    create_model,
)

from tradegen.data.gold import Gold
from tradegen.data.row import LOOKBACK, ExtraColumn
from tradegen.data.rows import Rows
from tradegen.engines.nim.prompting import MOST_CHARACTERS, as_data
from tradegen.errors import TradegenError

_MOST_CHOICES = 200
_PROBLEMS_QUOTED = 8

_MOST_TEXT = 10_000


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character")
    return text


_PLAIN: Mapping[str, Any] = {
    "number": Annotated[float, Field(allow_inf_nan=False)],
    "integer": Annotated[int, Field(ge=-(2**63), lt=2**63)],
    "boolean": bool,
    "text": Annotated[str, Field(max_length=_MOST_TEXT), AfterValidator(_without_nul)],
}

_Answer = TypeVar("_Answer", bound=BaseModel)


class AnswerError(TradegenError):
    """An answer that cannot be used; the message is written for the model that gave it."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Opinion(_Strict):
    """One criterion: 1 (fails) to 5 (cannot be told from real), and why, naming fields."""

    score: int = Field(ge=1, le=5)
    reason: str = Field(max_length=2000)
    fields: list[str] = Field(max_length=20)


class Verdict(_Strict):
    """A judge's answer."""

    realism: Opinion
    consistency: Opinion
    completeness: Opinion


class Edit(_Strict):
    """One operation of a JSON Patch (RFC 6902)."""

    op: Literal["replace", "add", "remove"]
    path: str = Field(pattern="^/")
    value: Any = None


class Patch(_Strict):
    """A refiner's answer."""

    patch: list[Edit] = Field(min_length=1, max_length=400)


@dataclass(frozen=True)
class AnswerForm(Generic[_Answer]):
    """One role's answer: its name, its JSON schema, and its reader; made once, used for all rows.

    `name` is what the endpoint is told the schema is called; `schema_text` is for prompts.
    """

    name: str
    schema: Mapping[str, Any]
    schema_text: str
    model: type[_Answer]

    def read(self, text: str) -> _Answer:
        """Return the answer in a model's text. Raises `AnswerError` saying what is wrong."""
        try:
            return self.model.model_validate_json(only_json(text))
        except ValidationError as error:
            raise AnswerError(_explain(error)) from error


def answer_form(name: str, model: type[_Answer]) -> AnswerForm[_Answer]:
    """Return the form of an answer."""
    schema = _inlined(TypeAdapter(model).json_schema())
    return AnswerForm(name, schema, as_data(schema), model)


def trade_form(gold: Gold) -> AnswerForm[BaseModel]:
    """Return the form of a generator's answer: a trade on the wire, of gold's own kinds."""
    train = gold.train
    longest = int((train.offsets[1:] - train.offsets[:-1]).max())
    bar = Annotated[list[int], Field(min_length=5, max_length=5)]
    fields: dict[str, Any] = {
        "symbol": (_choice(train.symbol.tolist()), ...),
        "side": (_choice(train.side.tolist()), ...),
        "interval": (_choice(train.interval.tolist()), ...),
        "entry_bar": (str, ...),
        "entry_after_s": (Annotated[int, Field(ge=0)], ...),
        "entry_bp": (int, ...),
        "exit_after_s": (Annotated[int, Field(ge=0)], ...),
        "exit_bp": (int, ...),
        "quantity": (Annotated[float, Field(gt=0, allow_inf_nan=False)], ...),
        "start_price": (Annotated[float, Field(gt=0, allow_inf_nan=False)], ...),
        "median_volume": (Annotated[float, Field(ge=0, allow_inf_nan=False)], ...),
    }
    if gold.extras:
        own = {extra.name: (_type_of(extra, train), ...) for extra in gold.extras}
        fields["extras"] = (_model("Extras", own), ...)
    fields["bars"] = (
        Annotated[list[bar], Field(min_length=LOOKBACK + 1, max_length=longest)],
        ...,
    )
    return answer_form("trade", _model("Trade", fields))


def only_json(text: str) -> str:
    """Return the JSON object in a model's text, without thoughts and fences around it."""
    for closing in ("</think>", "</thinking>"):  # some servers leave the opening tag out
        text = text.rpartition(closing)[2]
    text = text.strip()
    if not text.startswith("{"):
        fenced = text.split("```")[1::2]
        text = fenced[-1] if fenced and "{" in fenced[-1] else text
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        raise AnswerError("the answer holds no JSON object; expected one and nothing else")
    return text[start : end + 1]


def _model(name: str, fields: Mapping[str, Any]) -> type[BaseModel]:
    """Return a model whose fields may have any names, those of the user's columns too."""
    safe = {
        f"field_{k}": (annotation, Field(default, alias=alias))
        for k, (alias, (annotation, default)) in enumerate(fields.items())
    }
    model: type[BaseModel] = create_model(name, __base__=_Strict, **safe)  # type: ignore[call-overload]
    return model


def _choice(values: Sequence[object]) -> Any:
    """Return the type of one of the texts, listed unless they are very many or very long."""
    distinct = tuple(dict.fromkeys(sorted({str(value) for value in values})))
    listed = 0 < len(distinct) <= _MOST_CHOICES and max(map(len, distinct)) <= MOST_CHARACTERS
    return Literal[distinct] if listed else str


def _type_of(extra: ExtraColumn, train: Rows) -> Any:
    values = train.extras[extra.name]
    known = [value for value in values if value is not None]
    plain: Any = _PLAIN.get(extra.kind)
    if extra.kind == "category":
        plain = _choice(known)
    return plain if len(known) == len(values) else plain | None


def _inlined(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema without references and titles, which not every server understands."""
    definitions = schema.get("$defs", {})

    def resolve(node: Any) -> Any:
        if isinstance(node, list):
            return [resolve(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return resolve(definitions[node["$ref"].rpartition("/")[2]])
        return {
            key: {name: resolve(value) for name, value in inner.items()}
            if key == "properties"
            else resolve(inner)
            for key, inner in node.items()
            if key not in ("$defs", "title", "default")
        }

    resolved: dict[str, Any] = resolve(dict(schema))
    return resolved


def _explain(error: ValidationError) -> str:
    details = error.errors(include_url=False, include_context=False, include_input=False)
    lines = [
        f"{'/'.join(map(str, detail['loc'])) or 'the answer'}: {detail['msg']}"
        for detail in details[:_PROBLEMS_QUOTED]
    ]
    hidden = len(details) - _PROBLEMS_QUOTED
    return "\n".join([*lines, f"and {hidden} more"] if hidden > 0 else lines)
