"""Settings, written as a Data Designer config and read again, are the same settings."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.designer.package import builder_of
from tests.support.rows import records, write_parquet
from tradegen.designer import FromDesigner, settings_from
from tradegen.designer.export import Exported, export_config
from tradegen.settings import Settings, restore_settings

SIDES = {
    "name": "side",
    "sampler_type": "category",
    "params": {"values": ["long", "short"], "weights": [0.3, 0.7]},
}


@cache
def gold_file() -> Path:
    folder = TemporaryDirectory()
    _KEPT.append(folder)
    path = Path(folder.name) / "trades.parquet"
    write_parquet(path, records(120))
    return path


_KEPT: list[TemporaryDirectory[str]] = []

weights = st.lists(st.floats(0.01, 9.0), min_size=3, max_size=3)


def category(values: list[float], shares: list[float]) -> dict[str, Any]:
    return {
        "name": "target_volatility",
        "sampler_type": "category",
        "params": {"values": values, "weights": shares},
    }


volatility = st.one_of(
    st.builds(category, st.just([0.4, 0.6, 0.8]), weights),
    st.builds(
        lambda low, width: {
            "name": "target_volatility",
            "sampler_type": "uniform",
            "params": {"low": low, "high": low + width},
        },
        st.floats(0.3, 0.5),
        st.floats(0.1, 0.5),
    ),
    st.builds(
        lambda mean, decimals: {
            "name": "target_volatility",
            "sampler_type": "gaussian",
            "params": {"mean": mean, "stddev": 0.1, "decimal_places": decimals},
        },
        st.floats(0.6, 0.8),
        st.integers(1, 4),
    ),
    st.builds(
        lambda shares: {
            **category([0.4, 0.6, 0.8], shares),
            "conditional_params": {"side == 'short'": {"values": [0.5, 0.7, 0.9]}},
        },
        weights,
    ),
)

given_weights = st.builds(
    lambda shares: {"weights": dict(zip(("0.4", "0.6", "0.8"), shares, strict=True))}, weights
)
diversity = st.one_of(
    st.just({"widen": True}),
    st.builds(lambda widen: {"weights": "gold", "widen": widen}, st.booleans()),
    st.builds(lambda tree: {**tree, "widen": True}, given_weights),
    st.builds(lambda column: {"columns": [column, SIDES], "widen": True}, volatility),
)

names = st.text("abcz/-.0 é'\"{}%\\", min_size=1, max_size=20).filter(str.strip)


def role(thinnest: float) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"model": names},
        optional={
            "temperature": st.floats(0, 2),
            "top_p": st.floats(thinnest, 1),
            "max_tokens": st.integers(64, 10**6),
        },
    )


trees = st.fixed_dictionaries(
    {
        "n": st.integers(1, 6),
        "engine": st.just("nim"),
        "diversity": diversity,
        "nim": st.fixed_dictionaries(
            {"generator": role(0.01), "judge": role(0.01)},
            optional={
                "base_url": st.just("http://127.0.0.1:9/v1"),
                "pass_score": st.integers(1, 5),
                "seed_bars": st.integers(1, 64),
                "calls_at_once": st.integers(1, 500),
            },
        ),
    },
    optional={
        "seed": st.integers(0, 2**63 - 1),
        "gold": st.fixed_dictionaries(
            {"files": st.builds(lambda: (gold_file(),))},
            optional={
                "holdout": st.floats(0, 0.4),
                "skip_bad": st.booleans(),
                "tz": st.just("Europe/Berlin"),
                "instruments": st.just({"SIM1": {"lot": 0.0}}),
            },
        ),
    },
)


def round_trip(tree: dict[str, Any], folder: Path) -> tuple[Settings, Exported, FromDesigner]:
    given = restore_settings(tree)
    exported = export_config(given, folder / "designer.yaml")
    return given, exported, settings_from(exported.config)


def comparable(one: Settings) -> dict[str, Any]:
    """Return settings as plain values, the diversity as what it stands for."""
    tree = one.model_dump(mode="json")
    resolved = one.diversity.resolved()
    columns = resolved if isinstance(resolved, str) else [c.model_dump() for c in resolved]
    return {**tree, "diversity": {"widen": one.diversity.widen, "columns": columns}}


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(trees)
def test_settings_come_back_as_they_went(tree: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        given, exported, found = round_trip(tree, Path(folder))
        if builder_of is not None:  # with the extra: Data Designer's own types agree
            builder_of(exported.config)
    assert comparable(found.settings) == comparable(given)
    assert found.left_out == (), "an export is understood whole"
    assert exported.left_out == (), "all of these settings have meaning in both"


def test_settings_without_meaning_are_told_and_only_they_are_lost(tmp_path: Path) -> None:
    given, exported, found = round_trip(
        {
            "n": 3,
            "embedded": {"candidates": 2},
            "judge": {"false_rejections": 0.1},
            "nim": {
                "generator": {"model": "m", "thinking": True},
                "judge": {"model": "m"},
                "refiner": {"model": "r"},
                "rpm": 40,
            },
            "run": {"workers": 2},
        },
        tmp_path,
    )
    told = {one.path for one in exported.left_out}
    assert {
        "engine",
        "embedded.candidates",
        "judge.false_rejections",
        "nim.generator.thinking",
        "nim.refiner.model",
        "nim.rpm",
        "run.workers",
    } <= told

    def leaves(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
        flat: dict[str, Any] = {}
        for name, value in tree.items():
            nested = isinstance(value, dict)
            flat |= leaves(value, f"{prefix}{name}.") if nested else {f"{prefix}{name}": value}
        return flat

    before, after = leaves(comparable(given)), leaves(comparable(found.settings))
    assert {name for name in before if before[name] != after.get(name)} == told


def test_what_is_changed_in_the_config_counts(tmp_path: Path) -> None:
    _, exported, _ = round_trip({"n": 3, "diversity": {"widen": True}}, tmp_path)
    text = exported.config.read_text(encoding="utf-8")
    assert "temperature: 0.9" in text
    assert "Write one new trade in the same spirit." in text
    text = text.replace("temperature: 0.9", "temperature: 0.3")
    text = text.replace("Write one new trade in the same spirit.", "Write a wild trade.")
    exported.config.write_text(text, encoding="utf-8")
    found = settings_from(exported.config)
    assert found.settings.nim.generator.temperature == 0.3
    told = {one.path for one in found.left_out}
    assert "columns[row].prompt" in told, "words that are no longer ours are not used, and told"


def test_conditions_on_columns_that_only_gold_has_come_back_as_the_same_buckets(
    tmp_path: Path,
) -> None:
    from tradegen.pipeline.prepare import prepare

    column = {
        **category([0.4, 0.6, 0.8], [1.0, 1.0, 2.0]),
        "conditional_params": {"setup == 'breakout'": {"values": [0.5, 0.7]}},
    }
    given, _, found = round_trip(
        {"n": 20, "diversity": {"columns": [column], "widen": True}}, tmp_path
    )
    before = prepare(given).sampler.constraint.buckets
    after = prepare(found.settings.model_copy(update={"engine": "embedded"}))
    pairs = zip(before, after.sampler.constraint.buckets, strict=True)
    for one, other in pairs:
        assert (one.value, one.low, one.high, one.where) == (
            other.value,
            other.low,
            other.high,
            other.where,
        )
        assert one.weight == pytest.approx(other.weight)
