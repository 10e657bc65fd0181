"""The run folder: found by name or path, kept to one process at a time."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.cli import environment
from tests.support.runs import manifest
from tradegen.data.run_folder import RunFolder, all_runs, find_run
from tradegen.errors import InputError, StorageError

_HOLDER = """\
import sys
from pathlib import Path
from tradegen.data.run_folder import RunFolder

with RunFolder(Path(sys.argv[1])).locked():
    print("in", flush=True)
    sys.stdin.read()
"""


@contextmanager
def held_by_another_process(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """Keep the lock of a run folder in a process of its own."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(folder)],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    with holder.stdout as said, holder.stdin:
        assert said.readline() == "in\n"
        yield holder
    holder.wait()


def a_run(folder: Path, name: str, written: float | None = None) -> RunFolder:
    run = RunFolder(folder / name)
    run.create()
    run.write_manifest(manifest())
    if written is not None:
        run.ledger.touch()
        os.utime(run.ledger, (written, written))
    return run


def test_a_second_process_is_kept_out_until_the_first_has_left(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    with held_by_another_process(tmp_path):
        with pytest.raises(StorageError) as refused, run.locked():
            pass
        assert "another process is working on this run" in str(refused.value)
        assert "choose another --name" in str(refused.value)
    with run.locked():
        pass


def test_a_process_that_was_killed_keeps_nobody_out(tmp_path: Path) -> None:
    with held_by_another_process(tmp_path) as holder:
        holder.kill()
        holder.wait()
    with RunFolder(tmp_path).locked():
        pass


def test_an_error_inside_gives_the_lock_back(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    with pytest.raises(RuntimeError, match="inside"), run.locked():
        raise RuntimeError("inside")
    with run.locked():
        pass


@pytest.mark.parametrize("name", ["a_file", "a_file/first"])
def test_a_file_where_a_folder_is_expected_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "a_file").write_text("x", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        RunFolder(tmp_path / name).create()
    assert str(refused.value).startswith(f"{tmp_path / name}: cannot be made (")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(InputError, match="choose another --folder"):
            RunFolder(tmp_path).create()
    finally:
        tmp_path.chmod(0o755)


def test_a_folder_is_made_once(tmp_path: Path) -> None:
    assert RunFolder(tmp_path / "runs" / "first").create()
    assert not RunFolder(tmp_path / "runs" / "first").create()


def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("my own notes", encoding="utf-8")
    with pytest.raises(InputError, match=r"no run, and not empty \(README.md\).*another --name"):
        RunFolder(tmp_path).check()


@pytest.mark.parametrize("name", [".lock", "run.json", "ledger.sqlite"])
def test_a_folder_of_a_run_or_with_a_lock_left_behind_may_be_used(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).touch()
    if name != ".lock":
        (tmp_path / "README.md").touch()
    RunFolder(tmp_path).check()


def test_a_manifest_comes_back_as_it_was_written(tmp_path: Path) -> None:
    run = a_run(tmp_path, "first")
    written = manifest("exhausted", notes=["ü"], none=None)
    run.write_manifest(written)
    assert run.read_manifest() == written


def test_a_folder_without_a_manifest_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no run here \(run\.json is missing\)"):
        RunFolder(tmp_path).read_manifest()


@pytest.mark.parametrize(
    "content",
    [b"", b'{"status": "do', b"\xff\xfe", b"[]", b"null", b'"x"', b"{}", b"[" * 100_000],
)
def test_a_manifest_that_cannot_be_read_is_told_by_name(tmp_path: Path, content: bytes) -> None:
    run = RunFolder(tmp_path)
    run.manifest.write_bytes(content)
    with pytest.raises(StorageError) as refused:
        run.read_manifest()
    assert str(refused.value).startswith(f"{run.manifest}: cannot be read (")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", None),
        ("status", [1]),
        ("status", "dnoe"),
        ("asked", "50"),
        ("buckets", None),
        ("buckets", [{"bucket": "0.3"}]),
        ("attempts", None),
        ("attempts", {}),
        ("rows_given_up", 3),
        ("seconds", "x"),
        ("seconds", float("nan")),
        ("gold", []),
        ("settings", None),
        ("settings_in_background", [1]),
    ],
)
def test_a_manifest_of_another_shape_is_told_by_file_and_field(
    tmp_path: Path, field: str, value: object
) -> None:
    run = RunFolder(tmp_path)
    run.write_manifest(manifest() | {field: value})
    with pytest.raises(StorageError, match=rf"run\.json: cannot be read \({field}") as told:
        run.read_manifest()
    assert str(told.value).startswith(str(tmp_path))


def test_a_run_is_found_by_its_name_or_its_path(tmp_path: Path) -> None:
    run = a_run(tmp_path / "runs", "first")
    assert find_run(tmp_path / "runs", "first") == run
    assert find_run(tmp_path / "elsewhere", str(run.path)) == run


def test_an_unknown_run_is_told_with_those_there_are(tmp_path: Path) -> None:
    a_run(tmp_path, "first", written=100)
    a_run(tmp_path, "second", written=200)
    with pytest.raises(InputError, match=r"no run 'third' in .*; there is: first, second"):
        find_run(tmp_path, "third")
    with pytest.raises(InputError, match="there is: none"):
        find_run(tmp_path / "nowhere", "third")


def test_the_latest_run_comes_last_whatever_the_names(tmp_path: Path) -> None:
    a_run(tmp_path, "a", written=300)
    a_run(tmp_path, "b", written=100)
    a_run(tmp_path, "c")
    (tmp_path / "d").mkdir()
    assert [run.name for run in all_runs(tmp_path)] == ["c", "b", "a"]


def test_the_run_of_the_working_directory_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(a_run(tmp_path, "first").path)
    assert find_run(Path("runs"), ".").name == "first"
