"""The settings of the nightly job: what is refused, and what is never shown."""

import json
from pathlib import Path
from typing import Any

import pytest

from tradegen.errors import InputError
from tradegen.settings import decides_rows, load_settings, what_is_stated

TOKEN = "https://hooks.example.com/t0psecret"


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("nightly", "said"),
    [
        ({"zone": "Mars/Olympus"}, "expected a time zone such as UTC or Europe/Berlin"),
        ({"zone": "../../etc/passwd"}, "expected a time zone"),
        ({"prefix": "../nightly"}, "expected letters, digits"),
        ({"keep": 0}, "nightly.keep = 0"),
        ({"kep": 3}, "nightly.kep: no such setting; did you mean keep?"),
        ({"tolerances": {"gold coverd": 1}}, "did you mean 'gold covered'?"),
        ({"tolerances": {"seconds": -1}}, "for 'seconds' a number from 0 on, or false"),
        ({"tolerances": {"seconds": True}}, "for 'seconds' a number from 0 on, or false"),
        ({"tolerances": {"seconds": float("inf")}}, "a number from 0 on, or false"),
        ({"tolerances": {"xyz": 1}}, "there is no 'xyz'; there is rows that keep every invariant"),
    ],
)
def test_what_cannot_be_meant_is_refused(nightly: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as refused:
        load_settings({"nightly": nightly})
    assert said in str(refused.value)


def test_a_tolerance_is_a_number_or_false() -> None:
    given = {"gold covered": 0, "seconds": 0.5, "rows near gold": False}
    found = load_settings({"nightly": {"tolerances": given}}).nightly.tolerances
    assert found == given
    assert found["rows near gold"] is False
    assert found["gold covered"] is not False


def test_addresses_of_alerts_are_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADEGEN_NIGHTLY__ALERT_URLS", json.dumps([TOKEN]))
    settings = load_settings()
    assert [url.get_secret_value() for url in settings.nightly.alert_urls] == [TOKEN]
    stated = what_is_stated()
    for shown in (settings.model_dump(mode="json"), stated.background, settings):
        assert "t0psecret" not in str(shown)


def test_the_address_of_a_collector_is_in_no_file_as_it_may_hold_a_password() -> None:
    settings = load_settings({"nightly": {"otlp_endpoint": "http://me:t0psecret@collector:4318"}})
    assert "t0psecret" not in json.dumps(settings.model_dump(mode="json"))


@pytest.mark.parametrize("urls", [{"mail": TOKEN}, [[TOKEN]], [{"url": TOKEN}]])
def test_an_address_of_the_wrong_type_is_refused_and_not_shown(urls: object) -> None:
    with pytest.raises(InputError) as refused:
        load_settings({"nightly": {"alert_urls": urls}})
    assert "nightly.alert_urls" in str(refused.value)
    assert "t0psecret" not in str(refused.value)


def test_no_nightly_setting_decides_rows() -> None:
    assert not decides_rows("nightly.tolerances")
    assert not decides_rows("nightly.new_seed")
