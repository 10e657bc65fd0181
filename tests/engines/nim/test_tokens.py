"""Tokens that are counted here: digits by three, words in pieces, signs together."""

import pytest

from tradegen.engines.nim.tokens import count_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("You judge.", 3),
        ("[101.25,99.5]", 9),
        ("1234567", 3),
        ("volatility", 2),
        ('"bars":[[', 4),
    ],
)
def test_tokens_are_counted_as_tokenisers_do(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens
