"""Says why a path is no file that can be read to its end."""

from pathlib import Path


def why_no_file(path: Path) -> str | None:
    """Return what is wrong with a path as an input file, or None. A pipe would be waited for."""
    if path.is_file():
        return None
    if path.is_dir():
        return "is a folder; name a file in it"
    if path.exists():
        return "is no regular file (a pipe or device); write its content to a file first"
    return "no such file"
