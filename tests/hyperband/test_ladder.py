"""Ladders on planted rules: signal is found, its want is told, and what is taught is seen."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.fidelity.planted import two_halves
from tests.fidelity.test_transfer import with_sides_after_the_trend
from tests.support.rows import demo_gold
from tradegen.data.rows import Rows
from tradegen.fidelity.resampling import resamples
from tradegen.hyperband.inputs import entry_inputs
from tradegen.hyperband.ladder import (
    GOLD,
    GOLD_HOLDOUT,
    SHUFFLED,
    SYNTHETIC,
    Ladder,
    Material,
    Searches,
    climb,
)
from tradegen.hyperband.study import check_storage, open_storage

TRIALS = 5


def material(rows: Rows) -> Material:
    return Material(rows, entry_inputs(rows, np.full(len(rows), 252.0)))


def ladders(
    synthetic_rule: int, searches: Searches, known: Sequence[Ladder] = ()
) -> dict[str, Ladder]:
    """Search where sides follow the trend in gold, and in synthetic rows or the other way."""
    first, second, *_ = two_halves()
    gold = with_sides_after_the_trend(first, 1, 0)
    later = with_sides_after_the_trend(demo_gold().holdout, 1, 1)
    synthetic = with_sides_after_the_trend(second, synthetic_rule, 2)
    found = climb(material(gold), material(later), material(synthetic), searches, known)
    return {one.target: one for one in found}


@pytest.fixture(scope="module")
def same() -> dict[str, Ladder]:
    return ladders(1, Searches(3, TRIALS))


def test_a_rule_of_gold_is_signal_and_shuffled_labels_teach_nothing(
    same: dict[str, Ladder],
) -> None:
    side = same["side"]
    assert side.has_signal
    assert side.skill(GOLD, GOLD_HOLDOUT) > 0.4
    floor = [trial.skill(GOLD_HOLDOUT) for trial in side.found[SHUFFLED].tried]
    assert abs(np.mean(floor)) < 0.3


def test_where_gold_has_no_signal_nothing_is_trained_on_synthetic_rows(
    same: dict[str, Ladder],
) -> None:
    silent = [one for one in same.values() if not one.has_signal]
    assert silent
    assert all(SYNTHETIC not in one.found for one in silent)


def test_what_synthetic_rows_teach_is_seen_on_the_holdout(same: dict[str, Ladder]) -> None:
    opposite = ladders(-1, Searches(3, TRIALS))["side"]
    assert same["side"].skill(SYNTHETIC, GOLD_HOLDOUT) > 0.4
    assert opposite.skill(SYNTHETIC, GOLD_HOLDOUT) < -0.4


def test_skill_on_all_rows_is_the_skill_of_a_resample_of_each_once(
    same: dict[str, Ladder],
) -> None:
    side = same["side"]
    ones = np.ones((1, len(side.labels[GOLD_HOLDOUT])))
    for trained_on in side.found:
        skill = side.resampled_skill(trained_on, GOLD_HOLDOUT, ones)
        assert skill[0] == pytest.approx(side.skill(trained_on, GOLD_HOLDOUT))
    drawn = side.resampled_skill(
        GOLD, GOLD_HOLDOUT, resamples(ones.shape[1], None, np.random.default_rng(0), 50)
    )
    assert 0 < drawn.std() < 0.2


def test_what_is_known_of_gold_is_not_searched_for_again(same: dict[str, Ladder]) -> None:
    told: Counter[str] = Counter()
    known = list(same.values())
    again = ladders(1, Searches(3, TRIALS, done=lambda: told.update(["search"])), known)
    assert told["search"] == sum(one.has_signal for one in known)
    for target, one in same.items():
        assert {k: v.tried for k, v in again[target].found.items()} == {
            k: v.tried for k, v in one.found.items()
        }


def test_processes_change_nothing_and_every_search_is_told(same: dict[str, Ladder]) -> None:
    told: Counter[str] = Counter()
    shared = ladders(1, Searches(3, TRIALS, workers=2, done=lambda: told.update(["search"])))
    assert told["search"] == sum(len(one.found) for one in same.values())
    for target, one in same.items():
        assert {k: v.tried for k, v in shared[target].found.items()} == {
            k: v.tried for k, v in one.found.items()
        }


PLAIN = """\
from tests.hyperband.test_ladder import ladders
from tradegen.hyperband.ladder import Searches

print("begun", flush=True)
done = lambda: print("done", flush=True)
found = ladders(1, Searches(3, {trials}, "{storage}", workers=2, done=done))
print(len(found))
"""


def script(folder: Path, trials: int) -> "subprocess.Popen[str]":
    """Begin the searches from a script that guards nothing."""
    path = folder / "plain.py"
    storage = folder / "searches.journal"
    path.write_text(PLAIN.format(trials=trials, storage=storage), encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen(
        [sys.executable, path],
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def test_a_plain_script_without_a_main_guard_searches_with_processes(
    same: dict[str, Ladder], tmp_path: Path
) -> None:
    out, _ = script(tmp_path, 2).communicate(timeout=120)
    lines = out.split()
    assert (lines[0], lines[-1]) == ("begun", str(len(same)))
    assert lines.count("begun") == 1, "the script ran once, not once a worker"


def assert_ended(workers: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(workers, timeout=10)
    for worker in alive:
        worker.kill()
    assert alive == []


def test_no_search_goes_on_when_its_process_was_killed(tmp_path: Path) -> None:
    process = script(tmp_path, 30)
    assert process.stdout
    assert [process.stdout.readline() for _ in range(2)] == ["begun\n", "done\n"]
    workers = psutil.Process(process.pid).children(recursive=True)
    assert len(workers) >= 2
    process.kill()
    assert_ended(workers)
    process.communicate()


def test_a_search_that_is_broken_off_ends_at_once_and_leaves_no_process(
    same: dict[str, Ladder], tmp_path: Path
) -> None:
    process = script(tmp_path, 30)
    assert process.stdout
    assert [process.stdout.readline() for _ in range(2)] == ["begun\n", "done\n"]
    workers = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert_ended(workers)
    storage = str(tmp_path / "searches.journal")
    check_storage(storage)
    begun = open_storage(storage).get_all_studies()
    assert len(begun) < len(same) * 2 - 3, "it went on with searches that had not begun"


def test_too_few_rows_give_no_ladder() -> None:
    rows = demo_gold().train.slice(0, 12)
    few = replace(material(rows))
    assert climb(few, few, few, Searches(0, 2)) == []
