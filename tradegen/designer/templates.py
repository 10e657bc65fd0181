"""Jinja templates for Data Designer: text that stays as it is, and JSON of a structured column.

Data Designer parses every column that holds JSON, and prints it in prompts as Python would. A
column that is to be read as JSON is therefore either written without its outer braces, which makes
it plain text, or printed field by field.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

_JINJA = re.compile(r"\{(?=[{%#])")


def literal(text: str) -> str:
    """Return text that Jinja prints as it is."""
    return _JINJA.sub("{{ '{' }}", text)


def without_braces(text: str) -> str:
    """Return the members of a JSON object without the braces around them."""
    assert text[:1] == "{", text[:20]
    assert text[-1:] == "}", text[-20:]
    return text[1:-1]


def json_of(place: str, schema: Mapping[str, Any]) -> str:
    """Return a template that prints the JSON of `place`, an object of a JSON schema.

    Numbers and lists of numbers print the same in Python and in JSON; texts are put in quotes,
    and cannot close the block they stand in.
    """
    members = []
    for name, kind in schema["properties"].items():
        at = f"{place}[{json.dumps(name)}]"
        members.append(f"{literal(json.dumps(name))}:{_value(at, kind)}")
    return "{ " + ",".join(members) + " }"


def _value(place: str, schema: Mapping[str, Any]) -> str:
    branches = schema.get("anyOf")
    if branches:  # a kind, or null
        (kind,) = (branch for branch in branches if branch.get("type") != "null")
        return f"{{% if {place} is none %}}null{{% else %}}{_value(place, kind)}{{% endif %}}"
    match schema.get("type"):
        case "object":
            return json_of(place, schema)
        case "boolean":
            return f"{{{{ {place}|lower }}}}"
        case "string" | None:
            return f'"{{{{ {place}{_quoting(schema)} }}}}"'
    return f"{{{{ {place} }}}}"


def _quoting(schema: Mapping[str, Any]) -> str:
    """Return the filters that a text needs; one of a few known texts may need none."""
    known = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return "".join(
        f"|replace({json.dumps(character)}, {json.dumps(escape)})"
        for character, escape in _ESCAPES
        if known is None or any(character in str(text) for text in known)
    )


_ESCAPES = (
    ("\\", "\\\\"),
    ('"', '\\"'),
    ("<", "\\u003c"),
    ("\n", "\\n"),
    ("\r", "\\r"),
    ("\t", "\\t"),
)
