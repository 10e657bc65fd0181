"""Engines that fail: the run says which engine, how, and ends with the exit code for it."""

from pathlib import Path

import pytest

from tests.support.cli import Said, process
from tests.support.plugin import write_plugin


def run_with(folder: Path, source: str, *more: str, entry: str = "learn") -> Said:
    env = write_plugin(folder / "plugin", source, entry)
    command = ("run", "--n", "12", "--engine", "theirs", "--name", "x", "--workers", "2", *more)
    return process(folder, *command, env=env)


def fails(where: str, how: str) -> str:
    body = f"def fail(*args):\n    {how}\n\n"
    return body + ("learn = fail\n" if where == "learn" else "Model.start = fail\n")


@pytest.mark.parametrize(
    ("where", "how", "code", "said"),
    [
        ("learn", "raise RuntimeError('broken')", 1, "learn from gold: RuntimeError: broken"),
        ("learn", "raise InputError('bad path')", 2, "learn from gold: bad path"),
        ("start", "raise EngineUnavailableError('no key')", 4, "start: no key"),
        ("start", "sys.exit(0)", 1, "start: SystemExit: 0"),
    ],
)
def test_an_engine_that_cannot_begin_is_named_with_its_own_words_and_leaves_nothing_behind(
    tmp_path: Path, where: str, how: str, code: int, said: str
) -> None:
    ended = run_with(tmp_path, fails(where, how))
    assert ended.code == code
    assert f"engine 'theirs' cannot {said}" in ended.err
    assert "worker process ended" not in ended.err
    assert not (tmp_path / "runs/x").exists()


@pytest.mark.parametrize(
    ("how", "said"),
    [("os.kill(os.getpid(), 9)", "killed by signal 9 (SIGKILL)"), ("os._exit(0)", "status 0")],
)
def test_a_worker_that_dies_is_told_with_how_it_ended(tmp_path: Path, how: str, said: str) -> None:
    ended = run_with(tmp_path, f"def die(self, row, brief):\n    {how}\n\nRoles.spoil = die\n")
    assert ended.code == 4
    assert "a worker process ended unexpectedly" in ended.err
    assert said in ended.err
