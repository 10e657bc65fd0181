"""The fleet: what workers have made reaches the ledger even if one of them fails."""

from collections.abc import Iterator

import pytest

from tests.pipeline.test_admission import made
from tradegen.errors import EngineUnavailableError, TradegenError
from tradegen.pipeline.fleet import Fleet
from tradegen.pipeline.messages import Crash, Delivery, Task


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    fleet = Fleet(workers=2, in_flight=4)
    yield fleet
    fleet.close()


def ended(*numbers: int) -> Delivery:
    return [made(Task(number, 0), True, b"point") for number in numbers]


@pytest.mark.parametrize(
    ("failure", "error"),
    [(Crash("boom"), "boom"), (None, "worker process ended")],
    ids=["crash", "death"],
)
def test_all_that_is_queued_is_returned_before_a_failure_is_raised(
    fleet: Fleet, failure: Crash | None, error: str
) -> None:
    fleet.submit([Task(k, 0) for k in range(8)])
    for k, delivery in ((0, ended(0)), (1, failure), (0, ended(1, 2)), (1, None), (0, ended(3))):
        fleet._deliveries.put((k, delivery))
    assert [one.row_number for one in fleet.collect(1)] == [0]
    assert [one.row_number for one in fleet.collect(1)] == [1, 2, 3]
    assert fleet.room() == 0, "nothing more is sent out"
    with pytest.raises(TradegenError, match=error):
        fleet.collect(1)


def test_a_worker_that_is_found_dead_while_rows_are_sent_out_is_told_when_they_are_collected(
    fleet: Fleet,
) -> None:
    for process in fleet._processes:
        process.kill()
        process.wait()
    for k in range(2):
        fleet._deliveries.put((k, ended(k)))
        fleet._deliveries.put((k, None))
    fleet.submit([Task(k, 0) for k in range(8)])
    assert {one.row_number for _ in range(2) for one in fleet.collect(1)} == {0, 1}
    with pytest.raises(EngineUnavailableError, match="worker process ended"):
        fleet.collect(1)
