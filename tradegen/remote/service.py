"""The Data Designer service of a NeMo microservices deployment, and what its errors mean."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tradegen.data.atomic import atomic_file
from tradegen.errors import EngineUnavailableError, InputError, one_line

if TYPE_CHECKING:
    from nemo_microservices.types.data_designer.data_designer_config_param import (
        DataDesignerConfigParam,
    )

UNDER_WAY = frozenset({"created", "pending", "active", "paused", "pausing", "resuming"})
PATIENCE_S = 300.0
"""Longest time without an answer while a job is followed."""

_FIRST_LOOK_S, _LOOK_AT_LEAST_EVERY_S = 0.5, 15.0
_CALL_S = 60.0
_PREVIEW_S = 600.0
_BYTES_A_ROW, _BYTES_BESIDE = 1 << 20, 64 << 20
_REFUSED, _MISSING, _INVALID = (401, 403), 404, (400, 422)
_WORDS = 400


class Service:
    """Speaks to one deployment through NVIDIA's own client."""

    def __init__(self, base_url: str, patience_s: float = PATIENCE_S) -> None:
        """Prepare the client; nothing is sent yet."""
        from nemo_microservices import NeMoMicroservices

        self.base_url = base_url.rstrip("/")
        self._patience_s = patience_s
        with _said_of(self.base_url):
            self._client: NeMoMicroservices = NeMoMicroservices(
                base_url=self.base_url, timeout=_CALL_S, _strict_response_validation=True
            )

    def model_names(self) -> list[str]:
        """Return the models that the service asks where a config names none."""
        with _said_of(self.base_url):
            settings = self._client.data_designer.settings()
            return [config.model for config in settings.defaults.model_configs]

    def preview(self, config: Mapping[str, Any], n: int) -> tuple[int, list[str]]:
        """Let the service fill `n` rows; return how many came back, and its warnings.

        Raises `InputError` for a config that it refuses, `EngineUnavailableError` if no row comes.
        """
        said: list[str] = []
        rows = 0
        with _said_of(self.base_url):
            stream = self._client.data_designer.preview(
                config=cast("DataDesignerConfigParam", config), num_records=n, timeout=_PREVIEW_S
            )
            for message in stream:
                level = (message.extra or {}).get("level", "").lower()
                if message.message_type == "log" and level in ("warning", "warn", "error"):
                    said.append(_words(message.message))
                elif message.message_type == "dataset":
                    rows = _count(json.loads(message.message))
        if not rows:
            why = f": {said[-1]}" if said else ""
            raise EngineUnavailableError(f"{self.base_url}: the preview made no row{why}")
        return rows, said

    def create(self, config: Mapping[str, Any], n: int, name: str) -> str:
        """Create a job; return its id."""
        with _said_of(self.base_url):
            job = self._client.data_designer.jobs.create(
                name=name,
                spec={"config": cast("DataDesignerConfigParam", config), "num_records": n},
            )
        if not job.id:
            raise EngineUnavailableError(f"{self.base_url} made a job without an id")
        return job.id

    def status(self, job: str) -> tuple[str, str]:
        """Return a job's status and what there is to say about it."""
        with _said_of(self.base_url, job):
            found = self._client.data_designer.jobs.retrieve(job)
            details = found.error_details or found.status_details or {}
            return _words(found.status or "created"), _words(details) if details else ""

    def follow(self, job: str, tell: Callable[[str], None]) -> None:
        """Wait until a job is completed; `tell` hears of every change.

        A service that cannot be reached is asked again, as long as the patience lasts. Raises
        `EngineUnavailableError` if the job failed or was cancelled, or the service stays away.
        """
        heard, last, wait_s = time.monotonic(), "", _FIRST_LOOK_S
        while True:
            try:
                status, details = self.status(job)
            except Unreached as error:
                if time.monotonic() - heard > self._patience_s:
                    raise
                status, details = "not reached", str(error)
            else:
                heard = time.monotonic()
            if status != last:
                tell(f"job {job}: {status}{f' ({details})' if details else ''}")
                last, wait_s = status, _FIRST_LOOK_S
            if status == "completed":
                return
            if status not in UNDER_WAY and status != "not reached":
                raise EngineUnavailableError(
                    f"job {job} ended as {status}{f': {details}' if details else ''}; nothing of "
                    "it was taken over"
                )
            time.sleep(wait_s)
            wait_s = min(1.5 * wait_s, _LOOK_AT_LEAST_EVERY_S)

    def cancel(self, job: str) -> str:
        """Cancel a job; return its status."""
        with _said_of(self.base_url, job):
            return self._client.data_designer.jobs.cancel(job).status or "cancelling"

    def download(self, job: str, path: Path, n: int) -> None:
        """Write the dataset of a completed job, an archive, to a file.

        Raises `EngineUnavailableError` for one that is far too large for `n` rows.
        """
        most = n * _BYTES_A_ROW + _BYTES_BESIDE
        results = self._client.data_designer.jobs.results.with_streaming_response
        with (
            _said_of(self.base_url, job),
            results.download_dataset(job) as answer,
            atomic_file(path) as part,
            part.open("wb") as file,
        ):
            got = 0
            for data in answer.iter_bytes():
                got += len(data)
                if got > most:
                    raise EngineUnavailableError(
                        f"job {job}: its dataset is larger than {most:,} bytes, too much for "
                        f"{n:,} rows"
                    )
                file.write(data)


