import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from tradegen.samplers.few_shots import deal, draw_hand

SYMBOLS = st.lists(st.integers(0, 6), min_size=3, max_size=60)


@given(SYMBOLS, st.integers(1, 200), st.integers(0, 2**40))
def test_hands_are_distinct_and_never_of_one_symbol(
    symbols: list[int], n_hands: int, seed: int
) -> None:
    symbol = np.array(symbols)
    hands = deal(symbol, n_hands, seed, bucket=0)
    assert hands.shape == (n_hands, 3)
    for hand in hands:
        assert len(set(hand.tolist())) == 3
        if len(set(symbols)) > 1:
            assert len(set(symbol[hand].tolist())) > 1


@given(SYMBOLS, st.integers(1, 200), st.integers(0, 2**40))
@example([1, 0, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 0, 0, 0], 9, 1866489)  # no swap helps
def test_every_card_is_dealt_equally_often_but_for_a_replaced_one(
    symbols: list[int], n_hands: int, seed: int
) -> None:
    symbol = np.array(symbols)
    used = np.bincount(deal(symbol, n_hands, seed, bucket=0).ravel(), minlength=len(symbols))
    common = int(np.bincount(symbol).argmax())
    of_common = symbol == common
    if 3 * of_common.sum() > 2 * len(symbols) and not of_common.all():
        # Equal use of all cards would need hands of one symbol: equal within each side instead.
        for side in (of_common, ~of_common):
            assert used[side].max() - used[side].min() <= 1
    else:
        # Some swap helps where no symbol has many cards; elsewhere a card is rarely replaced.
        many_symbols = 10 * of_common.sum() < 3 * len(symbols)
        assert used.max() - used.min() <= (1 if many_symbols else 3)


@given(SYMBOLS, st.integers(0, 2**40))
def test_a_hand_drawn_anew_keeps_the_rules(symbols: list[int], seed: int) -> None:
    symbol = np.array(symbols)
    hand = draw_hand(symbol, np.random.default_rng(seed))
    assert len(set(hand.tolist())) == 3
    if len(set(symbols)) > 1:
        assert len(set(symbol[hand].tolist())) > 1


def test_all_pairs_of_cards_meet() -> None:
    symbol = np.arange(8)
    hands = deal(symbol, 400, seed=3, bucket=1)
    pairs = {
        tuple(sorted((int(a), int(b)))) for hand in hands for a in hand for b in hand if a != b
    }
    assert len(pairs) == 8 * 7 // 2
