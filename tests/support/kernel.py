"""A real Jupyter kernel: cells are run in it, and every message it sends is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What one cell has shown, in the order in which it came."""

    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the contents of the messages of one kind."""
        return [content for name, content in self.messages if name == kind]

    @property
    def result(self) -> dict[str, str]:
        """The value of the cell's last line, by media type."""
        (content,) = self.of("execute_result")
        data: dict[str, str] = content["data"]
        return data

    @property
    def drawings(self) -> list[str]:
        """The HTML of the one place that was drawn, each time it was."""
        first, *more = [*self.of("display_data"), *self.of("update_display_data")]
        assert {one["transient"]["display_id"] for one in more} <= {
            first["transient"]["display_id"]
        }
        return [one["data"]["text/html"] for one in (first, *more)]


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel that is up."""

    manager: KernelManager
    client: BlockingKernelClient

    def run(self, cell: str, interrupt_at: str | None = None) -> Shown:
        """Run a cell to its end; interrupt it once what it shows holds `interrupt_at`."""
        shown = Shown()
        asked = self.client.execute(cell)
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT_S)
            if message["parent_header"].get("msg_id") != asked:
                continue
            kind, content = message["msg_type"], message["content"]
            shown.messages.append((kind, content))
            if kind == "error":
                raise AssertionError("\n".join(content["traceback"]))
            if kind == "status" and content["execution_state"] == "idle":
                return shown
            if interrupt_at is not None and interrupt_at in str(content.get("data", "")):
                self.manager.interrupt_kernel()
                interrupt_at = None


@contextmanager
def kernel(folder: Path) -> Iterator[Kernel]:
    """Run a kernel in a folder while the block runs."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(folder), extra_arguments=["--log-level=ERROR"])
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=TIMEOUT_S)
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
