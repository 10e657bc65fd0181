"""Notebooks run from the first cell to the last, and are kept without what they have shown."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).parents[2]
RUNNING = runpy.run_path(str(ROOT / "docs" / "run_notebooks.py"))  # a script
NOTEBOOKS: list[Path] = RUNNING["NOTEBOOKS"]


def shown(notebook: Any, media: str) -> list[str]:
    """Return what the cells have shown in one form, in their order."""
    return [
        output["data"][media]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if media in output.get("data", {})
    ]


def run(stem: str, folder: Path) -> Any:
    desk = RUNNING["prepared"](folder)
    return RUNNING["run_notebook"](ROOT / "notebooks" / f"{stem}.ipynb", desk)


def test_a_first_run_shows_its_progress_its_trades_and_its_rows(tmp_path: Path) -> None:
    notebook = run("01_first_run", tmp_path)
    progress, result, *_ = shown(notebook, "text/html")
    assert "120 of 120 rows made, 120 accepted" in progress
    assert result.count("<svg") == 5


def test_fills_become_gold_in_the_notebook(tmp_path: Path) -> None:
    run("02_your_own_log", tmp_path)
    assert (tmp_path / "notebooks" / "mine.parquet").is_file()


def test_the_verdict_of_the_notebook_changes_with_what_is_planted(tmp_path: Path) -> None:
    notebook = run("03_is_it_overfit", tmp_path)
    verdicts = [one for one in shown(notebook, "text/plain") if one.startswith("EvaluationRes")]
    assert [one.split("(")[1].split(".")[0] for one in verdicts] == [
        "inconclusive",
        "overfit",
        "underfit",
    ]
    tables = [html for html in shown(notebook, "text/html") if "half of gold" in html]
    assert ["✗ failed" in html for html in tables] == [False, True, True]
    printed = [o for cell in notebook.cells for o in cell.get("outputs", []) if "name" in o]
    assert [o["text"] for o in printed if o["name"] == "stderr"] == []


def test_the_loop_of_the_notebook_has_all_four_nodes_in_its_picture(tmp_path: Path) -> None:
    notebook = run("04_inside_the_loop", tmp_path)
    graph, *charts = shown(notebook, "text/html")
    for node in ("sampler_node", "generator_node", "judge_node", "refiner_node"):
        assert f">{node}</text>" in graph
    assert sum(html.startswith("<svg") for html in charts) >= 5


def test_language_models_of_the_notebook_are_asked_over_http(tmp_path: Path) -> None:
    notebook = run("05_nim", tmp_path)
    assert "12 of 12 rows accepted" in shown(notebook, "text/html")[1]


def test_every_notebook_has_a_test_of_its_own() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    assert [path.stem for path in NOTEBOOKS if f'"{path.stem}"' not in here] == []
    assert len(NOTEBOOKS) == 5


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["outputs"] for cell in code] == [[]] * len(code)
    assert [cell["execution_count"] for cell in code] == [None] * len(code)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_begins_with_a_question_and_ends_with_its_answer(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert "**The question:**" in "".join(cells[0]["source"])
    assert "".join(cells[-1]["source"]).split("\n## ")[-1].split("\n")[0].endswith("The answer")


def test_a_cell_that_fails_fails_the_notebook_with_its_traceback(tmp_path: Path) -> None:
    import nbformat

    broken = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    nbformat.write(broken, tmp_path / "broken.ipynb")
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        RUNNING["run_notebook"](tmp_path / "broken.ipynb", tmp_path)
