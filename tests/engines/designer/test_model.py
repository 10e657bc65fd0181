"""What a batch used is shared among its rows, to the last token; endless dropping ends a run."""

import asyncio
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tradegen.engines.designer.batches import BatchAnswers, BatchRunner, Column, Complaints
from tradegen.engines.designer.model import MOST_DROPPED_IN_A_ROW, DesignerModel, cells_of
from tradegen.engines.designer.watch import Watch
from tradegen.engines.nim.answers import Verdict, answer_form
from tradegen.engines.nim.options import JudgeOptions
from tradegen.engines.nim.prompting import Message
from tradegen.engines.nim.transport.errors import DroppedError
from tradegen.errors import EngineUnavailableError

FORM = answer_form("verdict", Verdict)
counts = st.integers(0, 10**7)


@given(
    st.lists(st.sampled_from(["{}", None]), min_size=1, max_size=40),
    st.integers(0, 100),
    counts,
    counts,
    counts,
)
def test_the_shares_of_a_batch_add_up(
    texts: list[str | None], extra: int, requests: int, tokens_in: int, tokens_out: int
) -> None:
    calls = sum(text is not None for text in texts) + extra
    reasons = [""] * len(texts)
    cells = cells_of(BatchAnswers(texts, reasons, calls, requests, tokens_in, tokens_out, 2.0))
    assert sum(cell.calls for cell in cells) == calls
    assert sum(cell.requests for cell in cells) == requests
    assert sum(cell.tokens_in for cell in cells) == tokens_in
    assert sum(cell.tokens_out for cell in cells) == tokens_out
    assert all(cell.calls >= 1 for cell in cells if cell.text is not None)
    assert [cell.text for cell in cells] == texts


class Dropping(BatchRunner):
    """Drops every row of every batch."""

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def run(self, column: Column, conversations: Sequence[Sequence[Message]]) -> BatchAnswers:
        n = len(conversations)
        return BatchAnswers([None] * n, ["no JSON"] * n, self.calls, n, 10, 10, 0.1)


def asked(model: DesignerModel, n: int) -> list[Any]:
    async def ask() -> list[Any]:
        questions = [[Message("user", str(k))] for k in range(n)]
        calls = (model.complete(question, FORM, 0) for question in questions)
        return list(await asyncio.gather(*calls, return_exceptions=True))

    return asyncio.run(ask())


def test_a_dropped_row_says_why_and_what_was_paid_for_it() -> None:
    column = Column(FORM, "a-model", JudgeOptions(), 4, 10)
    model = DesignerModel(column, Dropping(calls=2), Watch(lambda: None), 8)
    first, second = asked(model, 2)
    assert isinstance(first, DroppedError)
    assert str(first) == "dropped: no JSON"
    assert (first.kind, first.calls, second.calls) == ("dropped", 1, 1)


def test_a_model_of_which_every_row_is_dropped_ends_the_run() -> None:
    column = Column(FORM, "a-model", JudgeOptions(), 4, 10)
    model = DesignerModel(column, Dropping(calls=9), Watch(lambda: None), 8)
    ended = [asked(model, 8)[0] for _ in range(MOST_DROPPED_IN_A_ROW // 8)]
    assert all(isinstance(error, DroppedError) for error in ended[:-1])
    assert isinstance(ended[-1], EngineUnavailableError)
    assert "no JSON" in str(ended[-1])


def test_rows_dropped_because_nobody_is_there_end_the_run_at_once() -> None:
    def gone() -> None:
        raise EngineUnavailableError("nobody there")

    column = Column(FORM, "a-model", JudgeOptions(), 4, 10)
    (error,) = asked(DesignerModel(column, Dropping(calls=0), Watch(gone), 8), 1)
    assert isinstance(error, EngineUnavailableError)


def test_complaints_are_told_apart_by_column_and_row_and_given_once() -> None:
    complaints = Complaints()
    complaints.hear(
        "Non-retryable failure on trade_1[rg=0, row=2]:   |----------\n"
        "  | Cause: no JSON here\n  | Solution: retry\n  |----------"
    )
    complaints.hear("Non-retryable failure on trade_2[rg=0, row=0]: plain words")
    complaints.hear("Provider showing degraded performance")
    assert complaints.take("trade_1", 3) == ["", "", "no JSON here"]
    assert complaints.take("trade_1", 3) == ["", "", ""]
    assert complaints.take("trade_2", 1) == ["plain words"]
