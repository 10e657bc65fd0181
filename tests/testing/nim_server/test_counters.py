"""What the server says it saw."""

import hashlib
import json
import socket
from pathlib import Path
from urllib.parse import urlparse

import aiohttp
import pytest

from tests.testing.nim_server.asking import SCRIPT, ask, ask_all, question
from tradegen.testing.nim_server.process import nim_server


def test_counters_tell_what_was_asked_answered_and_spoilt(tmp_path: Path) -> None:
    with nim_server(SCRIPT, folder=tmp_path, malformed=0, window_s=60) as server:
        ask_all(server.base_url, [question(i) for i in range(3)])
        ask(server.base_url, question(0))
        ask(server.base_url, question(0, role="judge"))
        server.faults(malformed=1)
        ask(server.base_url, question(9))
        server.faults(malformed=0, truncated=1)
        with pytest.raises(aiohttp.ClientPayloadError):
            ask(server.base_url, question(9))
        counted = server.counters(keys=True)
        assert counted["requests"] == 7
        assert counted["answered"] == 5
        assert counted["damaged"] == 1
        assert counted["bodies"] == 5
        assert counted["faults"] == {"malformed": 1, "truncated": 1}
        assert counted["requests_by_role"] == {"generator": 6, "judge": 1}
        assert counted["answered_by_role"] == {"generator": 4, "judge": 1}
        assert counted["most_in_window"] == 7
        assert counted["completion_tokens"] > 0
        twice = hashlib.sha256(json.dumps(question(0)).encode()).hexdigest()
        assert counted["answered_more_than_once"] == {twice: 2}
        assert sorted(map(len, counted["answers"].values())) == [1, 1, 1, 2]
        assert "answers" not in server.counters()
        assert server.stop() == 0


def test_sigterm_ends_it_though_clients_wait(tmp_path: Path) -> None:
    with nim_server(SCRIPT, folder=tmp_path, latency_ms=60_000) as server:
        place = urlparse(server.base_url)
        body = json.dumps(question()).encode()
        with socket.create_connection((place.hostname, place.port)) as waiting:
            waiting.sendall(
                b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
                + f"Content-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            while not server.counters()["in_flight"]:
                pass
            assert server.stop() == 0
