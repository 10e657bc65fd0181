"""One tree of settings: defaults, then a TOML file, then the environment, then flags."""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from tradegen.data.gold import DEMO_GOLD, GoldSource
from tradegen.data.market import AUTO, InstrumentOverride
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

_RUNTIME_ONLY = frozenset({"run", "gold.files", "gold.bars"})
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
        description="gold, or a table of volatilities and weights",
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
    def _read_pairs(cls, value: Any) -> Any:
        """Accept `0.3=0.5,0.6=0.5`, as the command line gives it."""
        if not isinstance(value, str) or value == GOLD:
            return value
        pairs = [pair.partition("=") for pair in value.split(",")]
        try:
            return {name.strip(): float(weight) for name, _, weight in pairs}
        except ValueError as error:
            raise ValueError("expected 'gold' or pairs such as 0.3=0.5,0.6=0.5") from error

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


class JudgeSettings(_Section):
    """How strict the judge is."""

    false_rejections: float = Field(
        0.05, gt=0, lt=1, description="share of real rows that the realism test may reject"
    )


class RunSettings(_Section):
    """How the work is done. None of this changes a row."""

    folder: Path = Field(Path("runs"), description="folder of all runs")
    name: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="name of the run's folder; default: the time it starts",
        examples=["nightly"],
    )
    workers: int | None = Field(
        None, ge=1, description="processes; default: one a core", examples=[2]
    )
    in_flight: int = Field(256, ge=1, description="rows a worker has under way at once")
    max_attempts_per_row: int = Field(
        20, ge=1, description="attempts after which a row is given up"
    )
    max_attempts: int | None = Field(
        None,
        ge=1,
        description="attempts of the whole run; default: 5 a row, and 100",
        examples=[50_000],
    )


class Settings(BaseSettings):
    """All settings of a run."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        validate_default=True,
        frozen=True,
    )

    n: int = Field(1000, ge=1, description="accepted rows to make")
    seed: int = Field(0, ge=0, lt=2**63, description="the run's random seed")
    engine: str = Field("embedded", description="who generates, judges and refines")
    gold: GoldSettings = GoldSettings()
    diversity: DiversitySettings = DiversitySettings()
    judge: JudgeSettings = JudgeSettings()
    run: RunSettings = RunSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  (pydantic's signature)
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: flags before the environment before the TOML file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(
    overrides: Mapping[str, Any] | None = None, toml_file: Path | None = None
) -> Settings:
    """Return the settings of a run.

    `overrides` is a tree of what flags or arguments state. Without `toml_file`, `tradegen.toml`
    in the working directory is read if it is there.

    Raises `InputError` naming each wrong setting, what was expected, and the nearest known name.
    """
    if toml_file is not None and not toml_file.is_file():
        raise InputError(f"{toml_file}: no such settings file")
    path = toml_file or (SETTINGS_FILE if SETTINGS_FILE.is_file() else None)

    class _FromFile(Settings):
        model_config = SettingsConfigDict(**{**Settings.model_config, "toml_file": path})

    try:
        return _FromFile(**(overrides or {}))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: not TOML ({error})") from error
    except SettingsError as error:
        raise InputError(f"settings from the environment: {error}") from error
    except ValidationError as error:
        raise InputError(_explain(error, path)) from error


def stated(settings: Settings) -> dict[str, Any]:
    """Return what was stated rather than left at its default, by dotted name, as plain values."""
    return _flat(settings.model_dump(mode="json", exclude_unset=True))


def identity(settings: Settings) -> dict[str, Any]:
    """Return the settings that decide what rows a run makes, by dotted name, as plain values."""
    everything = _flat(settings.model_dump(mode="json"))
    return {name: value for name, value in everything.items() if decides_rows(name)}


def decides_rows(name: str) -> bool:
    """Return whether a setting, by dotted name, decides what rows a run makes."""
    return not any(name == only or name.startswith(f"{only}.") for only in _RUNTIME_ONLY)


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        nested = isinstance(value, Mapping) and f"{prefix}{key}" in _SECTIONS
        flat.update(_flat(value, f"{prefix}{key}.") if nested else {f"{prefix}{key}": value})
    return flat


_SECTIONS = frozenset(
    name
    for name, field in Settings.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, _Section)
)


def _explain(error: ValidationError, path: Path | None) -> str:
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
            lines.append(f"  {name} = {detail['input']!r}: expected {message}")
    origin = f" (flags, environment, {path})" if path else " (flags, environment)"
    return "settings cannot be used" + origin + ":\n" + "\n".join(lines)


def _known(parents: list[str]) -> list[str]:
    model: type[BaseModel] = Settings
    for name in parents:
        field = model.model_fields.get(name)
        if field is None or not isinstance(field.annotation, type):
            return []
        model = field.annotation
    return list(model.model_fields)
