"""The documentation is true: its commands run, its generated pages are up to date."""

import csv
import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.rows import records, write_parquet

ROOT = Path(__file__).parents[1]
GENERATE = runpy.run_path(str(ROOT / "docs" / "generate.py"))  # a script, not a package's module
PAGES: Mapping[str, Callable[[], str]] = GENERATE["PAGES"]
REFERENCE: Path = GENERATE["REFERENCE"]
TEXTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
VERDICTS = (10, 11, 12)
_LINK = re.compile(r"\[[^\]]*\]\(([^)#:]+)\)")


def blocks(path: Path, language: str) -> Iterator[str]:
    for found, body in _BLOCK.findall(path.read_text(encoding="utf-8")):
        if found == language:
            yield body


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the files that the documentation speaks of."""
    rows = records(600)
    write_parquet(tmp_path / "trades.parquet", rows)
    # One bars file for all: windows of one symbol overlap, so each bar is written once.
    bars = {(r["symbol"], b["time"]): (r["interval"], b) for r in rows for b in r["bars"]}
    with (tmp_path / "bars.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        names = ["open", "high", "low", "close", "volume"]
        writer.writerow(["symbol", "interval", "time", *names])
        for (symbol, time), (interval, bar) in bars.items():
            writer.writerow([symbol, interval, time, *(bar[name] for name in names)])
    _write_trades(tmp_path / "trades.csv", rows, "Z")
    _write_trades(tmp_path / "naive.csv", rows, "")
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    (yaml,) = blocks(ROOT / "docs" / "diversity.md", "yaml")
    (tmp_path / "constraint.yaml").write_text(yaml, encoding="utf-8")
    (toml,) = blocks(ROOT / "docs" / "nightly.md", "toml")
    (tmp_path / "nightly.toml").write_text(toml, encoding="utf-8")
    return tmp_path


def _write_trades(path: Path, rows: list[dict[str, Any]], zone: str) -> None:
    header = [name for name in rows[0] if name != "bars"]
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        for row in rows:
            values = {name: row[name] for name in header}
            for name in ("entry_time", "exit_time"):
                values[name] = values[name].removesuffix("Z") + zone
            writer.writerow(values)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_command_in_the_documentation_runs(path: Path, desk: Path) -> None:
    commands = [
        line.split("#")[0].strip()
        for block in blocks(path, "sh")
        for line in block.splitlines()
        if line.strip() and not line.startswith("make ")
    ]
    for command in commands:
        arguments = shlex.split(command)
        assert arguments[:3] == ["python", "-m", "tradegen"], command
        done = subprocess.run(
            [sys.executable, *arguments[1:]], cwd=desk, capture_output=True, text=True, check=False
        )
        judges = arguments[3] in ("evaluate", "nightly")
        verdict = judges and done.returncode in VERDICTS
        assert verdict or done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_python_snippet_in_the_documentation_runs(path: Path, desk: Path) -> None:
    for snippet in blocks(path, "python"):
        done = subprocess.run(
            [sys.executable, "-c", snippet],
            cwd=desk,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert done.returncode == 0, f"{snippet}\n{done.stderr}"


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in _LINK.findall(path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{path.name}: {target}"


@pytest.mark.parametrize("name", sorted(PAGES))
def test_generated_pages_say_what_the_code_says(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == PAGES[name](), "run: make docs"


def test_the_number_of_invariants_in_the_readme_is_right() -> None:
    from tradegen.data.invariants import INVARIANTS

    assert len(INVARIANTS) == 16
    assert "Sixteen named" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_default_weights_in_the_documentation_are_those_of_the_code() -> None:
    from tradegen.samplers.columns import DEFAULT_VALUES, DEFAULT_WEIGHTS

    text = (ROOT / "docs" / "diversity.md").read_text(encoding="utf-8")
    for name, numbers in (("volatility", DEFAULT_VALUES), ("weight", DEFAULT_WEIGHTS)):
        assert f"| {name} | {' | '.join(map(str, numbers))} |" in text


def test_the_lock_files_carry_hashes_and_no_addresses() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert "://" not in text
        assert "index-url" not in text


def test_the_studio_entry_names_a_function_that_is_there() -> None:
    graphs = json.loads((ROOT / "langgraph.json").read_text(encoding="utf-8"))["graphs"]
    path, name = graphs["tradegen"].split(":")
    assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")
