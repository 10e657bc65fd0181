"""Columns, models and providers as Data Designer writes them, and what it is told of one batch.

A question goes in as two columns of a seed dataset, its system text and its user text, whole, so
that text from gold never becomes part of a template. Neither is JSON, which Data Designer would
take apart; see `templates` for what to do with columns that are.
"""

import math
from collections.abc import Sequence
from typing import Any

from tradegen.engines.nim.answers import AnswerForm
from tradegen.engines.nim.options import RoleOptions
from tradegen.engines.nim.prompting import Message

ROW_ID = "row_id"
"""The column by which answers find their questions, and rows that were dropped are noticed."""

PROVIDER = "nim"
"""What an endpoint of the user's own is called."""

_SYSTEM, _QUESTION = "system", "question"


def provider(name: str, address: str, key: str) -> dict[str, str]:
    """Return a provider of models; `key` may name a variable of the environment."""
    return {"name": name, "endpoint": address, "provider_type": "openai", "api_key": key}


def batch_config(
    column: str,
    form: AnswerForm[Any],
    model: str,
    options: RoleOptions,
    *,
    provider: str,
    at_once: int,
    timeout_s: float,
) -> dict[str, Any]:
    """Return the config of a run that fills one structured column.

    The column and its model's alias have the same name, one of its own for each batch.
    """
    asked = model_config(column, model, options, provider)
    asked["skip_health_check"] = True  # would cost a call a batch
    asked["inference_parameters"] |= {
        "max_parallel_requests": at_once,
        "timeout": math.ceil(timeout_s),
    }
    filled = structured_column(
        column, form, column, f"{{{{ {_SYSTEM} }}}}", f"{{{{ {_QUESTION} }}}}"
    )
    return {"data_designer": {"model_configs": [asked], "columns": [filled]}}


def model_config(
    alias: str, model: str, options: RoleOptions, provider: str | None
) -> dict[str, Any]:
    """Return the config of a role's model."""
    named = {} if provider is None else {"provider": provider}
    return {
        "alias": alias,
        "model": model,
        **named,
        "inference_parameters": {
            "temperature": options.temperature,
            "top_p": options.top_p,
            "max_tokens": options.max_tokens,
        },
    }


def structured_column(
    name: str, form: AnswerForm[Any], alias: str, system: str, prompt: str
) -> dict[str, Any]:
    """Return the config of a column of JSON objects of a form, from templates of its prompt."""
    return {
        "column_type": "llm-structured",
        "name": name,
        "system_prompt": system,
        "prompt": prompt,
        "model_alias": alias,
        "output_format": dict(form.schema),
    }


def seed_columns(conversations: Sequence[Sequence[Message]]) -> dict[str, list[str]]:
    """Return the seed dataset of a batch, by column; row k asks conversation k.

    A column knows one turn of the user: turns after the first are put behind it.
    """
    return {
        ROW_ID: [row_id(k) for k in range(len(conversations))],
        _SYSTEM: [_joined(turns, system=True) for turns in conversations],
        _QUESTION: [_joined(turns, system=False) for turns in conversations],
    }


def row_id(k: int) -> str:
    """Return the id of a batch's row k; a bare number would come back as another type."""
    return f"row-{k}"


def _joined(turns: Sequence[Message], *, system: bool) -> str:
    return "\n\n".join(turn.text for turn in turns if (turn.speaker == "system") is system)
