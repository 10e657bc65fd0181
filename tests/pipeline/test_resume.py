"""Which run a command means, and when it may go on with an old one."""

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.runs import manifest
from tradegen.data.ledger import Ledger
from tradegen.data.run_folder import RunFolder
from tradegen.errors import InputError, StorageError
from tradegen.pipeline.resume import Chosen, check_same, check_version, choose_run, find_folder
from tradegen.settings import load_settings, what_is_stated
from tradegen.version import __version__

NOW = datetime(2024, 2, 29, 10, 15, 0)


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def begun(
    name: str,
    status: str = "interrupted",
    written: float = 0.0,
    in_background: Mapping[str, Any] | None = None,
    **stated: Any,
) -> RunFolder:
    """Leave a run behind as a job does: its manifest, and a ledger last written at a time."""
    settings = load_settings({"n": 50, **stated, "run": {"name": name}})
    folder = RunFolder(Path("runs") / name)
    folder.create()
    folder.write_manifest(
        manifest(
            status,
            settings=settings.model_dump(mode="json"),
            settings_in_background=dict(in_background or {}),
        )
    )
    folder.ledger.touch()
    os.utime(folder.ledger, (written, written))
    return folder


def choose(tree: Mapping[str, Any] | None = None, *, resume: bool = False) -> Chosen:
    settings = load_settings(tree)
    folder = find_folder(settings, resume=resume, now=NOW).folder
    return choose_run(folder, settings, what_is_stated(tree), resume=resume)


# --- which run --------------------------------------------------------------------------------


def test_a_new_run_is_named_after_the_time_it_starts() -> None:
    chosen = choose()
    assert chosen.folder.path == Path("runs/20240229-101500")
    assert chosen.manifest is None


def test_runs_that_start_in_the_same_second_have_names_of_their_own() -> None:
    for name in ("20240229-101500", "20240229-101500-2"):
        Path("runs", name).mkdir(parents=True)
    assert choose().folder.name == "20240229-101500-3"


def test_a_name_that_is_new_begins_a_new_run() -> None:
    chosen = choose({"run": {"name": "mine", "folder": "elsewhere"}})
    assert (chosen.folder.path, chosen.manifest) == (Path("elsewhere/mine"), None)


@pytest.mark.parametrize("resume", [True, False])
def test_a_name_that_is_known_goes_on_with_that_run(resume: bool) -> None:
    begun("mine", seed=4)
    chosen = choose({"run": {"name": "mine"}}, resume=resume)
    assert chosen.manifest is not None
    assert chosen.manifest["status"] == "interrupted"
    assert (chosen.settings.n, chosen.settings.seed) == (50, 4)


def test_resume_alone_means_the_latest_run_that_is_not_done() -> None:
    begun("b", written=300, status="done")
    begun("a", written=200, status="exhausted")
    begun("c", written=100, status="running")
    chosen = choose(resume=True)
    assert chosen.folder.name == "a"
    assert chosen.settings.run.name == "a"


def test_resume_passes_over_a_run_that_cannot_be_read_and_says_so() -> None:
    begun("good", written=100)
    begun("torn", written=300).manifest.write_text('{"status": "do', encoding="utf-8")
    begun("odd", written=200).manifest.write_text("[]", encoding="utf-8")
    found = find_folder(load_settings(), resume=True, now=NOW)
    assert found.folder.name == "good"
    torn, odd = found.notes
    assert torn.startswith(f"passed over: {Path('runs/torn/run.json')}: cannot be read (")
    assert odd.startswith(f"passed over: {Path('runs/odd/run.json')}: cannot be read (")


def test_resume_where_no_run_can_be_read_says_which() -> None:
    begun("torn").manifest.write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"no unfinished run to resume\n.*torn.*cannot be read"):
        choose(resume=True)


def test_resume_where_every_run_is_done_is_an_error() -> None:
    begun("a", status="done")
    with pytest.raises(InputError, match="runs: no unfinished run to resume"):
        choose(resume=True)


def test_resume_of_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(InputError, match="nothing to resume here; leave out --resume"):
        choose({"run": {"name": "mine"}}, resume=True)


