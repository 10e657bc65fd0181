"""Where a command may write: never over what a run itself has written, nor through a pipe."""

import os
from pathlib import Path

from tradegen.data.regular_file import why_no_file
from tradegen.data.run_folder import RunFolder
from tradegen.errors import InputError


def where_it_leads(target: Path) -> Path:
    """Return the file that a link leads to: that is replaced, not the link."""
    return Path(os.path.realpath(target)) if target.is_symlink() else target


def check_out_file(target: Path) -> None:
    """Raise `InputError` for a file that a command must not, or cannot, replace."""
    beside = RunFolder(target.parent)
    if beside.manifest.is_file() and beside.owns(target):
        raise InputError(
            f"{target}: one of the run's own files, which this command must not replace; choose "
            "another file with --out"
        )
    if target.exists() and (wrong := why_no_file(target)) is not None:
        raise InputError(f"{target}: {wrong.split(';')[0]}; choose another file with --out")
