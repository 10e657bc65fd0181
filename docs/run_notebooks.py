"""Run the notebooks and keep them with their outputs: `make notebooks`."""

import shutil
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TIMEOUT_S = 300


def run_notebook(path: Path, folder: Path) -> nbformat.NotebookNode:
    """Return a notebook with what its cells have shown; they write into `folder`.

    Raises `nbclient.exceptions.CellExecutionError` with the traceback of a cell that fails.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT_S,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],  # it would warn of TCP on loopback
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
    )
    return client.execute()


def prepared(folder: Path) -> Path:
    """Return a folder to run notebooks in: beside `docs`, as in the checkout."""
    desk = folder / "notebooks"
    desk.mkdir(parents=True)
    (folder / "docs").symlink_to(ROOT / "docs")
    return desk


def main(out: Path) -> None:
    """Run all notebooks and write them to `out`."""
    shutil.rmtree(out, ignore_errors=True)
    desk = prepared(out / "desk")
    for path in NOTEBOOKS:
        began = time.monotonic()
        nbformat.write(run_notebook(path, desk), out / path.name)
        print(f"{time.monotonic() - began:5.1f} s  {out / path.name}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "notebooks")
