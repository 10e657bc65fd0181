"""Submitting: from settings to a job, and from a job's dataset to a run."""

import json
from collections.abc import Callable
from pathlib import Path

from tradegen.data.atomic import atomic_file
from tradegen.engines.designer.fetched import NAME
from tradegen.errors import InputError
from tradegen.pipeline.job import Finished, Observer, run_job
from tradegen.pipeline.prepare import prepare
from tradegen.remote.answers import read_answers, told, write_answers
from tradegen.remote.asked import job_config, questions
from tradegen.remote.job_folder import JobFolder
from tradegen.remote.service import Service, upload
from tradegen.settings import Settings, Stated, restore_settings

_PREVIEW_ROWS = 2

Tell = Callable[[str], None]


def submit(
    settings: Settings,
    service: Service,
    folder: JobFolder,
    tell: Tell,
    *,
    provider: str | None,
    datastore: str | None,
    repository: str,
    seed_dataset: str | None,
) -> str:
    """Create a job that makes one attempt at each row of a run; return its id.

    Questions are uploaded to `datastore`; or they were before, as `seed_dataset`, from the file
    that is written where neither is given. Raises `InputError` if that is so, a role has no model
    or the folder is taken, and the errors of `prepare` and of the service.
    """
    settings = _of_a_job(settings, folder)
    for role in ("generator", "judge"):
        if getattr(settings.nim, role).model is None:
            known = ", ".join(sorted(set(service.model_names()))) or "none"
            raise InputError(
                f"nim.{role}.model: name the model to ask (--model); the service's own are {known}"
            )
    if datastore is not None and seed_dataset is not None:
        raise InputError(
            "--datastore is to upload to, --seed-dataset was uploaded before; keep one"
        )
    prepared = prepare(settings)
    gold = prepared.blueprint.order.gold
    folder.begin()
    if seed_dataset is None:
        with atomic_file(folder.questions) as part, part.open("w", encoding="utf-8") as file:
            for row in questions(gold, settings.nim, prepared.sampler, settings.n):
                file.write(json.dumps(row) + "\n")
        if datastore is None:
            raise InputError(
                f"the questions are in {folder.questions}: upload the file to the deployment's "
                "datastore and name it with --seed-dataset REPOSITORY/FILE (the other settings as "
                "they are), or let it be uploaded with --datastore URL"
            )
        seed_dataset = upload(folder.questions, datastore, repository)
        tell(f"{settings.n:,} questions are in {datastore} as {seed_dataset}")
    config = job_config(gold, settings.nim, seed_dataset, provider)
    rows, warnings = service.preview(config, min(_PREVIEW_ROWS, settings.n))
    tell(f"the preview made {rows} of {min(_PREVIEW_ROWS, settings.n)} rows")
    for warning in warnings:
        tell(f"the service warns: {warning}")
    job = service.create(config, settings.n, f"tradegen-{folder.run_name}")
    folder.write(
        {
            "job": job,
            "base_url": service.base_url,
            "rows": settings.n,
            "settings": settings.model_dump(mode="json"),
        }
    )
    return job


def take_over(folder: JobFolder, service: Service, tell: Tell, observer: Observer) -> Finished:
    """Follow a job to its end, fetch its dataset and put it through judge, guards and ledger."""
    record = folder.read()
    job, n = str(record["job"]), int(record["rows"])
    if not folder.answers.exists():
        service.follow(job, tell)
        service.download(job, folder.dataset, n)
        answers = read_answers(folder.dataset, n)
        found = f"{len(answers.of_rows):,} of {n:,} rows came back"
        left_out = told(sorted(answers.left_out.items()))
        tell(f"{found}{f'; left out: {left_out}' if left_out else ''}")
        write_answers(folder.answers, answers)
        folder.dataset.unlink()
    settings = restore_settings(record["settings"])
    return run_job(settings, Stated({}, {}), observer)


def _of_a_job(settings: Settings, folder: JobFolder) -> Settings:
    """Return the settings of a run that takes over one attempt at each row."""
    run = settings.run.model_copy(
        update={
            "name": folder.run_name,
            "folder": folder.path.parent,
            "max_attempts_per_row": 1,
            "max_attempts": None,
        }
    )
    designer = settings.designer.model_copy(update={"dataset": Path(folder.answers)})
    return settings.model_copy(update={"engine": NAME, "run": run, "designer": designer})
