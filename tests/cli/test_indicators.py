"""`tradegen indicators`, and the features that a run writes itself."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.data.test_run_folder import held_by_another_process
from tests.support.cli import Command, in_a_terminal, plain
from tests.support.rows import demo_rows, records, write_jsonl, write_parquet
from tests.support.runs import ROWS, FinishedRun
from tradegen.cli import step_progress
from tradegen.data.gold import DEMO_GOLD


@pytest.fixture
def run(finished_run: FinishedRun, tmp_path: Path) -> Path:
    return finished_run.copied_to(tmp_path / "runs")


def features(run: Path) -> pa.Table:
    return pq.read_table(run / "features.parquet")


# --- of a run ---------------------------------------------------------------------------------


def test_a_run_has_features_of_all_its_rows_in_their_order(finished_run: FinishedRun) -> None:
    table = features(finished_run.path)
    rows = pq.read_table(finished_run.path / "rows.parquet", columns=["trade_id"])
    assert table["trade_id"].equals(rows["trade_id"])
    assert "rsi_14" in table.column_names
    assert sum(column.null_count for column in table.columns) == 0


def test_the_volatility_of_a_run_is_the_one_its_buckets_ask_for(finished_run: FinishedRun) -> None:
    found = sorted(features(finished_run.path)["volatility_close_64"].to_pylist())
    start = 0
    for bucket in sorted(finished_run.result.manifest["buckets"], key=lambda bucket: bucket["low"]):
        inside = found[start : start + bucket["accepted"]]
        assert all(bucket["low"] <= value < bucket["high"] for value in inside)
        start += bucket["accepted"]
    assert start == ROWS


def test_computing_them_again_gives_the_same_bytes(cli: Command, run: Path) -> None:
    before = (run / "features.parquet").read_bytes()
    (run / "features.parquet").unlink()
    said = cli("indicators", "first")
    assert said.code == 0
    assert f"wrote {Path('runs/first/features.parquet')}: 23 columns of 40 rows" in said.out
    assert (run / "features.parquet").read_bytes() == before


def test_gold_may_have_gone(cli: Command, run: Path, tmp_path: Path) -> None:
    """What makes a year is in run.json: neither gold nor its calendars are needed again."""
    manifest = json.loads((run / "run.json").read_text("utf-8"))
    manifest["settings"]["gold"]["files"] = [str(tmp_path / "gone.parquet")]
    (run / "run.json").write_text(json.dumps(manifest), "utf-8")
    before = features(run)
    assert cli("indicators", "first").code == 0
    assert features(run).equals(before)


def test_what_is_asked_for_comes_beside_the_default_set(cli: Command, run: Path) -> None:
    before = features(run)
    said = cli(
        "indicators", "first", "--indicator", "kc(length=20)", "--indicator", "sma(length=80)"
    )
    assert said.code == 0
    assert "null: sma_80 in 40" in said.out
    after = features(run)
    assert after.column_names[-4:] == ["kcle_20_2", "kcbe_20_2", "kcue_20_2", "sma_80"]
    assert after.select(before.column_names).equals(before)


def test_another_file_leaves_the_runs_own_alone(cli: Command, run: Path, tmp_path: Path) -> None:
    before = (run / "features.parquet").read_bytes()
    assert (
        cli("indicators", "first", "--out", tmp_path / "new/f.parquet", "--indicator", "hma").code
        == 0
    )
    assert pq.read_table(tmp_path / "new/f.parquet").column_names[-1] == "hma_10"
    assert (run / "features.parquet").read_bytes() == before


@pytest.mark.parametrize("name", ["rows.parquet", "run.json", "features.parquet", "README.md"])
def test_no_file_of_a_run_is_replaced(cli: Command, run: Path, name: str) -> None:
    before = (run / name).read_bytes()
    said = cli("indicators", DEMO_GOLD, "--out", run / name)
    assert said.code == 2
    assert "one of the run's own files" in said.err
    assert (run / name).read_bytes() == before


def test_a_run_that_is_being_worked_on_is_left_alone(cli: Command, run: Path) -> None:
    with held_by_another_process(run):
        said = cli("indicators", "first")
    assert said.code == 5
    assert "another process is working on this run" in said.err


def test_a_run_that_was_killed_gives_those_accepted_so_far(
    cli: Command, run: Path, tmp_path: Path
) -> None:
    manifest = json.loads((run / "run.json").read_text("utf-8"))
    (run / "run.json").write_text(json.dumps({**manifest, "status": "running"}), "utf-8")
    (run / "rows.parquet").unlink()
    before = features(run)
    assert cli("indicators", "first", "--out", "f.parquet").code == 0
    assert pq.read_table("f.parquet").equals(before)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("kx(length=20)", "there is no kx: did you mean kc"),
        ("kc(lenght=20)", "there is no lenght: did you mean length?"),
        ("rsi(length=14)", "gives rsi_14, and so does the default set"),
    ],
)
@pytest.mark.parametrize("command", [("indicators", "first"), ("run", "--n", "3")])
def test_what_cannot_be_computed_is_refused_before_any_work(
    cli: Command, run: Path, command: tuple[str, ...], asked: str, says: str
) -> None:
    before = sorted(run.parent.iterdir())
    said = cli(*command, "--indicator", asked)
    assert (said.code, said.out) == (2, "")
    assert says in said.err
    assert "indicators.extra" in said.err
    assert sorted(run.parent.iterdir()) == before


@pytest.mark.parametrize(
    ("rows", "no_file"), [("gld.parquet", "no such file"), ("runs", "is a folder")]
)
def test_what_is_neither_a_file_nor_a_run_is_told_to_be_neither(
    cli: Command, run: Path, rows: str, no_file: str
) -> None:
    said = cli("indicators", rows)
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        f"tradegen: {rows}: {no_file}, and no run '{rows}' in runs; there is: first. Name a run, "
        "or the file that holds the trades\n"
    )


# --- of trades of one's own -------------------------------------------------------------------


def test_trades_of_a_file_get_theirs_beside_it(cli: Command, tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "trades.parquet", records(30))
    said = cli("indicators", path)
    assert said.code == 0
    table = pq.read_table(tmp_path / "trades.features.parquet")
    assert sorted(table["trade_id"].to_pylist()) == sorted(demo_rows().trade_id[:30].tolist())
    assert b"tradegen" not in table.schema.metadata


def test_rows_of_a_run_may_be_given_as_a_file(cli: Command, run: Path) -> None:
    said = cli("indicators", run / "rows.parquet", "--out", "f.parquet")
    assert said.code == 0
    assert "was made by tradegen" in said.out
    table, own = pq.read_table("f.parquet"), features(run)
    assert (
        table.sort_by("trade_id")
        .drop_columns(_ANNUALISED)
        .equals(own.sort_by("trade_id").drop_columns(_ANNUALISED))
    )
    assert b"tradegen" in table.schema.metadata


_ANNUALISED = ["volatility_close_64", "volatility_parkinson_64", "volatility_yang_zhang_64"]
"""The few rows of a run tell less of their markets' calendars than gold does."""


