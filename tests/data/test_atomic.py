"""Atomic files: whole or not at all, whatever happens while they are written."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import environment
from tradegen.data.atomic import atomic_file, write_text
from tradegen.errors import StorageError


def test_a_file_appears_only_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    with atomic_file(path) as part:
        part.write_text("half", encoding="utf-8")
        assert not path.exists()
        part.write_text("whole", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_text(path, "old")
    write_text(path, "new: ü")
    assert path.read_bytes() == "new: ü".encode()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_midway_leaves_the_old_file_and_nothing_half_written(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "run.json"
    write_text(path, "old")
    with pytest.raises(error), atomic_file(path) as part:  # noqa: PT012
        part.write_text("hal", encoding="utf-8")
        raise error
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("place", ["no/such/folder/x.json", "a_folder", "a_file/x.json"])
def test_a_place_that_cannot_be_written_is_told_by_name(tmp_path: Path, place: str) -> None:
    (tmp_path / "a_file").write_text("x", encoding="utf-8")
    (tmp_path / "a_folder").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(StorageError) as refused:
        write_text(tmp_path / place, "text")
    assert str(refused.value).startswith(f"{tmp_path / place}: cannot be written (")
    assert sorted(tmp_path.rglob("*")) == before


_TOO_LARGE = """\
import resource, sys
from pathlib import Path
from tradegen.data.atomic import write_text
from tradegen.errors import StorageError

resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    write_text(Path(sys.argv[1]), "x" * 100_000)
except StorageError as error:
    sys.exit(str(error))
"""

_KILLED = """\
import os, signal, sys
from pathlib import Path
from tradegen.data.atomic import atomic_file

with atomic_file(Path(sys.argv[1])) as part:
    part.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def _in_a_process(script: str, path: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", script, str(path)],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_write_that_does_not_fit_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_text(path, "old")
    done = _in_a_process(_TOO_LARGE, path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{path}: cannot be written (File too large)")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_kill_midway_leaves_the_old_file_and_the_next_write_works(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_text(path, "old")
    assert _in_a_process(_KILLED, path).returncode == -signal.SIGKILL
    assert path.read_text(encoding="utf-8") == "old"
    write_text(path, "new")
    assert path.read_text(encoding="utf-8") == "new"
    assert list(tmp_path.iterdir()) == [path]
