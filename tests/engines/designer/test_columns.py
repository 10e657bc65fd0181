"""What Data Designer is told of a batch."""

from tradegen.engines.designer.columns import ROW_ID, batch_config, seed_columns
from tradegen.engines.nim.answers import Verdict, answer_form
from tradegen.engines.nim.options import JudgeOptions
from tradegen.engines.nim.prompting import Message

GOLDEN = "{{ 7 * 7 }} {% raw %} {# no #}"


def test_text_from_gold_never_becomes_part_of_a_template() -> None:
    conversation = [Message("system", f"be kind {GOLDEN}"), Message("user", GOLDEN)]
    seeds = seed_columns([conversation])
    config = batch_config(
        "verdict_3",
        answer_form("verdict", Verdict),
        "a-model",
        JudgeOptions(),
        provider="nim",
        at_once=4,
        timeout_s=1.5,
    )
    (column,) = config["data_designer"]["columns"]
    assert GOLDEN in seeds["question"][0]
    assert {column["prompt"], column["system_prompt"]} == {"{{ question }}", "{{ system }}"}


def test_a_repair_is_put_behind_the_question() -> None:
    turns = [
        Message("system", "rules"),
        Message("user", "write"),
        Message("assistant", "no"),
        Message("user", "again"),
    ]
    seeds = seed_columns([turns, turns[:2]])
    assert seeds["question"] == ["write\n\nno\n\nagain", "write"]
    assert seeds["system"] == ["rules", "rules"]
    assert len(set(seeds[ROW_ID])) == 2
