"""Jinja templates for Data Designer: text that stays as it is, and JSON of a structured column.

Data Designer parses every column that holds JSON, and prints it in prompts as Python would. A
column that is to be read as JSON is therefore either written without its outer braces, which makes
it plain text, or printed field by field. Its templates may be neither long nor deep.
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

    Its members may be texts, numbers, lists of numbers, and objects of texts, numbers, booleans
    and nulls. Numbers print the same in Python and in JSON; texts are put in quotes, and cannot
    close the block they stand in.
    """
    members = []
    for name, kind in schema["properties"].items():
        at = f"{place}[{json.dumps(name)}]"
        if kind.get("type") == "object":
            value = _flat_object(at, kind)
        elif _is_text(kind):
            value = f'"{{{{ {at}{_QUOTED} }}}}"'
        else:
            value = f"{{{{ {at} }}}}"
        members.append(f"{literal(json.dumps(name))}:{value}")
    return "{ " + ",".join(members) + " }"


def _flat_object(place: str, schema: Mapping[str, Any]) -> str:
    """Return a template for an object of the user's own columns, however many they are."""
    texts = [name for name, kind in schema["properties"].items() if _is_text(kind)]
    is_text = f"name in {json.dumps(texts)}"
    return (
        f"{{ {{% for name, value in {place}|items %}}{{% if not loop.first %}},{{% endif %}}"
        f'"{{{{ name{_QUOTED} }}}}":'
        f'{{% if {is_text} and value is not none %}}"{{{{ value{_QUOTED} }}}}"{{% endif %}}'
        f"{{% if not ({is_text}) and value is not none %}}{{{{ value|lower }}}}{{% endif %}}"
        "{% if value is none %}null{% endif %}{% endfor %} }"
    )


def _is_text(schema: Mapping[str, Any]) -> bool:
    kinds = {branch.get("type") for branch in schema.get("anyOf", [schema])}
    return "string" in kinds


_QUOTED = "".join(
    f"|replace({json.dumps(character)}, {json.dumps(escape)})"
    for character, escape in (
        ("\\", "\\\\"),
        ('"', '\\"'),
        ("<", "\\u003c"),
        ("\n", "\\n"),
    )
)
