"""`tradegen run --dry-run`: what a run would take, with nothing made and nobody asked."""

import json
from pathlib import Path

import pytest

from tests.support.cli import Command


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NVIDIA_API_KEY", raising=False)


def test_it_needs_no_key_and_leaves_nothing_behind(cli: Command, tmp_path: Path) -> None:
    said = cli("run", "--n", 1000, "--engine", "nim", "--dry-run")
    assert said.code == 0
    assert "nothing is made or sent" in said.out
    assert "no price set" in said.out
    assert "supposes 60 tokens a second a call and 2.5 calls an accepted row" in said.out
    assert not (tmp_path / "runs").exists()


def test_a_quota_of_requests_decides_the_time(cli: Command) -> None:
    said = cli("run", "--n", 1000, "--engine", "nim", "--rpm", 40, "--dry-run", "--json")
    told = json.loads(said.out)
    assert sum(told["split"].values()) == 1000
    calls = told["estimate"]["total"]["calls"]
    assert calls == pytest.approx(2500)
    assert told["estimate"]["seconds"] == pytest.approx(60 * calls / 40)
    assert told["estimate"]["held_by"] == "40 requests a minute"


def test_prices_and_limits_are_counted(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "tradegen.toml").write_text(
        "[nim.generator]\nprice_in = 1.0\nprice_out = 10.0\n", encoding="utf-8"
    )
    said = cli("run", "--n", 1000, "--engine", "nim", "--max-cost", 1, "--dry-run", "--json")
    generator = json.loads(said.out)["estimate"]["by_role"]["generator"]
    expected = (generator["tokens_in"] + 10 * generator["tokens_out"]) / 1e6
    assert generator["cost"] == pytest.approx(expected)
    told = cli("run", "--n", 1000, "--engine", "nim", "--max-cost", 1, "--dry-run").out
    assert "--max-cost 1 would stop it before its end" in told


def test_the_embedded_engine_asks_nobody(cli: Command) -> None:
    said = cli("run", "--n", 100, "--dry-run")
    assert "100 rows, engine embedded" in said.out
    assert "no calls and no cost" in said.out


def test_it_is_about_new_runs(cli: Command) -> None:
    said = cli("run", "--resume", "--dry-run")
    assert said.code == 2
    assert "leave --resume out" in said.err
