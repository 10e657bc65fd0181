"""Data Designer without telemetry, metrics port, downloads, or files in the home folder.

It reads its environment when it is imported, so that what a program has imported already is
corrected as well. Its own switches do not reach two things, which are replaced here: a first start
writes default models into the home folder, and its profiles fetch a tokenizer from the network.
"""

import contextlib
import io
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradegen.designer.providers import provider, read_providers
from tradegen.engines.nim.tokens import count_tokens
from tradegen.errors import InputError

if TYPE_CHECKING:
    from data_designer.interface import DataDesigner


def quiet_environment(home: Path) -> dict[str, str]:
    """Return the environment variables that keep Data Designer to itself, and to `home`."""
    return {
        "NEMO_TELEMETRY_ENABLED": "false",
        "DATA_DESIGNER_HOME": str(home),
        "DATA_DESIGNER_MANAGED_ASSETS_PATH": str(home / "managed-assets"),
        "DATA_DESIGNER_DISABLE_VERSION_CHECK": "1",
    }


def open_quietly(home: Path, addresses: Mapping[str, str], artifacts: Path) -> "DataDesigner":
    """Return Data Designer, whose models are at `addresses` (by the provider's name).

    It writes into `home` and `artifacts` only, opens no port, and calls nobody but the models.
    Raises `InputError` if the extra `designer` is not installed.
    """
    os.environ.update(quiet_environment(home.absolute()))
    try:
        from data_designer.config import ModelProvider, RunConfig
        from data_designer.engine.utils import token_counting
        from data_designer.interface import DataDesigner, data_designer
    except ImportError as error:
        raise InputError(
            f"data-designer cannot be imported ({error}); pip install 'tradegen[designer]'"
        ) from error
    _silence_what_is_imported()
    token_counting.get_cl100k_base_tokenizer = _Tokenizer
    data_designer.resolve_seed_default_model_settings = _make_nothing
    assets = home / "managed-assets"
    assets.mkdir(parents=True, exist_ok=True)  # else it refuses to start
    providers = [ModelProvider(**provider(name, url)) for name, url in addresses.items()]
    designer = DataDesigner(
        artifact_path=artifacts,
        model_providers=providers,
        managed_assets_path=assets,
        auto_configure_logging=False,
    )
    designer.set_run_config(RunConfig(otel_metrics_port=None))
    return designer


def check_config(config: Path, home: Path) -> None:
    """Let Data Designer validate a config file. Raises `InputError` with what it finds wrong."""
    designer = open_quietly(home, read_providers(home / "model_providers.yaml"), home)
    from data_designer.config import DataDesignerConfigBuilder

    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            designer.validate(DataDesignerConfigBuilder.from_config(config))
    except Exception as error:  # whatever it raises, it has found the config wanting
        raise InputError(f"{config}: data-designer: {error}\n{said.getvalue().strip()}") from error


def _silence_what_is_imported() -> None:
    for name in ("telemetry", "facade"):
        module: Any = sys.modules.get(f"data_designer.engine.models.{name}")
        if module is not None:
            module.TELEMETRY_ENABLED = False


def _make_nothing() -> None:
    """Stand in for what writes default models and providers into the home folder."""


class _Tokenizer:
    """Stands in for a tokenizer that would be fetched: its counts are about right."""

    def encode(self, text: str, disallowed_special: object = ()) -> range:  # noqa: ARG002
        return range(count_tokens(text))
