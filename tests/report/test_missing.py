"""What is missing gets a sentence that says what would bring it; nothing fails for want of it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.report.made import HOSTILE, Report, copied, shown, with_manifest
from tests.support.runs import FinishedRun, StoppedRun
from tradegen.data.gold import Gold
from tradegen.data.parquet import read_table
from tradegen.data.run_folder import RunFolder
from tradegen.errors import StorageError
from tradegen.report.material import Material, RealTrades
from tradegen.report.nearest import GoldSpace
from tradegen.report.traits import Traits
from tradegen.report.write import write_report
from tradegen.settings import GoldSettings


def test_without_an_evaluation_it_says_so_first_and_gives_the_command(plain_report: Report) -> None:
    assert "Not evaluated yet" in plain_report.text
    assert "python -m tradegen evaluate first" in plain_report.text
    assert plain_report.text.count("come with an evaluation") == 3
    assert "equity" in plain_report.figures  # this one needs none


def test_gold_that_has_gone_is_named_and_all_else_is_shown(
    finished_run: FinishedRun, tmp_path: Path
) -> None:
    run = copied(finished_run.path, tmp_path)
    manifest = json.loads(run.manifest.read_text(encoding="utf-8"))
    manifest["settings"]["gold"]["files"] = ["gone.parquet"]
    run.write_manifest(manifest)
    report = Report(write_report(run, GoldSettings()))
    assert "Gold cannot be shown: gone.parquet" in report.text
    assert report.text.count("python -m tradegen report first --gold FILE") == 1
    assert "no more synthetic trades than gold has" not in report.text
    assert "real trades: give it to nobody" not in report.text
    assert set(report.figures) == {"buckets", "equity", "attempts"}


def test_gold_that_has_changed_is_not_shown(finished_run: FinishedRun, tmp_path: Path) -> None:
    run = copied(finished_run.path, tmp_path)
    manifest = json.loads(run.manifest.read_text(encoding="utf-8"))
    manifest["gold"]["fingerprint"] = "another"
    run.write_manifest(manifest)
    report = Report(write_report(run, GoldSettings()))
    assert "not the gold that" in report.text
    assert "distances" not in report.figures


def test_a_run_that_stopped_early_is_said_to_be_unfinished(
    stopped_run: StoppedRun, tmp_path: Path
) -> None:
    run = copied(stopped_run.path, tmp_path)
    report = Report(write_report(run, GoldSettings()))
    accepted = run.read_manifest()["accepted"]
    said = f"This run is not finished (its attempts are used up): {accepted} of 12 rows"
    assert said in report.text
    assert "--resume --name stopped and a higher limit" in report.text


def test_a_killed_run_shows_what_its_ledger_holds(
    finished_run: FinishedRun, run_gold: Gold, tmp_path: Path
) -> None:
    run = copied(finished_run.path, tmp_path)
    manifest = run.read_manifest()
    zeros = [{**bucket, "accepted": 0} for bucket in manifest["buckets"]]
    run.write_manifest({**manifest, "status": "running", "accepted": 0, "buckets": zeros})
    run.rows.unlink()
    report = Report(write_report(run, GoldSettings(), gold=run_gold))
    assert "not finished (killed): 40 of 40" in report.text
    assert sum(report.figures["buckets"]["data"][0]["x"]) == 40
    assert sum(report.figures["side"]["data"][0]["customdata"]) == 40


def test_without_any_accepted_row_there_are_sentences(material: Material, tmp_path: Path) -> None:
    counts = ("attempts", "accepted", "waiting", "thrown_away")
    none: dict[str, Any] = dict.fromkeys(counts, 0)
    none |= {"thrown_away_by_kind": {}, "accepted_by_retries": {}}
    empty = [{**bucket, "accepted": 0} for bucket in material.manifest["buckets"]]
    bare = with_manifest(material, status="killed", accepted=0, attempts=none, buckets=empty)
    report = shown(replace(bare, survey=None, pairs=(), evaluation=None), tmp_path)
    assert report.text.count("No row is accepted yet") == 7
    assert "There is no row to measure yet" in report.text
    assert "tradegen evaluate" not in report.text
    assert "No attempt has ended yet" in report.text
    assert set(report.figures) == {"buckets"}


def test_an_evaluation_of_other_rows_or_of_other_gold_is_called_so(
    material: Material, tmp_path: Path
) -> None:
    gold = {**material.manifest["gold"], "fingerprint": "another"}
    report = shown(with_manifest(material, accepted=39, gold=gold), tmp_path)
    assert "The evaluation is of 40 rows, and the run has 39 now." in report.text
    assert "against another gold" in report.text
    assert report.text.count("Evaluate again: python -m tradegen evaluate first") == 2


def test_an_evaluation_without_searches_says_why(material: Material, tmp_path: Path) -> None:
    assert material.evaluation is not None
    report = shown(replace(material, evaluation=replace(material.evaluation, curves=[])), tmp_path)
    assert "No search was run in this evaluation" in report.text
    assert not any(name.startswith("learning") for name in report.figures)


def test_learning_curves_are_those_of_the_chosen_trials(
    report: Report, evaluated_run: RunFolder
) -> None:
    curves = read_table(evaluated_run.path / "evaluation" / "learning_curves.parquet").to_pylist()
    told = {one["target"] for one in curves if one["trained_on"] == "synthetic"}
    assert told
    assert len([name for name in report.figures if name.startswith("learning")]) == len(told)
    for target in told:
        (drawn,) = (figure for figure in figures_of(report, target))
        solid = {
            trace["name"]: trace["y"]
            for trace in drawn["data"]
            if trace.get("line", {}).get("dash") == "solid"
        }
        for trained_on in ("gold", "synthetic", "shuffled"):
            expected = [
                one["skill"]
                for one in sorted(curves, key=lambda one: one["step"])
                if (one["target"], one["trained_on"]) == (target, trained_on)
                and one["chosen"]
                and one["scored_on"] == "gold holdout"
            ]
            assert solid[trained_on] == pytest.approx(expected, rel=1e-3, abs=1e-4)


def figures_of(report: Report, target: str) -> list[Any]:
    """The figures whose words name a target."""
    named = [
        str(attributes["data-figure"]).removeprefix("figure-")
        for _, attributes in report.tags
        if f"Learning curves for {target}." in (attributes.get("aria-label") or "")
    ]
    return [report.figures[name] for name in named]


def test_gold_without_signal_is_told_by_target(material: Material, tmp_path: Path) -> None:
    assert material.evaluation is not None
    curves = [one for one in material.evaluation.curves if one["trained_on"] != "synthetic"]
    report = shown(
        replace(material, evaluation=replace(material.evaluation, curves=curves)), tmp_path
    )
    assert "foretell nothing of gold's own holdout" in report.text


def test_an_evaluation_without_facts_says_why(material: Material, tmp_path: Path) -> None:
    assert material.evaluation is not None
    says = material.evaluation.says.model_copy(update={"facts": []})
    found = replace(material, evaluation=replace(material.evaluation, says=says))
    assert "measured no stylised facts" in shown(found, tmp_path).text


def test_calls_of_models_are_listed_by_role_with_their_cost(
    material: Material, tmp_path: Path
) -> None:
    assert "asked no language model" in shown(material, tmp_path).text
    used = {"calls": 1200, "tokens_in": 34567, "tokens_out": 890, "requests": 1201, "seconds": 7.5}
    usage = {"generator": {**used, "cost": 1.25}, "judge": {**used, "cost": 0.0}}
    attempts = {**material.manifest["attempts"], "usage": usage}
    text = shown(with_manifest(material, attempts=attempts), tmp_path).text
    assert "2,400 calls to language models, cost 1.25" in text
    assert "34,567" in text
    assert "no price set" in text


def test_one_symbol_one_bucket_and_no_holdout_are_shown_as_they_are(
    material: Material, run_gold: Gold, tmp_path: Path
) -> None:
    def one_symbol(traits: Traits) -> Traits:
        return replace(traits, symbol=np.full(len(traits), "ONE"))

    assert material.real is not None
    assert material.survey is not None
    lonely = replace(run_gold, holdout=run_gold.holdout.slice(0, 0))
    real = RealTrades(
        lonely, one_symbol(material.real.traits), GoldSpace.of(lonely.train, lonely.holdout)
    )
    bucket = {**material.manifest["buckets"][0], "asked": 40, "accepted": 39}
    found = replace(
        with_manifest(material, buckets=[bucket]),
        real=real,
        survey=replace(material.survey, traits=one_symbol(material.survey.traits)),
        evaluation=None,
    )
    report = shown(found, tmp_path)
    assert report.figures["symbol"]["layout"]["yaxis"]["ticktext"] == ["ONE"]
    assert "Asked 40, got 39 in the one bucket asked for" in report.text
    assert "later real trades" not in report.text
    assert {trace["name"] for trace in report.figures["equity"]["data"]} == {
        "gold train",
        "synthetic",
    }


def test_a_damaged_evaluation_is_named(evaluated_run: RunFolder, tmp_path: Path) -> None:
    run = copied(evaluated_run.path, tmp_path)
    path, before = run.path / "evaluation.json", run.report.read_bytes()
    path.write_text('{"verdict": "splendid"}', encoding="utf-8")
    with pytest.raises(StorageError, match=r"evaluation\.json: not what an evaluation writes"):
        write_report(run, GoldSettings())
    path.write_text("{", encoding="utf-8")
    with pytest.raises(StorageError, match="evaluate again"):
        write_report(run, GoldSettings())
    assert run.report.read_bytes() == before


def test_text_of_others_is_text_and_never_markup(hostile_report: Report) -> None:
    scripts = [attributes for tag, attributes in hostile_report.tags if tag == "script"]
    assert sum("type" not in attributes for attributes in scripts) == 2
    assert not any(tag == "img" for tag, _ in hostile_report.tags)
    assert not any((a.get("href") or "").startswith("javascript") for _, a in hostile_report.tags)
    assert "alert(1)" in hostile_report.text
    ticks = hostile_report.figures["symbol"]["layout"]["yaxis"]["ticktext"]
    assert len(ticks) == len(HOSTILE)
    assert not any("<" in tick for tick in ticks)


def test_single_gold_trades_are_left_out_where_that_is_asked_for(
    evaluated_run: RunFolder, run_gold: Gold, report: Report, tmp_path: Path
) -> None:
    private = Report(
        write_report(
            evaluated_run,
            GoldSettings(),
            gold=run_gold,
            target=tmp_path / "private.html",
            shows_gold=False,
        )
    )
    assert "Left out as asked" in private.text
    assert "give it to nobody" in report.text
    assert "No single real trade is shown" in private.text
    pairs = {name for name in report.figures if name.startswith("pair-")}
    assert pairs == set(report.figures) - set(private.figures)
    shown = [id_ for id_ in run_gold.train.trade_id.tolist() if id_ in report.html]
    assert shown
    assert [id_ for id_ in run_gold.train.trade_id.tolist() if id_ in private.html] == []


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_in_an_evaluation_is_named(
    evaluated_run: RunFolder, tmp_path: Path, value: float
) -> None:
    run = copied(evaluated_run.path, tmp_path)
    path = run.path / "evaluation.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["facts"][0]["gold"] = value
    path.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(StorageError, match=r"facts\.0\.gold.*evaluate again"):
        write_report(run, GoldSettings())


def test_a_number_that_is_none_in_a_table_is_left_out(
    evaluated_run: RunFolder, tmp_path: Path
) -> None:
    run = copied(evaluated_run.path, tmp_path)
    for file, column in (("equity", "return"), ("learning_curves", "skill")):
        path = run.path / "evaluation" / f"{file}.parquet"
        table = pq.read_table(path)
        values = table[column].to_pylist()
        values[0] = float("nan")
        place = table.schema.get_field_index(column)
        pq.write_table(table.set_column(place, column, pa.array(values)), path)
    assert "equity" in Report(write_report(run, GoldSettings())).figures


def test_where_gold_is_too_small_for_a_mark_none_is_claimed(
    material: Material, tmp_path: Path
) -> None:
    assert material.real is not None
    space = replace(material.real.space, among=np.zeros(0))
    alone = shown(replace(material, real=replace(material.real, space=space)), tmp_path)
    assert "what a copy would be cannot be said" in alone.text
    assert "lie as near as copies would" not in alone.text
    few = replace(material.real.space, among=material.real.space.among[:6])
    some = shown(replace(material, real=replace(material.real, space=few)), tmp_path)
    assert "Of 6 gold trades the mark is little more than their closest pair" in some.text


def test_a_bucket_that_nothing_was_asked_of_is_not_called_filled(
    material: Material, tmp_path: Path
) -> None:
    first, *others = material.manifest["buckets"]
    none = {**first, "asked": 0, "accepted": 0, "weight": 0.1}
    report = shown(with_manifest(material, buckets=[none, *others]), tmp_path)
    wanted = sum(bucket["asked"] > 0 for bucket in others)
    assert f"{wanted} of {wanted} buckets are filled exactly" in report.text


def test_every_command_for_a_run_of_an_odd_name_can_be_pasted(
    material: Material, tmp_path: Path
) -> None:
    report = shown(replace(material, name="my run", evaluation=None), tmp_path)
    assert report.text.count("tradegen evaluate 'my run'") == 4
    assert "tradegen evaluate my run" not in report.text
