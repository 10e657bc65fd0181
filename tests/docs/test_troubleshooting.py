"""The page of exit codes is whole, and quotes what the code says."""

import ast
import re
from pathlib import Path
from signal import SIGTERM

from tradegen.cli import app
from tradegen.cli.exit_codes import INTERRUPTED, PIPE_CLOSED
from tradegen.errors import TradegenError
from tradegen.nightly.compare import WORSE
from tradegen.nightly.health import UNHEALTHY
from tradegen.verdict.decide import EXIT_CODES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
THEIRS = ("Traceback", "No such option", "Missing argument", "No space left on device")
"""What Python, typer and the system say."""


def codes(kind: type[TradegenError]) -> set[int]:
    return {kind.exit_code}.union(*(codes(below) for below in kind.__subclasses__()))


def texts() -> str:
    """Return all text in the package; what is filled in stands as `...`."""
    said = []
    for path in sorted((ROOT / "tradegen").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [p.value if isinstance(p, ast.Constant) else "..." for p in node.values]
                said.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                said.append(node.value)
    return "\n".join(said)


def test_every_exit_code_has_a_section_and_every_section_a_code() -> None:
    import tradegen.api  # noqa: F401  (its errors count)

    sections = {int(code) for code in re.findall(r"^## (\d+):", PAGE, re.MULTILINE)}
    told = {int(code) for code in re.findall(r"\b(\d+) [a-z]", str(app.app.info.epilog))}
    told |= {int(code) for code in re.findall(r"(\d+),", "10, 11,")}
    known = codes(TradegenError) | set(EXIT_CODES.values()) | {0, INTERRUPTED, PIPE_CLOSED}
    known |= {WORSE, UNHEALTHY, 128 + SIGTERM}
    assert sections == known
    assert told <= sections


def test_every_message_that_is_quoted_is_one_that_the_code_says() -> None:
    said = texts()
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE):
        if not re.match(r"[1-5]:", section):
            continue
        for line in re.findall(r"^\| (.*?) \|", section, re.MULTILINE):
            for quoted in re.findall(r"`([^`]+)`", line):
                for part in re.split(r"\.\.\.|trades\.csv, row 17|[;:]", quoted):
                    words = part.strip(" ?")
                    if len(words) > 3 and not words.startswith(("--", "tradegen", *THEIRS)):
                        assert words in said, f"{quoted!r}: {words!r} is said nowhere"
