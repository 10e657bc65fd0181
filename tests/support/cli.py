"""The command line: called in this process, or as a real one where that is the point."""

import contextlib
import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value that stdout must hold, and nothing besides."""
        return json.loads(self.out)


Command = Callable[..., Said]


def command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function that runs a command line through `main`, in this process."""

    def call(*args: str | Path) -> Said:
        from tradegen.cli.main import main

        monkeypatch.setattr(sys, "argv", ["tradegen", *map(str, args)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        assert isinstance(left.value.code, int)
        return Said(left.value.code, out, err)

    return call


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a child process: this one's, unbuffered and without colours."""
    kept = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"}
    return {**kept, "PYTHONUNBUFFERED": "1", "COLUMNS": "100", **(extra or {})}


def start(
    cwd: Path, *args: str | Path, env: Mapping[str, str] | None = None
) -> "subprocess.Popen[str]":
    """Start `python -m tradegen` as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tradegen", *map(str, args)],
        cwd=cwd,
        env=environment(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: "subprocess.Popen[str]") -> Said:
    """Wait for a process that `start` has started."""
    try:
        out, err = process.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        raise
    return Said(process.returncode, out, err)


def process(cwd: Path, *args: str | Path, env: Mapping[str, str] | None = None) -> Said:
    """Run `python -m tradegen` as a process of its own, to its end."""
    return finish(start(cwd, *args, env=env))


def in_a_terminal(cwd: Path, *args: str | Path, env: Mapping[str, str] | None = None) -> Said:
    """Run `python -m tradegen` in a terminal, to its end; `out` holds all that it showed."""
    ours, theirs = pty.openpty()
    started = subprocess.Popen(
        [sys.executable, "-m", "tradegen", *map(str, args)],
        cwd=cwd,
        env=environment({"TERM": "xterm-256color", **(env or {})}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = bytearray()
    with contextlib.suppress(OSError):  # EIO: the other end was closed
        while part := os.read(ours, 65536):
            shown += part
    os.close(ours)
    return Said(started.wait(TIMEOUT_S), shown.decode().replace("\r\n", "\n"), "")


def plain(shown: str) -> str:
    """Return what a terminal showed without its escape sequences."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)


def python(cwd: Path, *args: str | Path, env: Mapping[str, str] | None = None) -> Said:
    """Run Python itself in a process of its own, to its end."""
    done = subprocess.run(
        [sys.executable, *map(str, args)],
        cwd=cwd,
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def printed_command(output: str, after: str) -> list[str]:
    """Return the arguments of the `python -m tradegen` command printed after some words."""
    found = re.search(rf"{re.escape(after)}\s+python -m tradegen (.+)", plain(output))
    assert found, f"no command after {after!r} in:\n{output}"
    return shlex.split(found[1])
