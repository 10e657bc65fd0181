"""`tradegen designer submit`."""

import json
import shlex
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from tradegen.cli.console import make_console
from tradegen.cli.exit_codes import INTERRUPTED
from tradegen.cli.run_command import EXIT_CODES
from tradegen.cli.summary import print_summary
from tradegen.errors import InputError
from tradegen.remote.job_folder import JobFolder, find_job
from tradegen.remote.service import Service
from tradegen.remote.submit import submit, take_over
from tradegen.settings import load_settings


def submit_command(
    overrides: Mapping[str, Any],
    config: Path | None,
    *,
    base_url: str | None,
    provider: str | None,
    datastore: str | None,
    repository: str,
    seed_dataset: str | None,
    resume: str | None,
    cancel: str | None,
    wait: bool,
    as_json: bool,
) -> int:
    """Submit a job, or go on with one, and take its rows over; return the exit code."""
    from tradegen.api import Silent
    from tradegen.progress import make_progress

    settings = load_settings(overrides, config)
    console = make_console()

    def tell(line: str) -> None:
        if not as_json:
            console.print(line, soft_wrap=True)

    runs = settings.run.folder
    known = resume or cancel
    if known is not None:
        folder = find_job(runs, known)
        record = folder.read()
        job = str(record["job"])
        service = Service(base_url or str(record["base_url"]))
        if cancel is not None:
            tell(f"job {job}: {service.cancel(job)}")
            return 0
    else:
        if base_url is None:
            raise InputError("--base-url: name the address of the NeMo microservices deployment")
        folder = JobFolder.of_run(runs, settings.run.name or f"{datetime.now():%Y%m%d-%H%M%S}")
        service = Service(base_url)
        job = submit(
            settings,
            service,
            folder,
            tell,
            provider=provider,
            datastore=datastore,
            repository=repository,
            seed_dataset=seed_dataset,
        )
        tell(f"job {job} was created")
    if not wait:
        _say_how_to_go_on(tell, job, runs)
        return 0
    observer = Silent() if as_json else make_progress(console)
    try:
        finished = take_over(folder, service, tell, observer)
    except KeyboardInterrupt:
        tell(f"\njob {job} goes on without this command")
        _say_how_to_go_on(tell, job, runs)
        return INTERRUPTED
    finally:
        if not isinstance(observer, Silent):
            observer.close()
    if as_json:
        print(json.dumps({"folder": str(finished.folder.path), "job": job, **finished.manifest}))
    else:
        print_summary(console, finished.folder.path, finished.manifest)
    return EXIT_CODES[finished.status]


def _say_how_to_go_on(tell: Callable[[str], None], job: str, runs: Path) -> None:
    command = ["python", "-m", "tradegen", "designer", "submit"]
    place = [] if str(runs) == "runs" else ["--folder", str(runs)]
    tell(f"go on with:  {shlex.join([*command, '--resume', job, *place])}")
    tell(f"or stop it:  {shlex.join([*command, '--cancel', job, *place])}")
