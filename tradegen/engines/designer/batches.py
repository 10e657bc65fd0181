"""Batches: one run of Data Designer over many questions, and what came of each."""

import itertools
import json
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tradegen.engines.designer.columns import (
    PROVIDER,
    ROW_ID,
    batch_config,
    row_id,
    seed_columns,
)
from tradegen.engines.designer.quiet import close_models, take_models
from tradegen.engines.nim.answers import AnswerForm
from tradegen.engines.nim.options import RoleOptions
from tradegen.engines.nim.prompting import Message
from tradegen.errors import EngineUnavailableError

if TYPE_CHECKING:
    from data_designer.config import RunConfig
    from data_designer.interface import DataDesigner

_LONGEST_REASON = 1000
_REASON = re.compile(r"failure on (\w+)\[rg=\d+, row=(\d+)\]:(.*)", re.DOTALL)
_CAUSE = re.compile(r"Cause:(.*?)(?:\n|$)")
_FATAL = frozenset(
    {
        "ModelAuthenticationError",
        "ModelNotFoundError",
        "ModelPermissionDeniedError",
        "ModelQuotaExceededError",
    }
)
"""Errors of a model after which asking it again is of no use."""


_RECOVERY: Mapping[str, Any] = {
    "multiplicative_decrease_factor": 0.9,
    "additive_increase_step": 4,
    "successes_until_increase": 8,
}
"""How its limit of calls at once follows 429: by default a stray one is felt for minutes."""


def run_config() -> "RunConfig":
    """Return how Data Designer is to run batches."""
    from data_designer.config import RunConfig
    from data_designer.config.request_admission import RequestAdmissionTuningConfig

    return RunConfig(
        otel_metrics_port=None,
        disable_early_shutdown=True,  # a bad stretch must not drop the rows after it
        max_conversation_restarts=0,
        max_conversation_correction_steps=1,
        request_admission=RequestAdmissionTuningConfig(**_RECOVERY),
    )


@dataclass(frozen=True, slots=True)
class BatchAnswers:
    """What came of a batch.

    `texts` holds each row's answer as JSON, or None where Data Designer dropped the row; `reasons`
    says of those what it said. Calls, requests and tokens are those of the batch as a whole.
    """

    texts: list[str | None]
    reasons: list[str]
    calls: int
    requests: int
    tokens_in: int
    tokens_out: int
    seconds: float


@dataclass
class Complaints:
    """What Data Designer said of rows it dropped, by column and row."""

    _said: dict[tuple[str, int], str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, message: str) -> None:
        """Take in one warning; any thread may call this."""
        if found := _REASON.search(message):
            column, row, said = found[1], int(found[2]), found[3]
            cause = _CAUSE.search(said)
            with self._lock:
                self._said[column, row] = _short(cause[1] if cause else said)

    def take(self, column: str, n: int) -> list[str]:
        """Return what was said of each row of a column, and forget it."""
        with self._lock:
            return [self._said.pop((column, k), "") for k in range(n)]


@dataclass(frozen=True)
class Column:
    """One role's column: which model fills it, and in what form."""

    form: AnswerForm[Any]
    model: str
    options: RoleOptions
    at_once: int
    timeout_s: float


class BatchRunner:
    """Runs batches in the calling thread; several threads may run some at once."""

    def __init__(self, designer: "DataDesigner", complaints: Complaints) -> None:
        """Run them on one Data Designer, whose warnings go to `complaints`."""
        self._designer = designer
        self._complaints = complaints
        self._numbers = itertools.count()

    def run(self, column: Column, conversations: Sequence[Sequence[Message]]) -> BatchAnswers:
        """Return the answers to some questions; rows that are dropped without a word are noticed.

        Raises `EngineUnavailableError` if no row came back and the model says that none will.
        """
        name = f"{column.form.name}_{next(self._numbers)}"
        started = time.monotonic()
        failure: Exception | None = None
        found: Mapping[str, Any] = {}
        try:
            found = self._filled(name, column, conversations)
        except Exception as error:  # of a whole batch: whatever Data Designer raises
            failure = error
        seconds = time.monotonic() - started
        used = _used()
        said = self._complaints.take(name, len(conversations))
        texts = [_as_text(found.get(row_id(k))) for k in range(len(conversations))]
        if failure is not None:
            if (fatal := _fatal(failure)) is not None:
                raise EngineUnavailableError(
                    f"Data Designer cannot use {column.model}: {_short(str(fatal))}"
                ) from failure
            said = [one or _short(str(_root(failure))) for one in said]
        return BatchAnswers(texts, said, *used, seconds)

    def _filled(
        self, name: str, column: Column, conversations: Sequence[Sequence[Message]]
    ) -> dict[str, Any]:
        """Return the values of a column by row id."""
        import data_designer.config as dd
        import pandas as pd

        config = batch_config(
            name,
            column.form,
            column.model,
            column.options,
            provider=PROVIDER,
            at_once=column.at_once,
            timeout_s=column.timeout_s,
        )
        builder = dd.DataDesignerConfigBuilder.from_config(config)
        seeds = pd.DataFrame(seed_columns(conversations))
        builder.with_seed_dataset(dd.DataFrameSeedSource(df=seeds))
        dataset = self._designer.preview(builder, num_records=len(seeds)).dataset
        if dataset is None or not {ROW_ID, name} <= set(dataset.columns):
            return {}
        return dict(zip(dataset[ROW_ID].tolist(), dataset[name].tolist(), strict=True))


def _used() -> tuple[int, int, int, int]:
    """Return what the last run in this thread used: calls, requests, tokens in and out."""
    models = take_models()
    if models is None:
        return 0, 0, 0, 0
    stats = list(models.get_model_usage_stats(1.0).values())
    close_models(models)
    requests = [one["request_usage"] for one in stats]
    tokens = [one["token_usage"] for one in stats]
    calls = sum(one["successful_requests"] for one in requests)
    return (
        calls,
        calls + sum(one["failed_requests"] for one in requests),
        sum(one["input_tokens"] for one in tokens),
        sum(one["output_tokens"] for one in tokens),
    )


def _as_text(value: object) -> str | None:
    """Return a cell as JSON, or None for one that holds no object."""
    return json.dumps(value) if isinstance(value, dict) else None


def _short(text: str) -> str:
    return " ".join(text.split())[:_LONGEST_REASON]


def _chain(error: BaseException) -> list[BaseException]:
    chain = [error]
    while (cause := chain[-1].__cause__) is not None and len(chain) < 20:
        chain.append(cause)
    return chain


def _root(error: BaseException) -> BaseException:
    return _chain(error)[-1]


def _fatal(error: BaseException) -> BaseException | None:
    """Return the error in a chain that says that asking again is of no use."""
    return next((one for one in _chain(error) if type(one).__name__ in _FATAL), None)
