"""The smallest value that a JSON schema allows, for questions that are not about rows."""

from collections.abc import Callable, Mapping
from typing import Any

Schema = Mapping[str, Any]


def example_of(schema: Schema, root: Schema | None = None) -> Any:
    """Return a value that validates against `schema`.

    Knows types, enum, const, local `$ref`, anyOf, oneOf, allOf's first branch, and lower bounds.
    """
    root = schema if root is None else root
    if "$ref" in schema:
        return example_of(_resolve(root, schema["$ref"]), root)
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return example_of(schema[word][0], root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    return _MAKE[kind if isinstance(kind, str) else kind[0]](schema, root)


def _resolve(root: Schema, reference: str) -> Schema:
    found: Schema = root
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def _object(schema: Schema, root: Schema) -> dict[str, Any]:
    properties = schema.get("properties", {})
    return {name: example_of(properties[name], root) for name in schema.get("required", properties)}


def _array(schema: Schema, root: Schema) -> list[Any]:
    return [example_of(schema.get("items", {}), root) for _ in range(schema.get("minItems", 0))]


def _number(schema: Schema, _root: Schema) -> int | float:
    if "exclusiveMinimum" in schema:
        above: int | float = schema["exclusiveMinimum"] + 1
        return above
    lowest: int | float = schema.get("minimum", min(0, schema.get("maximum", 0)))
    return lowest


def _text(schema: Schema, _root: Schema) -> str:
    return "x" * int(schema.get("minLength", 1))


_MAKE: Mapping[str, Callable[[Schema, Schema], Any]] = {
    "object": _object,
    "array": _array,
    "number": _number,
    "integer": _number,
    "string": _text,
    "boolean": lambda _schema, _root: True,
    "null": lambda _schema, _root: None,
}
