"""Configs in: what has meaning becomes settings, and nothing else is lost in silence."""

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from nemo_microservices.types import data_designer as types

from tests.support.rows import records, write_parquet
from tradegen.designer import settings_from
from tradegen.designer.left_out import is_said
from tradegen.designer.toml import settings_text
from tradegen.errors import InputError
from tradegen.samplers.columns import CategoryParams, default_column

VOLATILITY = {
    "column_type": "sampler",
    "name": "target_volatility",
    "sampler_type": "category",
    "params": {"values": [0.4, 0.6, 0.8], "weights": [0.25, 0.5, 0.25]},
}

CONFIG: dict[str, Any] = {
    "columns": [
        VOLATILITY,
        {
            "column_type": "llm-structured",
            "name": "trade",
            "model_alias": "writer",
            "prompt": "Write a trade like {{ seed_1 }}",
            "output_format": {"type": "object", "properties": {"side": {"type": "string"}}},
        },
        {
            "column_type": "llm-judge",
            "name": "quality",
            "model_alias": "critic",
            "prompt": "Judge {{ trade }}",
            "scores": [{"name": "beauty", "description": "is it?", "options": {"1": "no"}}],
        },
    ],
    "model_configs": [
        {
            "alias": "writer",
            "model": "meta/llama-3.3-70b-instruct",
            "provider": "nvidia",
            "inference_parameters": {
                "temperature": 0.8,
                "top_p": 0.9,
                "max_tokens": 4000,
                "max_parallel_requests": 16,
            },
        },
        {
            "alias": "critic",
            "model": "nvidia/nemotron",
            "provider": "nvidia",
            "inference_parameters": {"temperature": 0.1, "timeout": 60},
        },
    ],
}


