"""An engine of another package: written to a folder, found by its entry point."""

import os
from pathlib import Path
from textwrap import dedent

_START = """
from __future__ import annotations

import asyncio, dataclasses, os, sys, time
import numpy as np
from tradegen.engines.critique import Critique, Finding
from tradegen.engines.embedded.engine import learn_embedded
from tradegen.engines.protocols import Engine
from tradegen.errors import EngineUnavailableError, InputError


class Roles:
    def __init__(self, engine):
        self.engine = engine

    async def generate(self, brief):
        row = await self.engine.generator.generate(brief)
        return self.spoil(row, brief) if hasattr(self, "spoil") else row

    async def judge(self, row, brief):
        return Critique()

    async def refine(self, row, critique, brief, retry):
        return row


@dataclasses.dataclass
class Model:
    model: object

    def start(self):
        roles = self.Roles(self.model.start())
        return Engine("theirs", roles, roles, roles)


def learn(order):
    return Model(learn_embedded(order.gold, order.seed, order.false_rejections))


Model.Roles = Roles
"""


def write_plugin(folder: Path, source: str, entry: str = "learn") -> dict[str, str]:
    """Write the engine `theirs` and return the environment in which it is found.

    `source` follows the source of an engine that writes the embedded engine's rows and lets all
    of them pass; it may replace `learn`, `Model.start` and the methods of `Roles`.
    """
    about = folder / "theirs-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "their_engine.py").write_text(_START + dedent(source), encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[tradegen.engines]\ntheirs = their_engine:{entry}\n")
    path = filter(None, (str(folder), os.environ.get("PYTHONPATH")))
    return {"PYTHONPATH": os.pathsep.join(path)}
