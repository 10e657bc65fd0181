"""The journal: keeps `status.json` true while the nightly job works."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from tradegen.errors import StorageError
from tradegen.nightly.status import STATUS_FILE, Status, write_status

HEARTBEAT_S = 15.0
HEARTBEAT_STALE_S = 300.0
"""Seconds without a heartbeat after which a process counts as gone or hung."""


class Journal:
    """The status of the run under way: in its own folder for the record, and beside all runs.

    The heartbeat goes into the latter alone.
    """

    def __init__(self, runs: Path, begun: Status, clock: Callable[[], datetime]) -> None:
        """Keep `begun`; nothing is written yet."""
        self._latest = runs / STATUS_FILE
        self._record: Path | None = None
        self._clock = clock
        self._lock = threading.RLock()
        self.status = begun

    def write(self, **changes: Any) -> None:
        """Change fields and write both files. Raises `StorageError` if that cannot be done."""
        with self._lock:
            changed = {**changes, "heartbeat": self._clock()}
            self.status = Status.model_validate({**dict(self.status), **changed})
            try:
                if self._record is not None and self._record.parent.is_dir():
                    write_status(self._record, self.status)
            finally:
                write_status(self._latest, self.status)

    def belongs_to(self, run: Path) -> None:
        """Let the record lie in a run's folder from now on."""
        self._record = run / STATUS_FILE

    @contextmanager
    def beating(self, every_s: float = HEARTBEAT_S) -> Iterator[None]:
        """Write the time every few seconds, so that a monitor sees a process that lives."""
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(every_s):
                with self._lock, suppress(StorageError):  # the next step's own write will tell
                    self.status = self.status.model_copy(update={"heartbeat": self._clock()})
                    write_status(self._latest, self.status)

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
