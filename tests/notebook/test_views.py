"""What notebooks show of runs and evaluations, also where something is missing."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from tests.support.runs import FinishedRun, manifest
from tradegen.notebook.evaluation_view import evaluation_view
from tradegen.notebook.markup import LINES_SHOWN
from tradegen.notebook.run_view import run_view


class _Text(HTMLParser):
    """All text of a page but its style, and the elements that were never closed."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)


def text(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    parser.close()
    leaves = ("path", "polyline", "circle")
    assert [tag for tag in parser.open if tag not in leaves] == []
    return " ".join(parser.words)


def bucket(label: str, asked: int, accepted: int) -> dict[str, Any]:
    return {"bucket": label, "asked": asked, "accepted": accepted}


def test_each_trade_is_told_as_its_row_says(finished_run: FinishedRun) -> None:
    told = text(finished_run.result._repr_html_())
    for row in finished_run.result.to_arrow().slice(0, 5).to_pylist():
        direction = 1 if row["side"] == "long" else -1
        gained = direction * (row["exit_price"] / row["entry_price"] - 1)
        assert f"{gained:+.2%}" in told
        assert f"{row['entry_time']:%Y-%m-%d %H:%M}" in told
        assert f"{len(row['bars']) - 65} of {row['interval']}" in told


def test_a_run_without_rows_has_no_table_of_trades() -> None:
    told = text(run_view(Path("runs/none"), "exhausted", manifest("exhausted")))
    assert "0 of 50 rows accepted" in told
    assert "return" not in told


def test_rows_that_have_gone_or_are_damaged_are_told_in_their_place(tmp_path: Path) -> None:
    gone = manifest(accepted=3, buckets=[bucket("0.7", 3, 3)])
    assert "rows.parquet cannot be read" in text(run_view(tmp_path, "done", gone))
    (tmp_path / "rows.parquet").write_bytes(b"PAR1 no more")
    assert "rows.parquet cannot be read" in text(run_view(tmp_path, "done", gone))


def test_a_bucket_that_nothing_was_asked_of_is_full_and_many_buckets_are_cut() -> None:
    many = [bucket(f"{k}", k, k) for k in range(3000)]
    told = text(run_view(Path("many"), "done", manifest(buckets=many)))
    assert f"... and {3000 - LINES_SHOWN:,} more" in told
    assert len(told) < 5000


RECORD = {
    "verdict": "overfit",
    "headline": "OVERFIT. Rows tell too much of gold.",
    "reasons": ["<b>rows</b> near gold: 0.4"],
    "next": "Make fewer & other rows.",
    "notes": ["4 of 9 <volatilities>"],
    "checks": [
        {
            "check": "rows near <gold>",
            "outcome": outcome,
            "value": value,
            "limit": 0.04,
            "worse": worse,
            "half_of_gold": None,
            "says": 'nearer than 99 % "of" gold',
        }
        for outcome, value, worse in (
            ("failed", 0.4, "higher"),
            ("passed", 0.0, "lower"),
            ("open", None, "higher"),
        )
    ],
}


def test_an_evaluation_is_its_verdict_its_reasons_and_its_checks() -> None:
    told = text(evaluation_view(RECORD))
    for said in (
        "Rows tell too much of gold.",
        "<b>rows</b> near gold: 0.4",
        "Make fewer & other rows.",
        "note: 4 of 9 <volatilities>",
        "✗ failed 0.400 at most 0.040",
        "✓ passed 0.000 at least 0.040",
    ):
        assert said in told
    assert "? open at most 0.040" in told
