"""Configs out: the pipeline of a run as a Data Designer config, without touching any file."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tradegen.data.gold import Gold
from tradegen.designer.judging import passes, scores
from tradegen.designer.seeds import SEED_COLUMNS
from tradegen.designer.words import (
    GENERATOR,
    HOSTED_PROVIDERS,
    JUDGE,
    JUDGE_COLUMN,
    PASSES_COLUMN,
    ROW_COLUMN,
)
from tradegen.engines.designer.columns import PROVIDER, model_config, structured_column
from tradegen.engines.designer.templates import json_of, literal
from tradegen.engines.nim.answers import trade_form
from tradegen.engines.nim.endpoint import USUAL_MODELS
from tradegen.engines.nim.fields import field_names
from tradegen.engines.nim.options import NimOptions, Role
from tradegen.engines.nim.prompting import Prompt, as_data, load_prompt, load_text
from tradegen.errors import InputError
from tradegen.samplers.columns import VOLATILITY_COLUMN, CategoryParams, SamplerColumn
from tradegen.samplers.conditions import condition_columns
from tradegen.samplers.constraint import DiversityConstraint

_SCHEMA = as_data("the response_schema at the end of this conversation")
_SEEDS = f"[{','.join(f'{{ {{{{ {name} }}}} }}' for name in SEED_COLUMNS)}]"
_ROLES: tuple[Role, Role] = ("generator", "judge")


def pipeline(
    nim: NimOptions,
    constraint: Sequence[SamplerColumn] | str,
    buckets: DiversityConstraint,
    gold: Gold,
    seeds_path: str,
) -> dict[str, Any]:
    """Return samplers, seed dataset, row column, judge column and models as plain values.

    `constraint` is what the settings say and `buckets` what became of it. Raises `InputError`
    for an endpoint of the user's own whose model is not named.
    """
    trade = trade_form(gold)
    columns: list[dict[str, Any]] = [
        *samplers(constraint, buckets),
        structured_column(
            ROW_COLUMN, trade, GENERATOR, *_prompts("generator", load_prompt(GENERATOR, **_fixed()))
        ),
        _judge_column(gold, trade.schema),
        {
            "column_type": "expression",
            "name": PASSES_COLUMN,
            "expr": passes(nim.pass_score),
            "dtype": "str",
        },
    ]
    return {
        "columns": columns,
        "model_configs": [_model(role, nim) for role in _ROLES],
        "seed_config": {
            "source": {"seed_type": "local", "path": seeds_path},
            "sampling_strategy": "ordered",
        },
    }


def samplers(
    constraint: Sequence[SamplerColumn] | str, buckets: DiversityConstraint
) -> Iterator[dict[str, Any]]:
    """Yield the sampler columns that say how the seed rows spread; none for the word `gold`.

    They are dropped from Data Designer's output, where each row's volatility comes with its seed
    row: what two columns drew apart would not fit. Data Designer needs a column for each that a
    condition speaks of, so those that only gold has are written with gold's shares.
    """
    if isinstance(constraint, str):
        return
    known = {column.name for column in constraint}
    for column in constraint:
        plain = column.model_dump(mode="json", exclude_defaults=True)
        yield {"column_type": "sampler", **plain, "drop": True}
    (target,) = (column for column in constraint if column.name == VOLATILITY_COLUMN)
    mentioned = {name for text in target.conditional_params for name in condition_columns(text)}
    for name in sorted(mentioned - known):
        shares: defaultdict[Any, float] = defaultdict(float)
        for bucket in buckets.buckets:
            shares[dict(bucket.where)[name]] += bucket.weight
        params = CategoryParams(values=tuple(shares), weights=tuple(shares.values()))
        yield {
            "column_type": "sampler",
            "name": name,
            "sampler_type": "category",
            "params": params.model_dump(mode="json", exclude_defaults=True),
            "drop": True,
        }


def _judge_column(gold: Gold, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the judge as a column that Data Designer knows for one.

    Engine designer asks for a verdict as a structured column instead, since its refiner has to
    know which fields are wrong: a judge column knows scores and reasons only.
    """
    names = literal(as_data(field_names(extra.name for extra in gold.extras)))
    prompt = load_prompt(JUDGE, **_fixed(), names=names, row=json_of(ROW_COLUMN, schema))
    system, user = _prompts("judge", prompt)
    return {
        "column_type": "llm-judge",
        "name": JUDGE_COLUMN,
        "model_alias": JUDGE,
        "system_prompt": system,
        "prompt": user,
        "scores": scores(),
    }


def _fixed() -> Mapping[str, str]:
    return {"wire_form": literal(load_text("wire_form").strip()), "schema": _SCHEMA}


def _prompts(role: Role, prompt: Prompt) -> tuple[str, str]:
    """Return tradegen's prompt for a role, its places filled with references to columns."""
    task = f'{{"role":"{role}",{{{{ task }}}} }}'
    system, user = prompt.fill(task=task, seeds=_SEEDS)
    return system.text, user.text


def _model(role: Role, nim: NimOptions) -> dict[str, Any]:
    options = getattr(nim, role)
    model = options.model or (USUAL_MODELS[role] if nim.base_url is None else None)
    if model is None:
        raise InputError(
            f"nim.{role}.model is not set, and Data Designer asks no endpoint what it has; name "
            "the model with --model, or in the settings file"
        )
    provider = HOSTED_PROVIDERS[0] if nim.base_url is None else PROVIDER
    asked = model_config(role, model, options, provider)
    asked["inference_parameters"]["max_parallel_requests"] = nim.calls_at_once
    return asked
