"""With the extra of `nemo_microservices`, whose classes are not those of `data_designer`."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.rows import records, write_parquet
from tradegen.designer import settings_from

NEEDED = ("huggingface_hub", "pythonjsonlogger", "jinja2")
"""What the extra `nemo-microservices[data-designer]` brings."""

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("data_designer") is not None
    or not all(map(importlib.util.find_spec, NEEDED)),
    reason="nemo-microservices[data-designer] is not installed; make test-designer runs these",
)


def column() -> Any:
    from nemo_microservices.data_designer.essentials import (
        CategorySamplerParams,
        SamplerColumnConfig,
    )

    return SamplerColumnConfig(
        name="target_volatility",
        column_type="sampler",
        sampler_type="category",
        params=CategorySamplerParams(values=[0.4, 0.6], weights=[0.25, 0.75]),
    )


def test_the_snippet_works_as_it_stands() -> None:
    (read,) = settings_from(column()).settings.diversity.columns
    assert read.params.model_dump() == {
        "sampler_type": None,
        "values": (0.4, 0.6),
        "weights": (0.25, 0.75),
    }


def test_a_builder_its_config_and_its_file_are_read_alike(tmp_path: Path) -> None:
    from nemo_microservices.data_designer.essentials import (
        DataDesignerConfigBuilder,
        InferenceParameters,
        LLMStructuredColumnConfig,
        ModelConfig,
    )

    write_parquet(tmp_path / "trades.parquet", records(3))
    model = ModelConfig(
        alias="writer",
        model="a/b",
        provider="nvidiabuild",
        inference_parameters=InferenceParameters(temperature=0.4, max_parallel_requests=7),
    )
    builder = DataDesignerConfigBuilder(model_configs=[model])
    builder.add_column(column())
    builder.add_column(
        LLMStructuredColumnConfig(
            name="trade", prompt="x", model_alias="writer", output_format={"type": "object"}
        )
    )
    builder.write_config(tmp_path / "config.yaml")
    for form in (builder, builder.build(), builder.get_builder_config(), tmp_path / "config.yaml"):
        found = settings_from(form)
        assert found.settings.nim.generator.model == "a/b"
        assert found.settings.nim.base_url is None
        assert found.settings.nim.calls_at_once == 7
        assert len(found.settings.diversity.columns) == 1
        told = {one.path for one in found.left_out}
        assert told == {"columns[trade].prompt", "columns[trade].output_format"}
    config = yaml.safe_load((tmp_path / "config.yaml").read_text())
    config["data_designer"]["seed_config"] = {"dataset": str(tmp_path / "trades.parquet")}
    assert settings_from(config).settings.gold.files == (tmp_path / "trades.parquet",)