def test_bad_trades_are_refused_as_bad_gold_is(cli: Command, tmp_path: Path) -> None:
    rows = records(3)
    rows[1]["bars"][5]["high"] = -1
    path = write_jsonl(tmp_path / "bad.jsonl", rows)
    said = cli("indicators", path)
    assert said.code == 2
    assert "row 2: bars[5]" in said.err
    assert not (tmp_path / "bad.features.parquet").exists()
    assert cli("indicators", path, "--skip-bad-gold").code == 0
    assert pq.read_metadata(tmp_path / "bad.features.parquet").num_rows == 2


def test_the_trades_themselves_are_not_replaced(cli: Command, tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "trades.parquet", records(3))
    before = path.read_bytes()
    said = cli("indicators", path, "--out", path)
    assert said.code == 2
    assert "these are the trades themselves" in said.err
    assert path.read_bytes() == before


# --- while it takes long ----------------------------------------------------------------------

TWO = ("--indicator", "hma", "--indicator", "ema")


def test_what_is_slow_is_shown_on_stderr_while_it_is_computed(
    cli: Command, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_progress, "LINE_EVERY_S", 0.0)
    for rows in ("first", "runs/first/rows.parquet"):
        said = cli("indicators", rows, "--out", "f.parquet", *TWO)
        told = [line.rpartition(",")[0] for line in said.err.splitlines()]
        assert told == ["values asked for: 40 of 80", "values asked for: 80 of 80"]
        assert "values asked for" not in said.out


