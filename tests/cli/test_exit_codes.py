"""Exit codes: each of them met for real, with a message that says what to do."""

import errno
import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.data.test_run_folder import held_by_another_process
from tests.support.cli import Command, Said, environment, plain, printed_command, process
from tests.support.rows import demo_rows, records, write_parquet
from tests.support.runs import FinishedRun, StoppedRun
from tradegen.data.ledger import Ledger
from tradegen.data.volatility import lookback_volatility

QUICK = ("--workers", "1")


def test_help_lists_the_exit_codes(cli: Command) -> None:
    said = cli("--help")
    assert said.code == 0
    words = " ".join(said.out.split())
    for meaning in ("0 done", "2 bad usage", "3 attempt budget", "4 engine", "5 storage"):
        assert meaning in words
    assert "13 worse than the last good run" in words
    assert "130 interrupted" in words


# --- 2: bad usage or input --------------------------------------------------------------------

BAD_USAGE = [
    (["run", "--bogus"], "No such option: --bogus"),
    (["run", "--n", "many"], "--n"),
    (["run", "extra"], "extra"),
    (["runn"], "runn"),
    (["preview", "--n", "0"], "--n"),
    (["export", "first", "--to", "xml"], "'csv', 'jsonl', 'parquet'"),
    (["export", "first"], "--to"),
    (["show", "first", "--row", "99999999999999999999"], "--row"),
]


@pytest.mark.parametrize(("args", "said"), BAD_USAGE, ids=lambda value: str(value))
def test_a_wrong_flag_or_command_is_bad_usage(cli: Command, args: list[str], said: str) -> None:
    answer = cli(*args)
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    "args",
    [
        ["preview", "--gold", "x" * 300 + ".csv"],
        ["preview", "--bars", "x" * 300 + ".csv", "--gold", "x.csv"],
        ["preview", "--config", "x" * 300],
        ["run", "--n", "5", "--folder", "x" * 300],
        ["show", "x" * 300],
        ["show", "--folder", "x" * 300],
    ],
    ids=lambda args: " ".join(args[:2]),
)
def test_a_name_that_no_file_can_have_is_bad_input(cli: Command, args: list[str]) -> None:
    answer = cli(*args)
    assert answer.code == 2
    assert "Traceback" not in answer.err
    assert "xxx" in answer.err
    assert "File name too long; name another" in answer.err


@pytest.mark.parametrize("flag", ["--gold", "--bars", "--config"])
def test_a_folder_or_a_pipe_is_no_file_to_read(cli: Command, tmp_path: Path, flag: str) -> None:
    folder, pipe = tmp_path / "folder.csv", tmp_path / "pipe.csv"
    folder.mkdir()
    os.mkfifo(pipe)
    for path, wrong in ((folder, "is a folder; name a file"), (pipe, "is no regular file (a pipe")):
        answer = cli("preview", flag, str(path))
        assert answer.code == 2
        assert f"{path}: {wrong}" in answer.err


def test_a_path_that_may_not_be_looked_at_is_bad_input(
    cli: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refuse)
    answer = cli("preview", "--gold", "locked/x.csv")
    assert answer.code == 2
    assert answer.err.strip().endswith("Permission denied; name another, or change its permissions")


BAD_SETTINGS = [
    (["--n", "0"], "n = 0: expected greater than or equal to 1"),
    (["--n", "-3"], "n = -3: expected greater than or equal to 1"),
    (["--n", "99999999999999999999"], "expected less than or equal to 100000000"),
    (["--workers", "1000000"], "run.workers = 1000000: expected less than or equal to 1024"),
    (["--workers", "0"], "run.workers = 0: expected greater than or equal to 1"),
    (["--seed", "-1"], "seed = -1: expected"),
    (["--holdout", "1"], "gold.holdout = 1"),
    (["--config", "none.toml"], "none.toml: no such settings file"),
    (["--name", "../up"], "run.name = '../up'"),
    (["--resume"], "no unfinished run to resume"),
    (["--resume", "--name", "none"], "nothing to resume here"),
    (["--folder", "a_file"], "a_file is no folder"),
    (["--folder", "a_file/deeper"], "a_file is no folder"),
    (["--folder", ".", "--name", "a_file"], "a_file is no folder"),
]


