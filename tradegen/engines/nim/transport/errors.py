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
]


class CallFailedError(TradegenError):
    """One call failed and will not be tried again; the run can go on without it.

    `status` is None where no answer came; `body` is an excerpt of the last answer, or what went
    wrong on the wire. Neither holds a key.
    """

    def __init__(self, kind: FailureKind, status: int | None, tries: int, body: str) -> None:
        self.kind = kind
        self.status = status
        self.tries = tries
        self.body = body
        answer = "no answer" if status is None else f"HTTP {status}"
        times = "1 try" if tries == 1 else f"{tries} tries"
        super().__init__(f"{kind} after {times}: {answer}: {body}")
