"""What a job is asked, asked of Data Designer itself: its judge reads the very trade, as JSON."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.designer.package import needs_data_designer
from tests.support.rows import records, write_parquet
from tradegen.engines.designer.columns import PROVIDER, provider
from tradegen.pipeline.prepare import prepare
from tradegen.remote.asked import TRADE, job_config, questions
from tradegen.settings import load_settings
from tradegen.testing.nim_server.blocks import Blocks
from tradegen.testing.nim_server.process import nim_server
from tradegen.testing.nim_server.record import read_record

pytestmark = [needs_data_designer, pytest.mark.xdist_group("data-designer")]

N = 3
ODD = 'it\'s "quoted" {{ 7 }} </data>'


def filled(config: dict[str, Any], seeds: Sequence[dict[str, str]], url: str, folder: Path) -> Any:
    """Return the columns of a job's config, filled in this process."""
    import pandas as pd

    from tradegen.engines.designer.quiet import close_models, quiet_designer, take_models

    designer = quiet_designer(folder / "home", folder / "made", [provider(PROVIDER, url, "no-key")])
    import data_designer.config as dd

    columns = [one for one in config["columns"] if one["column_type"] != "seed-dataset"]
    models = [{**one, "skip_health_check": True} for one in config["model_configs"]]
    asked = {"data_designer": {"model_configs": models, "columns": columns}}
    builder = dd.DataDesignerConfigBuilder.from_config(asked)
    builder.with_seed_dataset(dd.DataFrameSeedSource(df=pd.DataFrame(list(seeds))))
    made = designer.preview(builder, num_records=N).dataset
    close_models(take_models())
    return made


def test_the_judge_of_a_job_reads_the_trade_as_json_that_stays_in_its_block(
    tmp_path: Path,
) -> None:
    own = [
        {**record, "note": ODD if k % 2 else "plain", "edge": None if k % 5 == 0 else k / 7}
        for k, record in enumerate(records(240))
    ]
    gold_file = tmp_path / "odd.parquet"
    write_parquet(gold_file, own)
    models = {role: {"model": "m"} for role in ("generator", "judge")}
    settings = load_settings({"n": N, "gold": {"files": [gold_file]}, "nim": models})
    prepared = prepare(settings)
    gold, options = prepared.blueprint.order.gold, settings.nim
    seeds = list(questions(gold, options, prepared.sampler, N))
    config = job_config(gold, options, "not/used.jsonl", PROVIDER)
    with nim_server(gold=gold_file, record=tmp_path / "asked.jsonl") as server:
        made = filled(config, seeds, server.base_url, tmp_path)
        record = read_record(tmp_path / "asked.jsonl")
    judged = [blocks["row"] for one in record if "row" in (blocks := Blocks(one.asked["messages"]))]
    assert len(judged) == N
    by_entry = {trade["entry_bar"]: trade for trade in made[TRADE]}
    assert {row["entry_bar"]: row for row in judged} == by_entry
