"""Model configs of Data Designer as options of the NIM engine."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from tradegen.designer.left_out import LeftOut, Rest, kind_of, shown, without_secrets
from tradegen.designer.words import HOSTED_PROVIDERS
from tradegen.engines.nim.options import HOSTED, GeneratorOptions, JudgeOptions, RoleOptions
from tradegen.errors import InputError

_OPTIONS: Mapping[str, type[RoleOptions]] = {"generator": GeneratorOptions, "judge": JudgeOptions}

_WHY_PARAMETERS = {
    "timeout": "tradegen limits the time without a byte of an answer: nim.idle_timeout_s",
    "extra_body": "the NIM engine sends no fields of one's own",
    "max_parallel_requests": "expected a whole number from 1",
}


class ModelsIn:
    """Reads the models of the roles, and where they are; what is left over is told."""

    def __init__(self, configs: Sequence[Mapping[str, Any]], providers: Mapping[str, str]) -> None:
        """Know the model configs, and the address of each provider by its name."""
        self._configs = [Rest(one, f"model_configs[{one.get('alias')}]") for one in configs]
        self._aliases = [one.take("alias") for one in self._configs]
        self._providers = providers
        self._read: dict[int, str] = {}
        self._parallel: dict[int, int] = {}
        self._left: list[LeftOut] = []
        self._address: str | None = None
        self._all_known = True
        self.nim: dict[str, Any] = {}

    def play(self, role: str, alias: object) -> bool:
        """Let the model of an alias play a role; return whether there is such a model."""
        if alias not in self._aliases:
            return False
        at = self._aliases.index(alias)
        if at in self._read:  # one model plays both roles
            self.nim[role] = dict(self.nim[self._read[at]])
            return True
        config = self._configs[at]
        model = config.take("model")
        if not isinstance(model, str) or not model.strip():
            raise InputError(
                f"{config.where('model')} is {kind_of(model) if model else 'empty'}; expected a "
                "model's name"
            )
        self.nim[role] = {"model": model, **self._parameters(role, at, config)}
        self._take_provider(config)
        self._read[at] = role
        return True

    @property
    def is_reachable(self) -> bool:
        """Return whether the config says where the generator's model is.

        Else a run would ask NVIDIA's hosted models, which nobody meant, and show them gold.
        """
        return "generator" in self.nim and self._all_known

    def left_out(self) -> Iterator[LeftOut]:
        """Yield what has no meaning; to be asked when all roles are given."""
        most = max(self._parallel.values(), default=None)
        if most is not None:
            self.nim["calls_at_once"] = most
        for at, parallel in self._parallel.items():
            if parallel != most:
                path = f"{self._configs[at].path}.inference_parameters.max_parallel_requests"
                why = f"nim.calls_at_once holds for all models together; {most} was taken"
                yield LeftOut(path, str(parallel), why)
        yield from self._left
        for at, config in enumerate(self._configs):
            used = at in self._read
            yield from config.told(
                {"skip_health_check": "tradegen sends no calls to try a model"},
                "no such option of the NIM engine" if used else "no role asks this model",
            )

    def _parameters(self, role: str, at: int, config: Rest) -> dict[str, Any]:
        rest = config.take_part("inference_parameters")
        found: dict[str, Any] = {}
        why = dict(_WHY_PARAMETERS)
        for name in ("temperature", "top_p", "max_tokens"):
            value = rest.take(name)
            if value is None:
                continue
            try:
                found[name] = _read(_OPTIONS[role], name, value)
            except ValueError as error:
                rest.put_back(name, value)
                why[name] = f"nim.{role}.{name}: {error}"
        parallel = rest.take("max_parallel_requests")
        if type(parallel) is int and parallel >= 1:
            self._parallel[at] = parallel
        else:
            rest.put_back("max_parallel_requests", parallel)
        self._left += rest.told(why, "no such option of the NIM engine")
        return found

    def _take_provider(self, config: Rest) -> None:
        """Take the address of a provider; a run asks one endpoint only."""
        provider = config.take("provider")
        hosted = provider is None or provider in HOSTED_PROVIDERS
        address = self._providers.get(str(provider), HOSTED if hosted else "").rstrip("/")
        if _holds_a_password(address):
            address = ""
        if not address:
            self._all_known = False
            why = (
                "its address is not in the config: name it with --providers, or set nim.base_url "
                "and engine = nim, which is left open; a name or password in it is not taken over"
            )
        elif self._address in (None, address):
            self._address = address
            if address != HOSTED:
                self.nim["base_url"] = address
            return
        else:
            why = f"all models of a run are at one address, here {self._address}"
        self._left.append(LeftOut(config.where("provider"), shown("provider", provider), why))


def _holds_a_password(address: str) -> bool:
    return without_secrets(address) != address


def _read(options: type[RoleOptions], name: str, value: Any) -> Any:
    """Return the value of an option as settings hold it. Raises `ValueError` for none."""
    try:
        if isinstance(value, (Mapping, bool)):
            raise ValueError("one number is expected, no distribution")  # noqa: TRY004 (read as one)
        return getattr(options.model_validate({name: value}), name)
    except ValidationError as error:
        raise ValueError(error.errors(include_url=False)[0]["msg"]) from error
