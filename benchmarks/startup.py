"""Seconds until the command line answers.

    python -m benchmarks.startup

Each command is started anew, ten times; the first start after an installation also compiles
bytecode and is not counted.
"""

import statistics
import subprocess
import sys
import time

_TIMES = 10
_COMMANDS = (["--help"], ["--version"], ["run", "--help"])


def seconds(arguments: list[str]) -> float:
    """Return how long one start takes."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "tradegen", *arguments], check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - started


def main() -> None:
    """Print one line a command."""
    for arguments in _COMMANDS:
        seconds(arguments)
        taken = sorted(seconds(arguments) for _ in range(_TIMES))
        print(
            f"python -m tradegen {' '.join(arguments):<12} median {statistics.median(taken):.3f} s"
            f"  (fastest {taken[0]:.3f}, slowest {taken[-1]:.3f})"
        )


if __name__ == "__main__":
    main()
