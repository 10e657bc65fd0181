"""`make cassettes`: records the pinned rows anew, against this package's server or a real NIM.

A real one is asked if `NVIDIA_API_KEY` (hosted models) or `NVIDIA_BASE_URL` (any other) is set.
"""

import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.engines.nim.pinned_rows import (
    FOLDER,
    PinnedRow,
    cassette_of,
    make_row,
    write_pinned_rows,
)
from tests.support.cassettes import recorded
from tradegen.data.dataset import row_as_json
from tradegen.data.row_codec import decode_row
from tradegen.engines.nim.options import HOSTED, KEY_VARIABLE, NimOptions
from tradegen.testing.nim_server.process import nim_server

_WANTED = {"accepted at once": 2, "refined": 1}
_ROWS_TRIED = 40


@contextmanager
def endpoint() -> Iterator[str]:
    """Yield the address of the NIM that the environment names, or of a server of our own."""
    named = os.environ.get("NVIDIA_BASE_URL")
    if named or os.environ.get(KEY_VARIABLE):
        yield (named or HOSTED).rstrip("/")
    else:
        with nim_server() as server:
            yield server.base_url


def record(folder: Path, base_url: str) -> None:
    """Record rows into a folder until there are enough of each kind.

    Ends the process with a message if there are not among the first rows.
    """
    pinned: list[PinnedRow] = []
    missing = Counter(_WANTED)
    for number in range(_ROWS_TRIED):
        cassette = cassette_of(number, folder)
        with recorded(cassette, base_url):
            attempt = make_row(number, NimOptions(base_url=base_url))
        kind = "refined" if attempt.retries else "accepted at once"
        if attempt.outcome != "passed" or attempt.row is None or not missing[kind]:
            cassette.unlink()
            continue
        missing[kind] -= 1
        row = json.loads(row_as_json(decode_row(attempt.row)))
        pinned.append(PinnedRow(number, base_url == HOSTED, attempt.retries, row))
        print(f"row {number}: {kind}, {attempt.calls} calls")
        if not missing.total():
            write_pinned_rows(pinned, folder)
            return
    wanted = " and ".join(f"{count} more {kind}" for kind, count in missing.items() if count)
    sys.exit(f"nothing is changed: {wanted} wanted among the first {_ROWS_TRIED} rows")


def main() -> None:
    """Replace the cassettes once all new ones are there."""
    with TemporaryDirectory() as made, endpoint() as base_url:
        record(Path(made), base_url)
        shutil.rmtree(FOLDER, ignore_errors=True)
        shutil.copytree(made, FOLDER)
    print("all is replaced; git diff says what changed")


if __name__ == "__main__":
    main()
