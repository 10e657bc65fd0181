"""The record: what was asked and what was answered, for those who want to read it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradegen.testing.nim_server.call import Call
from tradegen.testing.nim_server.completion import Completion


@dataclass(frozen=True, slots=True)
class Exchange:
    """The body of a request as it came in, and the content of the answer."""

    asked: Mapping[str, Any]
    answered: str


def keep(path: Path, call: Call, completion: Completion) -> None:
    """Add a call and its completion to a file of JSON lines."""
    line = json.dumps({"asked": call.asked, "answered": completion.content})
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def read_record(path: Path) -> list[Exchange]:
    """Return what was kept, in the order in which it was answered."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Exchange(**json.loads(line)) for line in lines]
