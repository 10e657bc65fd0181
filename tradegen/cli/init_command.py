"""`tradegen init`: the settings file, written from the settings themselves."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tradegen.cli.console import make_console
from tradegen.data.atomic import make_folder_of, write_text
from tradegen.errors import InputError
from tradegen.settings import Settings

_HEAD = """\
# Settings of tradegen. Flags win over TRADEGEN_* environment variables, which win over this file.
# Every setting is here with its default; take the # before those you change away.
"""


def init_command(path: Path, *, force: bool) -> None:
    """Write a commented settings file."""
    if path.exists() and not force:
        raise InputError(f"{path} is there already; pass --force to replace it")
    make_folder_of(path)
    write_text(path, settings_file())
    make_console().print(f"wrote {path}; tradegen reads it from here")


def settings_file() -> str:
    """Return a settings file with every setting, its default and what it means."""
    return "\n".join([_HEAD, *_lines(Settings(), "")]) + "\n"


def _lines(defaults: BaseModel, section: str) -> Iterator[str]:
    sections = []
    for name, field in type(defaults).model_fields.items():
        default = getattr(defaults, name)
        if isinstance(default, BaseModel):
            sections.append((f"{section}{name}", default))
        else:
            yield f"# {field.description}"
            yield f"#{name} = {_value(default, field)}"
    for path, part in sections:
        yield f"\n[{path}]\n# {part.__doc__}"
        yield from _lines(part, f"{path}.")


def _value(default: Any, field: FieldInfo) -> str:
    if default is None:
        return f"{json.dumps((field.examples or [''])[0])}  # an example; not set by default"
    if isinstance(default, Path):
        default = str(default)
    if isinstance(default, dict):
        return "{}"
    return json.dumps(list(default) if isinstance(default, tuple) else default)
