"""One tree of settings: defaults, then a TOML file, then the environment, then flags."""

import difflib
import json
import math
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    create_model,
    field_serializer,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from tradegen.backtest.costs import Costs
from tradegen.data.gold import DEMO_GOLD, GoldSource
from tradegen.data.interval import INTERVAL_US
from tradegen.data.market import AUTO, InstrumentOverride
from tradegen.data.regular_file import why_no_file
from tradegen.engines.designer.options import DesignerOptions
from tradegen.engines.embedded.options import EmbeddedOptions
from tradegen.engines.nim.options import ASKING, DECIDE_ROWS, NimOptions
from tradegen.errors import InputError
from tradegen.samplers.columns import (
    VOLATILITY_COLUMN,
    SamplerColumn,
    default_column,
    read_columns,
)
from tradegen.samplers.constraint import GOLD

SETTINGS_FILE = Path("tradegen.toml")
ENV_PREFIX = "TRADEGEN_"
GOLD_DIR_VARIABLE = "TRADEGEN_GOLD_DIR"
"""Where tests and benchmarks find real gold; no setting of a run."""

_RUN_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"

_RUNTIME_ONLY = frozenset(
    {
        "run",
        "indicators",
        "costs",
        "evaluation",
        "import",
        "nightly",
        "designer.batch_rows",
        "gold.files",
        "gold.bars",
        *(f"nim.{name}" for name in NimOptions.model_fields if name not in DECIDE_ROWS),
    }
)
"""Settings that may differ when a run is resumed: gold is recognised by its content."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", validate_default=True, frozen=True)


class InstrumentSettings(_Section):
    """What is fixed about one symbol; what is not stated is learned from gold."""

    calendar: str | None = Field(None, description="exchange_calendars name, or 24/7")
    price_tick: float | None = Field(None, ge=0, description="grid of bar prices; 0: no grid")
    fill_tick: float | None = Field(None, ge=0, description="grid of entry and exit prices")
    lot: float | None = Field(None, ge=0, description="grid of quantities")


class GoldSettings(_Section):
    """Where the real trades come from."""

    files: tuple[Path, ...] = Field((), description="Parquet, CSV or JSONL; none: demo gold")
    bars: tuple[Path, ...] = Field((), description="files with the bars, if the rows have none")
    tz: str | None = Field(
        None, description="zone of times that carry none", examples=["Europe/Berlin"]
    )
    holdout: float = Field(0.2, ge=0, lt=1, description="share of the latest rows kept for proof")
    skip_bad: bool = Field(False, description="drop bad rows instead of stopping")
    calendar: str = Field(AUTO, description="calendar of all symbols: auto, XNYS, 24/7 ...")
    instruments: dict[str, InstrumentSettings] = Field(
        default_factory=dict, description="per symbol: calendar, price_tick, fill_tick, lot"
    )

    def source(self) -> GoldSource:
        """Return the same for `load_gold`."""
        return GoldSource(
            files=self.files or (DEMO_GOLD,),
            bars=self.bars,
            tz=self.tz,
            holdout=self.holdout,
            skip_bad=self.skip_bad,
            calendar=self.calendar,
            instruments={
                symbol: InstrumentOverride(**stated.model_dump())
                for symbol, stated in self.instruments.items()
            },
        )


class DiversitySettings(_Section):
    """The diversity constraint: how the new rows spread over volatilities."""

    weights: str | dict[str, float] | None = Field(
        None,
        description='gold, or a table with volatilities in quotes: { "0.4" = 0.25, "0.6" = 0.75 }',
        examples=["gold"],
    )
    file: Path | None = Field(
        None,
        description="Data Designer sampler columns (YAML, TOML, JSON)",
        examples=["constraint.yaml"],
    )
    columns: tuple[SamplerColumn, ...] = Field(
        (), description="Data Designer sampler columns; none: nine volatilities from 0.3 to 1.1"
    )
    widen: bool = Field(False, description="take the nearest gold rows where a bucket has too few")

    @field_validator("weights", mode="before")
    @classmethod
    def _read_weights(cls, value: Any) -> Any:
        """Accept `0.3=0.5,0.6=0.5`, as the command line gives it."""
        if value is None or value == GOLD:
            return value
        if isinstance(value, str):
            value = [pair.partition("=")[::2] for pair in value.split(",")]
        _refuse_split_keys(value)
        try:
            listed = value.items() if isinstance(value, Mapping) else value
            pairs = [(str(name).strip(), float(weight)) for name, weight in listed]
            values = [float(name) for name, _ in pairs]
        except (TypeError, ValueError) as error:
            raise ValueError(
                "expected 'gold' or pairs of a volatility and a weight such as 0.3=0.5,0.6=0.5"
            ) from error
        twice = sorted(value for value, count in Counter(values).items() if count > 1)
        if twice:
            raise ValueError(
                f"volatility {', '.join(f'{value:g}' for value in twice)} is given twice; "
                "expected each volatility once"
            )
        return dict(pairs)

    @field_validator("columns", mode="before")
    @classmethod
    def _read_columns(cls, value: Any) -> Any:
        return read_columns(value) if value else ()

    def resolved(self) -> tuple[SamplerColumn, ...] | str:
        """Return the sampler columns, or the word `gold`.

        Raises `InputError` if the constraint is given in more than one way.
        """
        given = [name for name in ("weights", "file", "columns") if getattr(self, name)]
        if len(given) > 1:
            raise InputError(f"diversity is given twice: by {' and by '.join(given)}; keep one")
        if self.weights == GOLD:
            return GOLD
        if isinstance(self.weights, Mapping):
            values = [float(value) for value in self.weights]
            column = {
                "name": VOLATILITY_COLUMN,
                "sampler_type": "category",
                "params": {"values": values, "weights": list(self.weights.values())},
            }
            return read_columns(column)
        if self.file is not None:
            return read_columns(self.file)
        return self.columns or (default_column(),)


def _refuse_split_keys(value: object) -> None:
    """Raise `ValueError` for `0.4 = 1`, which TOML reads as a table `0` with a key `4`."""
    if not isinstance(value, Mapping):
        return
    split = {
        f"{name}.{part}": weight
        for name, parts in value.items()
        if isinstance(parts, Mapping)
        for part, weight in parts.items()
    }
    if split:
        raise ValueError(
            f"volatilities in quotes, {as_toml(split)} (without quotes TOML splits them at the dot)"
        )


def as_toml(value: object) -> str:
    """Return a value as one would write it in a settings file."""
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(str(name))} = {as_toml(item)}" for name, item in value.items())
        return f"{{ {', '.join(pairs)} }}"
    return json.dumps(value) if isinstance(value, bool) else repr(value)


class JudgeSettings(_Section):
    """How strict the judge is."""

    false_rejections: float = Field(
        0.05, gt=0, lt=1, description="share of real rows that the realism test may reject"
    )


class IndicatorSettings(_Section):
    """What is computed from the rows besides the default set of indicators."""

    extra: tuple[str, ...] = Field(
        (), description="indicators of pandas-ta, by name and parameters: kc(length=20)"
    )

    @field_validator("extra")
    @classmethod
    def _read_extra(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            return value
        from tradegen.indicators.asked import read_all  # imports pandas

        return tuple(map(str, read_all(value)))


class RunSettings(_Section):
    """How the work is done. None of this changes a row; too few attempts may leave rows out."""

    folder: Path = Field(Path("runs"), description="folder of all runs")
    name: str | None = Field(
        None,
        description="name of the run's folder; default: the time it starts",
        examples=["nightly"],
    )
    workers: int | None = Field(
        None, ge=1, le=1024, description="processes; default: one a core", examples=[2]
    )
    tracing: bool = Field(
        False, description="let LANGSMITH_TRACING send rows, gold among them, to LangSmith"
    )
    stop_patience_s: float = Field(
        30.0, ge=0, description="seconds that rows in flight are waited for after Ctrl-C"
    )
    report: bool = Field(
        True, description="write report.html when a run or an evaluation has ended"
    )
    report_gold: bool = Field(
        True, description="show single gold trades in report.html, beside the rows near them"
    )
    in_flight: int = Field(256, ge=1, le=100_000, description="rows a worker has under way at once")
    max_attempts_per_row: int = Field(
        20, ge=1, le=1_000_000, description="attempts after which a row is given up"
    )
    max_attempts: int | None = Field(
        None,
        ge=1,
        le=10**12,
        description="attempts of the whole run; default: 5 a row, and 100",
        examples=[50_000],
    )

    @field_validator("name")
    @classmethod
    def _check_name(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(_RUN_NAME, value):
            raise ValueError("expected letters, digits, '.', '_' and '-', a letter or digit first")
        return value


class EvaluationSettings(_Section):
    """How rows are evaluated."""

    seed: int = Field(0, ge=0, lt=2**63, description="random seed of searches and resamples")
    storage: str | None = Field(
        None,
        description="where searches keep their trials: a URL of SQLite or PostgreSQL, or the path "
        "of a journal; default: a journal beside the evaluation",
        examples=["sqlite:///searches.db"],
    )

    @field_serializer("storage", when_used="json-unless-none")
    def _without_password(self, value: str) -> str:
        """Let no password of a database get into the files of a run."""
        return re.sub(r"://[^@/]*@", "://...@", value)


class ImportSettings(_Section):
    """How `tradegen import` reads a log, and which bars it takes."""

    bars: tuple[Path, ...] = Field((), description="files of bars by symbol")
    bars_from: str | None = Field(
        None, description="provider of bars that no file has", examples=["yfinance"]
    )
    fix: tuple[str, ...] = Field((), description='faults of bars to fix: ["splits"], or ["all"]')
    calendar: str | None = Field(
        None, description="calendar of the bars; default: told from them", examples=["XLON"]
    )
    format: str | None = Field(
        None,
        description="a vendor's, or csv for a plain table; default: told from the file's content",
        examples=["binance-spot"],
    )
    columns: dict[str, str] = Field(
        default_factory=dict, description='of a plain table, by field: { entry_price = "Open Px" }'
    )
    symbols: dict[str, str] = Field(
        default_factory=dict, description='the bars\' names: { XBTUSD = "BTCUSDT" }'
    )
    match: Literal["flat", "fifo"] = Field(
        "flat", description="fills to round trips: from flat to flat, or first in, first out"
    )
    interval: str | None = Field(
        None,
        description="spacing of bars; default: the finest that holds a trade in 60 bars",
        examples=["1h"],
    )
    tz: str | None = Field(
        None, description="zone of the log's times that carry none", examples=["America/New_York"]
    )
    bars_tz: str | None = Field(
        None, description="zone of the bars' times that carry none", examples=["UTC"]
    )
    time_format: str | None = Field(
        None, description="how a plain table writes times", examples=["%m/%d/%Y %H:%M"]
    )
    dust: float = Field(
        0.002, ge=0, lt=1, description="share of a position that may be left when it is closed"
    )
    skip_bad: bool = Field(False, description="drop rows that cannot be read instead of stopping")

    @field_validator("interval")
    @classmethod
    def _check_interval(cls, value: str | None) -> str | None:
        if value is not None and value not in INTERVAL_US:
            raise ValueError(f"expected one of {', '.join(INTERVAL_US)}")
        return value


ACCEPTANCE, SECONDS, COST = RUN_METRICS = ("acceptance", "seconds", "cost")
"""What nights are compared by besides the checks of an evaluation."""


class NightlySettings(_Section):
    """How `tradegen nightly` makes, judges, keeps and reports its runs."""

    prefix: str = Field("nightly", description="names of nightly runs begin so; a date follows")
    zone: str = Field("UTC", description="time zone that tells which date it is")
    new_seed: bool = Field(
        True, description="add the day's number to the seed: each night makes other rows"
    )
    quick: bool = Field(False, description="evaluate with fewer trials and rows")
    accept_inconclusive: bool = Field(
        True, description="take it for good if nothing was found wrong, but rows are too few"
    )
    keep: int = Field(14, ge=1, le=10_000, description="runs kept; the last good one always is")
    max_age_h: float = Field(
        26.0, gt=0, le=10_000, description="hours after which --check misses a good run"
    )
    tolerances: dict[str, float | Literal[False]] = Field(
        default_factory=dict,
        description="how much worse a check, acceptance, seconds or cost may get: "
        '{ "gold covered" = 0.1, seconds = 0.5 }; false: not watched; default: see docs/nightly.md',
    )
    alert_urls: tuple[SecretStr, ...] = Field(
        (), description="apprise addresses to tell when something is wrong, or right again"
    )
    alert_always: bool = Field(False, description="tell of good nights, too")
    otlp_endpoint: SecretStr | None = Field(
        None,
        description="OpenTelemetry collector for metrics, over HTTP; default: what the "
        "environment names (OTEL_EXPORTER_OTLP_ENDPOINT), else none",
        examples=["http://localhost:4318"],
    )

    @field_validator("prefix")
    @classmethod
    def _check_prefix(cls, value: str) -> str:
        if not re.fullmatch(_RUN_NAME, value):
            raise ValueError("expected letters, digits, '.', '_' and '-', a letter or digit first")
        return value

    @field_validator("zone")
    @classmethod
    def _check_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("expected a time zone such as UTC or Europe/Berlin") from error
        return value

    @field_validator("tolerances", mode="before")
    @classmethod
    def _check_tolerances(cls, value: Any) -> Any:
        if not isinstance(value, Mapping) or not value:
            return value
        from tradegen.verdict.limits import LIMITS  # imports scipy

        known = [*LIMITS, *RUN_METRICS]
        for name, amount in value.items():
            if name not in known:
                close = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
                hint = f"did you mean {close[0]!r}?" if close else f"there is {', '.join(known)}"
                raise ValueError(f"names of metrics; there is no {name!r}; {hint}")
            number = isinstance(amount, int | float) and not isinstance(amount, bool)
            if amount is not False and not (number and 0 <= amount < math.inf):
                raise ValueError(f"for {name!r} a number from 0 on, or false")
        # 0 is a tolerance, though it equals false.
        return {name: amount is not False and float(amount) for name, amount in value.items()}

    @field_validator("alert_urls", mode="before")
    @classmethod
    def _read_urls(cls, value: Any) -> Any:
        """Take a single address for a list of one; a message would show it otherwise."""
        return (value,) if isinstance(value, str) else value


if TYPE_CHECKING:
    _WithImport = BaseSettings
else:  # a keyword can be no name in a class
    _WithImport = create_model(
        "_WithImport", __base__=BaseSettings, **{"import": (ImportSettings, ImportSettings())}
    )


class Settings(_WithImport):
    """All settings."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        validate_default=True,
        frozen=True,
    )

    n: int = Field(1000, ge=1, le=100_000_000, description="accepted rows to make")
    seed: int = Field(0, ge=0, lt=2**63, description="the run's random seed")
    engine: str = Field("embedded", description="who generates, judges and refines")
    gold: GoldSettings = GoldSettings()
    diversity: DiversitySettings = DiversitySettings()
    embedded: EmbeddedOptions = EmbeddedOptions()
    judge: JudgeSettings = JudgeSettings()
    nim: NimOptions = NimOptions()
    designer: DesignerOptions = DesignerOptions()
    indicators: IndicatorSettings = IndicatorSettings()
    costs: Costs = Costs()
    evaluation: EvaluationSettings = EvaluationSettings()
    run: RunSettings = RunSettings()
    nightly: NightlySettings = NightlySettings()

    @property
    def importing(self) -> ImportSettings:
        """The section `import`."""
        section: ImportSettings = getattr(self, "import")
        return section

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (pydantic's signature)
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: flags before the environment before the TOML file."""
        return init_settings, _Environment(settings_cls), _File(settings_cls)


class _Environment(EnvSettingsSource):
    def __call__(self) -> dict[str, Any]:
        return _one_diversity(super().__call__())


class _File(TomlConfigSettingsSource):
    def __call__(self) -> dict[str, Any]:
        return _one_diversity(super().__call__())


def _one_diversity(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Let a source's word on diversity replace that of the sources below it, whole.

    Else tables of weights would be merged, and a constraint given as a flag would stand beside
    the weights in the file.
    """
    given = tree.get("diversity")
    if not isinstance(given, Mapping) or not _WAYS & set(given):
        return dict(tree)
    whole = {"weights": None, "file": None, "columns": (), **given}
    if isinstance(whole["weights"], Mapping):
        whole["weights"] = MappingProxyType(dict(whole["weights"]))  # is not merged
    return {**tree, "diversity": whole}


_WAYS = frozenset({"weights", "file", "columns"})


@dataclass(frozen=True, slots=True)
class Stated:
    """What was stated rather than left at its default, by dotted name, as plain values.

    `flags` come from the command line or from arguments, `background` from the settings file and
    the environment.
    """

    flags: Mapping[str, Any]
    background: Mapping[str, Any]


def load_settings(
    overrides: Mapping[str, Any] | None = None,
    toml_file: Path | None = None,
    *,
    given_as: str = "flags",
) -> Settings:
    """Return the settings of a run.

    `overrides` is a tree of what was `given_as` flags or arguments. Without `toml_file`,
    `tradegen.toml` in the working directory is read if it is there.

    Raises `InputError` naming each wrong setting, what was expected, and the nearest known name.
    """
    if toml_file is not None and (wrong := why_no_file(toml_file)) is not None:
        raise InputError(f"{toml_file}: {wrong.replace('such file', 'such settings file')}")
    path = toml_file or (SETTINGS_FILE if SETTINGS_FILE.is_file() else None)
    _check_environment()

    class _FromFile(Settings):
        model_config = SettingsConfigDict(**{**Settings.model_config, "toml_file": path})

    try:
        return _FromFile(**_one_diversity(overrides or {}))
    except RecursionError as error:
        raise InputError(f"{path}: not TOML in UTF-8 (nested too deeply)") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not TOML in UTF-8 ({error})") from error
    except SettingsError as error:
        raise InputError(_explain_environment(error)) from error
    except ValidationError as error:
        raise InputError(_explain(error, path, given_as)) from error


def what_is_stated(
    overrides: Mapping[str, Any] | None = None, toml_file: Path | None = None
) -> Stated:
    """Return what `overrides` state, and what the settings file and the environment do."""
    return Stated(
        flags=_stated(load_settings(overrides, toml_file), flat(overrides or {})),
        background=_stated(load_settings({}, toml_file)),
    )


def _stated(settings: Settings, names: Iterable[str] | None = None) -> dict[str, Any]:
    """Return the named settings, or all that some source set, as plain values."""
    if names is None:
        names = flat(settings.model_dump(mode="json", exclude_unset=True))
    everything = flat(settings.model_dump(mode="json"))
    return {name: everything[name] for name in names}


def restore_settings(tree: Mapping[str, Any]) -> Settings:
    """Return settings as an earlier process dumped them, whatever file and environment say now.

    Raises `ValueError` for a tree of another version.
    """

    class _AsTheyWere(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],  # noqa: ARG003  (pydantic's signature)
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (init_settings,)

    return _AsTheyWere(**tree)


def identity(settings: Settings) -> dict[str, Any]:
    """Return the settings that decide what rows a run makes, by dotted name, as plain values."""
    everything = flat(settings.model_dump(mode="json"))
    other = () if settings.engine in ASKING else ("nim.",)
    return {
        name: value
        for name, value in everything.items()
        if decides_rows(name) and not name.startswith(other)
    }


def decides_rows(name: str) -> bool:
    """Return whether a setting, by dotted name, decides what rows a run makes."""
    return not any(name == only or name.startswith(f"{only}.") for only in _RUNTIME_ONLY)


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return a tree of settings as plain values, by dotted name."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        nested = isinstance(value, Mapping) and f"{prefix}{key}" in _SECTIONS
        found.update(flat(value, f"{prefix}{key}.") if nested else {f"{prefix}{key}": value})
    return found


_SECTIONS = frozenset(
    name
    for name, field in Settings.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
)


_HIDDEN = "***"
_HOLD_SECRETS = ("nightly.alert_urls", "nightly.otlp_endpoint")


def _explain(error: ValidationError, path: Path | None, given_as: str) -> str:
    lines = []
    for detail in error.errors(include_url=False, include_context=False):
        parts = [str(part) for part in detail["loc"]]
        name = ".".join(parts)
        if detail["type"] == "extra_forbidden":
            known = _known(parts[:-1])
            close = difflib.get_close_matches(parts[-1], known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"there is {', '.join(known)}"
            lines.append(f"  {name}: no such setting; {hint}")
        else:
            message = detail["msg"]
            for start in ("Value error, ", "Input should be ", "expected ", "String should "):
                message = message.removeprefix(start)
            given = _HIDDEN if name.startswith(_HOLD_SECRETS) else as_toml(detail["input"])
            lines.append(f"  {name} = {given}: expected {message}")
    origin = f" ({given_as}, environment{f', {path}' if path else ''})"
    return "settings cannot be used" + origin + ":\n" + "\n".join(lines)


def _known(parents: Sequence[str]) -> list[str]:
    """Return the names of the settings below a path of names."""
    model: type[BaseModel] = Settings
    for name in parents:
        if model is GoldSettings and name == "instruments":
            model = InstrumentSettings
        elif name in model.model_fields:
            annotation = model.model_fields[name].annotation
            if not isinstance(annotation, type) or not issubclass(annotation, BaseModel):
                return []
            model = annotation
    return list(model.model_fields)


def _check_environment() -> None:
    """Refuse variables that look like a misspelt setting; a wrong name would else be no setting."""
    known = {f"{ENV_PREFIX}{name}".upper() for name in Settings.model_fields}
    for name in os.environ:
        stem = name.upper().split("__")[0]
        if not stem.startswith(ENV_PREFIX) or stem in known or name == GOLD_DIR_VARIABLE:
            continue
        close = difflib.get_close_matches(stem, known, n=1, cutoff=0.8)
        if close:
            raise InputError(
                f"environment variable {name}: no such setting; did you mean {close[0]}?"
            )


def _explain_environment(error: SettingsError) -> str:
    wrong = [
        name
        for name, value in os.environ.items()
        if name.upper().startswith(ENV_PREFIX) and "__" in name and not _is_json(value)
    ]
    if not wrong:
        return f"settings from the environment: {error}"
    return (
        f"environment variable {' or '.join(wrong)}: lists and tables are written as JSON there, "
        """e.g. TRADEGEN_GOLD__FILES='["a.parquet", "b.parquet"]'"""
    )


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
