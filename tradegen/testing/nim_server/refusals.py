"""Refusals: every answer other than 200, in the shapes that NIM gives them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as it goes over the wire."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818  (it is an answer, not an error of the server)
    """A request is answered with a problem; `kind` is what it counts as."""

    def __init__(self, problem: Problem, kind: str) -> None:
        super().__init__(kind)
        self.problem, self.kind = problem, kind


def bad_request(message: str) -> Problem:
    """Return what the model server behind NIM says of a request that it cannot serve."""
    return _of_model_server(400, "BadRequestError", message)


def unknown_model(model: str) -> Problem:
    """Return what is said of a model that is not there."""
    return _of_model_server(404, "NotFoundError", f"The model `{model}` does not exist.")


def unauthorised() -> Problem:
    """Return what is said without the right key."""
    return Problem(
        401,
        {"status": 401, "title": "Unauthorized", "detail": "Authentication failed"},
        {"WWW-Authenticate": "Bearer"},
    )


def too_many_requests(headers: Mapping[str, str]) -> Problem:
    """Return what is said beyond a limit."""
    return Problem(429, {"status": 429, "title": "Too Many Requests"}, headers)


def server_error() -> Problem:
    """Return what is said when something broke."""
    body = {
        "type": "urn:inference-service:problem-details:internal-server-error",
        "title": "Internal Server Error",
        "status": 500,
        "detail": "Something went wrong with the request.",
    }
    return Problem(500, body)


def _of_model_server(status: int, kind: str, message: str) -> Problem:
    body = {"object": "error", "message": message, "type": kind, "param": None, "code": status}
    return Problem(status, body)
