"""A prompt's own schema is obeyed, as NeMo Data Designer needs it."""

import json

from pydantic import BaseModel

from tradegen.testing.nim_server.told_schema import obey, told_schema


class Score(BaseModel):
    reasoning: str
    score: int


class Scores(BaseModel):
    realism: Score
    consistency: Score


ANSWER = {
    "realism": {"score": 2, "reason": "flat", "fields": ["bars"]},
    "consistency": {"score": 5, "reason": "", "fields": []},
    "completeness": {"score": 5, "reason": "", "fields": []},
}


def told(text: str) -> object:
    return told_schema([{"role": "user", "content": text}])


def test_a_schema_in_the_last_message_is_found_and_nothing_else() -> None:
    schema = Scores.model_json_schema()
    assert told(f"Hi\n<response_schema>\n{json.dumps(schema)}\n</response_schema>") == schema
    assert told("no schema") is None
    assert told("<response_schema>{half</response_schema>") is None
    assert told_schema([]) is None


def test_an_answer_gets_the_names_of_the_schema() -> None:
    obeyed = Scores.model_validate(obey(ANSWER, Scores.model_json_schema()))
    assert obeyed.realism == Score(reasoning="flat", score=2)
    assert set(obey(ANSWER, Scores.model_json_schema())) == {"realism", "consistency"}


def test_a_schema_that_the_answer_fits_changes_nothing() -> None:
    schema = {"type": "object", "properties": {"bars": {"type": "array"}, "side": {}}}
    assert obey({"bars": [[1]], "side": "long"}, schema) == {"bars": [[1]], "side": "long"}
