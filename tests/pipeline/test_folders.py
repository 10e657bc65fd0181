"""Which folder a run works in: its own, alone, and only if its files still say the same."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tradegen
from tests.data.test_run_folder import held_by_another_process
from tests.support.cli import Command, finish, printed_command, start
from tests.support.rows import records, write_parquet
from tests.support.runs import ROWS, FinishedRun, manifest
from tradegen.api import RunResult
from tradegen.data.run_folder import RunFolder
from tradegen.errors import InputError, StorageError
from tradegen.pipeline import job
from tradegen.pipeline.prepare import Prepared, prepare
from tradegen.settings import Settings


def run(folder: Path, n: int = 5, *, resume: bool = False, **more: Any) -> RunResult:
    settings = {"run": {"folder": folder, "workers": 1, **more}}
    return tradegen.run(n, settings=settings, resume=resume)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Return a function that lets something happen while the next run reads its gold."""

    def schedule(happen: Callable[[], None]) -> None:
        def prepare_slowly(settings: Settings) -> Prepared:
            prepared = prepare(settings)
            happen()
            return prepared

        monkeypatch.setattr(job, "prepare", prepare_slowly)

    return schedule


def test_a_folder_that_another_process_takes_meanwhile_is_left_to_it(
    tmp_path: Path, meanwhile: Callable[[Callable[[], None]], None]
) -> None:
    with ExitStack() as stack:

        def take() -> None:
            (tmp_path / "x").mkdir()
            stack.enter_context(held_by_another_process(tmp_path / "x"))

        meanwhile(take)
        with pytest.raises(StorageError, match="another process is working on this run"):
            run(tmp_path, name="x")
    assert [path.name for path in (tmp_path / "x").iterdir()] == [".lock"]


def test_a_run_that_another_process_made_meanwhile_is_not_written_over(
    tmp_path: Path, meanwhile: Callable[[Callable[[], None]], None]
) -> None:
    def make() -> None:
        other = RunFolder(tmp_path / "x")
        other.create()
        other.write_manifest(manifest())

    meanwhile(make)
    with pytest.raises(StorageError, match="another process has just worked on this run"):
        run(tmp_path, name="x")
    assert RunFolder(tmp_path / "x").read_manifest() == manifest()


