"""Tracing: a shell that traces other projects does not send gold away."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.cli import process, python

ROOT = Path(__file__).parents[2]
SWITCHES = (
    "LANGSMITH_TRACING",
    "LANGSMITH_TRACING_V2",
    "LANGCHAIN_TRACING",
    "LANGCHAIN_TRACING_V2",
)
RUN = ("run", "--n", "2", "--workers", "1", "--quiet")


@dataclass
class LangSmith:
    """A LangSmith on loopback: counts what reaches it."""

    address: str
    requests: list[str] = field(default_factory=list)

    def environment(self, *switches: str) -> dict[str, str]:
        return {
            **dict.fromkeys(switches, "true"),
            "LANGSMITH_API_KEY": "none",
            "LANGSMITH_ENDPOINT": self.address,
        }


@contextmanager
def serving() -> Iterator[LangSmith]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            langsmith.requests.append(self.path)
            self.send_response(202)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        langsmith = LangSmith(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield langsmith
        server.shutdown()


@pytest.mark.parametrize("command", [RUN, ("preview", "--n", "1")], ids=["run", "preview"])
def test_nothing_is_sent_though_the_shell_switches_tracing_on(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    with serving() as langsmith:
        said = process(tmp_path, *command, env=langsmith.environment(*SWITCHES))
    assert said.code == 0
    assert langsmith.requests == []


_STUDIO = """\
import asyncio, warnings
warnings.simplefilter("ignore")
from tradegen.studio import make_graph
asyncio.run(make_graph().ainvoke({}, context={}))
from langchain_core.tracers.langchain import wait_for_all_tracers
wait_for_all_tracers()
"""


@pytest.mark.parametrize("allowed", [True, False])
def test_in_studio_too_a_setting_decides(tmp_path: Path, allowed: bool) -> None:
    (tmp_path / "tradegen.toml").write_text(f"[run]\ntracing = {str(allowed).lower()}\n", "utf-8")
    with serving() as langsmith:
        environment = langsmith.environment("LANGSMITH_TRACING")
        said = python(tmp_path, "-c", _STUDIO, env={**environment, "PYTHONPATH": str(ROOT)})
    assert said.code == 0, said.err
    assert bool(langsmith.requests) is allowed


def test_a_setting_lets_the_shell_decide(tmp_path: Path) -> None:
    with serving() as langsmith:
        environment = langsmith.environment("LANGSMITH_TRACING")
        said = process(tmp_path, *RUN, env={**environment, "TRADEGEN_RUN__TRACING": "true"})
        assert said.code == 0, said.err
    assert langsmith.requests != []
