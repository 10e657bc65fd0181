"""A schema that the prompt itself tells, as NeMo Data Designer does, and answers that obey it."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tradegen.testing.nim_server.blocks import text_of

_TOLD = re.compile(r"<response_schema>\s*(\{.*\})\s*</response_schema>", re.DOTALL)
_OTHER_NAMES = {"reasoning": "reason"}
"""What Data Designer calls fields that the answers of the NIM engine have, too."""


def told_schema(messages: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the schema that the last message tells, if it does."""
    found = _TOLD.search(text_of(messages[-1])) if messages else None
    if found is None:
        return None
    try:
        schema = json.loads(found[1])
    except ValueError:
        return None
    return schema if isinstance(schema, dict) else None


def obey(answer: Any, schema: Mapping[str, Any], root: Mapping[str, Any] | None = None) -> Any:
    """Return an answer with the fields that a schema names, under its names."""
    root = schema if root is None else root
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    fields = schema.get("properties")
    if not isinstance(answer, Mapping) or not isinstance(fields, Mapping):
        return answer
    known = {name: name if name in answer else _OTHER_NAMES.get(name, name) for name in fields}
    return {
        name: obey(answer[source], fields[name], root)
        for name, source in known.items()
        if source in answer
    }
