"""`tradegen doctor`: says what a run needs and whether it is there."""

import re
import socket
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.cli import Command
from tradegen.cli import doctor_command
from tradegen.cli.requirements import Requirement
from tradegen.testing.nim_server.process import nim_server

ROOT = Path(__file__).parents[2]


@pytest.fixture
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NVIDIA_API_KEY", raising=False)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.mark.usefixtures("no_key")
def test_everything_that_a_run_needs_is_ok(cli: Command) -> None:
    said = cli("doctor")
    assert (said.code, said.err) == (0, "")
    marks = dict(re.findall(r"^(?:ok  |--  |bad ) ([^:]+): (.+)$", said.out, re.MULTILINE))
    assert {"Python", "langgraph", "numpy", "run folder", "gold", "engines"} <= set(marks)
    assert "bad" not in re.findall(r"^\w+", said.out, re.MULTILINE)
    assert re.search(r"\d+ rows to learn from, \d+ kept back.*simulated demo", marks["gold"])
    assert "not set; the embedded engine needs none" in marks["NVIDIA_API_KEY"]
    assert "endpoint" not in marks


def test_a_key_is_said_to_be_there_and_never_shown(
    cli: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NVIDIA_API_KEY", "nvapi-0123456789")
    said = cli("doctor")
    assert "NVIDIA_API_KEY: set" in said.out
    assert "0123456789" not in said.out + said.err


def test_an_endpoint_that_answers_is_found(cli: Command, tmp_path: Path) -> None:
    script = {"generator": ["{}"], "judge": ["{}"]}
    with nim_server(script, folder=tmp_path, models=["alpha"]) as server:
        (tmp_path / "mine.toml").write_text(
            f'engine = "nim"\n[nim]\nbase_url = "{server.base_url}"\n', encoding="utf-8"
        )
        said = cli("doctor", "--network", "--config", tmp_path / "mine.toml")
        assert said.code == 0
        assert f"endpoint: {server.base_url} answers; generator alpha" in said.out
        server.faults(api_key="another")
        refused = cli("doctor", "--network", "--config", tmp_path / "mine.toml")
    assert refused.code == 2
    assert "refused the key" in refused.out


def test_an_endpoint_that_does_not_answer_is_no_obstacle_to_an_embedded_run(
    cli: Command, listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listener.getsockname()[1]
    listener.close()
    monkeypatch.setenv("NVIDIA_BASE_URL", f"http://127.0.0.1:{port}/v1")
    said = cli("doctor", "--network")
    assert said.code == 0
    assert "cannot be reached" in said.out


def test_nothing_is_contacted_unless_that_is_asked_for(
    cli: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise AssertionError("doctor looked at the network")

    monkeypatch.setattr(socket, "create_connection", refuse)
    said = cli("doctor")
    assert said.code == 0
    assert " endpoint: " not in said.out


def test_every_direct_dependency_is_told_with_its_version(cli: Command) -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    said = cli("doctor")
    for declared in pyproject["project"]["dependencies"]:
        name = re.split("[<>=]", declared)[0]
        assert f"ok   {name}: {version(name)}\n" in said.out


def test_packages_that_are_too_old_or_not_there_are_bad(
    cli: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = [Requirement("numpy", "2.2", "2.1.3"), Requirement("nothing", "0", None)]
    monkeypatch.setattr(doctor_command, "direct_requirements", lambda: needed)
    said = cli("doctor")
    assert said.code == 2
    assert "bad  numpy: 2.1.3; 2.2 or newer is needed\n" in said.out
    assert "bad  nothing: not installed; 0 or newer is needed\n" in said.out


def test_bad_gold_is_bad_and_says_why(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "tradegen.toml").write_text('[gold]\nfiles = ["none.csv"]\n', encoding="utf-8")
    said = cli("doctor")
    assert said.code == 2
    assert "bad  gold: none.csv: no such file" in said.out


def test_an_unknown_engine_is_bad(cli: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEGEN_ENGINE", "embeded")
    said = cli("doctor")
    assert said.code == 2
    assert "bad  engines: designer, embedded, nim" in said.out


def test_settings_come_from_the_file_that_is_named(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("engine = 'embeded'\n", encoding="utf-8")
    assert cli("doctor", "--config", "mine.toml").code == 2


@pytest.mark.parametrize("folder", ["a_file", "a_file/runs"])
def test_a_file_in_place_of_the_run_folder_is_bad(
    cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    (tmp_path / "a_file").write_text("x", encoding="utf-8")
    monkeypatch.setenv("TRADEGEN_RUN__FOLDER", folder)
    said = cli("doctor")
    assert "bad  run folder" in said.out
    assert said.code == 2


@pytest.mark.skipif(find_spec("data_designer") is not None, reason="data-designer is installed")
def test_a_missing_package_is_bad_only_for_the_engine_that_needs_it(
    cli: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "--   data-designer: not installed; engine designer needs it" in cli("doctor").out
    monkeypatch.setenv("TRADEGEN_ENGINE", "designer")
    said = cli("doctor")
    assert said.code == 2
    assert "bad  data-designer: not installed" in said.out