# --- with which settings ----------------------------------------------------------------------


def test_what_is_not_stated_again_stays_as_it_was() -> None:
    begun("mine", diversity={"weights": "0.4=1,0.8=3"}, judge={"false_rejections": 0.1})
    chosen = choose({"n": 50, "run": {"name": "mine"}})
    assert chosen.settings.diversity.weights == {"0.4": 1.0, "0.8": 3.0}
    assert chosen.settings.judge.false_rejections == 0.1


def test_how_the_work_is_done_may_change() -> None:
    begun("mine")
    chosen = choose({"run": {"name": "mine", "workers": 3, "max_attempts": 999}})
    assert (chosen.settings.run.workers, chosen.settings.run.max_attempts) == (3, 999)


def test_limits_of_attempts_stay_as_they_were_unless_they_are_stated() -> None:
    settings = begun("mine").read_manifest()["settings"]
    settings["run"] |= {"max_attempts": 70, "max_attempts_per_row": 7}
    RunFolder(Path("runs/mine")).write_manifest(manifest("interrupted", settings=settings))
    kept = choose({"run": {"name": "mine"}}).settings.run
    assert (kept.max_attempts, kept.max_attempts_per_row) == (70, 7)
    raised = choose({"run": {"name": "mine", "max_attempts_per_row": 9}}, resume=True).settings.run
    assert (raised.max_attempts, raised.max_attempts_per_row) == (70, 9)


@pytest.mark.parametrize(
    ("stated", "names_files"),
    [
        ({}, False),
        ({"n": 50}, False),
        ({"gold": {"files": ["gold.parquet"]}}, True),
        ({"gold": {"bars": ["bars.parquet"]}}, True),
        ({"diversity": {"file": "constraint.yaml"}}, True),
    ],
    ids=["nothing", "n", "gold", "bars", "constraint"],
)
def test_a_command_that_names_files_is_known(stated: dict[str, Any], names_files: bool) -> None:
    begun("mine", diversity={"file": "constraint.yaml"})
    assert choose({**stated, "run": {"name": "mine"}}).names_files is names_files


def test_where_gold_lies_may_change_and_else_stays() -> None:
    begun("mine", gold={"files": ["old.parquet"], "holdout": 0.3})
    moved = choose({"run": {"name": "mine"}, "gold": {"files": ["new.parquet"]}})
    assert moved.settings.gold.files == (Path("new.parquet"),)
    assert moved.settings.gold.holdout == 0.3
    assert choose({"run": {"name": "mine"}}).settings.gold.files == (Path("old.parquet"),)


def test_a_refusal_lists_every_setting_that_differs_and_no_other() -> None:
    begun("mine", seed=4, gold={"tz": "UTC"})
    tree = {"n": 60, "seed": 4, "gold": {"tz": "Europe/Berlin"}, "run": {"name": "mine"}}
    with pytest.raises(InputError) as refused:
        choose(tree)
    lines = str(refused.value).splitlines()
    assert lines[0] == f"{Path('runs/mine')}: this run was begun with other settings:"
    assert lines[1:-1] == ["  n: 50 then, 60 now", "  gold.tz: 'UTC' then, 'Europe/Berlin' now"]
    assert "another --name" in lines[-1]


def test_a_default_stated_against_an_old_setting_is_a_difference() -> None:
    begun("mine", seed=4)
    with pytest.raises(InputError, match="seed: 4 then, 0 now"):
        choose({"seed": 0, "run": {"name": "mine"}})


@pytest.mark.parametrize(
    "table",
    [
        "[gold.instruments.AAPL]\nlot = 100",
        (
            "[[diversity.columns]]\nname = 'target_volatility'\nsampler_type = 'category'\n"
            "params = {values = [0.4, 0.8]}"
        ),
    ],
    ids=["instruments", "columns"],
)
def test_an_unchanged_settings_file_lets_its_run_go_on(table: str) -> None:
    Path("tradegen.toml").write_text(table, encoding="utf-8")
    begun("mine")
    assert choose({"run": {"name": "mine"}, "n": 50}).manifest is not None