@pytest.mark.parametrize(("args", "said"), BAD_SETTINGS, ids=lambda value: str(value))
def test_a_bad_setting_is_refused_in_one_message_without_a_traceback(
    cli: Command, tmp_path: Path, args: list[str], said: str
) -> None:
    (tmp_path / "a_file").write_text("x", encoding="utf-8")
    answer = cli("run", "--n", "3", *QUICK, *args)
    assert answer.code == 2
    assert answer.err.startswith("tradegen: ")
    assert said in answer.err
    assert answer.out == ""


BAD_INPUT = [
    (["--calendar", "MOON"], "calendar 'MOON' is not known"),
    (["--tz", "Mars/Base"], "time zone 'Mars/Base' is not known"),
    (["--gold", "none.parquet"], "none.parquet: no such file"),
    (["--weights", "0.3=-1,0.5=2"], "weights must be 0 or more"),
    (["--weights", "0.3=0"], "at least one weight must be above 0"),
    (["--weights", "-0.3=1"], "expected fractions above 0"),
    (["--constraint", "none.yaml"], "none.yaml: cannot be read"),
]


@pytest.mark.parametrize(("args", "said"), BAD_INPUT, ids=lambda value: str(value))
def test_bad_input_is_refused_in_one_message_without_a_traceback(
    cli: Command, args: list[str], said: str
) -> None:
    answer = cli("preview", *args)
    assert answer.code == 2
    assert answer.err.startswith("tradegen: ")
    assert said in answer.err
    assert answer.out == ""


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> tuple[Said, Path]:
    """Run from the shell with gold that is not there."""
    folder = tmp_path_factory.mktemp("refused")
    return process(folder, "run", "--n", "3", "--gold", "none.parquet", *QUICK), folder


def test_from_the_shell_gold_that_is_not_there_ends_with_2(refused: tuple[Said, Path]) -> None:
    said, folder = refused
    assert (said.code, said.out) == (2, "")
    assert said.err.endswith("tradegen: none.parquet: no such file\n")
    assert not list(folder.rglob("rows.parquet"))


def test_from_the_shell_an_error_is_one_line(refused: tuple[Said, Path]) -> None:
    assert len(refused[0].err.splitlines()) == 1


def test_a_run_that_cannot_start_leaves_no_folder_behind(refused: tuple[Said, Path]) -> None:
    assert list(refused[1].iterdir()) == []


def test_an_error_with_json_is_one_object_too(cli: Command) -> None:
    said = cli("run", "--n", 0, "--json")
    assert said.code == 2
    assert said.json["exit_code"] == 2
    assert "n = 0" in said.json["error"]


def test_an_error_is_told_even_when_quiet(cli: Command) -> None:
    said = cli("run", "--n", 0, "--quiet")
    assert (said.code, said.out) == (2, "")
    assert "n = 0" in said.err


def test_a_wrong_flag_with_json_is_one_object_too(cli: Command) -> None:
    assert cli("run", "--json", "--bogus").json["exit_code"] == 2


@pytest.fixture
def calm_gold(tmp_path: Path) -> Path:
    """Return gold that has nothing in the buckets from 0.9 on."""
    market_days = {"1d": 365.0, "1h": 8760.0}
    rows = demo_rows()
    per_year = [market_days[interval] for interval in rows.interval.tolist()]
    volatility = lookback_volatility(rows, per_year)  # type: ignore[arg-type]
    calm = [record for record, v in zip(records(600), volatility, strict=True) if v < 0.84]
    return write_parquet(tmp_path / "calm gold.parquet", calm)


def test_a_bucket_without_gold_is_refused_with_all_counts_and_ways_out_that_work(
    cli: Command, calm_gold: Path
) -> None:
    refused = cli("preview", "--n", 20, "--gold", calm_gold)
    assert refused.code == 2
    assert "too few gold rows in bucket(s) 0.9 [0.85, 0.95), 1.0 [" in refused.err
    counts = re.findall(r"^  ([\d.]+) +[\d.]+% +(\d+) +(\d+)(  <- too few)?$", refused.err, re.M)
    assert [value for value, *_ in counts] == [f"{k / 10:.1f}" for k in range(3, 12)]
    assert all((int(gold) < 3) == bool(mark) for _, gold, _, mark in counts if mark or int(gold))
    weights = re.search(r"^  (--weights \S+)", refused.err, re.MULTILINE)
    assert weights
    assert "  --widen-buckets " in refused.err
    pasted = cli("run", "--n", 20, "--gold", calm_gold, *shlex.split(weights[1]), "--json", *QUICK)
    assert (pasted.code, pasted.json["accepted"]) == (0, 20)
    assert all(one["asked"] == one["accepted"] for one in pasted.json["buckets"])
    assert all(one["asked"] == 0 for one in pasted.json["buckets"] if one["value"] > 0.85)
    widened = cli("preview", "--n", 20, "--gold", calm_gold, "--widen-buckets")
    assert widened.code == 0
    assert "note: buckets 0.9, 1.0, 1.1 have too few gold rows" in widened.out


