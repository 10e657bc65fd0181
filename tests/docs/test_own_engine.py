"""The example engine is a whole package, and its rows keep the rule of its house."""

import json
import os
import sys
import tomllib
from pathlib import Path

import pyarrow.parquet as pq

from tests.support.cli import python

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "engine"


def installed(folder: Path) -> dict[str, str]:
    """Put the package beside tradegen as an installation would: its module and entry points."""
    about = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (points,) = about["entry-points"].values()
    told = folder / f"house_engine-{about['version']}.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {about['name']}\nVersion: {about['version']}\n"
    )
    lines = [f"{name} = {place}" for name, place in points.items()]
    (told / "entry_points.txt").write_text("\n".join(["[tradegen.engines]", *lines, ""]))
    (folder / "house_engine.py").symlink_to(EXAMPLE / "house_engine.py")
    return {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}


def test_no_row_of_the_house_loses_more_than_its_rule_allows(tmp_path: Path) -> None:
    env = installed(tmp_path / "site-packages")
    said = python(
        tmp_path,
        *("-m", "tradegen", "run", "--n", "200", "--engine", "house", "--name", "house"),
        *("--workers", "1", "--quiet"),
        env=env,
    )
    assert said.code == 0, said.err
    sys.path.insert(0, str(EXAMPLE))
    try:
        from house_engine import MOST_LOST  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(EXAMPLE))
    columns = ["side", "entry_price", "exit_price"]
    rows = pq.read_table(tmp_path / "runs/house/rows.parquet", columns=columns).to_pylist()
    lost = [
        (1 if row["side"] == "long" else -1) * (1 - row["exit_price"] / row["entry_price"])
        for row in rows
    ]
    assert len(lost) == 200
    assert max(lost) <= MOST_LOST
    manifest = json.loads((tmp_path / "runs/house/run.json").read_text(encoding="utf-8"))
    refined = manifest["attempts"]["accepted_by_retries"]
    assert refined["1"] + refined.get("2", 0) > 10, "the rule had nothing to do"


def test_the_page_shows_the_entry_point_that_the_package_has() -> None:
    page = (EXAMPLE.parents[1] / "your-own-engine.md").read_text(encoding="utf-8")
    text = (EXAMPLE / "pyproject.toml").read_text(encoding="utf-8")
    shown = page.split("```toml\n")[1].split("```")[0]
    assert shown in text
