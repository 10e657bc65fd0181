"""`tradegen init`: a settings file in which every line can be taken as it is."""

import itertools
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from tests.support.cli import Command
from tradegen.cli.init_command import settings_file
from tradegen.settings import Settings, identity, load_settings

SETTING = re.compile(r"^#(\w+ = .*)$", re.MULTILINE)


def names(model: type[BaseModel], section: str = "") -> list[str]:
    found = []
    for name, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            found += names(type(field.default), f"{section}{name}.")
        else:
            found.append(f"{section}{name}")
    return found


def lines_by_name() -> dict[str, str]:
    found: dict[str, str] = {}
    section = ""
    for line in settings_file().splitlines():
        if header := re.fullmatch(r"\[([\w.]+)\]", line):
            section = f"{header[1]}."
        elif setting := SETTING.match(line):
            found[section + setting[1].split(" = ")[0]] = setting[1]
    return found


def test_the_file_is_written_and_read_as_nothing_stated(cli: Command) -> None:
    said = cli("init")
    assert said.code == 0
    assert "wrote tradegen.toml" in said.out
    assert load_settings().model_dump() == Settings().model_dump()


def test_every_setting_is_in_it() -> None:
    assert sorted(lines_by_name()) == sorted(names(Settings))


@pytest.mark.parametrize("name", sorted(lines_by_name()))
def test_every_line_can_be_uncommented_and_loads(name: str, tmp_path: Path) -> None:
    line = lines_by_name()[name]
    section, _, _ = name.rpartition(".")
    head, header, tail = settings_file().partition(f"\n[{section}]\n" if section else "\n")
    text = head + header + tail.replace(f"#{line}", line, 1)
    assert text != settings_file()
    path = tmp_path / "tradegen.toml"
    path.write_text(text, encoding="utf-8")
    loaded = load_settings({}, path)
    if "an example" not in line:
        assert identity(loaded) == identity(Settings())


def test_all_lines_uncommented_are_valid_toml_and_load(tmp_path: Path) -> None:
    text = SETTING.sub(r"\1", settings_file())
    path = tmp_path / "tradegen.toml"
    path.write_text(text, encoding="utf-8")
    assert tomllib.loads(text)["n"] == 1000
    assert load_settings({}, path).run.name == "nightly"


def test_every_setting_says_what_it_means() -> None:
    lines = settings_file().splitlines()
    for before, line in itertools.pairwise(lines):
        if SETTING.match(line):
            assert re.match(r"# \w", before), f"nothing is said of {line}"
            assert before != "# None"


def test_a_file_that_is_there_is_not_replaced_without_force(cli: Command, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("seed = 7\n", encoding="utf-8")
    refused = cli("init", mine)
    assert refused.code == 2
    assert "is there already; pass --force to replace it" in refused.err
    assert mine.read_text(encoding="utf-8") == "seed = 7\n"
    assert cli("init", mine, "--force").code == 0
    assert "seed = 7" not in mine.read_text(encoding="utf-8")


def test_the_folder_of_the_file_is_made(cli: Command) -> None:
    assert cli("init", "sub/deep/x.toml").code == 0
    assert load_settings({}, Path("sub/deep/x.toml")).n == 1000
    refused = cli("init", "sub/deep/x.toml/y.toml")
    assert refused.code == 2
    assert "x.toml: cannot be made" in refused.err