def test_nothing_is_shown_of_what_is_soon_done(
    cli: Command, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("indicators", "first", *TWO).err == ""
    monkeypatch.setattr(step_progress, "LINE_EVERY_S", 0.0)
    assert cli("indicators", "first").err == ""


def test_in_a_terminal_a_bar_is_shown_that_goes_when_it_is_full(run: Path, tmp_path: Path) -> None:
    said = in_a_terminal(tmp_path, "indicators", "first", *TWO)
    assert said.code == 0
    assert "values asked for" in said.out
    assert "/80" in plain(said.out)
    assert plain(said.out).rstrip().endswith("25 columns of 40 rows")
    assert "values asked for" not in in_a_terminal(tmp_path, "indicators", "first").out


# --- as a run goes on -------------------------------------------------------------------------


def test_a_run_writes_what_was_asked_for_and_asks_again_only_for_what_is_new(
    cli: Command, tmp_path: Path
) -> None:
    command = ("run", "--n", "8", "--workers", "1", "--name", "x", "--indicator")
    assert cli(*command, "kc(length = 20)").code == 0
    run = tmp_path / "runs/x"
    assert "kcue_20_2" in features(run).column_names
    rows = (run / "rows.parquet").read_bytes()
    manifest = json.loads((run / "run.json").read_text("utf-8"))
    assert manifest["settings"]["indicators"]["extra"] == ["kc(length=20)"]

    assert "was already done" in cli(*command, "kc(length=20)").out
    assert "was already done" in cli("run", "--n", "8", "--name", "x").out
    said = cli(*command, "hma")
    assert said.code == 0
    assert "written anew from the ledger with hma" in said.out
    assert features(run).column_names[-1] == "hma_10"
    assert (run / "rows.parquet").read_bytes() == rows
    assert "indicators at entry: " in said.out


def test_what_a_run_asked_for_and_what_is_asked_now_must_go_together(
    cli: Command, tmp_path: Path
) -> None:
    assert cli("run", "--n", "3", "--workers", "1", "--name", "x", "--indicator", "ema").code == 0
    assert cli("indicators", "x", "--indicator", "hma").code == 0
    assert features(tmp_path / "runs/x").column_names[-2:] == ["ema_10", "hma_10"]
    said = cli("indicators", "x", "--indicator", "ema(length=10)")
    assert (said.code, said.out) == (2, "")
    assert "ema(length=10) gives ema_10, and so does ema" in said.err
    assert features(tmp_path / "runs/x").column_names[-2:] == ["ema_10", "hma_10"]


@pytest.mark.parametrize("how", ["gone", "cut", "fewer rows"])
def test_features_that_are_missing_or_damaged_are_written_anew(
    cli: Command, run: Path, how: str
) -> None:
    path = run / "features.parquet"
    before, table = path.read_bytes(), features(run)
    if how == "gone":
        path.unlink()
    elif how == "cut":
        path.write_bytes(before[: len(before) // 2])
    else:
        pq.write_table(table.slice(1), path)
    shown = cli("show", "first")
    assert shown.code == (0 if how == "gone" else 5)
    said = cli("run", "--name", "first")
    assert said.code == 0
    assert "features.parquet: damaged (" in said.out
    assert path.read_bytes() == before
    assert str(Path("runs/first/features.parquet")) in cli("show", "first").out
