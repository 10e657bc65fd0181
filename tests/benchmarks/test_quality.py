"""Rows of any file are scored, and what cannot be scored is told."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from benchmarks.baselines import garch_t
from benchmarks.compared import GOLD_DIR, read_gold
from benchmarks.quality import main
from tests.support.rows import demo_gold
from tradegen.data.gold import DEMO_GOLD
from tradegen.data.rows import Rows

N = 150
FAMILIES = ("validity", "shapes", "facts", "privacy", "diversity")
Answer = tuple[dict[str, float], dict[str, Any], str]


@pytest.fixture
def broken() -> Rows:
    """Rows of which the first ten break the contract: six of them so that they have no features."""
    rows = garch_t(demo_gold(), N, np.random.default_rng(0))
    entry, quantity, high = rows.entry_price.copy(), rows.quantity.copy(), rows.bars.high.copy()
    entry[:3] = -1.0
    quantity[3:6] = np.nan
    high[rows.offsets[6:10] + 1] *= 0.5
    return replace(rows, entry_price=entry, quantity=quantity, bars=replace(rows.bars, high=high))


def scored(folder: Path, rows: Rows, capsys: pytest.CaptureFixture[str]) -> Answer:
    pq.write_table(rows.to_arrow(), folder / "made.parquet")
    asked = ["--gold", "equity", "--workers", "1", "--methods", "--families", *FAMILIES]
    files = ["--rows", f"mine={folder / 'made.parquet'}", "--json", str(folder / "all.json")]
    main([*asked, *files])
    (found,) = json.loads((folder / "all.json").read_text(encoding="utf-8"))
    assert found["method"] == "mine"
    return found["scores"], found["details"], capsys.readouterr().out


@pytest.fixture(autouse=True)
def _demo_gold_as_equity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "equity.parquet").write_bytes(DEMO_GOLD.read_bytes())
    monkeypatch.setenv(GOLD_DIR, str(tmp_path))
    read_gold.cache_clear()
    yield
    read_gold.cache_clear()


def test_rows_without_features_are_counted_and_left_out(
    broken: Rows, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores, details, text = scored(tmp_path, broken, capsys)
    assert scores["rows keeping every invariant"] == pytest.approx(1 - 10 / N)
    assert scores["left out of all but validity"] == pytest.approx(6 / N)
    assert details["left out"] == {"rows": 6, "columns": list(demo_gold().train.extras)}
    assert "mine (seed 0): 6 rows are scored by validity only" in text
    assert 0 < scores["column shapes and pairs"] < 1
    assert all(np.isfinite(value) for value in scores.values())


def test_where_hardly_a_row_has_features_only_validity_is_scored(
    broken: Rows, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = replace(broken, quantity=np.full(N, np.inf))
    scores, details, _ = scored(tmp_path, lost, capsys)
    assert scores == {"rows keeping every invariant": 0.0, "left out of all but validity": 1.0}
    assert details["left out"]["rows"] == N


@pytest.mark.parametrize("text", ["mine", "mine=", "half=all.json", "mine=no.parquet"])
def test_what_is_no_name_and_file_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--rows", text])
    assert "argument --rows" in capsys.readouterr().err
