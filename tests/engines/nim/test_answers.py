import json

import pytest

from tests.support.rows import demo_gold
from tradegen.engines.nim.answers import (
    AnswerError,
    Patch,
    Verdict,
    answer_form,
    only_json,
    trade_form,
)
from tradegen.engines.nim.wire import WireForm

VERDICT = {
    name: {"score": 5, "reason": "as real", "fields": []}
    for name in ("realism", "consistency", "completeness")
}


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        ' {"a": 1}\n',
        '<think>{"a": 2} or so?</think>{"a": 1}',
        'it began without a tag </think>\n\n{"a": 1}',
        '<thinking>\nlong\n</thinking>\n```json\n{"a": 1}\n```',
        'Here it is:\n```\n{"a": 1}\n```\nI hope it helps.',
        'Sure! {"a": 1} Anything else?',
    ],
)
def test_the_object_is_found_in_what_models_wrap_around_it(text: str) -> None:
    assert json.loads(only_json(text)) == {"a": 1}


@pytest.mark.parametrize("text", ["", "no", "<think>{}</think>", "}{"])
def test_no_object_is_an_error(text: str) -> None:
    with pytest.raises(AnswerError, match="no JSON object"):
        only_json(text)


def test_every_gold_row_is_a_trade_of_the_form() -> None:
    gold = demo_gold()
    wire, form = WireForm(gold.market, gold.train), trade_form(gold)
    for k in range(0, len(gold.train), 7):
        row = wire.encode(gold.train.row(k))
        assert form.read(json.dumps(row)).model_dump(by_alias=True) == row


def test_an_error_names_the_field_and_holds_nothing_of_the_answer() -> None:
    with pytest.raises(AnswerError) as refused:
        answer_form("verdict", Verdict).read(
            json.dumps({**VERDICT, "realism": {"score": 9, "reason": "secret", "fields": []}})
        )
    assert "realism/score" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_schemas_stand_alone() -> None:
    for model in (Verdict, Patch):
        text = json.dumps(answer_form("x", model).schema)
        assert "$ref" not in text
        assert "$defs" not in text


def test_a_patch_is_read() -> None:
    text = '{"patch": [{"op": "replace", "path": "/quantity", "value": 3}]}'
    (edit,) = answer_form("patch", Patch).read(text).patch
    assert (edit.op, edit.path, edit.value) == ("replace", "/quantity", 3)


@pytest.mark.parametrize("text", ["<think>" * 100_000, "```\n" * 100_000, "```" + "\n" * 100_000])
def test_text_without_end_or_sense_is_refused_and_not_brooded_over(text: str) -> None:
    with pytest.raises(AnswerError, match="no JSON object"):
        only_json(text)
