"""The command line as a whole: quick to start, and nothing heavy for its help."""

import json
from pathlib import Path

import pytest

from tests.support.cli import Command, python
from tradegen.version import __version__

HEAVY = (
    *("langgraph", "langchain_core", "pandas", "pydantic", "numpy", "pyarrow", "scipy"),
    *("plotly", "jinja2"),
)

_LOADED = """\
import json, sys
sys.argv = ["tradegen", *sys.argv[1:]]
try:
    from tradegen.cli.main import main
    main()
except SystemExit as left:
    assert left.code == 0, left.code
print()
print(json.dumps(sorted(name for name in sys.modules if "." not in name)))
"""


def loaded_by(tmp_path: Path, *args: str) -> set[str]:
    said = python(tmp_path, "-c", _LOADED, *args)
    assert said.code == 0, said.err
    loaded = set(json.loads(said.out.splitlines()[-1]))
    assert "typer" in loaded
    return loaded


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    assert loaded_by(tmp_path, "--help").isdisjoint(HEAVY)


@pytest.mark.parametrize("args", [["--version"], ["run", "--help"]])
def test_what_only_speaks_of_a_command_imports_nothing_heavy_but_what_typer_does(
    tmp_path: Path, args: list[str]
) -> None:
    typers_own = {"pydantic"}
    assert loaded_by(tmp_path, *args).isdisjoint(set(HEAVY) - typers_own)


def test_the_module_shows_all_commands(tmp_path: Path) -> None:
    said = python(tmp_path, "-m", "tradegen", "--help")
    assert said.code == 0
    for command in ("run", "preview", "show", "export", "report", "nightly", "init", "doctor"):
        assert f" {command} " in said.out


def test_the_version_is_told(cli: Command) -> None:
    assert cli("--version").out == f"tradegen {__version__}\n"


@pytest.mark.parametrize(
    "command", ["run", "preview", "show", "export", "report", "nightly", "init", "doctor"]
)
def test_every_flag_of_every_command_says_what_it_does(cli: Command, command: str) -> None:
    said = cli(command, "--help")
    flags = [line for line in said.out.splitlines() if line.lstrip("│ ").startswith("--")]
    assert flags
    for line in flags:
        assert len(line.strip("│ ").split("  ")) > 1, f"{command}: no help in {line!r}"
