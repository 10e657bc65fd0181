"""Lets Data Designer validate a config that was written."""

import contextlib
import io
from pathlib import Path

from tradegen.designer.providers import read_providers
from tradegen.engines.designer.columns import provider
from tradegen.engines.designer.quiet import quiet_designer
from tradegen.engines.nim.options import KEY_VARIABLE
from tradegen.errors import InputError


def check_config(config: Path, home: Path) -> None:
    """Let Data Designer validate a config file. Raises `InputError` with what it finds wrong."""
    addresses = read_providers(home / "model_providers.yaml")
    providers = [provider(name, url, KEY_VARIABLE) for name, url in addresses.items()]
    designer = quiet_designer(home, home, providers)
    from data_designer.config import DataDesignerConfigBuilder

    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            designer.validate(DataDesignerConfigBuilder.from_config(config))
    except Exception as error:  # whatever it raises, it has found the config wanting
        raise InputError(f"{config}: data-designer: {error}\n{said.getvalue().strip()}") from error
