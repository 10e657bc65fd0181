"""One running server a module, with scripted answers; faults are switched off after each test."""

from collections.abc import Iterator
from dataclasses import asdict

import pytest

from tests.testing.nim_server.asking import SCRIPT
from tradegen.testing.nim_server.faults import Faults
from tradegen.testing.nim_server.process import RunningServer, nim_server
from tradegen.testing.nim_server.rules import Rules


@pytest.fixture(scope="module")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with nim_server(SCRIPT, folder=tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def server(_shared: RunningServer) -> Iterator[RunningServer]:
    yield _shared
    _shared.faults(**asdict(Faults()), **asdict(Rules()))
