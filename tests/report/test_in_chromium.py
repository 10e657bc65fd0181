"""The page in a real browser: all figures are drawn, on every width, in both themes, on paper."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.report.browser import SHOTS, opened, started, wait_until_drawn
from tests.report.made import HOSTILE, Report
from tradegen.report.figures.look import DARK, PAPER

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Of each figure: its size, its marks (what has been drawn in the plot itself) that can be seen,
# whether it is inside its card, and the colour of its paper.
_LOOK = """() => [...document.querySelectorAll(".plot")].map((plot) => {
  const box = plot.querySelector("svg.main-svg").getBoundingClientRect();
  const card = plot.closest("figure, article").getBoundingClientRect();
  const marks = [...plot.querySelectorAll(".plot path, .plot text")].filter((mark) => {
    const own = mark.getBoundingClientRect();
    return own.width + own.height > 0;
  });
  const paper = plot.querySelector("svg.main-svg").style.background;
  const inside = box.left >= card.left - 1 && box.right <= card.right + 1;
  return {id: plot.id, width: box.width, height: box.height, marks: marks.length, inside, paper};
})"""

# Words of a figure that lie over other words of it: "one | other".
_OVERLAPS = """() => [...document.querySelectorAll(".plot")].flatMap((plot) => {
  const words = [...plot.querySelectorAll("text")].filter((word) => word.textContent.trim());
  const boxes = words.map((word) => [word.textContent, word.getBoundingClientRect()]);
  const found = [];
  for (const [k, [one, a]] of boxes.entries())
    for (const [other, b] of boxes.slice(k + 1)) {
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 2 && down > 4) found.push(`${plot.id}: ${one} | ${other}`);
    }
  return found;
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with started() as browser:
        SHOTS.mkdir(parents=True, exist_ok=True)
        yield browser


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5))})"


def check_figures(page: "Page", report: Report, paper: str) -> None:
    seen = page.evaluate(_LOOK)
    assert {one["id"] for one in seen} == {f"plot-{name}" for name in report.figures}
    for one in seen:
        assert one["width"] > 100, one
        assert one["height"] > 100, one
        assert one["marks"] > 0, one
        assert one["inside"], one
        assert one["paper"] == rgb(paper), one
    assert page.evaluate(_OVERLAPS) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_figures_are_drawn_in_the_theme_that_the_reader_prefers(
    browser: "Browser", report: Report, theme: str
) -> None:
    with opened(browser, report.path, color_scheme=theme) as (page, wrong):
        check_figures(page, report, PAPER if theme == "light" else DARK[PAPER])
        page.screenshot(path=SHOTS / f"{theme}.png", full_page=True)
        assert wrong == []


def test_on_a_phone_nothing_is_wider_than_the_screen(browser: "Browser", report: Report) -> None:
    with opened(browser, report.path, 390, 844, has_touch=True, is_mobile=True) as (page, wrong):
        check_figures(page, report, PAPER)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.screenshot(path=SHOTS / "phone.png", full_page=True)
        assert wrong == []


def test_the_button_changes_the_theme_of_page_and_figures_by_keyboard_too(
    browser: "Browser", report: Report
) -> None:
    with opened(browser, report.path, color_scheme="light") as (page, wrong):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "To the report"
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        wait_until_drawn(page)
        check_figures(page, report, DARK[PAPER])
        button = page.get_by_role("button", name="Use light colours")
        assert button.get_attribute("aria-pressed") == "true"
        button.click()
        wait_until_drawn(page)
        check_figures(page, report, PAPER)
        assert wrong == []


def test_the_numbers_of_a_figure_open_by_keyboard(browser: "Browser", report: Report) -> None:
    with opened(browser, report.path) as (page, _):
        first = page.locator("details").first
        assert not first.locator("table").is_visible()
        first.locator("summary").focus()
        page.keyboard.press("Enter")
        assert first.locator("table").is_visible()


def test_on_paper_it_is_light_without_buttons_and_no_figure_is_cut(
    browser: "Browser", report: Report, tmp_path: Path
) -> None:
    with opened(browser, report.path, color_scheme="dark") as (page, wrong):
        page.emulate_media(media="print")
        page.wait_for_selector("html.paper", state="attached")
        check_figures(page, report, PAPER)
        assert page.locator("#theme").is_hidden()
        assert page.locator("nav").is_hidden()
        cut = page.evaluate(
            """() => [...document.querySelectorAll(".card")].filter((card) =>
                 getComputedStyle(card).breakInside !== "avoid"
                 || card.getBoundingClientRect().height > 960).length"""
        )  # 960 px are what a page of A4 holds
        assert cut == 0
        page.pdf(path=SHOTS / "print.pdf", format="A4", print_background=True)
        page.emulate_media(media="screen")
        wait_until_drawn(page)
        check_figures(page, report, DARK[PAPER])
        assert wrong == []


def test_without_scripts_the_numbers_are_still_there(browser: "Browser", report: Report) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.path.as_uri())
    assert "need JavaScript" in page.locator("noscript").inner_text()
    page.locator("summary").first.click()
    assert page.locator("details table").first.is_visible()
    assert page.locator(".plot:visible").count() == 0  # no empty boxes
    said = page.locator("noscript .missing").bounding_box()
    verdict = page.locator(".band").bounding_box()
    assert said is not None
    assert verdict is not None
    assert said["y"] < verdict["y"]
    context.close()


def test_text_of_others_is_shown_as_it_is_and_never_run(
    browser: "Browser", hostile_report: Report
) -> None:
    with opened(browser, hostile_report.path) as (page, wrong):
        page.on("dialog", lambda said: wrong.append(f"dialog {said.message}"))
        words = page.locator("#plot-symbol text").all_text_contents()
        for name in HOSTILE[:3]:
            assert any(word.startswith(name[:12]) for word in words), (name, words)
        assert page.locator(".plot a").count() == 0
        assert page.locator(".plot img, .plot image").count() == 0
        assert HOSTILE[0] in page.inner_text("h1")
        assert wrong == []


def test_the_policy_stops_what_should_ever_slip_through(
    browser: "Browser", hostile_report: Report, tmp_path: Path
) -> None:
    """A page with a foreign script in it, as if escaping had failed: nothing runs or is asked."""
    slipped = "<script>document.title = 'run'</script><img src='http://127.0.0.1:9/x.png'>"
    path = tmp_path / "slipped.html"
    path.write_text(hostile_report.html.replace("</main>", f"{slipped}</main>"), encoding="utf-8")
    with opened(browser, path) as (page, wrong):
        assert page.title() != "run"
        assert len([one for one in wrong if "Content Security Policy" in one]) == 2