def changed(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    config = deepcopy(CONFIG)
    change(config)
    return config


def left_out(config: object, **more: Any) -> dict[str, str]:
    return {one.path: one.why for one in settings_from(config, **more).left_out}


def test_the_snippet_of_the_microservices_types_works_as_it_stands() -> None:
    column = types.SamplerColumnConfig(
        name="target_volatility",
        column_type="sampler",
        sampler_type="category",
        params=types.CategorySamplerParams(values=[0.4, 0.6], weights=[0.25, 0.75]),
    )
    found = settings_from(column)
    (read,) = found.settings.diversity.columns
    assert isinstance(read.params, CategoryParams)
    assert (read.params.values, read.params.weights) == ((0.4, 0.6), (0.25, 0.75))
    assert found.left_out == ()


def test_models_of_the_row_and_judge_columns_become_those_of_generator_and_judge() -> None:
    found = settings_from(CONFIG)
    nim = found.settings.nim
    assert found.settings.engine == "nim"
    assert (nim.generator.model, nim.judge.model) == (
        "meta/llama-3.3-70b-instruct",
        "nvidia/nemotron",
    )
    generator = (nim.generator.temperature, nim.generator.top_p, nim.generator.max_tokens)
    assert generator == (0.8, 0.9, 4000)
    assert nim.judge.temperature == 0.1
    assert nim.judge.max_tokens == 2048, "what the config does not state keeps its default"
    assert nim.calls_at_once == 16
    assert nim.base_url is None
    assert "model" not in found.stated["nim"].get("refiner", {})


def test_what_has_no_meaning_is_told_with_its_place_and_why() -> None:
    told = left_out(CONFIG)
    assert set(told) == {
        "columns[trade].prompt",
        "columns[trade].output_format",
        "columns[quality].prompt",
        "columns[quality].scores",
        "model_configs[critic].inference_parameters.timeout",
    }
    assert "prompts of its own" in told["columns[trade].prompt"]
    assert "realism, consistency and completeness" in told["columns[quality].scores"]


@pytest.mark.parametrize(
    "column",
    [
        {"column_type": "llm-text", "name": "x", "prompt": "a", "model_alias": "writer"},
        {"column_type": "expression", "name": "x", "expr": "{{ trade.side }}"},
        {"column_type": "validation", "name": "x", "target_columns": ["trade"]},
        {"column_type": "sampler", "name": "x", "sampler_type": "uuid", "params": {}},
        {
            "column_type": "sampler",
            "name": "x",
            "sampler_type": "uniform",
            "params": {"low": 0.0, "high": 1.0},
        },
        {"column_type": "of-tomorrow", "name": "x"},
        {"column_type": "llm-structured", "name": "x", "model_alias": "writer", "prompt": "a"},
    ],
    ids=lambda column: f"{column['column_type']}-{column.get('sampler_type', '')}",
)
def test_columns_without_meaning_are_told(column: dict[str, Any]) -> None:
    told = left_out(changed(lambda config: config["columns"].append(column)))
    assert set(told) - set(left_out(CONFIG)) == {"columns[x]"}


@pytest.mark.parametrize(
    "part", ["constraints", "processors", "profilers", "tool_configs", "something_new"]
)
def test_parts_without_meaning_are_told(part: str) -> None:
    assert part in left_out(changed(lambda config: config.update({part: [{"name": "a"}]})))


PATHS = st.sampled_from(
    [
        (),
        ("columns", 1),
        ("columns", 2),
        ("model_configs", 0),
        ("model_configs", 0, "inference_parameters"),
        ("model_configs", 1, "inference_parameters"),
    ]
)
VALUES = st.one_of(
    st.integers(), st.text(min_size=1), st.lists(st.integers(), min_size=1), st.just({"a": 1})
)


@given(PATHS, st.text("abcdefgh_", min_size=9, max_size=20), VALUES)
def test_no_field_is_lost_in_silence(path: tuple[Any, ...], name: str, value: Any) -> None:
    config = deepcopy(CONFIG)
    place: Any = config
    for step in path:
        place = place[step]
    place[name] = value
    added = set(left_out(config)) - set(left_out(CONFIG))
    assert is_said(name, value)
    assert [one.rpartition(".")[2] for one in added] == [name]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    [
        "columns",
        "model_configs",
        "seed_config",
        "source",
        "path",
        "dataset",
        "seed_type",
        "inference_parameters",
        "alias",
        "model_alias",
        "column_type",
        "scores",
        "sampler_type",
        "temperature",
        "max_parallel_requests",
        "provider",
        "params",
        "name",
        "data_designer",
    ]
)
SHAPED = st.recursive(
    JSON | st.sampled_from(["sampler", "llm-structured", "llm-judge", "category", "local"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, SHAPED))
def test_whatever_a_config_holds_it_is_read_or_refused_in_words(config: dict[str, Any]) -> None:
    with suppress(InputError):
        assert settings_from(config).settings.n == 1000


def test_sampler_columns_over_gold_become_the_constraint() -> None:
    side = {
        "column_type": "sampler",
        "name": "side",
        "sampler_type": "category",
        "params": {"values": ["long", "short"]},
        "convert_to": "str",
        "drop": True,
    }
    found = settings_from([side])
    names = [column.name for column in found.settings.diversity.columns]
    assert names == ["target_volatility", "side"], "a constraint needs a volatility: the default's"
    assert found.settings.diversity.columns[0] == default_column()
    assert [one.path for one in found.left_out] == ["columns[side].convert_to"]


def test_a_volatility_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(InputError, match=r"target_volatility.*2 weights"):
        settings_from({**VOLATILITY, "params": {"values": [0.4], "weights": [1, 2]}})


@pytest.mark.parametrize("form", ["library", "microservices"])
def test_a_local_seed_dataset_becomes_gold(form: str, tmp_path: Path) -> None:
    write_parquet(tmp_path / "trades.parquet", records(3))
    path = str(tmp_path / "trades.parquet")
    seed: dict[str, Any] = {"source": {"seed_type": "local", "path": path}}
    if form == "microservices":
        seed = {"dataset": path, "sampling_strategy": "shuffle"}
    found = settings_from({"columns": [VOLATILITY], "seed_config": seed})
    assert found.settings.gold.files == (tmp_path / "trades.parquet",)
    shuffled = ["seed_config.sampling_strategy"] if form == "microservices" else []
    assert [one.path for one in found.left_out] == shuffled


def test_paths_start_where_the_program_does_or_else_beside_the_config(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", records(2))
    write_parquet(tmp_path / "b.parquet", records(2))
    config = tmp_path / "config.yaml"
    seed = {"source": {"seed_type": "local", "path": "*.parquet"}}
    config.write_text(yaml.safe_dump({"columns": [], "seed_config": seed}))
    assert settings_from(config).settings.gold.files == (
        tmp_path / "a.parquet",
        tmp_path / "b.parquet",
    )


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ({"seed_type": "local", "path": "none.parquet"}, "no such file"),
        ({"seed_type": "local", "path": "\0"}, "no such file"),
        ({"seed_type": "hf", "path": "datasets/a/b/c.parquet"}, "local files"),
        ({"seed_type": "df"}, "gold=frame"),
        ({"seed_type": "local", "path": __file__}, "files named"),
    ],
    ids=["missing", "no-path", "hub", "frame", "script"],
)
def test_a_seed_dataset_that_is_no_gold_is_told(source: dict[str, Any], why: str) -> None:
    found = settings_from({"columns": [VOLATILITY], "seed_config": {"source": source}})
    assert found.settings.gold.files == ()
    (told,) = found.left_out
    assert told.path == "seed_config.source"
    assert why in told.why