# --- 3: attempt budget exhausted --------------------------------------------------------------


def test_a_spent_budget_ends_with_3_keeps_what_there_is_and_says_how_to_go_on(
    stopped_run: StoppedRun,
) -> None:
    said = stopped_run.said
    assert said.code == 3
    told = re.search(r"attempt budget exhausted: (\d+) of 12 rows accepted", plain(said.out))
    assert told
    manifest = json.loads((stopped_run.path / "run.json").read_text(encoding="utf-8"))
    assert (manifest["status"], manifest["accepted"]) == ("exhausted", int(told[1]))
    assert pq.read_metadata(stopped_run.path / "rows.parquet").num_rows == int(told[1]) < 12
    printed = printed_command(said.out, "go on with:")
    assert printed[:4] == ["run", "--resume", "--name", "stopped"]
    assert "--max-attempts" in printed


def test_the_command_that_is_printed_leads_to_the_end(
    cli: Command, stopped_run: StoppedRun, tmp_path: Path
) -> None:
    stopped_run.copied_to(tmp_path / "runs")
    assert cli(*printed_command(stopped_run.said.out, "go on with:"), *QUICK).code == 0


# --- 4: engine unavailable --------------------------------------------------------------------


def test_an_unknown_engine_ends_with_4_and_the_nearest_known_one(cli: Command) -> None:
    said = cli("preview", "--engine", "embeded")
    assert said.code == 4
    assert (
        said.err == "tradegen: no engine 'embeded'; did you mean embedded? "
        "There is designer, embedded, nim.\n"
    )
    assert not said.out


# --- 5: storage -------------------------------------------------------------------------------


def test_a_run_that_another_process_works_on_ends_with_5(
    cli: Command, finished_run: FinishedRun, tmp_path: Path
) -> None:
    run = finished_run.copied_to(tmp_path / "runs")
    with held_by_another_process(run):
        said = cli("run", "--name", "first", *QUICK)
    assert said.code == 5
    assert "another process is working on this run" in said.err
    assert cli("run", "--name", "first", "--quiet").code == 0


def test_a_corrupt_ledger_ends_with_5_and_says_what_to_do(
    cli: Command, finished_run: FinishedRun, tmp_path: Path
) -> None:
    run = finished_run.copied_to(tmp_path / "runs")
    (run / "ledger.sqlite").write_bytes(b"not a ledger at all" * 1000)
    said = cli("show", "first", "--row", 0)
    assert said.code == 5
    assert f"{Path('runs/first/ledger.sqlite')}: the ledger is damaged" in said.err
    assert "Move the ledger away and start a new run" in said.err
    assert cli("export", "first", "--to", "parquet").code == 0, "the rows are whole"


def test_a_place_for_an_export_that_cannot_be_written_ends_with_5(
    cli: Command, finished_run: FinishedRun, tmp_path: Path
) -> None:
    finished_run.copied_to(tmp_path / "runs")
    Path(".x.jsonl.part").mkdir()  # where it is written first
    said = cli("export", "first", "--to", "jsonl", "--out", "x.jsonl")
    assert said.code == 5
    assert "x.jsonl: cannot be written" in said.err


def test_a_folder_for_an_export_that_cannot_be_made_is_bad_usage(
    cli: Command, finished_run: FinishedRun, tmp_path: Path
) -> None:
    finished_run.copied_to(tmp_path / "runs")
    Path("a_file").write_text("x", encoding="utf-8")
    said = cli("export", "first", "--out", "a_file/x.jsonl")
    assert said.code == 2
    assert "a_file: cannot be made" in said.err


