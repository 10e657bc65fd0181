"""Writes a Data Designer config and what it needs beside it: seed dataset, models, run config."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tradegen.data.atomic import make_folder_of, write_text
from tradegen.designer.kept import note_of, settings_left_out
from tradegen.designer.left_out import LeftOut
from tradegen.designer.pipeline import pipeline
from tradegen.designer.reading import digest_of
from tradegen.designer.seeds import write_seeds
from tradegen.designer.words import HOSTED_PROVIDERS, home_of, providers_of
from tradegen.engines.designer.columns import PROVIDER, provider
from tradegen.engines.nim.options import HOSTED, KEY_VARIABLE
from tradegen.engines.nim.showing import Shown
from tradegen.engines.nim.wire import WireForm
from tradegen.errors import InputError
from tradegen.pipeline.prepare import prepare
from tradegen.settings import Settings

_HEAD = """\
# NeMo Data Designer config, written by tradegen.
#
# Each row's volatility, task and three gold rows stand in the seed dataset, {seeds}.
# tradegen's own sampler drew it by the sampler columns below, so that their weights hold exactly;
# they draw nothing themselves. Change them here or in tradegen's settings, and export anew:
#
#   tradegen designer import {config} --out tradegen.toml
#   tradegen designer export --config tradegen.toml
#
# Paths start at the folder that Data Designer is started in.
"""

_RUN_CONFIG = {"otel_metrics_port": None}


@dataclass(frozen=True)
class Exported:
    """The files that were written, and what of the settings they do not carry."""

    config: Path
    seeds: Path
    home: Path
    rows: int
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]


def export_config(settings: Settings, out: Path) -> Exported:
    """Write a config to `out`, its seed dataset beside it, and a home for Data Designer.

    The seed dataset holds rows of gold train alone, never of the holdout. Raises `InputError` for
    gold, a constraint or models that cannot be used, `StorageError` if a file cannot be written.
    """
    if out.suffix.lower() not in (".yaml", ".yml"):
        raise InputError(f"--out {out}: expected a file named *.yaml")
    seeds = out.with_suffix(".parquet")
    _spare_what_is_read(seeds, settings)
    prepared = prepare(settings)
    gold, sampler = prepared.blueprint.order.gold, prepared.sampler
    config = pipeline(
        settings.nim, settings.diversity.resolved(), sampler.constraint, gold, str(seeds)
    )
    shown = Shown(WireForm(gold.market, gold.train), gold.market, settings.nim.seed_bars)
    note = {"settings": note_of(settings), "digest": digest_of(config["columns"])}
    make_folder_of(out)
    write_seeds(seeds, sampler, gold, shown, note)
    _write_home(settings, out)
    write_text(out, _HEAD.format(seeds=seeds.name, config=out.name) + _yaml(config))
    left_out = tuple(settings_left_out(settings))
    return Exported(out, seeds, home_of(out), settings.n, left_out, prepared.notes)


def _spare_what_is_read(seeds: Path, settings: Settings) -> None:
    """Raise `InputError` rather than write the seed dataset over gold or its bars."""
    for read in (*settings.gold.files, *settings.gold.bars):
        if seeds.exists() and read.exists() and seeds.samefile(read):
            raise InputError(f"{seeds}: the seed dataset would replace gold; choose another --out")


def _write_home(settings: Settings, out: Path) -> None:
    """Write what Data Designer would else look for, and put, in the user's home folder."""
    own = settings.nim.base_url
    name, address = (HOSTED_PROVIDERS[0], HOSTED) if own is None else (PROVIDER, own)
    files: dict[str, dict[str, Any]] = {
        "model_providers.yaml": {"providers": [provider(name, address, KEY_VARIABLE)]},
        "model_configs.yaml": {"model_configs": []},
        "run_config.yaml": _RUN_CONFIG,
    }
    make_folder_of(providers_of(out))
    for name, held in files.items():
        write_text(home_of(out) / name, _yaml(held))


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and no references between equal parts."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  (the library's signature)
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _yaml(held: dict[str, Any]) -> str:
    return yaml.dump(held, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
