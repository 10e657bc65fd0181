"""A Data Designer config in any of its forms, as plain values."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from tradegen.errors import InputError
from tradegen.samplers.columns import SamplerConfigObject, load_plain

_SUFFIXES = (".yaml", ".yml", ".json")

_MOST_VALUES = 200_000
"""A config that holds more is none: a few lines of YAML can refer to each other that often."""

_EXPECTED = (
    "expected a builder or config of data_designer or nemo_microservices, a mapping with columns, "
    "or a YAML or JSON file of one"
)


@runtime_checkable
class Builder(Protocol):
    """A `DataDesignerConfigBuilder` of `data_designer` or `nemo_microservices`."""

    def get_builder_config(self) -> SamplerConfigObject:
        """Return the config that was built."""
        ...


def plain_config(source: object) -> dict[str, Any]:
    """Return a config as `columns`, `model_configs`, `seed_config` and so on.

    `source` is a builder, a config or a column of `data_designer` or `nemo_microservices`, a list
    of columns, a mapping like one of these, or a YAML or JSON file. What stands beside
    `data_designer` in a builder's config (`library_version`, `datastore_settings`) stays.

    Raises `InputError` for anything else.
    """
    return _from_file(Path(source)) if isinstance(source, (str, Path)) else _from_object(source)


def _from_object(source: object) -> dict[str, Any]:
    try:
        plain = _plain(source, count(1))
    except RecursionError as error:
        raise InputError("it is nested too deeply, or holds itself") from error
    if isinstance(plain, list):
        plain = {"columns": plain}
    if not isinstance(plain, dict):
        raise InputError(f"{type(source).__name__} is no Data Designer config; {_EXPECTED}")
    if isinstance(plain.get("data_designer"), dict):
        return {**plain.pop("data_designer"), **plain}
    if "sampler_type" in plain and "columns" not in plain:
        plain = {"columns": [plain]}
    columns = plain.get("columns")
    if not isinstance(columns, list) or not all(isinstance(one, dict) for one in columns):
        raise InputError(f"a Data Designer config without a list of columns; {_EXPECTED}")
    return plain


def _from_file(path: Path) -> dict[str, Any]:
    if path.suffix.lower() not in _SUFFIXES:
        raise InputError(f"{path}: expected a file named *{', *'.join(_SUFFIXES)}")
    try:
        return _from_object(load_plain(path, "Data Designer config"))
    except InputError as error:
        if str(error).startswith(str(path)):
            raise
        raise InputError(f"{path}: {error}") from error


def _plain(value: object, counted: Iterator[int]) -> Any:
    if next(counted) > _MOST_VALUES:
        raise InputError(f"it holds more than {_MOST_VALUES:,} values; no config does")
    if isinstance(value, (str, int, float, bool, type(None))):
        return getattr(value, "value", value)  # enums of text
    if isinstance(value, Mapping):
        return {str(key): _plain(item, counted) for key, item in value.items()}
    if isinstance(value, Builder):
        return _plain(value.get_builder_config(), counted)
    if isinstance(value, SamplerConfigObject):
        return _plain(value.model_dump(), counted)
    if isinstance(value, Iterable):
        return [_plain(item, counted) for item in value]
    return getattr(value, "__name__", repr(value))  # functions of custom columns


def canonical(value: Any) -> str:
    """Return plain values as text that does not depend on the order of keys."""
    return json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
