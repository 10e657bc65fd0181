"""Configs in: a Data Designer config becomes settings, and what has no meaning here is told."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from tradegen.designer.left_out import LeftOut, Rest
from tradegen.designer.models_in import ModelsIn
from tradegen.designer.plain import canonical, plain_config
from tradegen.designer.providers import read_providers
from tradegen.designer.samplers_in import read_samplers
from tradegen.designer.seed_in import SeedIn, read_seed
from tradegen.designer.words import CRITERIA, providers_of
from tradegen.settings import Settings, restore_settings

_PROMPTS = "tradegen asks with prompts of its own; see tradegen/prompts"
_FORM = "rows have a fixed form: docs/your-own-trades.md"

_WHY_FIELD = {
    "prompt": _PROMPTS,
    "system_prompt": _PROMPTS,
    "output_format": _FORM,
    "scores": "the judge's criteria are realism, consistency and completeness, from 1 to 5",
    "name": "the row and its critique have names of their own",
    "drop": "rows and critiques are always kept",
}

_WHY_COLUMN = {
    "llm-structured": "one column writes the row; the first of its kind was taken",
    "llm-judge": "one judge looks at each row; the first of its kind was taken",
    "llm-text": "a trade has no free texts that a model writes by themselves",
    "llm-code": "a trade holds no code",
    "expression": "what follows from a row is computed by code: docs/running.md, indicators",
    "validation": "rows are checked by named invariants: docs/reference/invariants.md",
    "seed-dataset": "its seed dataset is not read",
    "embedding": "a trade has no texts to embed",
    "image": "a trade has no images",
    "custom": "generation by one's own code is an engine: a plugin through entry points",
}

_WHY_PART = {
    "constraints": "bounds of samplers are those of their distributions",
    "processors": "rows are written as they are; tradegen export writes other forms",
    "profilers": "tradegen show and tradegen evaluate say what came of a run",
    "tool_configs": "models use no tools here",
    "library_version": "it only says which Data Designer wrote the config",
    "datastore_settings": "gold is read from local files",
}

_PASSES = re.compile(r"score\|int >= ([1-5])")


@dataclass(frozen=True)
class FromDesigner:
    """A config that was read: the settings it states, as a tree, and what it says in vain.

    `tradegen.run(settings=found.stated)` runs with it.
    """

    stated: Mapping[str, Any]
    left_out: tuple[LeftOut, ...]

    @property
    def settings(self) -> Settings:
        """All settings; what the config does not state has its default."""
        return restore_settings(self.stated)


def settings_from(
    config: object, providers: str | Path | Mapping[str, str] | None = None
) -> FromDesigner:
    """Read a Data Designer config as settings.

    `config` is a builder, a config or a column object of `data_designer` or `nemo_microservices`,
    a list of columns, a mapping, or a YAML or JSON file. `providers` says where models are: names
    and addresses, or Data Designer's `model_providers.yaml`; left open, the one that an export put
    beside the file is taken.

    Raises `InputError` for what is no config, or states a volatility that cannot be read.
    """
    beside = None
    if isinstance(config, (str, Path)):
        beside = Path(config).parent
        if providers is None and providers_of(Path(config)).is_file():
            providers = providers_of(Path(config))
    rest = Rest(plain_config(config))
    columns = rest.take_parts("columns")
    seed = read_seed(rest.take_part("seed_config"), beside)
    models = ModelsIn(rest.take_parts("model_configs"), read_providers(providers))
    samplers, left = read_samplers([one for one in columns if _kind(one) == "sampler"])
    own = seed.digest is not None and seed.digest == digest_of(columns)
    others = [one for one in columns if _kind(one) != "sampler"]
    roles = _Roles(models, seed, own=own)
    left_out = [*left, *seed.left_out]
    for column in others:
        left_out += roles.read(column)
    left_out += models.left_out()
    left_out += rest.told(_WHY_PART, "tradegen has nothing like it")
    return FromDesigner(_tree(seed, samplers, roles), tuple(left_out))


def digest_of(columns: Sequence[Mapping[str, Any]]) -> str:
    """Return the SHA-256 of all columns but samplers, by which an export knows its own words."""
    asked = [dict(one) for one in columns if _kind(one) != "sampler"]
    return sha256(canonical(asked).encode()).hexdigest()


def _kind(column: Mapping[str, Any]) -> str:
    return str(column.get("column_type") or ("sampler" if "sampler_type" in column else ""))


class _Roles:
    """Finds the columns that play generator and judge."""

    def __init__(self, models: ModelsIn, seed: SeedIn, *, own: bool) -> None:
        self.models = models
        self.played: set[str] = set()
        self.pass_score: int | None = None
        self._seed = seed
        self._own = own

    def read(self, column: Mapping[str, Any]) -> Iterator[LeftOut]:
        """Take what has meaning from a column; yield what has none."""
        kind = _kind(column)
        role = {"llm-structured": "generator", "llm-judge": "judge"}.get(kind)
        if role is not None and role not in self.played:
            self.played.add(role)
            yield from self._play(role, column)
        elif kind == "expression" and self._own:
            self.pass_score = _least_score(column)
        elif not (kind == "seed-dataset" and self._seed.is_used):
            why = _WHY_COLUMN.get(kind, "tradegen has nothing like it")
            yield LeftOut(f"columns[{column.get('name')}]", f"column of type {kind or '?'}", why)

    def _play(self, role: str, column: Mapping[str, Any]) -> Iterator[LeftOut]:
        rest = Rest(column, f"columns[{column.get('name')}]")
        rest.take("column_type")
        alias = rest.take("model_alias")
        if not self.models.play(role, alias):
            rest.put_back("model_alias", alias)
        if _is_usual(column.get("scores")):
            rest.take("scores")
        why = {**_WHY_FIELD, "model_alias": "the config has no such model; the engine is left open"}
        if not self._own:
            rest.take("name")
            yield from rest.told(why, "the NIM engine's columns have no such option")


def _least_score(column: Mapping[str, Any]) -> int | None:
    found = _PASSES.search(str(column.get("expr")))
    return int(found[1]) if found else None


def _is_usual(scores: object) -> bool:
    """Return whether a judge's scores are the three criteria, each from 1 to 5."""
    if not isinstance(scores, list) or not all(isinstance(one, Mapping) for one in scores):
        return False
    usual = {(name, ("1", "2", "3", "4", "5")) for name in CRITERIA}
    return usual == {
        (one.get("name"), tuple(sorted(map(str, one.get("options") or ())))) for one in scores
    }


def _tree(seed: SeedIn, samplers: Sequence[Any], roles: _Roles) -> dict[str, Any]:
    """Return the settings that were found, without empty branches."""
    noted = dict(seed.settings)
    diversity = dict(noted.pop("diversity", {}))
    if samplers:
        diversity["columns"] = [one.model_dump(exclude_defaults=True) for one in samplers]
    nim = {**noted.pop("nim", {}), **roles.models.nim}
    if roles.pass_score is not None:
        nim["pass_score"] = roles.pass_score
    tree = {**noted, "diversity": diversity, "nim": nim}
    if roles.models.is_reachable:
        tree["engine"] = "nim"
    return {name: value for name, value in tree.items() if value != {}}
