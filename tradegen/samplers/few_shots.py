"""Few-shot selection: deals gold rows in threes, fairly and never three of one symbol."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tradegen.data.row import IntArray
from tradegen.samplers.constraint import SEEDS
from tradegen.streams import Purpose, stream

Hand = npt.NDArray[np.int64]


def deal(symbol: npt.NDArray[np.int64], n_hands: int, seed: int, bucket: int) -> IntArray:
    """Deal `n_hands` hands of three distinct cards out of a bucket's gold rows.

    `symbol` holds a number for each card's symbol, shape `(n_cards,)`; at least three cards. The
    result has shape `(n_hands, 3)` and holds card indices. No hand has three cards of one
    symbol, where the bucket has others. Any two cards are dealt equally often, give or take one,
    rarely more: where no swap mends a hand, one of its cards is replaced. Where more than two
    thirds of the cards are of one symbol, that holds of any two of it, and of any two others.
    """
    rng = stream(seed, bucket, Purpose.FEW_SHOTS)
    counts = np.bincount(symbol)
    common = int(counts.argmax())
    if 3 * counts[common] > 2 * len(symbol) and counts[common] < len(symbol):
        pairs = _deal_decks(np.flatnonzero(symbol == common), n_hands, 2, _distinct, rng)
        others = _deal_decks(np.flatnonzero(symbol != common), n_hands, 1, _distinct, rng)
        return np.concatenate([pairs, others], axis=1)
    one_symbol = counts[common] == len(symbol)

    def acceptable(hand: Hand) -> bool:
        return _distinct(hand) and (one_symbol or len(set(symbol[hand].tolist())) > 1)

    return _deal_decks(np.arange(len(symbol)), n_hands, SEEDS, acceptable, rng)


def draw_hand(symbol: npt.NDArray[np.int64], rng: np.random.Generator) -> Hand:
    """Draw one hand by the same rules as `deal`, from a row's own stream; shape `(3,)`."""
    hand = rng.choice(len(symbol), SEEDS, replace=False)
    others = np.flatnonzero(symbol != symbol[hand[0]])
    if len(set(symbol[hand].tolist())) == 1 and len(others):
        hand[-1] = rng.choice(others)
    return hand.astype(np.int64)


def _distinct(hand: Hand) -> bool:
    return len(set(hand.tolist())) == len(hand)


def _deal_decks(
    cards: IntArray,
    n_hands: int,
    size: int,
    acceptable: Callable[[Hand], bool],
    rng: np.random.Generator,
) -> IntArray:
    """Lay shuffled decks one after the other and cut them into hands.

    A hand that is not acceptable swaps a card with another hand, within one deck: so every deck
    still deals each card once. Where no swap helps, one of its cards is replaced.
    """
    n_decks = -(-n_hands * size // len(cards))
    decks = np.stack([rng.permutation(cards) for _ in range(n_decks)])
    laid = decks.ravel()[: n_hands * size].astype(np.int64)
    hands = laid.reshape(n_hands, size)
    for k in range(n_hands):
        if not acceptable(hands[k]) and not _swap(laid, k, size, len(cards), acceptable, rng):
            _replace(hands[k], cards, acceptable, rng)
    return hands


def _swap(
    laid: IntArray,
    k: int,
    size: int,
    deck: int,
    acceptable: Callable[[Hand], bool],
    rng: np.random.Generator,
) -> bool:
    """Mend hand `k` by one swap of cards of the same deck; return whether that was possible."""
    for mine in rng.permutation(np.arange(k * size, (k + 1) * size)):
        start = mine // deck * deck
        for theirs in rng.permutation(np.arange(start, min(start + deck, len(laid)))):
            other = theirs // size
            if other == k:
                continue
            laid[mine], laid[theirs] = laid[theirs], laid[mine]
            later = other > k  # a later hand is mended in its turn
            if acceptable(laid[k * size : (k + 1) * size]) and (
                later or acceptable(laid[other * size : (other + 1) * size])
            ):
                return True
            laid[mine], laid[theirs] = laid[theirs], laid[mine]
    return False


def _replace(
    hand: Hand,
    cards: IntArray,
    acceptable: Callable[[Hand], bool],
    rng: np.random.Generator,
) -> None:
    for place in range(len(hand)):
        before = hand[place]
        for card in rng.permutation(cards):
            hand[place] = card
            if acceptable(hand):
                return
        hand[place] = before
