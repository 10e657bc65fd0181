"""The NIM-protocol server as a real process on a free port."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

Option = str | int | float | bool | Path | Sequence[str]

_STOP_S = 10.0
_ANSWER_S = 10.0


@dataclass(frozen=True)
class RunningServer:
    """A server that is up; `base_url` is what a client of NIM is given."""

    base_url: str
    process: "subprocess.Popen[str]"

    @property
    def root(self) -> str:
        """Where the server's own paths begin."""
        return self.base_url.removesuffix("/v1")

    def counters(self, *, keys: bool = False) -> dict[str, Any]:
        """Return what the server has counted; with `keys`, when each body was answered too."""
        return _json("GET", f"{self.root}/counters{'?keys=1' if keys else ''}")

    def faults(self, **changes: object) -> dict[str, Any]:
        """Change faults or rules; return all of them as they now are."""
        return _json("POST", f"{self.root}/faults", json=changes)

    def stop(self) -> int:
        """End the process and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_STOP_S)


@contextmanager
def nim_server(
    script: Mapping[str, Sequence[Any]] | None = None,
    *,
    folder: Path | None = None,
    **options: Option,
) -> Iterator[RunningServer]:
    """Run a server while the block runs.

    Options are the command line's, `latency_ms=50` for `--latency-ms 50`. With a `script` of
    answers by role (kept in `folder`) it starts at once; else it learns from gold first.
    """
    if script is not None:
        assert folder is not None, "a script needs a folder to lie in"
        path = folder / "script.json"
        path.write_text(json.dumps(script), encoding="utf-8")
        options["script"] = path
    process = subprocess.Popen(  # noqa: S603  (options are the caller's own)
        [sys.executable, "-m", "tradegen.testing.nim_server", *_flags(options)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process, process.stdout:
        base_url = process.stdout.readline().strip()
        assert base_url, f"the server ended with code {process.wait(_STOP_S)}"
        server = RunningServer(base_url, process)
        try:
            yield server
        finally:
            if process.poll() is None:
                server.stop()


def _flags(options: Mapping[str, Option]) -> list[str]:
    flags: list[str] = []
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            flags.append(flag)
        elif isinstance(value, (list, tuple)):
            flags += [flag, ",".join(value)]
        elif value is not False:
            flags += [flag, str(value)]
    return flags


def _json(method: str, url: str, **more: Any) -> dict[str, Any]:
    answer = requests.request(method, url, timeout=_ANSWER_S, **more)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found
