"""With Data Designer itself: exports are valid and run there, and it keeps to itself."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.designer.package import needs_data_designer
from tests.support.rows import records, write_parquet
from tradegen.data.gold import Gold, GoldSource, load_gold
from tradegen.designer import settings_from
from tradegen.engines.designer.quiet import quiet_environment
from tradegen.engines.designer.templates import literal
from tradegen.engines.nim.answers import trade_form
from tradegen.engines.nim.showing import Shown
from tradegen.engines.nim.wire import WireForm
from tradegen.engines.protocols import Brief
from tradegen.engines.rules import Rules
from tradegen.guards.copies import CopyGuard
from tradegen.samplers.constraint import VolatilityConstraint
from tradegen.testing.nim_server.blocks import Blocks
from tradegen.testing.nim_server.process import nim_server
from tradegen.testing.nim_server.record import read_record

pytestmark = [needs_data_designer, pytest.mark.xdist_group("data-designer")]

ROWS = 6
ODD = 'says "{{ 7 * 7 }}" {% raw %}\\ </data>\n{# x #}'

RUN = """
import json, socket, sys
from pathlib import Path

calls = []
def watch(event, details):
    if event in ("socket.connect", "socket.bind", "socket.sendto"):
        calls.append([event, *details[1][:2]])
    elif event == "socket.getaddrinfo":
        calls.append([event, *details[:2]])
sys.addaudithook(watch)

import data_designer.config  # as a program may have done before
import data_designer.interface
from tradegen.designer.providers import read_providers
from tradegen.engines.designer.columns import provider
from tradegen.engines.designer.quiet import quiet_designer

home = Path("designer.home")
addresses = read_providers(home / "model_providers.yaml")
providers = [provider(name, url, "NVIDIA_API_KEY") for name, url in addresses.items()]
designer = quiet_designer(home, Path("artifacts"), providers)
builder = data_designer.config.DataDesignerConfigBuilder.from_config(Path("designer.yaml"))
made = designer.create(builder, num_records=int(sys.argv[1]))
made.load_dataset().to_parquet("made.parquet")
Path("calls.json").write_text(json.dumps(calls, default=str))
"""


@dataclass
class Made:
    """What a run of an export in Data Designer left behind."""

    folder: Path
    home: Path
    gold: Gold
    port: int
    counters: dict[str, Any]

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows that it made."""
        rows: list[dict[str, Any]] = pq.read_table(self.folder / "made.parquet").to_pylist()
        return rows

    def asked(self) -> list[Blocks]:
        """Return the data blocks of every call."""
        record = read_record(self.folder / "asked.jsonl")
        return [Blocks(exchange.asked["messages"]) for exchange in record]


def odd_record(record: dict[str, Any], k: int) -> dict[str, Any]:
    own = {"note": ODD if k % 2 else "plain", "edge": None if k % 5 == 0 else k / 7}
    return {**record, **own, "paper": k % 3 == 0}


