"""Data Designer without what it does besides: no telemetry, no port, no file of the user's home."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradegen.errors import EngineUnavailableError

if TYPE_CHECKING:
    from data_designer.interface import DataDesigner

_LOGGER = "data_designer"
_OFF = {
    "NEMO_TELEMETRY_ENABLED": "false",
    "DISABLE_DATA_DESIGNER_PLUGINS": "true",
    "DATA_DESIGNER_ASYNC_TRACE": "0",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
_HOOKS = ("_create_dataset_profiler", "_create_resource_provider")
"""Of `DataDesigner`, none of them public, see `quiet_designer`."""

_RECOVERY: Mapping[str, Any] = {
    "multiplicative_decrease_factor": 0.9,
    "additive_increase_step": 4,
    "successes_until_increase": 8,
}
"""How its limit of calls at once follows 429: by default a stray one is felt for minutes."""

Tell = Callable[[str], None]


def check_installed() -> None:
    """Raise `EngineUnavailableError` if data-designer is not there."""
    if find_spec("data_designer") is None:
        raise EngineUnavailableError(
            "engine designer needs data-designer: pip install 'tradegen[designer]'"
        )


def prepare_import(home: Path) -> None:
    """Import Data Designer with everything off that is decided on import; `home` is its folder.

    It writes its default settings there; processes forked afterwards find them.
    """
    home.mkdir(parents=True, exist_ok=True)
    assets = home / "managed-assets"
    os.environ.update(
        _OFF, DATA_DESIGNER_HOME=str(home), DATA_DESIGNER_MANAGED_ASSETS_PATH=str(assets)
    )
    import data_designer.interface  # noqa: F401
    from data_designer.config.default_model_settings import resolve_seed_default_model_settings

    resolve_seed_default_model_settings()


class _NoProfiler:
    """Stands where a dataset's profiler would: that one fetches a tokenizer from the internet."""

    def profile_dataset(self, _n: int, _dataset: object) -> None:
        """Profile nothing."""


def quiet_designer(folder: Path, endpoint: str, key: str, provider: str) -> "DataDesigner":
    """Return a Data Designer that asks one endpoint and does nothing else.

    Its working files, if any, are in `folder`. Raises `EngineUnavailableError` for a version
    that works in another way inside: it cannot be kept from using the internet.
    """
    import data_designer.config as dd
    from data_designer.config.request_admission import RequestAdmissionTuningConfig
    from data_designer.interface import DataDesigner

    missing = [hook for hook in _HOOKS if not hasattr(DataDesigner, hook)]
    if missing:
        raise EngineUnavailableError(
            f"engine designer does not know this version of data-designer ({missing[0]} is gone); "
            "pip install 'tradegen[designer]' brings one it knows"
        )

    class Quiet(DataDesigner):  # type: ignore[misc, unused-ignore]
        def _create_dataset_profiler(self, *_: Any, **__: Any) -> _NoProfiler:
            return _NoProfiler()

        def _create_resource_provider(self, *args: Any, **named: Any) -> Any:
            provided = super()._create_resource_provider(*args, **named)
            _PROVIDED.models = provided.model_registry
            return provided

    folder.mkdir(parents=True, exist_ok=True)
    designer = Quiet(
        artifact_path=folder,
        managed_assets_path=folder,
        model_providers=[
            dd.ModelProvider(name=provider, endpoint=endpoint, provider_type="openai", api_key=key)
        ],
        auto_configure_logging=False,
    )
    designer.set_run_config(
        dd.RunConfig(
            otel_metrics_port=None,
            disable_early_shutdown=True,  # a bad stretch must not drop the rows after it
            max_conversation_restarts=0,
            max_conversation_correction_steps=1,
            request_admission=RequestAdmissionTuningConfig(**_RECOVERY),
        )
    )
    return designer


_PROVIDED = threading.local()


def take_models() -> Any | None:
    """Return the models that the last run in this thread asked, once; they know what they used."""
    models = getattr(_PROVIDED, "models", None)
    _PROVIDED.models = None
    return models


def close_models(models: Any) -> None:
    """Close the connections of a run: Data Designer leaves them open."""
    from data_designer.engine.dataset_builders.utils.async_concurrency import (
        ensure_async_engine_loop,
    )

    closing = asyncio.run_coroutine_threadsafe(models.aclose(), ensure_async_engine_loop())
    closing.result(_CLOSE_S)


_CLOSE_S = 10.0


class _Listener(logging.Handler):
    def __init__(self, tell: Tell) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """Hand on what is said."""
        self._tell(record.getMessage())


def listen(tell: Tell) -> None:
    """Let `tell` hear the warnings of Data Designer, and nobody else."""
    logger = logging.getLogger(_LOGGER)
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    logger.handlers[:] = [_Listener(tell)]
