"""Whose code the CPU works for: samples of the stack, each put down to its innermost owner."""

import signal
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

_EVERY_S = 0.002


class WhoseCpu:
    """Samples the main thread every two milliseconds of the process's CPU time.

    `owners` maps a part of a file's path to the owner's name. A sample belongs to the owner of the
    innermost frame that has one: what numpy or json do for tradegen is tradegen's.
    """

    def __init__(self, owners: Mapping[str, str], rest: str) -> None:
        """Put what nobody owns down to `rest`."""
        self._owners = owners
        self._rest = rest
        self._known: dict[str, str | None] = {}
        self.samples: Counter[str] = Counter()

    @contextmanager
    def on(self) -> Iterator[None]:
        """Sample while the block runs, in the main thread."""
        before = signal.signal(signal.SIGPROF, self._sample)
        signal.setitimer(signal.ITIMER_PROF, _EVERY_S, _EVERY_S)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)

    def shares(self) -> dict[str, float]:
        """Return each owner's share of the samples."""
        total = sum(self.samples.values()) or 1
        return {owner: count / total for owner, count in self.samples.items()}

    def _sample(self, _signal: int, frame: FrameType | None) -> None:
        while frame is not None:
            path = frame.f_code.co_filename
            if path not in self._known:
                self._known[path] = self._owner(path)
            owner = self._known[path]
            if owner is not None:
                self.samples[owner] += 1
                return
            frame = frame.f_back
        self.samples[self._rest] += 1

    def _owner(self, path: str) -> str | None:
        return next((name for part, name in self._owners.items() if part in path), None)
