"""Conditions on a row's columns, as Data Designer writes them: `interval == '1h' and ...`."""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from tradegen.errors import InputError

Value = str | int | float | bool | None


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Return a comparison that does not hold for a missing value: it lies nowhere."""
    return lambda one, other: one is not None and other is not None and compare(one, other)


_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: _ordered(operator.lt),
    ast.LtE: _ordered(operator.le),
    ast.Gt: _ordered(operator.gt),
    ast.GtE: _ordered(operator.ge),
    ast.In: lambda item, items: item in items,
    ast.NotIn: lambda item, items: item not in items,
}


def condition_columns(condition: str) -> set[str]:
    """Return the names of the columns that a condition speaks of."""
    return {node.id for node in ast.walk(_parse(condition)) if isinstance(node, ast.Name)}


def holds(condition: str, columns: Mapping[str, Value]) -> bool:
    """Return whether a condition holds for a row with these column values.

    Comparisons (`==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `not in`) with constants, joined by `and`,
    `or`, `not`. A missing value (None) is neither above nor below anything. Raises `InputError`
    for anything else, and for a column that is not given.
    """
    try:
        return bool(_evaluate(_parse(condition), columns, condition))
    except TypeError as error:
        raise InputError(f"condition {condition!r} compares unlike things ({error})") from error


def _parse(condition: str) -> ast.expr:
    try:
        return ast.parse(condition, mode="eval").body
    except SyntaxError as error:
        raise InputError(f"condition {condition!r} is not an expression ({error.msg})") from error


def _evaluate(node: ast.expr, columns: Mapping[str, Value], condition: str) -> object:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -number
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_evaluate(item, columns, condition) for item in items]
        case ast.Name(id=name):
            if name not in columns:
                raise InputError(f"condition {condition!r}: no column {name!r} to compare with")
            return columns[name]
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(_evaluate(part, columns, condition) for part in parts)
        case ast.BoolOp(op=ast.Or(), values=parts):
            return any(_evaluate(part, columns, condition) for part in parts)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _evaluate(operand, columns, condition)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARE:
            compare = _COMPARE[type(op)]
            return compare(
                _evaluate(left, columns, condition), _evaluate(right, columns, condition)
            )
    raise InputError(
        f"condition {condition!r}: only comparisons of a column with constants, joined by "
        "and, or, not, are understood"
    )
