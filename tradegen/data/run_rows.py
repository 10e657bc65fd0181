"""The accepted rows of a run as a file, whether the run has ended or not."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tradegen.data.dataset import check_rows, write_rows
from tradegen.data.gold_files import tidy_extras
from tradegen.data.ledger import Ledger
from tradegen.data.row_codec import decode_rows
from tradegen.data.run_folder import RunFolder
from tradegen.errors import InputError


@contextmanager
def rows_of(run: RunFolder) -> Iterator[Path]:
    """Yield a file of the run's accepted rows; without one of its own, made from the ledger."""
    manifest = run.read_manifest()
    if run.rows.is_file() and manifest["status"] != "running":
        check_rows(run.rows, manifest["accepted"], all_of_it=True)
        yield run.rows
        return
    with closing(Ledger.read(run.ledger)) as ledger, TemporaryDirectory(prefix="tradegen-") as made:
        encoded = list(ledger.accepted())
        if not encoded:
            raise InputError(
                f"{run.path}: no row is accepted yet; go on with tradegen run --resume"
            )
        with ledger.trusted():
            _, extras = tidy_extras(decode_rows(encoded))
            write_rows(Path(made) / "rows.parquet", encoded, extras)
        yield Path(made) / "rows.parquet"
