"""The Python API: from a script, from a notebook, and with Data Designer's own objects."""

import ast
import asyncio
import gc
import json
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pyarrow.parquet as pq
import pytest

import tradegen
from tests.support.cli import python
from tests.support.runs import ROWS, FinishedRun, StoppedRun
from tradegen.api import EvaluationResult, RunResult, _diversity
from tradegen.data.gold import DEMO_GOLD
from tradegen.data.run_folder import RunFolder
from tradegen.errors import InputError, StorageError, TradegenError
from tradegen.notebook import run_view
from tradegen.pipeline.job import Progress
from tradegen.pipeline.prepare import Prepared
from tradegen.samplers.columns import read_columns
from tradegen.settings import load_settings
from tradegen.testing.nim_server.process import nim_server
from tradegen.verdict import evaluation


def here(folder: Path, **more: Any) -> dict[str, Any]:
    """Return settings of a quick run in a folder of the test's own."""
    return {"run": {"folder": folder / "runs", "workers": 1, **more}}


def targets(result: RunResult) -> dict[float, int]:
    return {bucket["value"]: bucket["accepted"] for bucket in result.manifest["buckets"]}


# --- what comes back --------------------------------------------------------------------------


def test_a_result_says_where_its_rows_are_and_how_it_went(finished_run: FinishedRun) -> None:
    result = finished_run.result
    assert (result.status, result.accepted) == ("done", ROWS)
    assert result.folder.name == "first"
    assert json.loads((result.folder / "run.json").read_text(encoding="utf-8")) == result.manifest


def test_rows_come_as_an_arrow_table(finished_run: FinishedRun) -> None:
    assert finished_run.result.to_arrow().equals(pq.read_table(finished_run.path / "rows.parquet"))


def test_rows_come_as_a_data_frame_to_work_with(finished_run: FinishedRun) -> None:
    frame = finished_run.result.to_pandas()
    assert len(frame) == ROWS
    assert isinstance(frame["entry_time"].dtype, pd.DatetimeTZDtype)
    assert (frame["exit_time"] >= frame["entry_time"]).all()
    assert frame["entry_price"].dtype == "float64"
    assert set(frame["side"]) <= {"long", "short"}
    bars = pd.DataFrame(list(frame["bars"][0]))
    assert len(bars) > 64
    assert (bars["low"] <= bars["high"]).all()
    assert bars["low"][64] <= frame["entry_price"][0] <= bars["high"][64]


def test_in_jupyter_a_result_shows_itself_as_a_table(finished_run: FinishedRun) -> None:
    html = finished_run.result._repr_html_()
    assert "<b>first</b>: 40 of 40 rows accepted" in html
    buckets = len(finished_run.result.manifest["buckets"])
    assert html.count("<tr>") == 1 + buckets + 1 + run_view.ROWS_SHOWN
    assert '<td>0.7</td><td class="number">8</td><td class="number">8</td>' in html


def test_a_result_fits_on_one_line(finished_run: FinishedRun) -> None:
    result = finished_run.result
    assert repr(result) == f"RunResult(done: 40 of 40 rows accepted, {result.folder})"


