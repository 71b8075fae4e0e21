import pytest

from gas.jobs import (
    FINAL_STATUSES,
    JOB_TRANSITIONS,
    RESULTS_TRANSITIONS,
    JobStatus,
    ResultsState,
    sources_of,
)


def test_every_state_has_its_row() -> None:
    assert set(JOB_TRANSITIONS) == set(JobStatus)
    assert set(RESULTS_TRANSITIONS) == set(ResultsState)


@pytest.mark.parametrize(
    ("target", "sources"),
    [
        (JobStatus.PENDING, set()),
        (JobStatus.RUNNING, {JobStatus.PENDING, JobStatus.RUNNING}),
        (JobStatus.COMPLETED, {JobStatus.RUNNING}),
        (JobStatus.FAILED, {JobStatus.PENDING, JobStatus.RUNNING}),
        (JobStatus.CANCELLED, {JobStatus.PENDING, JobStatus.RUNNING}),
    ],
)
def test_where_a_status_may_come_from(target: JobStatus, sources: set[JobStatus]) -> None:
    assert sources_of(target) == sources


def test_final_statuses_lead_nowhere() -> None:
    assert {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED} == FINAL_STATUSES


def test_deleted_results_never_come_back() -> None:
    assert RESULTS_TRANSITIONS[ResultsState.DELETED] == frozenset()