def test_the_same_sampler_column_said_in_another_way_is_the_same() -> None:
    column = {"name": "target_volatility", "sampler_type": "category"}
    params = {"values": [0.4, 0.8], "weights": [1, 3]}
    begun("mine", diversity={"columns": [{**column, "params": params}]})
    spelt_out = {**column, "params": {**params, "weights": [1.0, 3.0]}, "column_type": "sampler"}
    chosen = choose({"diversity": {"columns": [spelt_out]}, "run": {"name": "mine"}})
    assert chosen.manifest is not None


def test_the_environment_does_not_change_what_an_old_run_was_begun_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun("mine")
    monkeypatch.setenv("TRADEGEN_GOLD__INSTRUMENTS", '{"AAPL": {"lot": 100}}')
    with pytest.raises(InputError, match=r"gold\.instruments"):
        choose({"run": {"name": "mine"}})


def test_a_manifest_that_cannot_be_read_stops_the_run_by_name() -> None:
    folder = begun("mine")
    folder.manifest.write_text(json.dumps({"status": "done"})[:9], encoding="utf-8")
    with pytest.raises(StorageError, match=r"run\.json: cannot be read"):
        choose({"run": {"name": "mine"}})


@pytest.mark.parametrize("settings", [{"n": 50, "novelty": 1}, None])
def test_a_manifest_of_another_version_stops_the_run_by_name(
    settings: dict[str, Any] | None,
) -> None:
    folder = begun("mine")
    folder.write_manifest(manifest("interrupted", settings=settings or {"n": 50, "seed": None}))
    with pytest.raises(InputError, match=r"run\.json"):
        choose({"run": {"name": "mine"}})


def test_a_ledger_keeps_what_it_was_begun_with_and_refuses_anything_else() -> None:
    folder = begun("mine")
    ledger = Ledger(folder.ledger)
    check_same(folder, ledger, {"seed": 4, "gold": "abc"})
    check_same(folder, ledger, {"gold": "abc", "seed": 4})
    with pytest.raises(InputError, match="gold: 'abc' then, 'def' now"):
        check_same(folder, ledger, {"seed": 4, "gold": "def"})
    ledger.close()


def test_a_ledger_that_another_version_has_begun_is_refused_with_the_ways_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = begun("mine")
    ledger = Ledger(folder.ledger)
    check_version(folder, ledger)
    check_version(folder, ledger)
    monkeypatch.setattr("tradegen.pipeline.resume.__version__", "9.9.9")
    with pytest.raises(InputError) as refused:
        check_version(folder, ledger)
    assert f"begun with tradegen {__version__}; this is 9.9.9" in str(refused.value)
    assert f"pip install tradegen=={__version__}" in str(refused.value)
    assert "another --name" in str(refused.value)
    ledger.close()


# --- the settings file and the environment ----------------------------------------------------


def test_a_file_that_changed_since_is_a_difference_but_not_for_resume() -> None:
    Path("tradegen.toml").write_text("seed = 4", encoding="utf-8")
    begun("mine", in_background={"seed": 4}, seed=4)
    assert choose({"run": {"name": "mine"}}).settings.seed == 4
    Path("tradegen.toml").write_text("seed = 5", encoding="utf-8")
    with pytest.raises(InputError, match="seed: 4 then, 5 now"):
        choose({"run": {"name": "mine"}})
    assert choose({"run": {"name": "mine"}}, resume=True).settings.seed == 4


def test_a_file_that_a_flag_outdid_when_the_run_was_begun_is_no_difference() -> None:
    Path("tradegen.toml").write_text("n = 12", encoding="utf-8")
    begun("mine", in_background={"n": 12})
    assert choose({"run": {"name": "mine"}}).settings.n == 50


def test_a_flag_counts_for_resume_too() -> None:
    begun("mine", seed=4)
    with pytest.raises(InputError, match="seed: 4 then, 5 now"):
        choose({"seed": 5, "run": {"name": "mine"}}, resume=True)
