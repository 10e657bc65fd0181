"""The page needs nothing else, says all it should, and what others wrote is text in it."""

import base64
import hashlib
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.made import Report
from tradegen.data.gold import Gold
from tradegen.data.run_folder import RunFolder
from tradegen.report.figures.look import DARK
from tradegen.report.page import script_json
from tradegen.report.write import write_report
from tradegen.settings import GoldSettings

MOST_BYTES = 6_000_000
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|rgba?\(")
_FETCHING = ("src", "srcset", "href", "action", "poster", "data")


def test_the_page_fetches_nothing(report: Report) -> None:
    for tag, attributes in report.tags:
        for name in _FETCHING:
            value = attributes.get(name)
            assert value is None or value.startswith("#") or value == "data:,", (tag, value)
    styles = "".join(re.findall(r"<style>(.*?)</style>", report.html, re.DOTALL))
    assert "url(" not in styles
    assert "@import" not in styles


def test_the_policy_forbids_every_connection_and_every_other_script(report: Report) -> None:
    (policy,) = [
        attributes["content"]
        for tag, attributes in report.tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "http" not in policy
    scripts = re.findall(r"<script>(.*?)</script>", report.html, re.DOTALL)
    assert len(scripts) == 2
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "unsafe-inline" not in policy.split("style-src")[0]


def test_the_page_is_small_enough_to_be_sent(report: Report) -> None:
    assert report.path.stat().st_size < MOST_BYTES


def test_the_same_run_gives_the_same_bytes(
    evaluated_run: RunFolder, run_gold: Gold, report: Report, tmp_path: Path
) -> None:
    again = write_report(
        evaluated_run, GoldSettings(), gold=run_gold, target=tmp_path / "again.html"
    )
    assert again.read_bytes() == report.path.read_bytes()


def test_every_figure_has_a_title_a_sentence_and_words_for_those_who_cannot_see_it(
    report: Report,
) -> None:
    plots = [attributes for _, attributes in report.tags if attributes.get("class") == "plot"]
    assert len(plots) == len(report.figures) > 20
    assert all(plot["role"] == "img" and len(plot["aria-label"] or "") > 40 for plot in plots)
    ids = [plot["id"] for plot in plots]
    assert len(set(ids)) == len(ids)
    for figure in re.findall(r'<figure class="card.*?</figure>', report.html, re.DOTALL):
        assert re.search(r"<h3>[^<]{20,}</h3>", figure)
        assert re.search(r'<p class="how">[^<]{40,}</p>', figure)
        assert "<td>" in figure


def test_headings_do_not_skip_a_level(report: Report) -> None:
    levels = [int(tag[1]) for tag, _ in report.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_figures_use_no_colour_that_has_no_dark_twin(report: Report) -> None:
    for name, figure in report.figures.items():
        found = set(_COLOUR.findall(json.dumps(figure)))
        assert found <= set(DARK), name


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_marks_stand_out_from_the_paper(theme: str) -> None:
    css = (Path(__file__).parents[2] / "tradegen/report/template/page.css").read_text()
    block = css.split(":root")[1] if theme == "light" else css.split('[data-theme="dark"]')[1]
    names = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block.split("}")[0]))
    for text in ("ink", "soft"):
        for ground in ("paper", "ground", "good-ground", "bad-ground", "open-ground"):
            assert contrast(names[text], names[ground]) >= 4.5, (text, ground)
    for kind in ("good", "bad", "open"):
        assert contrast(names[kind], names[f"{kind}-ground"]) >= 4.5
        assert contrast(names[kind], names["paper"]) >= 4.5
    paper = names["paper"]
    for colour, twin in DARK.items():
        shown = colour if theme == "light" else twin
        if colour not in ("#e4e7ec", "#ffffff"):  # gridlines, and the paper itself
            assert contrast(shown, paper) >= 3.0, colour


@given(st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.lists(inner)))
def test_json_in_a_script_cannot_end_it_and_reads_back(value: object) -> None:
    text = script_json(value)
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == value


def test_the_end_of_a_script_is_written_so_that_no_browser_sees_it() -> None:
    assert script_json("</script><!--") == '"\\u003c/script\\u003e\\u003c!--"'
