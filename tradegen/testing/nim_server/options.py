"""Options of the command line, made from the fields of faults and rules."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError

from tradegen.testing.nim_server.faults import Faults
from tradegen.testing.nim_server.rules import Rules

Settings = TypeVar("Settings", Faults, Rules)

DEFAULT_HOLDOUT = 0.2


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    host: str
    port: int
    seed: int
    gold: tuple[Path, ...]
    holdout: float
    script: Path | None
    bank: int
    bank_file: Path | None
    record: Path | None
    faults: Faults
    rules: Rules


def read_options(arguments: Sequence[str] | None = None) -> Options:
    """Return the options of a command line; a bad one ends the process with code 2."""
    parser = _parser()
    given = vars(parser.parse_args(arguments))
    try:
        faults, rules = _take(Faults, given), _take(Rules, given)
    except ValidationError as error:
        parser.error(str(error))
    if given["bank_file"] is not None and not given["bank"]:
        parser.error("--bank-file needs --bank N")
    return Options(**given | {"gold": tuple(given["gold"] or ())}, faults=faults, rules=rules)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tradegen.testing.nim_server",
        description="Speak NIM's protocol, misbehave on demand, and count what comes.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    add("--seed", type=int, default=0, help="seed of faults and of rows")
    add("--gold", type=Path, action="append", help="gold to write rows from (the demo's)")
    add("--holdout", type=float, default=DEFAULT_HOLDOUT, help="as in the run")
    add("--script", type=Path, help="JSON file of answers, a list for each role; writes no rows")
    add("--bank", type=int, default=0, metavar="N", help="write N rows beforehand")
    add("--bank-file", type=Path, help="JSON lines to keep the bank in between starts")
    add("--record", type=Path, help="file that requests and answers are added to, JSON lines")
    _add_fields(parser.add_argument_group("faults"), Faults)
    _add_fields(parser.add_argument_group("rules"), Rules)
    return parser


def _add_fields(group: Any, settings: type[Faults] | type[Rules]) -> None:
    for field in fields(settings):
        option, text = f"--{field.name.replace('_', '-')}", get_args(field.type)[-1]
        if field.default is False:
            group.add_argument(option, action="store_true", help=text)
        elif field.default == ():
            group.add_argument(option, type=lambda s: s.split(","), default=(), help=text)
        else:
            group.add_argument(option, default=field.default, help=text)


def _take(settings: type[Settings], given: dict[str, Any]) -> Settings:
    wanted = {field.name: given.pop(field.name) for field in fields(settings)}
    return TypeAdapter(settings).validate_python(wanted)
