"""Configs out: what lies in the files, where its rows come from, and what cannot be written."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from tests.support.cli import Command
from tests.support.rows import demo_gold, records, write_parquet
from tradegen.data.gold import load_gold
from tradegen.data.row import LOOKBACK
from tradegen.designer.export import export_config
from tradegen.designer.judging import scores
from tradegen.engines.nim.wire import WireForm
from tradegen.errors import InputError
from tradegen.pipeline.prepare import prepare
from tradegen.settings import Settings, restore_settings

MODELS = {"generator": {"model": "m"}, "judge": {"model": "m"}}
OWN = {"base_url": "http://127.0.0.1:9/v1", **MODELS}


def exported(folder: Path, **tree: Any) -> tuple[dict[str, Any], list[dict[str, Any]], Settings]:
    settings = restore_settings({"n": 200, "nim": OWN, **tree})
    written = export_config(settings, folder / "designer.yaml")
    config = yaml.safe_load(written.config.read_text(encoding="utf-8"))
    return config, pq.read_table(written.seeds).to_pylist(), settings


def objects(row: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(f"{{{row[f'seed_{k}']}}}") for k in (1, 2, 3)]


def test_the_seed_rows_are_those_that_the_run_would_show_its_generator(tmp_path: Path) -> None:
    _, rows, settings = exported(tmp_path)
    sampler = prepare(settings).sampler
    gold = demo_gold()
    wire = WireForm(gold.market, gold.train)
    for number in (0, 7, 199):
        draw = sampler.draw(number, 0)
        assert objects(rows[number]) == [
            json.loads(json.dumps(wire.encode(gold.train.row(int(i))))) for i in draw.seeds
        ]
        assert rows[number]["volatility"] == draw.constraint.value
        task = json.loads(f"{{{rows[number]['task']}}}")
        assert task["volatility"]["low"] == pytest.approx(draw.constraint.low)
        assert task["row_number"] == rows[number]["row_number"] == number


def test_the_weights_hold_to_the_row(tmp_path: Path) -> None:
    weights = {"0.4": 0.25, "0.6": 0.5, "0.8": 0.25}
    _, rows, _ = exported(tmp_path, diversity={"weights": weights, "widen": True})
    counts = Counter(row["volatility"] for row in rows)
    assert counts == {0.4: 50, 0.6: 100, 0.8: 50}


def test_no_row_of_the_holdout_gets_into_the_seed_dataset(tmp_path: Path) -> None:
    _, rows, settings = exported(
        tmp_path, n=600, gold={"holdout": 0.5}, diversity={"weights": "gold"}
    )
    gold = load_gold(settings.gold.source())

    def keys(part: Any) -> set[tuple[str, str]]:
        made = (part.row(i) for i in range(len(part)))
        return {(row.symbol, f"{_minute(int(row.bars.time[LOOKBACK]))}") for row in made}

    shown = {(seed["symbol"], seed["entry_bar"]) for row in rows for seed in objects(row)}
    assert len(gold.holdout) > 200
    assert shown <= keys(gold.train)
    assert not shown & (keys(gold.holdout) - keys(gold.train))
    assert gold.begins is not None
    assert max(entry for _, entry in shown) < _minute(gold.begins)
    text = (tmp_path / "designer.yaml").read_text(encoding="utf-8")
    assert not any(entry in text for _, entry in keys(gold.holdout))


def _minute(moment: int) -> str:
    from tradegen.data.row import from_microseconds

    return from_microseconds(moment).strftime("%Y-%m-%dT%H:%MZ")


def test_the_config_holds_samplers_seeds_row_and_judge(tmp_path: Path) -> None:
    config, _, _ = exported(tmp_path)
    kinds = [column["column_type"] for column in config["columns"]]
    assert kinds == ["sampler", "llm-structured", "llm-judge", "expression"]
    sampler, row, judge, _ = config["columns"]
    assert sampler["name"] == "target_volatility"
    assert row["output_format"]["required"][:3] == ["symbol", "side", "interval"]
    for reference in ("{{ seed_1 }}", "{{ seed_2 }}", "{{ seed_3 }}", "{{ task }}"):
        assert reference in row["prompt"]
    assert "volatility" in row["prompt"]
    assert [score["name"] for score in judge["scores"]] == [
        "realism",
        "consistency",
        "completeness",
    ]
    assert [model["alias"] for model in config["model_configs"]] == ["generator", "judge"]
    assert config["seed_config"]["source"]["path"] == str(tmp_path / "designer.parquet")


def test_the_scores_are_the_words_of_the_judges_prompt() -> None:
    for score in scores():
        assert score["description"].endswith("?"), "a criterion over two lines is read whole"
        assert list(score["options"]) == [1, 2, 3, 4, 5]
        assert score["options"][5] == "cannot be told from a real trade"
        assert score["options"][1] == "is absurd"


def test_an_own_endpoints_model_has_to_be_named(tmp_path: Path) -> None:
    settings = restore_settings({"n": 3, "nim": {"base_url": "http://127.0.0.1:9/v1"}})
    with pytest.raises(InputError, match="--model"):
        export_config(settings, tmp_path / "designer.yaml")
    assert list(tmp_path.iterdir()) == []


def test_hosted_models_are_those_that_a_run_asks(tmp_path: Path) -> None:
    config, _, _ = exported(tmp_path, n=2, nim={})
    assert [model["provider"] for model in config["model_configs"]] == ["nvidia", "nvidia"]
    assert config["model_configs"][0]["model"] == "meta/llama-3.3-70b-instruct"


def test_the_commands_go_there_and_back(cli: Command, tmp_path: Path) -> None:
    flags = ("--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--n", "4")
    out = cli("designer", "export", *flags)
    assert out.code == 0, out.err
    assert "left out: engine" in out.out
    assert "4 rows" in out.out
    assert cli("designer", "export", *flags).code == 2, "nothing is written over unasked"
    machine = cli("designer", "export", *flags, "--force", "--json").json
    assert machine["config"] == "designer.yaml"
    assert [one["path"] for one in machine["left_out"]] == ["engine"]
    back = cli("designer", "import", "designer.yaml")
    assert back.code == 0, back.err
    assert cli("designer", "import", "designer.yaml").code == 2
    read = cli("designer", "import", "designer.yaml", "--json", "--force").json
    assert read["left_out"] == []
    assert read["settings"]["n"] == 4
    from tradegen.settings import load_settings

    again = load_settings({}, tmp_path / "tradegen.toml")
    assert again.nim.generator.model == "m"
    assert again.engine == "nim"


def test_import_prints_and_writes_down_what_is_left_out(cli: Command, tmp_path: Path) -> None:
    columns = [{"column_type": "llm-text", "name": "a\nb = 1", "prompt": "x"}]
    (tmp_path / "c.yaml").write_text(yaml.safe_dump({"columns": columns}))
    said = cli("designer", "import", "c.yaml", "--out", "t.toml")
    assert "left out: columns[a b = 1]: column of type llm-text" in said.out
    from tradegen.settings import load_settings

    assert load_settings({}, tmp_path / "t.toml").model_dump() == load_settings().model_dump()
    assert "llm-text" in (tmp_path / "t.toml").read_text()


def test_a_folder_that_cannot_be_written_is_named(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    flags = ("--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--n", "2")
    said = cli("designer", "export", *flags, "--out", "file/designer.yaml")
    assert said.code in (2, 5)
    assert "file" in said.err
    assert cli("designer", "export", *flags, "--out", "designer.json").code == 2


def test_gold_is_never_replaced_by_the_seed_dataset(cli: Command, tmp_path: Path) -> None:
    write_parquet(tmp_path / "trades.parquet", records(120))
    before = (tmp_path / "trades.parquet").read_bytes()
    (tmp_path / "tradegen.toml").write_text('diversity.weights = "gold"\n')
    flags = ("--gold", "trades.parquet", "--n", "2", "--force")
    said = cli("designer", "export", "--out", "trades.yaml", *flags)
    assert said.code == 2
    assert "would replace gold" in said.err
    assert (tmp_path / "trades.parquet").read_bytes() == before


def test_the_file_that_a_link_leads_to_is_replaced_not_the_link(
    cli: Command, tmp_path: Path
) -> None:
    (tmp_path / "link.yaml").symlink_to(tmp_path / "real.yaml")
    said = cli("designer", "export", "--out", "link.yaml", "--n", "2", "--force")
    assert said.code == 0, said.err
    assert (tmp_path / "link.yaml").is_symlink()
    assert (tmp_path / "real.yaml").is_file()


def test_a_full_disk_leaves_no_half_of_a_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    from tradegen.errors import StorageError

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    with pytest.raises(StorageError, match="No space left"):
        exported(tmp_path, n=2)
    assert list(tmp_path.iterdir()) == []
