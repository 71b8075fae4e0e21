"""What is said of the speed follows from what was measured, and from nothing else."""

import pytest

from gas.errors import ServiceUnavailable
from gas.testing import FakeClock
from gas.testing.vitals import MemoryVitals
from gas.throughput import LEAST_JOBS, Pace, Throughput, name_of
from tests.support.jobs import job

MIB = 1024 * 1024


def measured(*jobs: tuple[float, float]) -> Pace:
    """The record after jobs of so many MiB that took so many seconds."""
    pace = Pace()
    for mib, seconds in jobs:
        size = int(mib * MIB)
        pace = pace.with_job(size=size, seconds=seconds, records=10, waited=4, at=1)
    return pace


def test_a_line_is_found_in_jobs_of_different_sizes() -> None:
    pace = measured((1, 3), (10, 12), (4, 6), (100, 102))  # two seconds, and one for each MiB
    assert pace.seconds_for(50 * MIB) == pytest.approx(52, rel=1e-6)
    assert pace.seconds_for(0) == pytest.approx(2, rel=1e-6)
    assert pace.mean_wait == pytest.approx(4)


@pytest.mark.parametrize(
    ("jobs", "mib", "expected"),
    [
        # All alike say nothing of what a byte costs; a larger file takes longer in proportion.
        (((2, 8), (2, 8), (2, 8)), 2, 8),
        (((2, 8), (2, 8), (2, 8)), 1, 8),
        (((2, 8), (2, 8), (2, 8)), 6, 24),
        # The small one was slower than the large one (a machine that was busy).
        (((1, 50), (10, 5), (1, 50)), 0.5, None),
        # A line that would begin below zero goes through zero instead.
        (((1, 0.1), (10, 20), (20, 60)), 0.01, None),
    ],
)
def test_an_estimate_is_never_negative_nor_shorter_for_more(
    jobs: tuple[tuple[float, float], ...], mib: float, expected: float | None
) -> None:
    pace = measured(*jobs)
    found = pace.seconds_for(int(mib * MIB))
    assert 0 <= found <= pace.seconds_for(int(mib * 4 * MIB))
    if expected is not None:
        assert found == pytest.approx(expected)


def test_new_jobs_count_more_than_old_ones() -> None:
    slow, fast = [(1.0, 100.0)] * 10, [(1.0, 10.0)] * 10
    assert measured(*slow, *fast).mean_seconds < 50
    assert measured(*fast, *slow).mean_seconds > 60


def test_too_few_jobs_are_no_basis() -> None:
    throughput = Throughput(MemoryVitals(), FakeClock())
    made = job(input_size=MIB)
    for number in range(LEAST_JOBS):
        assert throughput.run_seconds("demo", file_name="b.vcf.gz", size=MIB) is None, number
        throughput.note(made, seconds=3, records=10)
    assert throughput.run_seconds("demo", file_name="B.VCF.GZ", size=MIB) == pytest.approx(3)
    assert throughput.pace("demo", "plain.vcf") is None
    assert throughput.pace("other", "b.vcf.gz") is None


def test_tiny_jobs_say_nothing_of_a_large_one() -> None:
    table = MemoryVitals()
    table.write_pace("demo/plain", measured(*[(0.01, 2.0)] * 5))
    throughput = Throughput(table, FakeClock())
    assert throughput.run_seconds("demo", file_name="a.vcf", size=12 * MIB) is None
    assert throughput.run_seconds("demo", file_name="a.vcf", size=MIB // 50) is not None


def test_names_tell_packs_and_kinds_of_file_apart() -> None:
    assert name_of("demo", "a.vcf") == "demo/plain"
    assert name_of("demo", "a.vcf.bgz") == "demo/compressed"


def test_the_last_completion_is_that_of_whichever_pack() -> None:
    clock, table = FakeClock(100), MemoryVitals()
    throughput = Throughput(table, clock)
    assert throughput.last_completion() is None
    for name in ("a.vcf", "b.vcf.gz"):
        throughput.note(job(input_file_name=name), seconds=1, records=1)
        clock.advance(50)
    assert throughput.last_completion() == 150


class Contended(MemoryVitals):
    """Somebody else always writes first, `times` times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def write_pace(self, name: str, pace: Pace) -> bool:
        if self.times:
            self.times -= 1
            super().write_pace(
                name, self.read_pace(name).with_job(size=1, seconds=1, records=1, waited=0, at=1)
            )
        return super().write_pace(name, pace)


@pytest.mark.parametrize(("others", "kept"), [(0, 1), (2, 3), (99, 5)])
def test_a_lost_race_is_run_again_a_few_times(others: int, kept: int) -> None:
    table = Contended(others)
    Throughput(table, FakeClock()).note(job(), seconds=1, records=1)
    assert table.read_pace("demo/compressed").jobs == kept


def test_a_table_that_is_away_costs_a_measurement_and_no_more() -> None:
    class Away(MemoryVitals):
        def read_pace(self, name: str) -> Pace:
            raise ServiceUnavailable("away")

    Throughput(Away(), FakeClock()).note(job(), seconds=1, records=1)
