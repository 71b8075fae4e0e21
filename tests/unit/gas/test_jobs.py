import pytest
from pydantic import ValidationError

from gas.jobs import (
    FINAL_STATUSES,
    JOB_TRANSITIONS,
    MOST_NAMES,
    RESULTS_TRANSITIONS,
    JobOptions,
    JobStatus,
    Results,
    ResultsState,
    sources_of,
)
from tests.support.jobs import results


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


def test_results_from_before_there_were_tables_are_read() -> None:
    stored = results().model_dump(mode="json")
    for field in ("table", "index", "signed_by"):
        del stored[field]
    read = Results.model_validate(stored)
    assert (read.table, read.index, read.signed_by) == (None, None, "")
    assert set(read.files) == {"annotated", "log", "summary", "receipt"}


@pytest.mark.parametrize(
    "names",
    [{f"c{n}": "1" for n in range(MOST_NAMES + 1)}, {"c" * 600: "d" * 600}],
    ids=["too many", "too long"],
)
def test_renamed_contigs_must_fit_into_the_metadata_of_an_object(names: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="at most"):
        JobOptions(contig_names=names)
