"""Progress of a step in plain lines: when they come, what they say, and that none can be lost."""

from pathlib import Path

import pytest

from tests.support.cli import python
from tradegen.cli.step_progress import step_progress


def test_lines_come_every_few_seconds_and_tell_the_time_that_is_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seconds = iter([0.0, 2.0, 4.9, 6.0, 8.0, 11.0, 12.0])
    with step_progress("values", 6000, clock=lambda: next(seconds)) as advance:
        for _ in range(6):
            advance(1000)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "values: 3,000 of 6,000, 6 s left",
        "values: 5,000 of 6,000, 2 s left",
    ]


SCRIPT = """\
import os
from tradegen.cli import step_progress
{lose}
os.dup2(nowhere, 2)
step_progress.LINE_EVERY_S = 0.0
with step_progress.step_progress("values", 2) as advance:
    advance(1)
    advance(1)
print("done")
"""


@pytest.mark.parametrize(
    "lose",
    [
        "nowhere = os.open('/dev/full', os.O_WRONLY)",
        "reader, nowhere = os.pipe(); os.close(reader)",
    ],
)
def test_a_stderr_that_cannot_be_written_stops_nothing(tmp_path: Path, lose: str) -> None:
    said = python(tmp_path, "-c", SCRIPT.format(lose=lose))
    assert (said.code, said.out) == (0, "done\n")