def test_a_run_without_a_name_takes_another_one_if_its_own_is_taken_meanwhile(
    tmp_path: Path, meanwhile: Callable[[Callable[[], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Noon(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Noon":
            return cls(2024, 2, 29, 12, tzinfo=tz)

    monkeypatch.setattr(job, "datetime", Noon)
    meanwhile((tmp_path / "20240229-120000").mkdir)
    assert run(tmp_path).folder.name == "20240229-120000-2"


def test_of_two_processes_that_begin_one_run_together_one_is_refused(tmp_path: Path) -> None:
    flags = ("run", "--n", "600", "--workers", "1", "--name", "x", "--quiet")
    both = [finish(process) for process in [start(tmp_path, *flags) for _ in range(2)]]
    assert sorted(said.code for said in both) == [0, 5]


def test_the_users_own_files_are_not_written_over(tmp_path: Path) -> None:
    mine = tmp_path / "x/README.md"
    mine.parent.mkdir()
    mine.write_text("my own notes", encoding="utf-8")
    with pytest.raises(InputError, match="no run, and not empty"):
        run(tmp_path, name="x")
    assert mine.read_text(encoding="utf-8") == "my own notes"
    assert list(mine.parent.iterdir()) == [mine]


# --- a run that was done before ---------------------------------------------------------------


def test_other_gold_for_a_run_that_is_done_is_refused(
    finished_run: FinishedRun, tmp_path: Path, cli: Command
) -> None:
    finished_run.copied_to(tmp_path / "runs")
    other = write_parquet(tmp_path / "other.parquet", records(500))
    said = cli("run", "--name", "first", "--gold", other)
    assert said.code == 2
    assert "this run was begun with other settings:\n  gold: " in said.err
    moved = tmp_path / "moved.jsonl"
    moved.write_bytes(finished_run.gold.read_bytes())
    assert cli("run", "--name", "first", "--gold", moved, "--quiet").code == 0
    assert cli("run", "--name", "first", "--gold", tmp_path / "none.parquet").code == 2


def test_a_constraint_file_that_changed_since_is_refused_though_the_run_is_done(
    cli: Command, tmp_path: Path
) -> None:
    constraint = tmp_path / "constraint.json"
    column = {"name": "target_volatility", "sampler_type": "category"}
    flags = ("run", "--n", "6", "--constraint", constraint, "--name", "a", "--workers", "1", "-q")
    constraint.write_text(json.dumps([{**column, "params": {"values": [0.6, 0.7]}}]), "utf-8")
    assert cli(*flags).code == 0
    assert cli(*flags).code == 0
    constraint.write_text(json.dumps([{**column, "params": {"values": [0.5, 0.6]}}]), "utf-8")
    said = cli(*flags)
    assert said.code == 2
    assert "diversity: " in said.err
    assert cli("run", "--name", "a", "-q").code == 0, "the file is not stated, so not read"


# --- a ledger that is not what it was ---------------------------------------------------------


def interrupted(folder: Path) -> RunFolder:
    """Leave a run of 5 rows whose process was killed before it wrote its files."""
    made = RunFolder(run(folder, name="x").folder)
    made.write_manifest({**made.read_manifest(), "status": "running"})
    made.rows.unlink()
    made.rejected.unlink()
    return made


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM rows WHERE row_number = 3",
        "UPDATE rows SET data = x'00' WHERE row_number = 3",
        "UPDATE rows SET data = substr(data, 1, length(data) - 8) WHERE row_number = 3",
        "UPDATE attempts SET row_number = 99 WHERE row_number = 3",
        "UPDATE attempts SET fingerprint = x'00' WHERE row_number = 3",
        "UPDATE about SET value = '{' WHERE key = 'identity'",
        "UPDATE about SET value = '[]' WHERE key = 'identity'",
        "UPDATE about SET value = '\"x\"' WHERE key = 'started'",
        "UPDATE about SET value = '\"x\"' WHERE key = 'seconds'",
        "UPDATE about SET value = '3' WHERE key = 'version'",
    ],
)
def test_a_run_does_not_go_on_from_a_damaged_ledger(
    tmp_path: Path, resumable: Path, statement: str
) -> None:
    made = RunFolder(Path(shutil.copytree(resumable, tmp_path / "x")))
    with closing(sqlite3.connect(made.ledger)) as ledger:
        ledger.execute(statement)
        ledger.commit()
    with pytest.raises(StorageError, match="the ledger is damaged") as told:
        run(tmp_path, name="x", resume=True)
    assert str(told.value).startswith(f"{made.ledger}: ")
    assert not made.rows.exists()
    assert not list(made.path.glob(".*.part"))


@pytest.mark.parametrize("how", ["removed", "empty", "foreign"])
def test_a_run_whose_ledger_is_gone_does_not_start_over(
    tmp_path: Path, resumable: Path, how: str
) -> None:
    made = RunFolder(Path(shutil.copytree(resumable, tmp_path / "x")))
    made.ledger.unlink()
    if how == "empty":
        made.ledger.touch()
    if how == "foreign":
        with closing(sqlite3.connect(made.ledger)) as other:
            other.execute("CREATE TABLE customers (name TEXT)")
    before = made.ledger.read_bytes() if made.ledger.exists() else None
    with pytest.raises(StorageError, match=r"ledger\.sqlite: "):
        run(tmp_path, name="x", resume=True)
    assert (made.ledger.read_bytes() if made.ledger.exists() else None) == before


@pytest.fixture(scope="module")
def resumable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run that can go on, not to be changed."""
    return interrupted(tmp_path_factory.mktemp("resumable")).path


# --- files that are not what they were --------------------------------------------------------


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _scratched(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[1000:3000] = b"\xff" * 2000
    path.write_bytes(data)


def _other_columns(path: Path) -> None:
    pq.write_table(pa.table({"a": [1] * ROWS}), path)


def _fewer_rows(path: Path) -> None:
    pq.write_table(pq.read_table(path).slice(1), path)


DAMAGE: list[Callable[[Path], object]] = [
    _cut,
    _scratched,
    _other_columns,
    _fewer_rows,
    lambda path: path.write_bytes(b""),
    lambda path: path.write_bytes(b"junk" * 1000),
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_of_a_finished_run_is_written_anew_and_until_then_told(
    finished_run: FinishedRun, tmp_path: Path, cli: Command, damage: Callable[[Path], object]
) -> None:
    run = finished_run.copied_to(tmp_path / "runs")
    rows = run / "rows.parquet"
    before = rows.read_bytes()
    damage(rows)
    said = cli("export", "first", "--to", "jsonl")
    assert (said.code, said.out) == (5, "")
    assert said.err.startswith(f"tradegen: {Path('runs/first/rows.parquet')}: damaged (")
    assert not (run / "first.jsonl").exists()
    result = replace(finished_run.result, folder=run)
    with pytest.raises(StorageError, match=r"rows\.parquet: damaged \("):
        result.to_pandas()
    if damage is not _scratched:
        assert cli("show", "first").code == 5
    again = cli(*printed_command(said.err, "from the ledger with:"))
    assert again.code == 0
    assert "the files are written anew from the ledger" in again.out
    assert rows.read_bytes() == before


def test_a_damaged_file_of_rejected_attempts_is_written_anew(
    finished_run: FinishedRun, tmp_path: Path, cli: Command
) -> None:
    rejected = finished_run.copied_to(tmp_path / "runs") / "rejected.parquet"
    before = rejected.read_bytes()
    _cut(rejected)
    assert "rejected.parquet: damaged (" in cli("run", "--name", "first").out
    assert rejected.read_bytes() == before
