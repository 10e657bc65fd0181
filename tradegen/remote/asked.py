"""What a job is asked: a seed dataset of questions, and the columns that answer them."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from tradegen.data.gold import Gold
from tradegen.engines.designer.columns import ROW_ID, model_config, structured_column
from tradegen.engines.designer.templates import json_of
from tradegen.engines.nim.answers import AnswerForm, Verdict, answer_form, trade_form
from tradegen.engines.nim.estimate import silent_roles
from tradegen.engines.nim.options import NimOptions
from tradegen.engines.nim.prompting import Message
from tradegen.engines.protocols import Brief
from tradegen.samplers.sampler import Sampler

TRADE, VERDICT = "trade", "verdict"
"""The columns that the job fills."""

_MARK = "\0"
_ID = re.compile(r"row-([0-9]{1,15})-([0-9]{1,15})")
_SEEDS = ("system", "question", "judge_system", "judge_before", "judge_after")


def row_id(number: int, attempt: int) -> str:
    """Return the id under which a row goes through the job."""
    return f"row-{number}-{attempt}"


def read_row_id(text: object) -> tuple[int, int] | None:
    """Return row number and attempt of an id, or None for what is none."""
    found = _ID.fullmatch(text) if isinstance(text, str) else None
    return None if found is None else (int(found[1]), int(found[2]))


def questions(
    gold: Gold, options: NimOptions, sampler: Sampler, n: int
) -> Iterator[dict[str, str]]:
    """Yield the rows of the seed dataset, one a row of the run.

    Questions are whole texts: Data Designer takes a text that is JSON apart, and what comes from
    gold must not become part of a template.
    """
    roles = silent_roles(gold, options)
    for number in range(n):
        draw = sampler.draw(number, 0)
        seeds = tuple(gold.train.row(int(k)) for k in draw.seeds)
        brief = Brief(number, 0, draw.constraint, seeds)
        system, question = _parts(roles.generator.messages(brief))
        judge_system, about = _parts(roles.judge.messages_about(_MARK, brief))
        before, _, after = about.partition(_MARK)
        texts = (system, question, judge_system, before, after)
        yield {ROW_ID: row_id(number, 0), **dict(zip(_SEEDS, texts, strict=True))}


def job_config(
    gold: Gold, options: NimOptions, dataset: str, provider: str | None
) -> dict[str, Any]:
    """Return the config of a job whose seed dataset is `dataset`, in the datastore's words."""
    trade: AnswerForm[Any] = trade_form(gold)
    verdict: AnswerForm[Any] = answer_form("verdict", Verdict)
    judged = f"{{{{ judge_before }}}}{json_of(TRADE, trade.schema)}{{{{ judge_after }}}}"
    return {
        "model_configs": [
            model_config(role, str(getattr(options, role).model), getattr(options, role), provider)
            for role in ("generator", "judge")
        ],
        "seed_config": {"dataset": dataset, "sampling_strategy": "ordered"},
        "columns": [
            *({"column_type": "seed-dataset", "name": name} for name in (ROW_ID, *_SEEDS)),
            structured_column(TRADE, trade, "generator", "{{ system }}", "{{ question }}"),
            structured_column(VERDICT, verdict, "judge", "{{ judge_system }}", judged),
        ],
    }


def _parts(messages: Sequence[Message]) -> tuple[str, str]:
    system, question = messages
    return system.text, question.text
