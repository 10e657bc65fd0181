"""The command line as a process: its streams, and its errors as messages and exit codes."""

import errno
import io
import json
import os
import sys
from pathlib import Path
from typing import NoReturn

from tradegen.cli.app import app
from tradegen.cli.exit_codes import INTERRUPTED, PIPE_CLOSED
from tradegen.cli.terminal_text import shown
from tradegen.errors import InputError, StorageError, TradegenError
from tradegen.threads import ONE_THREAD

_STDERR = 2
_LOST = (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT, errno.EBADF)

_WRONG_PATH = frozenset({errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR})
"""What a path that the user gave can be wrong with, wherever it is first touched."""

_PATH_SHOWN = 200


def main() -> NoReturn:
    """Run the command line; errors become one message and their exit code."""
    for variable, value in ONE_THREAD.items():
        os.environ.setdefault(variable, value)
    _open_standard_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # bars of blocks are no reason to fail
    try:
        status = _outcome()
        sys.stdout.flush()
    except OSError as error:
        status = _lost_output(error)
    _forget_interrupts()
    sys.exit(status)


def _forget_interrupts() -> None:
    """Let an interrupt that was dealt with not become the way this process ends.

    CPython 3.11 to 3.13 remembers a `KeyboardInterrupt` that left source code run from a string,
    as `dataclass` and `namedtuple` run it, and kills itself with SIGINT at the end whatever the
    exit code, though the interrupt was caught. Running such code once more makes it forget.
    """
    eval("0")  # noqa: S307  (a constant)


def _outcome() -> int:
    """Run the command and return its exit code. Raises `OSError` if stdout cannot be written."""
    try:
        status = app(standalone_mode=False)
    except TradegenError as error:
        _say(str(error), error.exit_code)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as left:  # what typer and rich make of a pipe that has closed
        if isinstance(left.__context__, BrokenPipeError):
            raise left.__context__ from None
        raise
    except (MemoryError, OSError, RuntimeError) as error:
        if hasattr(error, "exit_code") or (known := _known(error)) is None:
            raise
        _say(str(known), known.exit_code)
        return known.exit_code
    except Exception as error:  # typer's own usage errors carry their exit code
        if not hasattr(error, "exit_code") or not hasattr(error, "show"):
            raise
        if _wants_json():
            _say(str(error), error.exit_code)
        else:
            error.show()
        return int(error.exit_code)
    return status if isinstance(status, int) else 0


def _open_standard_streams() -> None:
    """Let streams that the caller has closed lead nowhere, and no file take their numbers."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        os.set_inheritable(number, True)
    os.close(number)
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115


def _lost_output(error: OSError) -> int:
    """Say that output was lost, unless the reader has just left; return the exit code."""
    from tradegen.cli.console import silence_stdout

    silence_stdout()
    if isinstance(error, BrokenPipeError):
        return PIPE_CLOSED
    if error.errno not in _LOST:
        raise error
    print(f"tradegen: the output cannot be written ({error.strerror})", file=sys.stderr)
    return StorageError.exit_code


def _known(error: MemoryError | OSError | RuntimeError) -> TradegenError | None:
    """Return what an error of the system means for the user, if that is known."""
    if (wrong := _what_is_wrong_with_the_path(error)) is not None:
        return InputError(wrong)
    if (wanting := _what_is_wanting(error)) is not None:
        return TradegenError(wanting)
    return None


def _what_is_wrong_with_the_path(error: Exception) -> str | None:
    """Return what is wrong with a path that the user gave, if that is what an error says."""
    if not isinstance(error, OSError) or error.errno not in _WRONG_PATH or error.filename is None:
        return None
    shown = str(error.filename)
    shown = shown if len(shown) <= _PATH_SHOWN else f"{shown[:_PATH_SHOWN]}..."
    return f"{shown}: {error.strerror}; name another, or change its permissions"


def _what_is_wanting(error: MemoryError | OSError | RuntimeError) -> str | None:
    """Return what the machine has not enough of, if that is what an error says."""
    advice = "fewer rows or --workers need less"
    if isinstance(error, MemoryError):
        return f"not enough memory ({error or 'no size is told'}); {advice}"
    if isinstance(error, RuntimeError) and "can't start new thread" in str(error):
        return f"no more threads can be started; {advice}"
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return f"too many files are open ({error.strerror}); {advice}, or raise ulimit -n"
    if isinstance(error, OSError) and error.errno in (errno.EAGAIN, errno.ENOMEM):
        return f"no more processes can be started ({error.strerror}); {advice}"
    return None


def _wants_json() -> bool:
    return "--json" in sys.argv


def _say(message: str, exit_code: int) -> None:
    if _wants_json():
        print(json.dumps({"error": message, "exit_code": exit_code}))
    print(f"tradegen: {shown(message)}", file=sys.stderr)
