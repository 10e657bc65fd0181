import re
from pathlib import Path

import pytest
from nemo_microservices.types.data_designer import (
    CategorySamplerParams,
    GaussianSamplerParams,
    SamplerColumnConfig,
    UniformSamplerParams,
)

from tradegen.errors import InputError
from tradegen.samplers.buckets import buckets_of
from tradegen.samplers.columns import (
    DEFAULT_VALUES,
    DEFAULT_WEIGHTS,
    VOLATILITY_COLUMN,
    CategoryParams,
    default_column,
    read_columns,
)
from tradegen.samplers.quotas import largest_remainder

CATEGORY = {
    "name": "target_volatility",
    "sampler_type": "category",
    "params": {"values": [0.3, 0.4], "weights": [1.0, 3.0]},
}


def test_the_default_is_nine_volatilities_whose_weights_sum_to_one() -> None:
    params = default_column().params
    assert isinstance(params, CategoryParams)
    assert params.values == DEFAULT_VALUES
    assert params.shares() == pytest.approx(DEFAULT_WEIGHTS)
    assert sum(DEFAULT_WEIGHTS) == pytest.approx(1)


def test_a_data_designer_column_object_is_read_as_it_is() -> None:
    column = SamplerColumnConfig(
        name="target_volatility",
        column_type="sampler",
        sampler_type="category",
        params=CategorySamplerParams(values=[0.3, 0.4, 0.5], weights=[0.2, 0.3, 0.5]),
    )
    (read,) = read_columns(column)
    assert isinstance(read.params, CategoryParams)
    assert read.params.values == (0.3, 0.4, 0.5)
    assert read.params.weights == (0.2, 0.3, 0.5)


@pytest.mark.parametrize(
    "column",
    [
        SamplerColumnConfig(
            name="target_volatility",
            sampler_type="uniform",
            params=UniformSamplerParams(low=0.3, high=0.9),
        ),
        SamplerColumnConfig(
            name="target_volatility",
            sampler_type="gaussian",
            params=GaussianSamplerParams(mean=0.7, stddev=0.1, decimal_places=2),
        ),
    ],
    ids=lambda column: column.sampler_type,
)
def test_continuous_data_designer_columns_are_read(column: SamplerColumnConfig) -> None:
    (read,) = read_columns(column)
    assert read.sampler_type == column.sampler_type
    dumped = {name: value for name, value in read.params if value is not None}
    assert dumped == {n: v for n, v in column.params.model_dump().items() if v is not None}


def test_conditional_params_of_an_object_are_kept() -> None:
    column = SamplerColumnConfig(
        name="target_volatility",
        sampler_type="category",
        params=CategorySamplerParams(values=[0.3]),
        conditional_params={"interval == '1h'": CategorySamplerParams(values=[0.9])},
    )
    (read,) = read_columns(column)
    assert list(read.conditional_params) == ["interval == '1h'"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "c.yaml",
            (
                "columns:\n"
                "- {column_type: llm-text, name: other, prompt: x}\n"
                "- {column_type: sampler, name: target_volatility, sampler_type: category,\n"
                "   params: {values: [0.3, 0.4], weights: [1.0, 3.0]}}\n"
            ),
        ),
        (
            "c.toml",
            (
                'name = "target_volatility"\nsampler_type = "category"\n'
                "[params]\nvalues = [0.3, 0.4]\nweights = [1.0, 3.0]\n"
            ),
        ),
        (
            "c.json",
            (
                '[{"name": "target_volatility", "sampler_type": "category", '
                '"params": {"values": [0.3, 0.4], "weights": [1.0, 3.0]}}]'
            ),
        ),
    ],
)
def test_files_say_the_same_as_a_mapping(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert read_columns(path) == read_columns(CATEGORY)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"params": {"values": [0.3, 0.4], "weights": [0.5, -0.5]}}, "weights must be 0 or more"),
        ({"params": {"values": [0.3, 0.4], "weights": [1, float("inf")]}}, "and finite"),
        ({"params": {"values": [0.3, 0.4], "weights": [1.0]}}, "2 values but 1 weights"),
        ({"params": {"values": [], "weights": []}}, "values"),
        ({"params": {"values": [0.3, 0.4], "weights": [0.0, 0.0]}}, "above 0"),
        ({"params": {"values": [0.3, 0.3]}}, "differ"),
        ({"params": {"values": [0.3], "wieghts": [1.0]}}, "wieghts"),
        ({"sampler_type": "poisson"}, "poisson"),
        ({"sampler_type": "gaussian", "params": {"mean": 0.7}}, "stddev"),
        (
            {"sampler_type": "uniform", "params": {"low": 0.9, "high": 0.3}},
            "low must be below high",
        ),
        ({"conditonal_params": {"a == 1": {"values": [1]}}}, "conditonal_params"),
    ],
)
def test_what_cannot_be_used_is_named(change: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read_columns({**CATEGORY, **change})
    assert "target_volatility" in str(caught.value)


def test_a_file_that_is_absent_or_broken_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.yaml"):
        read_columns(tmp_path / "absent.yaml")
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"broken\.json"):
        read_columns(broken)


