"""What was annotated before is found again, as long as its results can be had."""

from dataclasses import replace

import pytest

from gas.earlier import Content, content_of, earlier_job, forget_job, note_completed
from gas.errors import ServiceUnavailable
from gas.jobs import Job, JobOptions, JobStatus, ResultsState
from gas.plans import Plan
from gas.testing import MemoryJobStore
from gas.testing.earlier import MemoryEarlierJobs
from tests.support.jobs import OTHER_USER, USER, job, results

NOW = 1_800_000_000


def completed(
    jobs: MemoryJobStore, table: MemoryEarlierJobs, *, at: int = NOW, **changes: object
) -> Job:
    made = job(
        **{
            "job_status": JobStatus.COMPLETED,
            "results_state": ResultsState.AVAILABLE,
            "results": results(),
            "complete_time": at,
            "archive_at": at + 300,
            **changes,
        }
    )
    jobs.create(made)
    note_completed(table, made)
    return made


def content(made: Job) -> Content:
    found = content_of(made)
    assert found is not None
    return found


def ask(
    jobs: MemoryJobStore, table: MemoryEarlierJobs, wanted: Content, user: str = USER
) -> str | None:
    found = earlier_job(table, jobs, user, wanted, plan=Plan.FREE, now=NOW + 60)
    return found.job_id if found else None


def test_the_latest_job_of_the_same_content_is_found() -> None:
    jobs, table = MemoryJobStore(), MemoryEarlierJobs()
    later = completed(jobs, table, at=NOW + 5)
    completed(jobs, table, at=NOW)  # announced late: it does not replace the later one
    assert ask(jobs, table, content(later)) == later.job_id
    assert ask(jobs, table, content(later), OTHER_USER) is None


@pytest.mark.parametrize(
    "change",
    [
        {"blake3": "cd" * 32},
        {"size": 1},
        {"options": JobOptions(strict=True)},
        {"pack_id": "demo-2"},
        {"engine": "1.1"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_anything_else_is_another_content(change: dict[str, object]) -> None:
    jobs, table = MemoryJobStore(), MemoryEarlierJobs()
    made = completed(jobs, table)
    assert ask(jobs, table, replace(content(made), **change)) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "state",
    [
        {"archive_at": NOW + 59},
        {"results_state": ResultsState.ARCHIVED},
        {"results_state": ResultsState.RESTORING},
        {"results_state": ResultsState.DELETED},
        {"erasing_at": NOW},
        {"user_id": OTHER_USER},
    ],
    ids=str,
)
def test_a_job_whose_results_cannot_be_had_is_not_offered(state: dict[str, object]) -> None:
    jobs, table = MemoryJobStore(), MemoryEarlierJobs()
    made = completed(jobs, table, **state)
    table.note(USER, content(made).digest, made.job_id, at=NOW, expires_at=NOW)
    assert ask(jobs, table, content(made)) is None


def test_a_job_from_before_contents_were_kept_is_passed_over() -> None:
    table = MemoryEarlierJobs()
    old = results().model_copy(update={"input_blake3": ""})
    made = completed(MemoryJobStore(), table, results=old)
    assert (content_of(made), table.noted) == (None, {})


def test_only_its_own_note_goes_with_a_job() -> None:
    jobs, table = MemoryJobStore(), MemoryEarlierJobs()
    first = completed(jobs, table, at=NOW)
    second = completed(jobs, table, at=NOW + 1)
    forget_job(table, first)
    assert ask(jobs, table, content(second)) == second.job_id
    forget_job(table, second)
    assert table.noted == {}


def test_what_cannot_be_noted_is_left_out() -> None:
    class Away(MemoryEarlierJobs):
        def note(self, *_: object, **__: object) -> bool:
            raise ServiceUnavailable("away")

    note_completed(Away(), completed(MemoryJobStore(), MemoryEarlierJobs()))
