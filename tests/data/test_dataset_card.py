"""The dataset card: true to the run, and readable by Hugging Face."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from tests.support.runs import FinishedRun
from tradegen.data.dataset_card import dataset_card


@pytest.fixture
def manifest(finished_run: FinishedRun) -> dict[str, Any]:
    return copy.deepcopy(dict(finished_run.result.manifest))


def front_matter(card: str) -> Mapping[str, Any]:
    begin, matter, _ = card.split("---\n", 2)
    assert begin == ""
    parsed: Mapping[str, Any] = yaml.safe_load(matter)
    return parsed


def test_the_card_says_what_the_rows_are_and_that_they_are_not_real(
    finished_run: FinishedRun,
) -> None:
    card = (finished_run.path / "README.md").read_text(encoding="utf-8")
    assert "40 synthetic trades made by tradegen" in card
    assert "**These are not real trades.**" in card
    assert "Do not join rows with market data" in card
    assert "source=simulated" in card
    assert "All rows asked for are there." in card
    thrown_away = finished_run.result.manifest["attempts"]["thrown_away"]
    assert f"{thrown_away} were thrown away (realism" in card


def test_the_card_lists_every_bucket_with_its_counts(
    finished_run: FinishedRun, manifest: dict[str, Any]
) -> None:
    card = (finished_run.path / "README.md").read_text(encoding="utf-8")
    for bucket in manifest["buckets"]:
        line = next(line for line in card.splitlines() if line.startswith(f"| {bucket['bucket']} "))
        assert line.endswith(f"| {bucket['asked']} | {bucket['accepted']} |")


def test_the_card_points_hugging_face_at_the_rows_alone(finished_run: FinishedRun) -> None:
    matter = front_matter((finished_run.path / "README.md").read_text(encoding="utf-8"))
    (config,) = matter["configs"]
    assert config["data_files"] == [{"split": "train", "path": "rows.parquet"}]
    assert "synthetic" in matter["tags"]


def test_what_the_card_says_of_loading_begins_with_what_everybody_has(
    finished_run: FinishedRun,
) -> None:
    card = (finished_run.path / "README.md").read_text(encoding="utf-8")
    assert 0 < card.index("pandas.read_parquet(") < card.index("datasets.load_dataset(")


def test_the_card_names_every_column_of_the_file(finished_run: FinishedRun) -> None:
    card = (finished_run.path / "README.md").read_text(encoding="utf-8")
    missing = [
        name for name in finished_run.result.to_arrow().column_names if f"`{name}`" not in card
    ]
    assert missing == []


def test_the_card_names_the_indicators_beside_the_rows(finished_run: FinishedRun) -> None:
    card = (finished_run.path / "README.md").read_text(encoding="utf-8")
    assert "`features.parquet` has technical indicators at entry" in card


def test_the_users_own_columns_are_named_where_they_are_given(manifest: dict[str, Any]) -> None:
    assert "`setup`, `remark`, `bars`" in dataset_card("first", manifest, ("setup", "remark"))


@pytest.mark.parametrize(
    ("accepted", "size"),
    [
        (0, "n<1K"),
        (999, "n<1K"),
        (1000, "1K<n<10K"),
        (10_000, "10K<n<100K"),
        (999_999, "100K<n<1M"),
    ],
)
def test_the_size_is_in_hugging_faces_words(
    manifest: dict[str, Any], accepted: int, size: str
) -> None:
    card = dataset_card("first", {**manifest, "accepted": accepted})
    assert front_matter(card)["size_categories"] == [size]


def test_the_size_of_a_large_run_is_one_that_hugging_face_knows(manifest: dict[str, Any]) -> None:
    card = dataset_card("first", {**manifest, "accepted": 2_000_000})
    assert front_matter(card)["size_categories"] == ["1M<n<10M"]


@pytest.mark.parametrize("status", ["running", "interrupted", "exhausted"])
def test_the_card_of_a_run_that_is_not_done_says_so(manifest: dict[str, Any], status: str) -> None:
    card = dataset_card("first", {**manifest, "status": status, "accepted": 7})
    assert f"**Incomplete** ({status}): 40 were asked for." in card


def test_real_gold_is_not_called_simulated(manifest: dict[str, Any]) -> None:
    manifest["gold"]["simulated"] = False
    card = dataset_card("first", manifest)
    assert "simulated" not in card
    assert "the user's own" in card


@pytest.mark.parametrize("name", ["2024", "no"])
def test_a_name_stays_text_in_the_yaml(manifest: dict[str, Any], name: str) -> None:
    assert front_matter(dataset_card(name, manifest))["pretty_name"] == name
