"""In a real Jupyter kernel a run shows how far it is, and its result as a table."""

import re
from collections.abc import Iterator

import pytest

from tests.support.kernel import Kernel, kernel

SETTINGS = '{"run": {"workers": 1, "in_flight": 2}, "judge": {"false_rejections": 0.4}}'


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with kernel(tmp_path_factory.mktemp("jupyter")) as running:
        running.run("import asyncio, json, sys\nimport tradegen")
        yield running


def rows_made(html: str) -> int | None:
    found = re.search(r"([\d,]+) of [\d,]+ rows made", html)
    return int(found[1].replace(",", "")) if found else None


def test_a_run_shows_how_far_it_is_at_one_place_and_then_its_result(jupyter: Kernel) -> None:
    shown = jupyter.run(
        "loop = asyncio.get_running_loop()\n"
        f"result = tradegen.run(60, name='live', settings={SETTINGS})\n"
        "result"
    )
    made = [count for html in shown.drawings if (count := rows_made(html)) is not None]
    assert made == sorted(made)
    assert made[-1] == 60
    assert len(set(made)) > 2, "nothing was drawn while the run went on"
    assert "run live: 60 rows, engine embedded" in shown.drawings[0]
    assert shown.of("stream") == [], "what is drawn is printed too"
    assert shown.result["text/plain"].startswith("RunResult(done: 60 of 60 rows accepted")
    assert shown.result["text/html"].count("<svg") == 5


def test_nothing_is_drawn_where_none_is_wanted(jupyter: Kernel) -> None:
    shown = jupyter.run(f"tradegen.run(2, progress=False, settings={SETTINGS}).accepted")
    assert shown.of("display_data") == []
    assert shown.result["text/plain"] == "2"


def test_an_interrupted_run_is_told_so_and_its_rows_are_kept(jupyter: Kernel) -> None:
    shown = jupyter.run(
        f"result = tradegen.run(3000, name='broken', settings={SETTINGS})\nresult.status",
        interrupt_at="rows/s",
    )
    assert shown.result["text/plain"] == "'interrupted'"
    assert any("stopping: rows in flight are being finished" in one for one in shown.drawings)
    kept = jupyter.run("result.to_arrow().num_rows == result.accepted < 3000")
    assert kept.result["text/plain"] == "True"


def test_the_steps_of_an_evaluation_are_drawn_and_its_end_only_if_it_was_reached(
    jupyter: Kernel,
) -> None:
    steps = "from tradegen.notebook.progress import NotebookSteps\nwith NotebookSteps() as told:"
    shown = jupyter.run(f"{steps}\n    told('copies')\n    told('books & more')")
    assert ["copies ..." in html for html in shown.drawings] == [True, False, False]
    assert "books &amp; more" in shown.drawings[-2]
    assert "evaluated in" in shown.drawings[-1]
    broken = jupyter.run(
        f"try:\n    {steps.replace(chr(10), chr(10) + '    ')}\n        told('copies')\n"
        "        raise KeyError\nexcept KeyError:\n    pass"
    )
    assert "evaluated in" not in broken.drawings[-1]


def test_an_error_the_user_can_mend_is_its_message_and_no_traceback(jupyter: Kernel) -> None:
    with pytest.raises(AssertionError) as raised:
        jupyter.run("tradegen.run(2, gold='nowhere.parquet')")
    assert str(raised.value).startswith("GoldError: nowhere.parquet: no such file")
    assert "api.py" not in str(raised.value)


def test_outside_a_notebook_ipython_is_not_imported(tmp_path: object) -> None:
    import sys

    from tradegen.notebook.kernel import in_notebook

    before = "IPython" in sys.modules
    assert not in_notebook()
    assert ("IPython" in sys.modules) == before