def test_secrets_are_never_shown() -> None:
    source = {"seed_type": "hf", "path": "a", "token": "hf_secret"}
    config = {
        "columns": [VOLATILITY],
        "seed_config": {"source": source},
        "datastore_settings": {"endpoint": "x", "token": "hf_secret"},
        "api_key": "hf_secret",
    }
    found = settings_from(config)
    assert {"seed_config.source.token", "datastore_settings", "api_key"} <= {
        one.path for one in found.left_out
    }
    assert "hf_secret" not in repr(found)


SECRET = "hidden-4711"

Change = Callable[[dict[str, Any]], Any]

TOLD: list[Change] = [
    lambda c: c["model_configs"][0].update(api_key=SECRET),
    lambda c: c["model_configs"][0].update(auth=SECRET, pat=SECRET, extra_headers=[SECRET]),
    lambda c: c["model_configs"][0].update(authorization=f"Bearer {SECRET}"),
    lambda c: c["model_configs"][0].update(note=f"nvapi-{SECRET}"),
    lambda c: c["model_configs"][0].update(provider={"api_key": SECRET}),
    lambda c: c["model_configs"][0]["inference_parameters"].update(extra_body={"key": SECRET}),
    lambda c: c.update(model_providers=[{"api_key": SECRET}]),
    lambda c: c.update(seed_config={"dataset": f"https://{SECRET}@host/a.parquet"}),
    lambda c: c.update(seed_config={"source": {"path": f"s3://host/a.csv?token={SECRET}"}}),
]
REFUSED: list[Change] = [
    lambda c: c["model_configs"][0].update(model={"api_key": SECRET}),
    lambda c: c["model_configs"][0].update(inference_parameters=SECRET),
    lambda c: c.update(model_configs=SECRET),
    lambda c: c.update(seed_config=SECRET),
]


@pytest.mark.parametrize("change", TOLD)
def test_a_secret_is_neither_shown_nor_written(change: Change) -> None:
    found = settings_from(changed(change))
    assert len(found.left_out) > len(settings_from(CONFIG).left_out)
    assert SECRET not in settings_text(found.stated, found.left_out, "c.yaml") + repr(found)


@pytest.mark.parametrize("change", REFUSED)
def test_a_secret_in_the_wrong_place_is_refused_and_not_shown(change: Change) -> None:
    with pytest.raises(InputError, match="expected") as refused:
        settings_from(changed(change))
    assert SECRET not in str(refused.value)


def test_an_address_with_a_password_is_not_taken_over() -> None:
    config = changed(lambda c: c["model_configs"][0].update(provider="rack"))
    for address in (f"https://me:{SECRET}@rack/v1", f"https://rack/v1?key={SECRET}"):
        found = settings_from(config, {"rack": address})
        assert SECRET not in repr(found)
        assert found.settings.nim.base_url is None
        assert "engine" not in found.stated
        assert (
            "password"
            in left_out(config, providers={"rack": address})["model_configs[writer].provider"]
        )


def test_a_config_that_unfolds_without_end_is_refused_at_once(tmp_path: Path) -> None:
    bomb = "".join(f"{c}: &{c} [{','.join([f'*{p}'] * 9)}]\n" for p, c in pairwise("abcdefghi"))
    (tmp_path / "bomb.yaml").write_text(f"a: &a [x, x]\n{bomb}columns: []\n")
    (tmp_path / "itself.yaml").write_text("columns: &c [{name: q, inner: *c}]\n")
    (tmp_path / "deep.yaml").write_text("[" * 3_000)
    for name, says in (("bomb", "more than"), ("itself", "holds itself"), ("deep", "readable")):
        started = time.monotonic()
        with pytest.raises(InputError, match=rf"{name}\.yaml: .*{says}"):
            settings_from(tmp_path / f"{name}.yaml")
        assert time.monotonic() - started < 20


def test_a_config_of_ten_megabytes_is_read_as_json_and_refused_as_yaml(tmp_path: Path) -> None:
    column = {"name": "c", "column_type": "llm-text", "prompt": 1_000 * "word "}
    text = json.dumps({"columns": 2_000 * [column]})
    for suffix in ("json", "yaml"):
        (tmp_path / f"large.{suffix}").write_text(text)
    assert len(settings_from(tmp_path / "large.json").left_out) == 2_000
    with pytest.raises(InputError, match="write it as JSON"):
        settings_from(tmp_path / "large.yaml")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "c.yaml")
    with pytest.raises(InputError, match="no regular file"):
        settings_from(tmp_path / "c.yaml")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_volatility_that_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(InputError, match="finite"):
        settings_from({**VOLATILITY, "params": {"values": [value, 0.4]}})


