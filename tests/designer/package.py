"""Data Designer's own package, where the extra is installed."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

INSTALLED = importlib.util.find_spec("data_designer") is not None

needs_data_designer = pytest.mark.skipif(
    not INSTALLED, reason="data-designer is not installed; make test-designer runs these"
)

builder_of: Callable[[Path], object] | None = None
if INSTALLED:
    from data_designer.config import DataDesignerConfigBuilder

    builder_of = DataDesignerConfigBuilder.from_config
