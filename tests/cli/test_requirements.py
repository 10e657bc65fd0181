"""The packages that tradegen declares, against those that are there."""

from importlib.metadata import requires
from pathlib import Path

import pytest

from tradegen.cli import requirements
from tradegen.cli.requirements import Requirement, direct_requirements


@pytest.mark.parametrize(
    ("at_least", "installed", "met"),
    [
        ("2.2", "2.2.0", True),
        ("2.2.0", "2.2", True),
        ("2.10", "2.9.5", False),
        ("7", "7.0.0rc1", True),
        ("20", "19.0.1", False),
        ("1.5", "1.5.post1+cu12", True),
        ("0", None, False),
    ],
)
def test_versions_are_compared_as_numbers(at_least: str, installed: str | None, met: bool) -> None:
    assert Requirement("x", at_least, installed).met is met


def test_without_a_checkout_the_installed_package_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(requirements, "_CHECKOUT", tmp_path / "pyproject.toml")
    found = direct_requirements()
    needed = [one for one in requires("tradegen") or [] if "extra ==" not in one]
    assert len(found) == len(needed)
    assert "numpy" in {requirement.name for requirement in found if requirement.met}


def test_extras_are_not_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(requirements, "_CHECKOUT", tmp_path / "pyproject.toml")
    declared = ["numpy>=2.2", "langgraph<2,>=1.2", 'sphinx>=8; extra == "docs"']
    monkeypatch.setattr(requirements, "requires", lambda _name: declared)
    found = [(r.name, r.at_least) for r in direct_requirements()]
    assert found == [("numpy", "2.2"), ("langgraph", "1.2")]
