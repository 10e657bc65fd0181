"""A sliding window over moments: how many of them lie in its last seconds."""

from collections import deque


class SlidingWindow:
    """Moments of a clock, forgotten once they are older than the window is long."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque()

    def add(self, now: float) -> None:
        """Take note of a moment; moments come in order."""
        self._moments.append(now)

    def count(self, now: float, length_s: float) -> int:
        """Return how many moments lie in `(now - length_s, now]`."""
        while self._moments and self._moments[0] <= now - length_s:
            self._moments.popleft()
        return len(self._moments)

    def oldest_leaves_in(self, now: float, length_s: float) -> float:
        """Return the seconds until the oldest moment has left the window; 0 if it is empty."""
        return max(0.0, self._moments[0] + length_s - now) if self._moments else 0.0