_FULL = """\
mkdir full && mount -t tmpfs -o size=400k tmpfs full || exit 77
"$PYTHON" -m tradegen run --n 100 --workers 1 --folder full --name f --quiet
echo "$?"
df --output=avail full | tail -n 1
mkdir runs && cp -r full/f runs
"""


@dataclass(frozen=True, slots=True)
class FullDisk:
    """What a run on a full disk left behind, and what it said."""

    runs: Path
    code: int
    err: str


@pytest.fixture(scope="module")
def full_disk(tmp_path_factory: pytest.TempPathFactory) -> FullDisk:
    """Run on a disk of 400 kB, mounted in a namespace of its own, and bring the folder away."""
    folder = tmp_path_factory.mktemp("full")
    try:
        done = subprocess.run(
            ["unshare", "--mount", "--map-root-user", "sh", "-c", _FULL],
            cwd=folder,
            env=environment({"PYTHON": sys.executable, "TRADEGEN_RUN__IN_FLIGHT": "16"}),
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if not done.stdout:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    code, available = map(int, done.stdout.split())
    assert available == 0
    return FullDisk(folder / "runs", code, done.stderr)


def test_a_full_disk_ends_with_5_and_the_run_can_go_on_once_there_is_room(
    cli: Command, full_disk: FullDisk
) -> None:
    assert full_disk.code == 5
    last = full_disk.err.splitlines()[-1]
    assert last.endswith("the disk is full; make room and run again with --resume")
    ledger = Ledger.read(full_disk.runs / "f/ledger.sqlite")
    kept = list(ledger.accepted())
    ledger.close()
    resumed = cli("run", "--resume", "--folder", full_disk.runs, "--json", *QUICK)
    assert (resumed.code, resumed.json["accepted"]) == (0, 100)
    ledger = Ledger.read(full_disk.runs / "f/ledger.sqlite")
    assert list(ledger.accepted())[: len(kept)] == kept != []
    ledger.close()


def test_a_ledger_of_another_version_ends_with_5(
    cli: Command, finished_run: FinishedRun, tmp_path: Path
) -> None:
    run = finished_run.copied_to(tmp_path / "runs")
    ledger = Ledger(run / "ledger.sqlite")
    ledger.note("format", 99)
    ledger.close()
    said = cli("show", "first")
    assert said.code == 5
    assert "written by another version of tradegen" in said.err


@pytest.mark.parametrize("early", [True, False])
def test_a_limit_of_file_sizes_ends_with_5_and_the_run_can_go_on_without_it(
    tmp_path: Path, *, early: bool
) -> None:
    flags = ["run", "--n", "30", "--workers", "1", "--name", "a", "--quiet"]
    limited = f'ulimit -f {20 if early else 100}; exec "$PYTHON" -m tradegen {" ".join(flags)}'
    done = subprocess.run(
        ["bash", "-c", limited],
        cwd=tmp_path,
        env=environment({"PYTHON": sys.executable}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 5
    assert "no file may be larger than" in done.stderr
    assert (tmp_path / "runs/a/run.json").exists() is not early
    assert process(tmp_path, *flags, "--resume").code == 0
    written = json.loads((tmp_path / "runs/a/run.json").read_text(encoding="utf-8"))
    assert (written["status"], written["accepted"]) == ("done", 30)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError("Unable to allocate 9 GiB"), "not enough memory (Unable to allocate 9 GiB)"),
        (RuntimeError("can't start new thread"), "no more threads can be started"),
        (OSError(errno.EMFILE, "Too many open files"), "too many files are open"),
        (OSError(errno.EAGAIN, "unavailable"), "no more processes can be started"),
    ],
)
def test_what_the_machine_has_too_little_of_is_told_in_one_line(
    cli: Command, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("tradegen.cli.run_command.run_job", fail)
    answer = cli("run", "--n", 3, "--quiet")
    assert answer.code == 1
    assert answer.err.startswith(f"tradegen: {said}")
    assert answer.err.count("\n") == 1


def test_linear_algebra_gets_one_thread_unless_the_user_says_otherwise(
    cli: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert cli("--version").code == 0
    assert (os.environ["OPENBLAS_NUM_THREADS"], os.environ["OMP_NUM_THREADS"]) == ("1", "3")
