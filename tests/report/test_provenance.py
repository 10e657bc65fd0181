"""How to make a run again: the settings that the report prints make the same run."""

import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.report.made import Report
from tests.support.runs import FinishedRun
from tradegen.report.provenance import command_again, settings_that_differ
from tradegen.settings import identity, load_settings, restore_settings

TREES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "plain": {"n": 7, "seed": 3, "gold": {"files": ["my gold.parquet"], "tz": "UTC"}},
    "weights": {"diversity": {"weights": {"0.4": 0.25, "0.6": 0.75}}},
    "columns": {
        "diversity": {
            "columns": [
                {
                    "name": "target_volatility",
                    "sampler_type": "category",
                    "params": {"values": [0.3, 0.6], "weights": [1, 2]},
                }
            ]
        }
    },
    "instruments": {
        "gold": {"instruments": {"BTC.D": {"lot": 0.1}, 'a "b"': {"calendar": "24/7"}}}
    },
    "nim": {"engine": "nim", "nim": {"judge": {"model": "meta/x", "price_in": 0.25}, "rpm": 40}},
    "words": {"gold": {"files": ["naïve 漢字.csv", 'quo"te\\n.csv']}},
}


@pytest.mark.parametrize("name", TREES)
def test_the_settings_printed_are_those_of_the_run(name: str, tmp_path: Path) -> None:
    settings = load_settings(TREES[name])
    text = settings_that_differ(settings.model_dump(mode="json"))
    path = tmp_path / "again.toml"
    path.write_text(text, encoding="utf-8")
    again = load_settings({}, path)
    assert identity(again) == identity(settings)
    assert again.gold == settings.gold
    assert again.nim == settings.nim


def test_the_page_prints_them(report: Report, finished_run: FinishedRun) -> None:
    manifest = finished_run.result.manifest
    text = settings_that_differ(manifest["settings"])
    assert "".join(text.split()) in "".join(report.text.split())
    printed = tomllib.loads(text)
    assert printed["n"] == 40
    assert printed["judge"] == {"false_rejections": 0.4}
    assert "folder" not in printed.get("run", {})
    assert identity(restore_settings(printed)) == identity(restore_settings(manifest["settings"]))
    assert manifest["gold"]["fingerprint"] in report.text
    assert command_again("first") in report.text


def test_the_command_names_the_settings_file() -> None:
    arguments = shlex.split(command_again("my run"))
    assert arguments[arguments.index("--config") + 1] == "my run.toml"