class Unreached(EngineUnavailableError):  # noqa: N818  (says what happened, as its root does)
    """The service did not answer, or is not well; it may come back."""


@contextmanager
def _said_of(base_url: str, job: str | None = None) -> Iterator[None]:
    """Say in words of tradegen what the client raises."""
    import httpx
    import nemo_microservices as nemo

    try:
        yield
    except nemo.APIStatusError as error:
        raise _refusal(base_url, error, job) from error
    except nemo.APIConnectionError as error:
        raise Unreached(
            f"{base_url} cannot be reached ({type(error).__name__}); check --base-url, the "
            "network, and whether the service is up"
        ) from error
    except (nemo.NeMoMicroservicesError, httpx.InvalidURL, ValueError) as error:
        raise EngineUnavailableError(
            f"{base_url} did not answer as the Data Designer service does "
            f"({type(error).__name__}: {_words(error)}); check --base-url"
        ) from error
    except httpx.HTTPError as error:
        raise Unreached(f"{base_url} broke off its answer ({type(error).__name__})") from error


def _refusal(base_url: str, error: Any, job: str | None) -> EngineUnavailableError | InputError:
    status, words = error.status_code, _words(error.message)
    if status in _REFUSED:
        return EngineUnavailableError(f"{base_url} refuses the call ({status}): {words}")
    if status == _MISSING:
        what = "no Data Designer service" if job is None else f"no job {job}, or no dataset of it"
        return EngineUnavailableError(f"{base_url} has {what} (404): {words}")
    if status in _INVALID:
        return InputError(f"{base_url} refuses the config ({status}): {words}")
    return Unreached(f"{base_url} answered {status}: {words}")


def _words(said: object) -> str:
    """Return what a service says, short and harmless to a terminal."""
    return one_line(str(said))[:_WORDS]


def _count(dataset: object) -> int:
    """Return the rows of a dataset sent as records, or as columns."""
    if isinstance(dataset, list):
        return len(dataset)
    if isinstance(dataset, dict):
        return max((len(column) for column in dataset.values()), default=0)
    return 0


def upload(path: Path, datastore: str, repository: str) -> str:
    """Put a file into a datastore, which speaks Hugging Face's API; return what a config calls it.

    The datastore's token, if it needs one, is `HF_TOKEN`. Raises `EngineUnavailableError` without
    huggingface_hub, or if the datastore does not take it.
    """
    try:
        from huggingface_hub import HfApi
    except ImportError as error:
        raise EngineUnavailableError(
            "uploading needs huggingface_hub: pip install 'tradegen[designer]'; or upload the file "
            "yourself and name it with --seed-dataset"
        ) from error
    try:
        api = HfApi(endpoint=datastore.rstrip("/"), token=os.environ.get("HF_TOKEN") or False)
        api.create_repo(repository, repo_type="dataset", exist_ok=True)
        api.upload_file(
            path_or_fileobj=path, path_in_repo=path.name, repo_id=repository, repo_type="dataset"
        )
    except (OSError, ValueError) as error:
        raise EngineUnavailableError(
            f"{datastore} did not take {path.name} ({type(error).__name__}: {_words(error)})"
        ) from error
    except Exception as error:  # the errors of whichever HTTP client huggingface_hub brings
        if not type(error).__module__.startswith(("httpx", "requests", "httpcore")):
            raise
        raise EngineUnavailableError(
            f"{datastore} cannot be reached ({type(error).__name__}: {error})"
        ) from error
    return f"{repository}/{path.name}"
