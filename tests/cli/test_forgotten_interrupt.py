"""An interrupt that a command has dealt with is not how its process ends."""

from pathlib import Path

from tests.support.cli import python

_INTERRUPTED_IN_CODE_FROM_A_STRING = """\
from tradegen.cli import main

def app(standalone_mode):
    try:
        eval("[os.kill(os.getpid(), signal.SIGINT), time.sleep(5)]", vars(main) | imported)
    except KeyboardInterrupt:
        return 143

import os, signal, time
imported = {"os": os, "signal": signal, "time": time}
main.app = app
main.main()
"""


def test_a_process_that_dealt_with_an_interrupt_ends_with_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "interrupted.py").write_text(_INTERRUPTED_IN_CODE_FROM_A_STRING)
    assert python(tmp_path, "-m", "interrupted").code == 143