def started(folder: Path, *command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    home = folder / "user"
    home.mkdir(exist_ok=True)
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("NEMO_", "DATA_DESIGNER_"))}
    caches = {"HOME": str(home), "XDG_CACHE_HOME": str(home), "TMPDIR": str(folder)}
    return subprocess.run(
        command, cwd=folder, env={**kept, **caches, **variables}, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("designer")
    rows = [odd_record(record, k) for k, record in enumerate(records(240))]
    path = folder / "odd.parquet"
    write_parquet(path, rows)
    with nim_server(gold=path, record=folder / "asked.jsonl") as server:
        export = [sys.executable, "-m", "tradegen", "designer", "export", "--n", str(ROWS)]
        model = ["--base-url", server.base_url, "--model", "m", "--gold", "odd.parquet"]
        (folder / "tradegen.toml").write_text('[diversity]\nweights = "gold"\n')
        done = started(folder, *export, *model)
        assert done.returncode == 0, done.stderr
        (folder / "user").rmdir()  # what follows is about Data Designer
        done = started(folder, sys.executable, "-c", RUN, str(ROWS))
        assert done.returncode == 0, done.stdout + done.stderr
        port = int(server.base_url.split(":")[2].split("/")[0])
        gold = load_gold(GoldSource(files=(path,)))
        yield Made(folder, folder / "user", gold, port, server.counters())


def test_an_export_runs_there_and_its_rows_are_rows_of_tradegen(made: Made) -> None:
    gold, rows = made.gold, made.rows()
    assert [row["row_number"] for row in rows] == list(range(ROWS))
    shown = Shown(WireForm(gold.market, gold.train), gold.market, 64)
    form = trade_form(gold)
    items = []
    for row in rows:
        seeds = tuple(gold.train.row(i) for i in range(3))
        limits = VolatilityConstraint(
            row["volatility"], row["volatility_low"], row["volatility_high"]
        )
        brief = Brief(row["row_number"], 0, limits, seeds)
        trade, _ = shown.row_of(form.read(json.dumps(row["row"])), brief)
        items.append((trade, brief))
    broken = Rules(gold.market, CopyGuard(gold.train)).findings_of(items)
    sound = [trade for (trade, _), found in zip(items, broken, strict=True) if not found]
    assert len(sound) >= ROWS - 1, broken


def test_the_judge_there_reads_the_very_row_as_json(made: Made) -> None:
    asked = [blocks for blocks in made.asked() if "row" in blocks]
    judged = {blocks["task"]["row_number"]: blocks["row"] for blocks in asked}
    rows = made.rows()
    assert judged == {row["row_number"]: row["row"] for row in rows}
    for row in rows:
        told = row["judge"]
        assert set(told) == {"realism", "consistency", "completeness"}
        enough = all(int(told[name]["score"]) >= 4 for name in told)
        assert row["passes"] == str(enough)


def test_texts_of_gold_reach_the_model_unchanged_and_cannot_leave_their_block(made: Made) -> None:
    seeds = [seed for blocks in made.asked() for seed in blocks.get("seeds", ())]
    notes = {seed["extras"]["note"] for seed in seeds}
    assert ODD in notes
    assert notes <= {ODD, "plain"}


def test_it_calls_the_endpoint_alone_and_opens_no_port(made: Made) -> None:
    calls = json.loads((made.folder / "calls.json").read_text())
    connected = {tuple(call[1:]) for call in calls if call[0] == "socket.connect"}
    assert connected == {("127.0.0.1", made.port)}
    asked_for = {call[1] for call in calls if call[0] == "socket.getaddrinfo"}
    assert asked_for <= {"127.0.0.1"}, "no name is looked up"
    bound = [call for call in calls if call[0] == "socket.bind"]
    assert all(call[2] == 0 for call in bound), "no port of its own, 9464 among them"


def test_the_home_folder_stays_empty(made: Made) -> None:
    assert list(made.home.rglob("*")) == []
    kept = {path.name for path in made.folder.iterdir()}
    assert {"artifacts", "designer.home"} <= kept


def test_no_call_is_made_but_for_rows_and_the_models_health(made: Made) -> None:
    by_role = made.counters["requests_by_role"]
    assert by_role["generator"] == ROWS
    assert by_role["judge"] == ROWS
    assert by_role.get("other", 0) <= 2


def test_its_own_command_finds_an_export_valid(made: Made, tmp_path: Path) -> None:
    for name in ("designer.yaml", "designer.parquet"):
        (tmp_path / name).symlink_to(made.folder / name)
    (tmp_path / "designer.home").mkdir()
    for file in (made.folder / "designer.home").glob("*.yaml"):
        (tmp_path / "designer.home" / file.name).write_bytes(file.read_bytes())
    command = Path(sys.executable).with_name("data-designer")
    said = quiet_environment(tmp_path / "designer.home")
    done = started(tmp_path, str(command), "validate", "designer.yaml", **said)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Configuration is valid" in done.stdout
    assert list((tmp_path / "user").iterdir()) == []


def test_its_own_command_can_create_with_the_versions_that_the_extra_brings(
    tmp_path: Path,
) -> None:
    command = Path(sys.executable).with_name("data-designer")
    done = started(tmp_path, str(command), "create", "--help", DATA_DESIGNER_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "--run-config" in done.stdout


def test_a_config_that_it_refuses_is_told_with_its_reason(made: Made) -> None:
    from tradegen.designer.checking import check_config
    from tradegen.errors import InputError

    text = (made.folder / "designer.yaml").read_text(encoding="utf-8")
    config = yaml.safe_load(text)
    config["seed_config"]["source"]["path"] = str(made.folder / "designer.parquet")
    good, bad = made.folder / "good.yaml", made.folder / "bad.yaml"
    good.write_text(yaml.safe_dump(config))
    check_config(good, made.folder / "designer.home")
    config["columns"][0]["prompt"] = "{{ nobody }}"
    bad.write_text(yaml.safe_dump(config))
    with pytest.raises(InputError, match=r"bad\.yaml: data-designer: "):
        check_config(bad, made.folder / "designer.home")


def test_the_snippet_works_as_it_stands_and_so_do_its_builder_and_config() -> None:
    from data_designer.config import (
        CategorySamplerParams,
        ChatCompletionInferenceParams,
        DataDesignerConfigBuilder,
        LLMStructuredColumnConfig,
        ModelConfig,
        SamplerColumnConfig,
    )

    column = SamplerColumnConfig(
        name="target_volatility",
        column_type="sampler",
        sampler_type="category",
        params=CategorySamplerParams(values=[0.4, 0.6], weights=[0.25, 0.75]),
    )
    model = ModelConfig(
        alias="writer",
        model="a/b",
        provider="nvidia",
        inference_parameters=ChatCompletionInferenceParams(temperature=0.4),
    )
    builder = DataDesignerConfigBuilder(model_configs=[model])
    builder.add_column(column)
    builder.add_column(
        LLMStructuredColumnConfig(
            name="trade", prompt="x", model_alias="writer", output_format={"type": "object"}
        )
    )
    (alone,) = settings_from(column).settings.diversity.columns
    for form in (builder, builder.build(), builder.get_builder_config()):
        found = settings_from(form)
        assert found.settings.diversity.columns == (alone,)
        assert found.settings.nim.generator.model == "a/b"
        assert found.settings.nim.generator.temperature == 0.4
        told = {one.path for one in found.left_out} - {"library_version"}
        assert told == {"columns[trade].prompt", "columns[trade].output_format"}


def test_many_own_columns_are_not_too_much_for_its_templates(tmp_path: Path) -> None:
    from data_designer.engine.processing.ginja.environment import UserTemplateSandboxEnvironment

    from tests.designer.test_export import exported

    own = {f"own {k}": f'free "text" {k}' for k in range(200)}
    rows = [
        {**record, **own, **{name: f"{text} {n}" for name, text in own.items()}}
        for n, record in enumerate(records(150))
    ]
    write_parquet(tmp_path / "wide.parquet", rows)
    config, _, _ = exported(
        tmp_path, n=2, gold={"files": [str(tmp_path / "wide.parquet")]}, diversity={"widen": True}
    )
    names = ["row", "task", "seed_1", "seed_2", "seed_3"]
    for column in config["columns"][1:3]:
        UserTemplateSandboxEnvironment(allowed_references=names).validate_template(column["prompt"])


@given(st.text("{}%#\"'ab \n\\"))
def test_literal_text_is_printed_as_it_is(text: str) -> None:
    import jinja2

    environment = jinja2.Environment(keep_trailing_newline=True)
    assert environment.from_string(literal(text)).render() == text
