"""An HTTP receiver on loopback that keeps what it is sent."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """Where it listens, what it answers, and the path and body of each request.

    One that `drips` sends a header now and then and never ends its answer.
    """

    port: int = 0
    answers: int = 200
    drips: bool = False
    requests: list[tuple[str, bytes]] = field(default_factory=list)


@contextmanager
def receiving(answers: int = 200, *, drips: bool = False) -> Iterator[Receiver]:
    """Listen on a free port."""
    receiver = Receiver(answers=answers, drips=drips)
    closed = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.requests.append((self.path, body))
            self.send_response(receiver.answers)
            while receiver.drips and not closed.wait(0.05):
                self.send_header("X-Wait", "longer")
                self.flush_headers()
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        closed.set()
        server.shutdown()
        thread.join()
        server.server_close()
