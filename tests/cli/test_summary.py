"""The summary of a run: readable in a narrow terminal and in a pipe."""

import copy
import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.support.runs import FinishedRun
from tradegen.cli.summary import print_summary

CONDITION = "setup=a long name of a setup, side="


@pytest.fixture
def manifest(finished_run: FinishedRun) -> dict[str, Any]:
    """Return what a run says whose buckets differ in their last word only."""
    manifest = copy.deepcopy(dict(finished_run.result.manifest))
    first, *_ = manifest["buckets"]
    manifest["buckets"] = [
        {**first, "bucket": f"0.3 ({CONDITION}{side})"} for side in ("long", "short")
    ]
    return manifest


def shown(manifest: dict[str, Any], width: int, *, terminal: bool) -> str:
    text = io.StringIO()
    console = Console(
        file=text, width=width, force_terminal=terminal, soft_wrap=not terminal, color_system=None
    )
    print_summary(console, Path("runs/first"), manifest)
    return text.getvalue().split("done: ")[0]


def test_in_a_pipe_every_bucket_is_one_line_with_all_columns(manifest: dict[str, Any]) -> None:
    lines = shown(manifest, 80, terminal=False).strip("\n").splitlines()
    assert len(lines) == 3
    for line, side in zip(lines[1:], ("long", "short"), strict=True):
        assert f"0.3 ({CONDITION}{side})" in line
        assert "0.25 to 0.35" in line
        assert "█" in line


@pytest.mark.parametrize("width", [60, 80])
def test_in_a_narrow_terminal_labels_stay_whole_and_bars_go(
    manifest: dict[str, Any], width: int
) -> None:
    table = shown(manifest, width, terminal=True)
    assert all(len(line) <= width for line in table.splitlines())
    assert "█" not in table
    assert "…" not in table
    assert "side=long" in table.replace("\n", " ")
    assert "side=short" in table.replace("\n", " ")


def test_plain_buckets_keep_their_ranges_at_80_columns(finished_run: FinishedRun) -> None:
    table = shown(dict(finished_run.result.manifest), 80, terminal=True)
    assert "0.25 to 0.35" in table
    assert all(len(line) <= 80 for line in table.splitlines())
