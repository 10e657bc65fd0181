from importlib.metadata import EntryPoint, EntryPoints

import pytest

from tradegen.engines import registry
from tradegen.errors import EngineUnavailableError


def test_the_embedded_engine_is_there() -> None:
    assert "embedded" in registry.engine_names()
    assert callable(registry.find_engine("embedded"))


def test_an_unknown_engine_is_named_with_the_nearest_one() -> None:
    with pytest.raises(EngineUnavailableError, match="did you mean embedded") as caught:
        registry.find_engine("embeded")
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("not_there:learn", "cannot be loaded: ModuleNotFoundError"),
        ("tradegen.errors:nothing", "cannot be loaded: AttributeError"),
        ("tradegen.version:__version__", "is no function"),
    ],
)
def test_an_engine_that_cannot_be_loaded_is_named(
    monkeypatch: pytest.MonkeyPatch, value: str, says: str
) -> None:
    point = EntryPoint("theirs", value, registry.ENTRY_POINT_GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda **_: EntryPoints([point]))
    with pytest.raises(EngineUnavailableError, match=f"engine 'theirs' .{value}.*{says}"):
        registry.find_engine("theirs")


def test_another_packages_engine_is_found_by_its_entry_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    point = EntryPoint(
        "theirs", "tradegen.engines.embedded.engine:learn_embedded", registry.ENTRY_POINT_GROUP
    )

    def entry_points(group: str, name: str | None = None) -> EntryPoints:
        found = EntryPoints([point]).select(group=group)
        return found if name is None else found.select(name=name)

    monkeypatch.setattr(registry, "entry_points", entry_points)
    assert "theirs" in registry.engine_names()
    assert registry.find_engine("theirs").__name__ == "learn_embedded"
