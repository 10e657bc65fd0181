"""What a call that failed for good says of itself."""

from typing import Literal

from tradegen.errors import TradegenError

FailureKind = Literal[
    "rate_limited",
    "server_error",
    "connection",
    "timeout",
    "truncated",
    "no_answer",
    "bad_request",
    "other_model",
    "dropped",
]


class CallFailedError(TradegenError):
    """One call failed and will not be tried again; the run can go on without it.

    `status` is None where no answer came; `body` is an excerpt of the last answer, or what went
    wrong on the wire. Neither holds a key. `calls` of the tries were answered, in a way that could
    not be used, and took tokens.
    """

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0

    def __init__(self, kind: FailureKind, status: int | None, tries: int, body: str) -> None:
        self.kind = kind
        self.status = status
        self.tries = tries
        self.body = body
        answer = "no answer" if status is None else f"HTTP {status}"
        times = "1 try" if tries == 1 else f"{tries} tries"
        super().__init__(f"{kind} after {times}: {answer}: {body}")


class DroppedError(CallFailedError):
    """A batch came back without this question's row, though nothing may be wrong with the rest.

    Calls that were answered all the same, and their tokens, were paid for.
    """

    def __init__(
        self, reason: str, tries: int, *, calls: int = 0, tokens_in: int = 0, tokens_out: int = 0
    ) -> None:
        super().__init__("dropped", None, tries, reason)
        self.calls, self.tokens_in, self.tokens_out = calls, tokens_in, tokens_out

    def __str__(self) -> str:
        return f"dropped: {self.body}"
