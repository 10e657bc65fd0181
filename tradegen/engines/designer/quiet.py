"""Data Designer without what it does besides: telemetry, metrics port, downloads, files at home.

It reads its environment when it is imported, so that what a program has imported already is
corrected as well. Its own switches do not reach two things, which are replaced here: a first start
writes default models into the home folder, and its profiles fetch a tokenizer from the network.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradegen.errors import EngineUnavailableError

if TYPE_CHECKING:
    from data_designer.interface import DataDesigner

_LOGGER = "data_designer"
_HOOKS = ("_create_dataset_profiler", "_create_resource_provider")
_SEEDING = "resolve_seed_default_model_settings"
"""Of `DataDesigner` and its module: none of them public, each replaced below."""

Tell = Callable[[str], None]


def check_installed() -> None:
    """Raise `EngineUnavailableError` if data-designer is not there."""
    if find_spec("data_designer") is None:
        raise EngineUnavailableError(
            "data-designer is not installed: pip install 'tradegen[designer]'"
        )


def quiet_environment(home: Path) -> dict[str, str]:
    """Return the environment variables that keep Data Designer to itself, and to `home`."""
    return {
        "NEMO_TELEMETRY_ENABLED": "false",
        "DISABLE_DATA_DESIGNER_PLUGINS": "true",
        "DATA_DESIGNER_ASYNC_TRACE": "0",
        "DATA_DESIGNER_DISABLE_VERSION_CHECK": "1",
        "DATA_DESIGNER_HOME": str(home),
        "DATA_DESIGNER_MANAGED_ASSETS_PATH": str(home / "managed-assets"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }


def import_quietly(home: Path) -> None:
    """Import Data Designer with everything off that is decided on import; `home` is its folder.

    What a program has imported before is corrected. Raises `EngineUnavailableError` if it is not
    installed, or is a version that works in another way inside: it cannot be kept from the network.
    """
    check_installed()
    os.environ.update(quiet_environment(home.absolute()))
    try:
        from data_designer.engine.models import facade, telemetry
        from data_designer.interface import DataDesigner, data_designer
    except ImportError as error:
        raise EngineUnavailableError(
            f"data-designer cannot be imported ({error}); pip install 'tradegen[designer]' in an "
            "environment of its own"
        ) from error
    missing = [hook for hook in _HOOKS if not hasattr(DataDesigner, hook)]
    missing += [] if hasattr(data_designer, _SEEDING) else [_SEEDING]
    if missing:
        raise EngineUnavailableError(
            f"tradegen does not know this version of data-designer ({missing[0]} is gone); "
            "pip install 'tradegen[designer]' brings one it knows"
        )
    for module in (facade, telemetry):
        module.TELEMETRY_ENABLED = False
    setattr(data_designer, _SEEDING, _make_nothing)


def _make_nothing() -> None:
    """Stand in for what writes default models and providers into the home folder."""


class _NoProfiler:
    """Stands where a dataset's profiler would: that one fetches a tokenizer from the internet."""

    def profile_dataset(self, _n: int, _dataset: object) -> None:
        """Profile nothing."""


def quiet_designer(
    home: Path, artifacts: Path, providers: Iterable[Mapping[str, Any]]
) -> "DataDesigner":
    """Return a Data Designer that calls the models at `providers` alone, and opens no port.

    It writes into `home` and `artifacts` only. Raises the errors of `import_quietly`.
    """
    import_quietly(home)
    import data_designer.config as dd
    from data_designer.interface import DataDesigner

    class Quiet(DataDesigner):  # type: ignore[misc, unused-ignore]
        def _create_dataset_profiler(self, *_: Any, **__: Any) -> _NoProfiler:
            return _NoProfiler()

        def _create_resource_provider(self, *args: Any, **named: Any) -> Any:
            provided = super()._create_resource_provider(*args, **named)
            _PROVIDED.models = provided.model_registry
            return provided

    assets = home / "managed-assets"
    for folder in (assets, artifacts):  # else it refuses to start
        folder.mkdir(parents=True, exist_ok=True)
    designer = Quiet(
        artifact_path=artifacts,
        managed_assets_path=assets,
        model_providers=[dd.ModelProvider(**one) for one in providers],
        auto_configure_logging=False,
    )
    designer.set_run_config(dd.RunConfig(otel_metrics_port=None))
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
