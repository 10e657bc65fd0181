"""The names that both directions share: columns, aliases, providers, files."""

from pathlib import Path

GENERATOR = "generator"
JUDGE = "judge"
"""Aliases of the models that play these roles."""

ROW_COLUMN = "row"
JUDGE_COLUMN = "judge"
PASSES_COLUMN = "passes"

CRITERIA = ("realism", "consistency", "completeness")

HOSTED_PROVIDERS = ("nvidia", "nvidiabuild")
"""What `data_designer` and `nemo_microservices` call NVIDIA's hosted models."""

NOTE = b"tradegen"
"""Key under which the Parquet file of a seed dataset says what it was drawn from."""


def home_of(config: Path) -> Path:
    """Return the folder beside an exported config that Data Designer is to take for its home."""
    return config.with_name(f"{config.stem}.home")


def providers_of(config: Path) -> Path:
    """Return the file beside an exported config that says where its models are."""
    return home_of(config) / "model_providers.yaml"