# --- what no constraint can be ----------------------------------------------------------------

BAD_PARAMS = {
    "infinite weight": ("category", {"values": [0.5], "weights": [float("inf")]}, "finite"),
    "endless sum": ("category", {"values": [0.3, 0.4], "weights": [1e308] * 2}, "sum of the weig"),
    "value of 1e300": ("category", {"values": [1e300]}, "1e+300 is wrong: expected fractions"),
    "scipy, no such s": (
        "scipy",
        {"dist_name": "lognorm", "dist_params": {"s": -1}},
        "expected parameters that it knows",
    ),
    "scipy, no loc": ("scipy", {"dist_name": "norm", "dist_params": {"loc": float("nan")}}, "fin"),
    "infinite mean": ("gaussian", {"mean": float("inf"), "stddev": 1}, "finite"),
    "uniform to 1e12": ("uniform", {"low": 0, "high": 1e12}, "at most 100 (0.7 is 70 % a year)"),
    "infinite uniform": ("uniform", {"low": float("-inf"), "high": float("inf")}, "finite"),
}


@pytest.mark.parametrize("what", BAD_PARAMS)
def test_numbers_that_describe_no_volatility_are_refused(what: str) -> None:
    kind, params, said = BAD_PARAMS[what]
    data = {"name": VOLATILITY_COLUMN, "sampler_type": kind, "params": params}
    with pytest.raises(InputError, match=re.escape(said)):
        _ = [buckets_of(column.params) for column in read_columns(data)]


@pytest.mark.parametrize(
    ("name", "held", "said"),
    [
        ("deep.json", b"[" * 100_000, "nested too deeply"),
        ("deep.yaml", b"[" * 20_000, "nested too deeply"),
        ("deep.toml", b"a = " + b"[" * 5_000, "nested too deeply"),
        ("latin.yaml", b"name: caf\xe9", "not UTF-8 text"),
        ("text.yaml", b"hello", "holds str 'hello'; expected a sampler column"),
        ("empty.yaml", b"", "holds NoneType None; expected a sampler column"),
        ("list.yaml", b"- hello", "'hello' is not a sampler column"),
    ],
)
def test_a_file_that_is_no_constraint_is_named(
    tmp_path: Path, name: str, held: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(held)
    with pytest.raises(InputError, match=re.escape(said)) as refused:
        read_columns(tmp_path / name)
    assert name in str(refused.value)


def test_thousands_of_weights_take_no_time() -> None:
    params = CategoryParams(values=tuple(range(1, 10_001)), weights=(0.1,) * 10_000)
    assert sum(params.shares()) == pytest.approx(1)
    assert largest_remainder(params.shares(), 20_000).sum() == 20_000


def test_what_data_designer_writes_into_every_column_does_no_harm() -> None:
    from_library = {**CATEGORY, "skip": None, "propagate_skip": True, "drop": False}
    assert read_columns(from_library) == read_columns(CATEGORY)


def test_a_config_as_a_builder_writes_it_is_read() -> None:
    held = {"data_designer": {"columns": [{**CATEGORY, "column_type": "sampler"}]}}
    assert read_columns(held) == read_columns(CATEGORY)
