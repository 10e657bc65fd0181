"""A small server that speaks the Data Designer service's REST API, and a datastore's beside it.

What it takes and sends is made and checked by the types of NVIDIA's own client; it is no such
service. It fills the columns `trade` and `verdict` of the jobs that `tradegen.remote` submits.
"""

import asyncio
import base64
import io
import json
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from nemo_microservices.types.data_designer import DataDesignerJob
from nemo_microservices.types.data_designer.data_designer_preview_params import (
    DataDesignerPreviewParams,
)
from nemo_microservices.types.data_designer.job_create_params import JobCreateParams
from pydantic import TypeAdapter, ValidationError

from tradegen.testing.nim_server.answers import Answerer
from tradegen.testing.nim_server.assemble import make_answerer
from tradegen.testing.nim_server.blocks import Blocks
from tradegen.testing.nim_server.options import read_options

Record = dict[str, Any]
BANK = 120


@cache
def _answerer() -> Answerer:
    return asyncio.run(make_answerer(read_options(["--bank", str(BANK)])))


def filled(question: Record) -> Record:
    """Return a row of the seed dataset with its two columns filled."""

    def answer(text: str) -> Any:
        blocks = Blocks([{"content": text}])
        given = asyncio.run(_answerer().answer(blocks["task"], blocks))
        return json.loads(json.dumps(given))  # the server hands out one object more than once

    return {
        **question,
        "trade": answer(question["question"]),
        "verdict": answer(question["judge_before"]),
    }


@dataclass
class Designer:
    """The service's state, and how it misbehaves."""

    base_url: str = ""
    files: dict[str, list[Record]] = field(default_factory=dict)
    jobs: dict[str, Record] = field(default_factory=dict)
    statuses: list[str] = field(default_factory=lambda: ["pending", "active", "completed"])
    """What a job is, look by look; the last one stays."""
    rows: Callable[[list[Record]], list[Record]] = lambda rows: rows
    archive: Callable[[bytes], bytes] = lambda data: data
    refuse: Callable[[str, str], tuple[int, str, str] | None] = lambda _method, _path: None
    """Answers a method and path with a status, a content type and a body of its own."""

    def preview(self, body: Record) -> str:
        """Return the messages of a preview."""
        TypeAdapter(DataDesignerPreviewParams).validate_python(body)
        rows = self._seeds(body["config"])[: body["num_records"]]
        said = [{"message": "m", "message_type": "heartbeat"}]
        said.append({"message": json.dumps(rows), "message_type": "dataset"})
        return "".join(json.dumps(one) + "\n" for one in said)

    def create(self, body: Record) -> Record:
        """Make a job."""
        TypeAdapter(JobCreateParams).validate_python(body)
        seeds = self._seeds(body["spec"]["config"])
        assert len(seeds) == body["spec"]["num_records"]
        job = f"job-{len(self.jobs) + 1}"
        self.jobs[job] = {**body, "looks": 0, "seeds": seeds}
        return self.job(job)

    def _seeds(self, config: Record) -> list[Record]:
        return self.files[config["seed_config"]["dataset"]]

    def look(self, job: str) -> Record:
        """Return a job one step further on."""
        self.jobs[job]["looks"] += 1
        return self.job(job)

    def job(self, job: str) -> Record:
        """Return a job as it now is."""
        made = self.jobs[job]
        at = min(made["looks"], len(self.statuses)) - 1
        status = "created" if at < 0 else self.statuses[at]
        shown = {"id": job, "name": made["name"], "spec": made["spec"], "status": status}
        if status == "error":
            shown["error_details"] = {"message": "out of memory"}
        found = DataDesignerJob.model_validate(shown)
        dumped: Record = found.model_dump(mode="json", exclude_none=True)
        return dumped

    def dataset(self, job: str) -> bytes:
        """Return a job's dataset: an archive of Parquet files in a folder."""
        rows = self.rows([filled(question) for question in self.jobs[job]["seeds"]])
        part = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), part)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            entry = tarfile.TarInfo("dataset/batch_00000.parquet")
            entry.size = part.tell()
            part.seek(0)
            tar.addfile(entry, part)
        return self.archive(packed.getvalue())

    def commit(self, repository: str, body: bytes) -> Record:
        """Take files into the datastore."""
        for line in map(json.loads, body.decode().splitlines()):
            if line["key"] == "file":
                text = base64.b64decode(line["value"]["content"]).decode()
                name = f"{repository}/{line['value']['path']}"
                self.files[name] = [json.loads(row) for row in text.splitlines()]
        url = f"{self.base_url}/datasets/{repository}/commit/abc"
        return {"commitUrl": url, "commitOid": "abc", "success": True}


Reply = tuple[int, str, bytes]


def _json(value: object, status: int = 200) -> Reply:
    return status, "application/json", json.dumps(value).encode()


def _get(designer: Designer, parts: list[str]) -> Reply:
    if parts[:3] == ["v1", "data-designer", "settings"]:
        config = {"alias": "text", "model": "nvidia/one"}
        defaults = {"model_configs": [config], "model_provider": "nim"}
        return _json({"defaults": defaults, "model_providers": []})
    if parts[:3] != ["v1", "data-designer", "jobs"] or parts[3] not in designer.jobs:
        return _json({"detail": "not found"}, 404)
    if len(parts) == 4:
        return _json(designer.look(parts[3]))
    return 200, "application/octet-stream", designer.dataset(parts[3])


def _post(designer: Designer, parts: list[str], body: bytes) -> Reply:
    if "commit" in parts:
        return _json(designer.commit("/".join(parts[2:4]), body))
    asked = json.loads(body or b"{}")
    if "preupload" in parts:
        mode = {"uploadMode": "regular", "shouldIgnore": False}
        return _json({"files": [{"path": one["path"], **mode} for one in asked["files"]]})
    if parts[-1] == "create":
        name = f"{asked.get('organization', 'default')}/{asked['name']}"
        return _json({"url": f"{designer.base_url}/datasets/{name}"})
    if parts[-1] == "cancel":
        designer.statuses = ["cancelled"]
        return _json(designer.look(parts[3]))
    try:
        if parts[-1] == "preview":
            return 200, "application/jsonl", designer.preview(asked).encode()
        return _json(designer.create(asked))
    except ValidationError as error:
        return _json({"detail": str(error)}, 422)


def _handler(designer: Designer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self._answer("GET", lambda parts: _get(designer, parts))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._answer("POST", lambda parts: _post(designer, parts, body))

        def _answer(self, method: str, reply: Callable[[list[str]], Reply]) -> None:
            own = designer.refuse(method, self.path)
            if own is None:
                status, kind, body = reply(self.path.split("?")[0].strip("/").split("/"))
            else:
                status, kind, body = own[0], own[1], own[2].encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


@contextmanager
def designer_service() -> Iterator[Designer]:
    """Serve on a free port of loopback."""
    designer = Designer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(designer))
    designer.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield designer
    finally:
        server.shutdown()
        server.server_close()
