"""The picture shows as many charts as the key speaks of, and the key tells which are synthetic."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from benchmarks.charts import draw, main
from benchmarks.compared import GOLD_DIR, read_gold
from tests.support.rows import demo_gold
from tradegen.data.gold import DEMO_GOLD

PNG = b"\x89PNG\r\n"


def numbers(key: Path) -> list[int]:
    name, _, rest = key.read_text(encoding="utf-8").partition(":")
    assert name == "synthetic"
    return [int(number) for number in rest.split()]


def titles(figure: Figure) -> list[str]:
    return [axes.get_title("left") for axes in figure.axes if axes.get_title("left")]


def test_the_key_names_the_charts_of_synthetic_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda self, _out: saved.append(self))
    train = demo_gold().train
    real, synthetic = train.select(train.long), train.select(~train.long)  # titles tell the side
    key = draw(real, synthetic, tmp_path / "some.png", np.random.default_rng(1))
    sides = dict(title.split() for title in titles(saved[0]))
    assert sorted(map(int, sides)) == list(range(1, 21))
    assert numbers(key) == [int(number) for number, side in sides.items() if side == "short"]
    assert len(numbers(key)) == 10


def test_the_command_writes_a_picture_and_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "equity.parquet").write_bytes(DEMO_GOLD.read_bytes())
    monkeypatch.setenv(GOLD_DIR, str(tmp_path))
    read_gold.cache_clear()
    picture = tmp_path / "charts.png"
    main(["--gold", "equity", "--out", str(picture), "--seed", "3"])
    read_gold.cache_clear()
    assert picture.read_bytes().startswith(PNG)
    assert len(numbers(tmp_path / "charts.key.txt")) == 10
    assert "charts.key.txt" in capsys.readouterr().out
