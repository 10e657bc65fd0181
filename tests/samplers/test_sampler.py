import numpy as np
import pytest

from tests.support.rows import demo_gold
from tradegen.errors import InputError
from tradegen.samplers.columns import default_column, read_columns
from tradegen.samplers.constraint import resolve_constraint
from tradegen.samplers.sampler import Sampler


def sampler(n: int, *, seed: int = 5, shrink: float = 1.0, widen: bool = False) -> Sampler:
    """Return a sampler; `shrink` scales gold's volatilities down, so that buckets run empty."""
    gold = demo_gold()
    volatility = gold.volatility * shrink
    constraint = resolve_constraint((default_column(),), gold.train, volatility)
    return Sampler(constraint, n, seed, gold.train, volatility, widen=widen)


def test_the_constraint_is_assigned_per_row_number_and_meets_the_weights_exactly() -> None:
    drawn = sampler(2000)
    values = [drawn.constraint_of(i).value for i in range(2000)]
    assert [values.count(v) for v in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1)] == [
        100, 100, 200, 300, 400, 400, 300, 100, 100,
    ]  # fmt: skip


def test_seeds_satisfy_their_rows_constraint() -> None:
    drawn, gold = sampler(500), demo_gold()
    for i in range(500):
        draw = drawn.draw(i, 0)
        inside = gold.volatility[draw.seeds]
        assert np.all((inside >= draw.constraint.low) & (inside < draw.constraint.high))
        assert len(set(draw.seeds.tolist())) == 3


def test_a_row_keeps_its_seeds_at_first_and_then_draws_others() -> None:
    drawn = sampler(50)
    first = drawn.draw(7, 0).seeds.tolist()
    assert [drawn.draw(7, a).seeds.tolist() for a in range(4)] == [first] * 4
    later = {tuple(drawn.draw(7, a).seeds.tolist()) for a in range(4, 12)}
    assert len(later) > 1
    assert drawn.draw(7, 5).seeds.tolist() == drawn.draw(7, 5).seeds.tolist()


def test_draws_follow_from_seed_and_row_number_alone() -> None:
    one, two, other = sampler(300), sampler(300), sampler(300, seed=6)
    backwards = {i: two.draw(i, 0).seeds.tolist() for i in reversed(range(300))}
    assert {i: one.draw(i, 0).seeds.tolist() for i in range(300)} == backwards
    assert any(one.draw(i, 0).seeds.tolist() != other.draw(i, 0).seeds.tolist() for i in range(300))


def test_every_gold_row_of_a_bucket_is_used_about_equally_often() -> None:
    drawn, gold = sampler(3000), demo_gold()
    for k, bucket in enumerate(drawn.constraint.buckets):
        rows = np.flatnonzero(drawn.bucket_of_row == k)
        used = np.bincount(
            np.concatenate([drawn.draw(int(i), 0).seeds for i in rows]), minlength=len(gold.train)
        )
        eligible = (gold.volatility >= bucket.low) & (gold.volatility < bucket.high)
        assert used[eligible].max() - used[eligible].min() <= 1
        assert used[~eligible].sum() == 0


def test_a_bucket_without_gold_is_named_with_all_counts_and_two_ways_out() -> None:
    with pytest.raises(InputError) as caught:
        sampler(1000, shrink=0.4)
    message = str(caught.value)
    assert "1.1 [1.05, 1.15)" in message
    assert message.count("\n") >= 9, "every bucket is listed"
    assert "--widen-buckets" in message
    weights = message.split("--weights ")[1].split()[0]
    pairs = dict(pair.split("=") for pair in weights.split(","))
    assert sum(map(float, pairs.values())) == pytest.approx(1, abs=1e-3)
    gold = demo_gold()
    column = {
        "name": "target_volatility",
        "sampler_type": "category",
        "params": {
            "values": [float(v) for v in pairs],
            "weights": [float(w) for w in pairs.values()],
        },
    }
    constraint = resolve_constraint(read_columns(column), gold.train, gold.volatility * 0.4)
    Sampler(constraint, 1000, 0, gold.train, gold.volatility * 0.4)  # the way out works


def test_widened_buckets_take_the_nearest_gold_rows() -> None:
    drawn, gold = sampler(1000, shrink=0.4, widen=True), demo_gold()
    assert "1.1" in drawn.widened
    row = int(np.flatnonzero(drawn.bucket_of_row == 8)[0])
    draw = drawn.draw(row, 0)
    assert (draw.constraint.low, draw.constraint.high) == (1.05, 1.15), "rows still meet the bucket"
    distance = np.abs(gold.volatility * 0.4 - 1.1)
    assert np.all(distance[draw.seeds] <= np.sort(distance)[7])


def of_two(values: list[float], weights: list[float], n: int) -> Sampler:
    """Return a sampler of `n` rows over two volatilities."""
    gold = demo_gold()
    params = {"values": values, "weights": weights}
    column = {"name": "target_volatility", "sampler_type": "category", "params": params}
    constraint = resolve_constraint(read_columns(column), gold.train, gold.volatility)
    return Sampler(constraint, n, 0, gold.train, gold.volatility)


@pytest.mark.parametrize("n", [3, 1000])
def test_a_bucket_with_weight_needs_gold_however_few_rows_are_asked_for(n: int) -> None:
    with pytest.raises(InputError, match=r"too few gold rows in bucket\(s\) 5.0 \["):
        of_two([0.5, 5.0], [0.99, 0.01], n)


def test_a_bucket_without_weight_needs_no_gold() -> None:
    assert len(of_two([0.5, 9.0], [1.0, 0.0], 10)) == 10
