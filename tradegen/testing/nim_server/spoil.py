"""Spoilt contents: what a model writes when it does not keep to what was asked."""

import json
from collections.abc import Mapping
from typing import Any

from tradegen.testing.nim_server.answers import Answer
from tradegen.testing.nim_server.faults import Fault


def write_content(answer: Answer, schema: Mapping[str, Any] | None, fault: Fault | None) -> str:
    """Return an answer as JSON text, spoilt if the fault is one of contents."""
    if fault is Fault.SCHEMA_BREAKING:
        answer = _without_a_required_key(answer, schema or {})
    text = json.dumps(answer, separators=(",", ":"))
    return text[: len(text) // 2] if fault is Fault.MALFORMED else text


def _without_a_required_key(answer: Answer, schema: Mapping[str, Any]) -> Answer:
    required = [name for name in schema.get("required", answer) if name in answer]
    return {name: value for name, value in answer.items() if name not in required[:1]}
