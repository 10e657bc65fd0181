"""Providers of other packages are found; what is not there is told with what to do."""

import subprocess
import sys
from pathlib import Path

import pytest

from tradegen.errors import InputError, ProviderError
from tradegen.providers.registry import make_provider, provider_names


def test_no_package_of_a_provider_is_imported_before_it_is_asked_for() -> None:
    code = (
        "import sys, tradegen.cli.import_command\n"
        "assert not {'yfinance', 'alpaca', 'curl_cffi', 'requests'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def write_plugin(folder: Path, source: str) -> None:
    about = folder / "theirs-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "their_bars.py").write_text(source, encoding="utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[tradegen.providers]\ntheirs = their_bars:make\n")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "their_bars", raising=False)
    return tmp_path


def test_a_provider_of_another_package_is_found(elsewhere: Path) -> None:
    write_plugin(elsewhere, "class P:\n    name = 'theirs'\n\ndef make():\n    return P()\n")
    assert make_provider("theirs").name == "theirs"
    assert provider_names() == ["alpaca", "theirs", "yfinance"]


def test_one_that_cannot_be_loaded_is_named_with_its_package(elsewhere: Path) -> None:
    write_plugin(elsewhere, "raise RuntimeError('no licence')\n")
    with pytest.raises(ProviderError) as caught:
        make_provider("theirs")
    assert str(caught.value) == (
        "provider 'theirs' (their_bars:make, of theirs) cannot be loaded: RuntimeError: no licence"
    )


def test_an_unknown_provider_is_refused() -> None:
    with pytest.raises(InputError, match="did you mean yfinance"):
        make_provider("yfinanse")


@pytest.mark.parametrize(("name", "module"), [("alpaca", "alpaca"), ("yfinance", "yfinance")])
def test_a_package_that_is_not_installed_is_told_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, name: str, module: str
) -> None:
    for known in [one for one in sys.modules if one.split(".")[0] == module]:
        monkeypatch.delitem(sys.modules, known)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ProviderError) as caught:
        make_provider(name)
    assert f"pip install 'tradegen[{name}]'" in str(caught.value)
    assert caught.value.exit_code == 4
