"""`tradegen report`."""

from pathlib import Path

from tradegen.cli.console import make_console
from tradegen.cli.out_file import check_out_file, where_it_leads
from tradegen.data.atomic import make_folder_of
from tradegen.data.run_folder import find_run, latest_run
from tradegen.report.write import write_report
from tradegen.settings import Settings


def report_command(name: str | None, settings: Settings, out: Path | None) -> None:
    """Write the report of a run (without a name, of the latest) and say where it is."""
    folder = settings.run.folder
    run = latest_run(folder) if name is None else find_run(folder, name)
    target = where_it_leads(out or run.report)
    if target.resolve() != run.report.resolve():
        check_out_file(target)
    make_folder_of(target)
    made = write_report(run, settings.gold, target=target, shows_gold=settings.run.report_gold)
    make_console().print(f"wrote {made} ({made.stat().st_size / 1e6:.1f} MB); open it in a browser")
