"""`tradegen preview`: a few rows and the judge's words, and nothing saved."""

import re
from pathlib import Path

import pytest

from tests.support.cli import Command
from tests.support.rows import records, write_jsonl


def test_rows_are_shown_with_their_seeds_their_bars_and_the_judges_words(
    cli: Command, tmp_path: Path
) -> None:
    said = cli("preview", "--n", 4, "--seed", 3)
    assert said.code == 0
    assert "gold is the simulated demo (source=simulated)" in said.out
    targets = re.findall(r"^volatility ([\d.]+) \[([\d.]+), ([\d.]+)\) from (.+)$", said.out, re.M)
    assert len(targets) == 4
    for value, low, high, seeds in targets:
        assert float(low) < float(value) < float(high)
        assert len(re.findall(r"SIM\d-\d{5} \(SIM\d\)", seeds)) == 3
    sparklines = re.findall(r"^  [▁▂▃▄▅▆▇█]{40,60}$", said.out, re.MULTILINE)
    assert len(sparklines) >= 4
    assert len(re.findall(r"SIM\d (?:long|short) [\d.]+ at [\d.]+, ", said.out)) >= 4
    assert "judge passes it (realism_p_value" in said.out
    assert list(tmp_path.iterdir()) == []


def test_the_same_seed_shows_the_same_rows_and_another_one_others(cli: Command) -> None:
    first = cli("preview", "--n", 1, "--seed", 3).out
    assert cli("preview", "--n", 1, "--seed", 3).out == first
    assert cli("preview", "--n", 1, "--seed", 4).out != first


def test_the_volatility_that_is_shown_lies_in_the_bucket_asked_for(cli: Command) -> None:
    said = cli("preview", "--n", 3, "--weights", "0.6=1")
    shown = [float(value) for value in re.findall(r"volatility ([\d.]+)$", said.out, re.MULTILINE)]
    assert len(shown) >= 3
    assert all(0.55 <= value < 0.65 for value in shown)


def test_a_row_that_fails_shows_why_and_what_the_refiner_changed(
    cli: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADEGEN_JUDGE__FALSE_REJECTIONS", "0.7")
    said = cli("preview", "--n", 8)
    assert said.code == 0
    assert re.search(r"^  judge realism: ", said.out, re.MULTILINE)
    assert re.search(r"^  refiner changed \w", said.out, re.MULTILINE)


def test_the_users_own_columns_are_shown(cli: Command) -> None:
    said = cli("preview", "--n", 1)
    assert re.search(r"source=simulated, setup=\w+, exit_reason=\w+", said.out)


@pytest.mark.parametrize("value", ["[/b]", "[vip] client"])
def test_brackets_in_gold_are_shown_as_they_are(cli: Command, tmp_path: Path, value: str) -> None:
    made = records(600)
    for record in made:
        record["note"] = value
    said = cli("preview", "--n", 1, "--gold", write_jsonl(tmp_path / "gold.jsonl", made))
    assert f"note={value}" in said.out
