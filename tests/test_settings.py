"""Settings: where they come from, which source wins, and what is said of wrong ones."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tradegen.errors import InputError
from tradegen.samplers.columns import read_columns
from tradegen.settings import (
    decides_rows,
    identity,
    load_settings,
    restore_settings,
    what_is_stated,
)


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def toml(text: str, name: str = "tradegen.toml") -> Path:
    path = Path(name)
    path.write_text(text, encoding="utf-8")
    return path


def refusal(tree: Mapping[str, Any] | None = None, file: Path | None = None) -> str:
    with pytest.raises(InputError) as refused:
        load_settings(tree, file)
    return str(refused.value)


# --- which source wins ------------------------------------------------------------------------


def test_without_any_source_every_setting_has_its_default() -> None:
    settings = load_settings()
    assert (settings.n, settings.seed, settings.engine) == (1000, 0, "embedded")
    assert settings.gold.files == ()
    assert settings.gold.holdout == 0.2
    assert settings.run.folder == Path("runs")


def test_flags_win_over_the_environment_which_wins_over_the_file_which_wins_over_defaults(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    toml("n = 1\nseed = 1\nengine = 'from-file'\n[run]\nworkers = 1\nin_flight = 1\nname = 'file'")
    monkeypatch.setenv("TRADEGEN_N", "2")
    monkeypatch.setenv("TRADEGEN_SEED", "2")
    monkeypatch.setenv("TRADEGEN_RUN__WORKERS", "2")
    monkeypatch.setenv("TRADEGEN_RUN__IN_FLIGHT", "2")
    settings = load_settings({"n": 3, "run": {"workers": 3}})
    assert (settings.n, settings.run.workers) == (3, 3)
    assert (settings.seed, settings.run.in_flight) == (2, 2)
    assert (settings.engine, settings.run.name) == ("from-file", "file")
    assert settings.run.max_attempts_per_row == 20


def test_a_named_file_is_read_instead_of_the_one_in_the_working_directory() -> None:
    toml("n = 1\nseed = 1")
    settings = load_settings({}, toml("n = 2", "other.toml"))
    assert (settings.n, settings.seed) == (2, 0)


@pytest.mark.parametrize(
    ("value", "weights"),
    [
        ("gold", "gold"),
        ("0.3=0.5,0.6=0.5", {"0.3": 0.5, "0.6": 0.5}),
        ('{"0.3": 1}', {"0.3": 1.0}),
    ],
)
def test_weights_from_the_environment_may_be_the_word_gold_or_pairs_or_json(
    monkeypatch: pytest.MonkeyPatch, value: str, weights: object
) -> None:
    monkeypatch.setenv("TRADEGEN_DIVERSITY__WEIGHTS", value)
    assert load_settings().diversity.weights == weights


def test_files_from_the_environment_are_a_json_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEGEN_GOLD__FILES", '["a.csv", "b.csv"]')
    assert load_settings().gold.files == (Path("a.csv"), Path("b.csv"))


def test_weights_as_pairs_replace_the_table_in_the_file() -> None:
    toml('[diversity.weights]\n"0.3" = 1')
    assert load_settings({"diversity": {"weights": "0.7=1"}}).diversity.weights == {"0.7": 1.0}


@pytest.mark.parametrize("source", ["arguments", "environment"])
def test_a_table_of_weights_replaces_the_table_in_the_file(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml('[diversity.weights]\n"0.3" = 1')
    tree: dict[str, Any] = {}
    if source == "arguments":
        tree = {"diversity": {"weights": {"0.7": 1}}}
    else:
        monkeypatch.setenv("TRADEGEN_DIVERSITY__WEIGHTS", '{"0.7": 1}')
    assert load_settings(tree).diversity.weights == {"0.7": 1.0}


def test_a_constraint_on_the_command_line_replaces_the_weights_in_the_file() -> None:
    toml("[diversity]\nweights = 'gold'")
    constraint = "name: target_volatility\nsampler_type: category\nparams: {values: [0.7]}"
    Path("constraint.yaml").write_text(constraint, encoding="utf-8")
    settings = load_settings({"diversity": {"file": "constraint.yaml"}})
    assert settings.diversity.resolved() == read_columns(Path("constraint.yaml"))


# --- wrong settings ---------------------------------------------------------------------------

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("n", {"n": 0}, "0: expected greater than or equal to 1"),
    ("n", {"n": -3}, "-3: expected greater than or equal to 1"),
    ("n", {"n": 2.5}, "2.5: expected a valid integer"),
    ("n", {"n": "many"}, "'many': expected a valid integer"),
    ("seed", {"seed": -1}, "-1: expected greater than or equal to 0"),
    ("gold.holdout", {"gold": {"holdout": 1}}, "1: expected less than 1"),
    ("gold.instruments.X.lot", {"gold": {"instruments": {"X": {"lot": -1}}}}, "-1: expected"),
    ("diversity.weights", {"diversity": {"weights": "0.3=x"}}, "expected 'gold' or pairs"),
    ("diversity.weights", {"diversity": {"weights": "0.3"}}, "expected 'gold' or pairs"),
    ("diversity.weights", {"diversity": {"weights": "0.3=1,0.30=2"}}, "0.3 is given twice"),
    ("judge.false_rejections", {"judge": {"false_rejections": 0}}, "0: expected greater than 0"),
    ("run.workers", {"run": {"workers": 0}}, "0: expected greater than or equal to 1"),
    ("run.max_attempts", {"run": {"max_attempts": 0}}, "0: expected greater than or equal to 1"),
    ("run.name", {"run": {"name": "../elsewhere"}}, "'../elsewhere': expected letters, digits"),
    ("run", {"run": 3}, "3: expected a valid dictionary"),
]


@pytest.mark.parametrize(("name", "tree", "said"), WRONG)
def test_a_wrong_value_is_refused_with_its_name_its_value_and_what_was_expected(
    name: str, tree: dict[str, Any], said: str
) -> None:
    line = refusal(tree).splitlines()[1]
    assert line.startswith(f"  {name} = ")
    assert said in line


def test_all_wrong_settings_are_told_at_once_with_the_file_they_may_come_from() -> None:
    path = toml("seed = -1\n[run]\nworkers = 0", "mine.toml")
    message = refusal({"n": 0}, path)
    assert "mine.toml" in message
    for name in ("n = 0", "seed = -1", "run.workers = 0"):
        assert name in message


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({"sedd": 1}, "sedd: no such setting; did you mean seed?"),
        ({"run": {"fodler": "x"}}, "run.fodler: no such setting; did you mean folder?"),
        ({"gold": {"hold_out": 0.1}}, "gold.hold_out: no such setting; did you mean holdout?"),
        (
            {"zzz": 1},
            (
                "zzz: no such setting; there is import, n, seed, engine, gold, diversity, "
                "embedded, judge, nim, designer, indicators, costs, evaluation, run"
            ),
        ),
    ],
)
def test_an_unknown_setting_is_refused_with_the_nearest_known_one(
    tree: dict[str, Any], said: str
) -> None:
    assert said in refusal(tree)


def test_an_unknown_setting_of_a_section_in_the_environment_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRADEGEN_RUN__FODLER", "x")
    assert "run.fodler: no such setting; did you mean folder?" in refusal()


def test_an_unknown_setting_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEGEN_SEDD", "7")
    assert "TRADEGEN_SEDD: no such setting; did you mean TRADEGEN_SEED?" in refusal()


def test_an_unknown_setting_of_an_instrument_is_refused_with_the_nearest_known_one() -> None:
    message = refusal({"gold": {"instruments": {"X": {"pricetick": 0.01}}}})
    assert "gold.instruments.X.pricetick: no such setting; did you mean price_tick?" in message


def test_weights_of_the_wrong_type_are_named_as_the_setting_is() -> None:
    named = re.findall(r"^  (\S+) = ", refusal({"diversity": {"weights": 5}}), re.MULTILINE)
    assert named == ["diversity.weights"]


def test_files_from_the_environment_that_are_no_list_are_refused_by_the_name_of_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRADEGEN_GOLD__FILES", "gold.csv")
    assert "TRADEGEN_GOLD__FILES" in refusal()


def test_weights_of_something_that_is_no_number_are_refused() -> None:
    with pytest.raises(InputError, match="abc"):
        load_settings({"diversity": {"weights": "abc=1"}}).diversity.resolved()


def test_a_diversity_given_in_two_ways_is_refused_naming_both() -> None:
    both = {"weights": "gold", "columns": [{"name": "target_volatility", **CATEGORY}]}
    with pytest.raises(InputError, match="by weights and by columns"):
        load_settings({"diversity": both}).diversity.resolved()


CATEGORY = {"sampler_type": "category", "params": {"values": [0.4, 0.8], "weights": [1, 3]}}


def test_sampler_columns_may_stand_in_the_settings_file() -> None:
    toml(
        "[[diversity.columns]]\nname = 'target_volatility'\nsampler_type = 'category'\n"
        "params = {values = [0.4, 0.8], weights = [1, 3]}"
    )
    resolved = load_settings().diversity.resolved()
    assert resolved == read_columns({"name": "target_volatility", **CATEGORY})


# --- the settings file ------------------------------------------------------------------------


def test_a_named_file_that_is_not_there_is_an_error() -> None:
    assert refusal({}, Path("none.toml")) == "none.toml: no such settings file"


def test_a_file_that_is_not_toml_is_refused_with_its_name_and_the_line() -> None:
    message = refusal({}, toml("n = 1\nseed 2", "broken.toml"))
    assert message.startswith("broken.toml: not TOML")
    assert "line 2" in message


def test_a_file_that_is_not_utf_8_is_refused_with_its_name() -> None:
    Path("tradegen.toml").write_bytes("# für morgen\nn = 1\n".encode("latin-1"))
    assert "tradegen.toml" in refusal()


# --- what decides rows ------------------------------------------------------------------------


def test_how_the_work_is_done_and_where_gold_lies_decide_no_row() -> None:
    one = load_settings({"run": {"workers": 1, "name": "a"}, "gold": {"files": ["here.csv"]}})
    other = load_settings({"run": {"workers": 4, "name": "b"}, "gold": {"files": ["there.csv"]}})
    assert identity(one) == identity(other)


@pytest.mark.parametrize(
    "tree",
    [
        {"n": 7},
        {"seed": 7},
        {"engine": "other"},
        {"gold": {"holdout": 0.3}},
        {"gold": {"instruments": {"X": {"lot": 1}}}},
        {"diversity": {"widen": True}},
        {"diversity": {"weights": {"0.3": 1}}},
        {"judge": {"false_rejections": 0.1}},
    ],
)
def test_every_other_setting_decides_rows(tree: dict[str, Any]) -> None:
    assert identity(load_settings(tree)) != identity(load_settings())


def test_a_setting_that_only_begins_like_one_of_the_work_decides_rows() -> None:
    assert not decides_rows("run.workers")
    assert decides_rows("running")


def test_only_what_was_stated_counts_as_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    toml("[gold]\nholdout = 0.3")
    monkeypatch.setenv("TRADEGEN_SEED", "5")
    stated = what_is_stated({"n": 1000, "diversity": {"weights": "0.3=1"}})
    assert stated.flags == {"n": 1000, "diversity.weights": {"0.3": 1.0}}
    assert stated.background == {"seed": 5, "gold.holdout": 0.3}


def test_settings_survive_json() -> None:
    columns = [{"name": "target_volatility", **CATEGORY}]
    settings = load_settings({"n": 5, "diversity": {"columns": columns}, "gold": {"tz": "UTC"}})
    assert identity(restore_settings(settings.model_dump(mode="json"))) == identity(settings)


@pytest.mark.parametrize(
    "line", ["weights = {0.4 = 0.5, 0.6 = 0.5}", "[diversity.weights]\n0.4 = 0.5\n0.6 = 0.5"]
)
def test_volatilities_without_quotes_are_refused_with_the_line_to_write(
    tmp_path: Path, line: str
) -> None:
    path = tmp_path / "tradegen.toml"
    head = "" if line.startswith("[") else "[diversity]\n"
    path.write_text(f"{head}{line}\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        load_settings({}, path)
    text = str(refused.value)
    assert 'volatilities in quotes, { "0.4" = 0.5, "0.6" = 0.5 }' in text
    assert "mappingproxy" not in text
    assert "dict" not in text


def test_a_wrong_weight_is_shown_as_it_would_be_written(tmp_path: Path) -> None:
    path = tmp_path / "tradegen.toml"
    path.write_text('[diversity]\nweights = {"0.4" = "much"}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"""diversity.weights = \{ "0.4" = 'much' \}: expected"""):
        load_settings({}, path)


def test_an_error_says_whether_flags_or_arguments_were_given() -> None:
    with pytest.raises(InputError, match=r"\(flags, environment\)"):
        load_settings({"n": 0})
    with pytest.raises(InputError, match=r"\(arguments, environment\)"):
        load_settings({"n": 0}, given_as="arguments")


# --- the section whose name is a keyword ------------------------------------------------------


def test_the_import_section_is_read_from_every_source(monkeypatch: pytest.MonkeyPatch) -> None:
    toml("[import]\ntz = 'UTC'\nmatch = 'fifo'\n[import.columns]\nprice = 'Px'\ntime = 'When'\n")
    monkeypatch.setenv("TRADEGEN_IMPORT__TZ", "Europe/Berlin")
    importing = load_settings({"import": {"columns": {"time": "Then"}}}).importing
    assert (importing.tz, importing.match) == ("Europe/Berlin", "fifo")
    assert importing.columns == {"price": "Px", "time": "Then"}


def test_how_a_log_is_imported_decides_no_row() -> None:
    assert not decides_rows("import.tz")
    assert identity(load_settings({"import": {"tz": "UTC"}})) == identity(load_settings())


def test_a_wrong_setting_of_imports_is_named() -> None:
    said = refusal({"import": {"colums": {}, "match": "lifo"}})
    assert "import.colums: no such setting; did you mean columns?" in said
    assert "import.match = 'lifo': expected 'flat' or 'fifo'" in said


@pytest.mark.parametrize(
    ("storage", "written"),
    [
        ("postgresql://me:t0psecret@host/trials", "postgresql://...@host/trials"),
        ("sqlite:///searches.db", "sqlite:///searches.db"),
        ("my@journal.log", "my@journal.log"),
        (None, None),
    ],
)
def test_the_password_of_a_storage_is_used_but_not_written_to_files(
    storage: str | None, written: str | None
) -> None:
    settings = load_settings({"evaluation": {"storage": storage}})
    assert settings.evaluation.storage == storage
    assert settings.model_dump(mode="json")["evaluation"]["storage"] == written
