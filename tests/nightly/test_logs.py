"""The log: every line on stderr is JSON, whoever wrote it, and no line tells a secret."""

import json
from pathlib import Path

from tests.support.cli import in_a_terminal, python

_SAYING = """\
import logging, os, subprocess, sys, warnings
from tradegen.nightly.logs import bound, logging_to_stderr

with logging_to_stderr(as_json=True, quiet={quiet}, secrets=["s3cret"]) as log, bound(run="r"):
    log.info("begun", rows=3, nested={{"url": ["x://s3cret/"]}}, pair=("s3cret", 1))
    warnings.warn("naïve s3cret")
    logging.getLogger("some.library").error("no %s", "answer")
    logging.getLogger("some.library").info("chatter")
    sys.stderr.write("printed\\n")
    os.write(2, b"by C code \\xff\\n")
    subprocess.run([sys.executable, "-c", "import warnings; warnings.warn('in a child')"])
    try:
        raise ValueError("of s3cret")
    except ValueError:
        log.exception("internal error")
    os.write(2, b"no newline at the end")
sys.stderr.write("after\\n")
"""


def test_every_line_is_one_json_object_and_none_tells_a_secret(tmp_path: Path) -> None:
    said = python(tmp_path, "-c", _SAYING.format(quiet=False))
    assert said.code == 0
    *lines, after = said.err.splitlines()
    assert after == "after"
    told = [json.loads(line) for line in lines]
    assert all({"timestamp", "level", "event"} <= one.keys() for one in told)
    assert "s3cret" not in said.err
    begun = told[0]
    assert (begun["event"], begun["run"], begun["rows"]) == ("begun", "r", 3)
    assert begun["nested"] == {"url": ["x://***/"]}
    text = " ".join(str(one.get("text", one["event"])) for one in told)
    for part in ("naïve ***", "no answer", "printed", "by C code \ufffd", "in a child"):
        assert part in text
    assert "no newline at the end" in text
    assert "chatter" not in text
    (error,) = (one for one in told if one["event"] == "internal error")
    assert "ValueError: of ***" in error["traceback"]


def test_a_quiet_log_holds_warnings_and_errors_only(tmp_path: Path) -> None:
    said = python(tmp_path, "-c", _SAYING.format(quiet=True))
    levels = {json.loads(line)["level"] for line in said.err.splitlines()[:-1]}
    assert levels == {"warning", "error"}


def test_a_terminal_gets_text_if_it_is_asked_for(tmp_path: Path) -> None:
    said = in_a_terminal(tmp_path, "nightly", "--log-format", "text", "--folder", "/proc/none")
    assert said.code == 2
    assert "/proc/none: cannot be written" in said.out