def test_a_run_is_evaluated_from_python(
    finished_run: FinishedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = evaluation.Effort(trials=2, rows_learned_from=100, rows_for_runs=100)
    monkeypatch.setattr("tradegen.evaluating.QUICK", few)
    told: list[str] = []
    found = tradegen.evaluate(
        finished_run.result, quick=True, out=tmp_path / "out", workers=1, progressed=told.append
    )
    assert found.record == json.loads((tmp_path / "out/evaluation.json").read_text())
    assert found.verdict in ("well_fit", "overfit", "underfit", "inconclusive")
    assert told[0] == "references"
    checks = found.table()
    assert set(checks["outcome"]) <= {"passed", "failed", "open"}
    assert len(found.table("strategies")) == 16
    assert repr(found) == f"EvaluationResult({found.record['headline']} {tmp_path / 'out'})"
    html = found._repr_html_()
    assert html.count("<tr>") == 1 + len(checks)
    assert ">rows near gold</span>" in html


def test_rows_that_cannot_be_evaluated_are_an_error_to_catch(tmp_path: Path) -> None:
    with pytest.raises(TradegenError, match="no run"):
        tradegen.evaluate("nothing", folder=tmp_path)
    with pytest.raises(InputError, match="rows are a DataFrame; expected the result of a run"):
        tradegen.evaluate(pd.DataFrame())  # type: ignore[arg-type]


def test_a_table_that_is_not_there_is_an_error_to_catch(tmp_path: Path) -> None:
    gone = EvaluationResult(tmp_path, {})
    with pytest.raises(InputError, match="no table 'skill'; expected one of checks"):
        gone.table("skill")
    with pytest.raises(StorageError, match=r"skills\.parquet: cannot be read"):
        gone.table("skills")


def test_text_in_the_table_is_escaped(finished_run: FinishedRun) -> None:
    manifest = json.loads(json.dumps(finished_run.result.manifest))
    manifest["buckets"][0]["bucket"] = "0.3 (setup=<script>alert(1)</script> & more)"
    html = RunResult(Path("runs/<i>"), "<done>", manifest)._repr_html_()
    assert "<script>" not in html
    assert "setup=&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in html
    assert "<i>" not in html
    assert "<done>" not in html


# --- what goes in -----------------------------------------------------------------------------


def test_data_designers_own_sampler_column_is_taken_as_it_is(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what other people's packages warn of
        from nemo_microservices.types.data_designer import (
            CategorySamplerParams,
            SamplerColumnConfig,
        )

    column = SamplerColumnConfig(
        name="target_volatility",
        column_type="sampler",
        sampler_type="category",
        params=CategorySamplerParams(
            values=[0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1],
            weights=[0.05, 0.05, 0.1, 0.15, 0.2, 0.2, 0.15, 0.05, 0.05],
        ),
    )
    file = tmp_path / "mine.toml"
    file.write_text("n = 9\nseed = 4\n", encoding="utf-8")
    result = tradegen.run(
        20, str(DEMO_GOLD), diversity=column, settings=here(tmp_path), settings_file=str(file)
    )
    assert targets(result) == {
        0.3: 1, 0.4: 1, 0.5: 2, 0.6: 3, 0.7: 4, 0.8: 4, 0.9: 3, 1.0: 1, 1.1: 1
    }  # fmt: skip
    assert result.manifest["settings"]["seed"] == 4, "the file was not read"
    assert result.manifest["gold"]["files"] == [str(DEMO_GOLD)]


def test_the_usual_settings_are_arguments(tmp_path: Path) -> None:
    result = tradegen.run(
        6,
        seed=3,
        engine="embedded",
        weights={0.4: 1, 0.6: 2},
        name="named",
        folder=tmp_path / "runs",
        workers=1,
        settings={"seed": 1, "run": {"in_flight": 4}},
    )
    settings = result.manifest["settings"]
    assert result.folder == tmp_path / "runs" / "named"
    assert (settings["seed"], settings["run"]["workers"]) == (3, 1)
    assert settings["run"]["in_flight"] == 4
    assert targets(result) == {0.4: 2, 0.6: 4}


def test_a_data_frame_is_gold(tmp_path: Path) -> None:
    frame = pd.read_parquet(DEMO_GOLD)
    result = tradegen.run(4, frame, folder=tmp_path / "a", workers=1)
    from_file = tradegen.run(4, DEMO_GOLD, folder=tmp_path / "b", workers=1)
    assert result.to_arrow().equals(from_file.to_arrow())
    assert result.manifest["gold"]["fingerprint"] == from_file.manifest["gold"]["fingerprint"]


def test_progress_is_shown_where_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quiet = tradegen.run(2, folder=tmp_path, workers=1)
    assert quiet.accepted == 2
    assert capsys.readouterr().out == "", "nobody looks on"
    tradegen.run(2, folder=tmp_path, name="shown", workers=1, progress=True)
    assert capsys.readouterr().out.startswith("run shown: 2 rows")


YAML = """\
- name: target_volatility
  sampler_type: category
  params: {values: [0.4, 0.8], weights: [1, 3]}
"""


def test_columns_of_a_constraint_are_split_exactly_in_the_file(tmp_path: Path) -> None:
    weights = {"side": {"long": 0.9, "short": 0.1}, "exit_reason": {"stop": 0.25, "time": 0.75}}
    columns = [
        {
            "name": name,
            "sampler_type": "category",
            "params": {"values": list(of), "weights": list(of.values())},
        }
        for name, of in weights.items()
    ]
    volatility = {
        "name": "target_volatility",
        "sampler_type": "category",
        "params": {"values": [0.6]},
    }
    settings = {**here(tmp_path), "judge": {"false_rejections": 0.2}}
    result = tradegen.run(200, diversity=[*columns, volatility], settings=settings)
    made = result.to_pandas()
    found = made.groupby(["side", "exit_reason"]).size().to_dict()
    assert found == {
        ("long", "stop"): 45,
        ("long", "time"): 135,
        ("short", "stop"): 5,
        ("short", "time"): 15,
    }


@pytest.mark.parametrize(
    "diversity",
    [
        {0.4: 1, 0.8: 3},
        {
            "name": "target_volatility",
            "sampler_type": "category",
            "params": {"values": [0.4, 0.8], "weights": [1, 3]},
        },
        "constraint.yaml",
        Path("constraint.yaml"),
    ],
    ids=["weights", "mapping", "text", "path"],
)
def test_a_diversity_constraint_may_be_given_in_many_forms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, diversity: object
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("constraint.yaml").write_text(YAML, encoding="utf-8")
    settings = load_settings({"diversity": _diversity(diversity)})
    assert settings.diversity.resolved() == read_columns(Path("constraint.yaml"))


def test_the_word_gold_takes_the_buckets_from_gold() -> None:
    assert load_settings({"diversity": _diversity("gold")}).diversity.resolved() == "gold"


# --- errors -----------------------------------------------------------------------------------


def test_a_wrong_setting_is_an_error_to_catch(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"seed = -1: expected"):
        tradegen.run(2, settings={"seed": -1, **here(tmp_path)})
    with pytest.raises(InputError, match="no such setting; did you mean workers"):
        tradegen.run(2, settings=here(tmp_path, worker=2))
    with pytest.raises(InputError, match="int is not a sampler column"):
        tradegen.run(2, diversity=7, settings=here(tmp_path))


def test_too_few_rows_are_an_error_that_carries_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(tradegen.BudgetExhaustedError) as stopped:
        tradegen.run(12, settings=here(tmp_path, name="few", max_attempts=3, in_flight=2))
    result = stopped.value.result
    assert (result.status, result.folder.name) == ("exhausted", "few")
    assert result.accepted == result.to_arrow().num_rows < 12
    assert f"only {result.accepted} of 12 rows were accepted" in str(stopped.value)
    assert isinstance(stopped.value, TradegenError)
    whole = tradegen.run(settings=here(tmp_path, name="few", max_attempts=99), resume=True)
    assert whole.accepted == 12


def test_what_stopped_a_run_is_told_where_it_was_calls_and_not_attempts(tmp_path: Path) -> None:
    with nim_server({"generator": ["{}"]}, folder=tmp_path, models=["alpha"]) as server:
        nim = {"base_url": server.base_url, "max_calls": 12, "max_cost": 1.5}
        nim["generator"] = {"price_in": 1.0}
        with pytest.raises(tradegen.BudgetExhaustedError) as stopped:
            tradegen.run(3, engine="nim", settings={**here(tmp_path, name="x"), "nim": nim})
    assert stopped.value.result.status == "spent"
    assert str(stopped.value) == (
        f"{tmp_path / 'runs/x'}: only 0 of 3 rows were accepted before nim.max_calls = 12 or "
        "nim.max_cost = 1.5 would be passed; they are kept. Go on with resume=True, this name, and "
        "a larger nim.max_calls and nim.max_cost"
    )


@pytest.mark.parametrize("gold", [7, [7], {"files": "x"}])
def test_gold_of_another_type_is_an_error_that_says_what_was_expected(gold: Any) -> None:
    with pytest.raises(InputError, match="expected a file, a list of files or a pandas data fr"):
        tradegen.run(2, gold)


def test_a_data_frame_that_is_no_gold_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TradegenError, match="has no entry_time"):
        tradegen.run(2, pd.DataFrame({"price": [1.0]}), folder=tmp_path)
    with pytest.raises(TradegenError, match="cannot be written as Parquet"):
        tradegen.run(2, pd.DataFrame({"price": [1.0, "x"]}), folder=tmp_path)


def test_errors_speak_of_arguments_and_of_diversity_given_twice(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\(arguments, environment\)"):
        tradegen.run(0, folder=tmp_path)
    with pytest.raises(InputError, match="given twice: by weights and by diversity"):
        tradegen.run(2, weights="gold", diversity="constraint.yaml")


def test_a_stopped_run_goes_on_from_python_wherever_its_gold_lies_now(
    stopped_run: StoppedRun, tmp_path: Path
) -> None:
    run = stopped_run.copied_to(tmp_path / "runs")
    before = pq.read_table(run / "rows.parquet")
    moved = tmp_path / "moved.parquet"
    moved.write_bytes(DEMO_GOLD.read_bytes())
    result = tradegen.run(
        12, moved, settings=here(tmp_path, name="stopped", max_attempts=99), resume=True
    )
    assert (result.status, result.accepted) == ("done", 12)
    assert result.to_arrow().slice(0, before.num_rows).equals(before)


# --- where it is called -----------------------------------------------------------------------


class Notes:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.began = False
        self.seen: list[Progress] = []

    def started(self, prepared: Prepared, folder: RunFolder, accepted: int) -> None:
        assert accepted == 0
        self.began = True

    def progressed(self, progress: Progress) -> None:
        assert self.began
        self.seen.append(progress)

    def stopping(self) -> None:
        raise AssertionError("nobody asked for a stop")


def test_a_run_in_a_running_event_loop_as_in_jupyter_works_and_leaves_nothing_open(
    tmp_path: Path,
) -> None:
    notes = Notes()

    async def cell() -> RunResult:
        return tradegen.run(20, settings=here(tmp_path, in_flight=4), observer=notes)

    before = set(psutil.Process().children())
    gc.collect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = asyncio.run(cell())
        gc.collect()
    assert [str(one.message) for one in caught if one.category is ResourceWarning] == []
    assert set(psutil.Process().children()) <= before
    assert result.accepted == 20
    assert set(result.to_pandas()["source"]) == {"simulated"}
    accepted = [progress.accepted for progress in notes.seen]
    assert accepted == sorted(accepted)
    assert accepted[-1] == 20
    assert len(set(accepted)) > 2


SCRIPT = """\
import tradegen

result = tradegen.run(8, settings={"run": {"workers": 2, "name": "script"}})
print(result.accepted, result.status)
"""

WATCH = """\
import os, sys

def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        with open(os.environ["WATCH_LOG"], "a") as log:
            print(event, args[1:] if event == "socket.connect" else args, file=log)
        raise OSError("this machine has no network")
    if event == "socket.bind" and args[1][0] not in ("127.0.0.1", "::1"):  # urllib3 tries IPv6
        with open(os.environ["WATCH_LOG"], "a") as log:
            print(event, args[1:], file=log)

sys.addaudithook(watch)
open(os.environ["WATCH_LOG"] + ".started", "a").write(f"{os.getpid()}\\n")
"""


@pytest.fixture(scope="module")
def script_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run a plain script with two workers where every way out is watched and barred."""
    folder = tmp_path_factory.mktemp("script")
    (folder / "script.py").write_text(SCRIPT, encoding="utf-8")
    (folder / "hooks").mkdir()
    (folder / "hooks/sitecustomize.py").write_text(WATCH, encoding="utf-8")
    log = folder / "log"
    said = python(
        folder,
        "script.py",
        env={"PYTHONPATH": str(folder / "hooks"), "WATCH_LOG": str(log)},
    )
    (folder / "said.json").write_text(json.dumps([said.code, said.out, said.err]), "utf-8")
    return folder


def test_a_plain_script_without_a_main_guard_works_with_worker_processes(script_run: Path) -> None:
    code, out, err = json.loads((script_run / "said.json").read_text(encoding="utf-8"))
    assert (code, err) == (0, "")
    assert out == "8 done\n", "the script ran once, not once a worker"


def test_a_run_reaches_for_nothing_outside_and_opens_no_port(script_run: Path) -> None:
    started = (script_run / "log.started").read_text(encoding="utf-8").split()
    assert len(started) >= 2, "the workers were not watched"
    log = script_run / "log"
    assert not log.exists() or log.read_text(encoding="utf-8") == ""


def test_importing_tradegen_imports_nothing_heavy(tmp_path: Path) -> None:
    said = python(
        tmp_path, "-c", "import sys, tradegen; print([n for n in sys.modules if '.' not in n])"
    )
    loaded = set(ast.literal_eval(said.out))
    assert loaded.isdisjoint({"langgraph", "pandas", "pydantic", "numpy", "pyarrow", "typer"})


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = tradegen.nothing
    assert {"run", "RunResult", "BudgetExhaustedError", "TradegenError", "__version__"} <= set(
        tradegen.__all__
    )


def test_what_is_imported_on_first_use_can_be_found_by_completion(tmp_path: Path) -> None:
    said = python(tmp_path, "-c", "import tradegen; print(dir(tradegen))")
    assert {"run", "RunResult", "TradegenError"} <= set(ast.literal_eval(said.out))
    assert tradegen.TradegenError is TradegenError