def test_numbers_written_as_text_are_numbers_and_true_is_none() -> None:
    def change(config: dict[str, Any]) -> None:
        config["model_configs"][0]["inference_parameters"] = {
            "temperature": "0.5",
            "max_tokens": 100.0,
            "top_p": True,
            "max_parallel_requests": True,
        }

    found = settings_from(changed(change))
    assert found.stated["nim"]["generator"] | {"model": ""} == {
        "model": "",
        "temperature": 0.5,
        "max_tokens": 100,
    }
    assert "calls_at_once" not in found.stated["nim"]
    paths = {one.path.rpartition(".")[2] for one in found.left_out}
    assert {"top_p", "max_parallel_requests"} <= paths


def test_models_of_an_endpoint_of_ones_own_are_found_by_the_list_of_providers(
    tmp_path: Path,
) -> None:
    def own(config: dict[str, Any]) -> None:
        for model in config["model_configs"]:
            model["provider"] = "rack"

    config = changed(own)
    assert "--providers" in left_out(config)["model_configs[writer].provider"]
    assert "engine" not in settings_from(config).stated, "gold is shown to nobody unasked"
    listed = tmp_path / "providers.yaml"
    rack = {"name": "rack", "endpoint": "http://rack:8000/v1"}
    listed.write_text(yaml.safe_dump({"providers": [rack]}))
    for providers in (listed, {"rack": "http://rack:8000/v1"}):
        found = settings_from(config, providers)
        assert found.settings.nim.base_url == "http://rack:8000/v1"
        assert found.settings.engine == "nim"
        assert not any("provider" in one.path for one in found.left_out)
    listed.write_text("providers: [rack]")
    with pytest.raises(InputError, match="name and endpoint"):
        settings_from(config, listed)


def test_a_second_address_is_told() -> None:
    config = changed(lambda c: c["model_configs"][1].update(provider="rack"))
    told = left_out(config, providers={"rack": "http://rack:8000/v1"})
    assert "one address" in told["model_configs[critic].provider"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", {"distribution_type": "uniform", "params": {"low": 0, "high": 1}}),
        ("temperature", 7.0),
        ("top_p", 0.0),
        ("max_tokens", 10),
    ],
)
def test_parameters_that_the_engine_cannot_take_are_told(name: str, value: Any) -> None:
    def change(config: dict[str, Any]) -> None:
        config["model_configs"][0]["inference_parameters"][name] = value

    found = settings_from(changed(change))
    assert name not in found.stated["nim"]["generator"]
    assert f"model_configs[writer].inference_parameters.{name}" in {
        one.path for one in found.left_out
    }


def test_one_model_may_play_both_roles_and_models_nobody_asks_are_told() -> None:
    def change(config: dict[str, Any]) -> None:
        config["columns"][2]["model_alias"] = "writer"

    found = settings_from(changed(change))
    assert found.settings.nim.judge.model == found.settings.nim.generator.model
    whys = {one.path: one.why for one in found.left_out}
    assert whys["model_configs[critic].model"] == "no role asks this model"


def test_a_model_alias_that_is_nowhere_is_told() -> None:
    config = changed(lambda c: c["columns"][1].update(model_alias="gone"))
    assert left_out(config)["columns[trade].model_alias"].startswith("the config has no such")
    assert "engine" not in settings_from(config).stated


@pytest.mark.parametrize("suffix", ["yaml", "json"])
@pytest.mark.parametrize("wrapped", [True, False], ids=["builder", "config"])
def test_files_of_both_forms_are_read_alike(suffix: str, wrapped: bool, tmp_path: Path) -> None:
    held = {"data_designer": CONFIG, "library_version": "0.9.6"} if wrapped else CONFIG
    path = tmp_path / f"config.{suffix}"
    path.write_text(json.dumps(held) if suffix == "json" else yaml.safe_dump(held))
    found = settings_from(path)
    assert found.stated == settings_from(CONFIG).stated
    version = {"library_version"} if wrapped else set()
    assert {one.path for one in found.left_out} == set(left_out(CONFIG)) | version


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.yaml", "[1, 2", "not a readable Data Designer config"),
        ("a.yaml", "- 1", "without a list of columns"),
        ("a.yaml", "name: x", "without a list of columns"),
        ("a.yaml", "columns: 7", "without a list of columns"),
        ("a.yaml", "just text", "is no Data Designer config"),
        ("a.json", "{", "not a readable"),
        ("a.toml", "a = 1", "expected a file named"),
        ("missing.yaml", None, "cannot be read"),
    ],
)
def test_files_that_are_no_config_are_refused_by_name(
    name: str, text: str | None, says: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=says) as refused:
        settings_from(path)
    assert str(refused.value).startswith(str(path))


def test_other_objects_are_refused() -> None:
    with pytest.raises(InputError, match="int is no Data Designer config"):
        settings_from(7)
