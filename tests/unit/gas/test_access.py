"""Which results may be downloaded, until when, and what a refusal says."""

from typing import Any

import pytest

from gas.access import Situation, access_to
from gas.errors import (
    FreeWindowOver,
    GasError,
    ResultsArchived,
    ResultsDeleted,
    ResultsRestoring,
)
from gas.jobs import ArchivedFile, ColdKind, Job, JobStatus, ResultsState, StartedRetrieval
from gas.plans import Plan
from tests.support.jobs import job, results

NOW = 1_800_000_000
WARM = ("log", "summary", "receipt", "index")
COLD = ("annotated", "table")


def done(state: ResultsState, **changes: Any) -> Job:
    return job(job_status=JobStatus.COMPLETED, results_state=state, results=results(), **changes)


def archived(
    back_at: int | None = None, expected_at: int | None = None, tier: str = "Expedited"
) -> ArchivedFile:
    retrieval = expected_at and StartedRetrieval(
        retrieval_id="r", tier=tier, started_at=NOW, expected_at=expected_at
    )
    return ArchivedFile(
        archive_id="a",
        kind=ColdKind.GLACIER_CLASS,
        size=99,
        sha256="ab" * 32,
        retrieval=retrieval or None,
        back_at=back_at,
    )


BOTH = {"annotated": archived(), "table": archived()}


@pytest.mark.parametrize(
    ("made", "plan", "situation"),
    [
        (job(), Plan.FREE, Situation.NONE),
        (done(ResultsState.AVAILABLE), Plan.FREE, Situation.OPEN),
        (done(ResultsState.AVAILABLE, archive_at=NOW + 1), Plan.FREE, Situation.OPEN),
        (done(ResultsState.AVAILABLE, archive_at=NOW), Plan.FREE, Situation.OVER),
        (done(ResultsState.AVAILABLE, archive_at=NOW - 9), Plan.PREMIUM, Situation.OPEN),
        (done(ResultsState.ARCHIVING, archive_at=NOW - 9), Plan.FREE, Situation.ARCHIVING),
        (done(ResultsState.ARCHIVING), Plan.PREMIUM, Situation.OPEN),
        (done(ResultsState.ARCHIVING, archives=BOTH), Plan.PREMIUM, Situation.RESTORING),
        (done(ResultsState.ARCHIVED, archives=BOTH), Plan.FREE, Situation.ARCHIVED),
        (done(ResultsState.ARCHIVED, archives=BOTH), Plan.PREMIUM, Situation.RESTORING),
        (done(ResultsState.RESTORING, archives=BOTH), Plan.PREMIUM, Situation.RESTORING),
        (done(ResultsState.RESTORING, archives=BOTH), Plan.FREE, Situation.ARCHIVED),
        (done(ResultsState.DELETED), Plan.PREMIUM, Situation.DELETED),
    ],
)
def test_state_plan_and_time_make_the_situation(
    made: Job, plan: Plan, situation: Situation
) -> None:
    access = access_to(made, plan, NOW)
    assert access.situation is situation
    closed = {
        Situation.NONE: (),
        Situation.OPEN: (),
        Situation.DELETED: (*COLD, *WARM),
    }.get(situation, COLD)
    assert access.closed == frozenset(closed)


def test_a_link_ends_with_the_window_at_the_latest() -> None:
    made = done(ResultsState.AVAILABLE, archive_at=NOW + 100)
    for now, seconds in ((NOW - 500, 300), (NOW, 100), (NOW + 99, 1)):
        access = access_to(made, Plan.FREE, now)
        assert access.link_seconds("annotated", now=now, longest=300) == seconds
        assert access.link_seconds("log", now=now, longest=300) == 300
    premium = access_to(made, Plan.PREMIUM, NOW + 99)
    assert premium.link_seconds("table", now=NOW + 99, longest=300) == 300


@pytest.mark.parametrize("file", COLD)
@pytest.mark.parametrize(
    ("made", "plan", "error"),
    [
        (done(ResultsState.AVAILABLE, archive_at=NOW), Plan.FREE, FreeWindowOver),
        (done(ResultsState.ARCHIVING), Plan.FREE, FreeWindowOver),
        (done(ResultsState.ARCHIVED), Plan.FREE, ResultsArchived),
        (done(ResultsState.ARCHIVED, archives=BOTH), Plan.PREMIUM, ResultsRestoring),
        (done(ResultsState.RESTORING, archives=BOTH), Plan.PREMIUM, ResultsRestoring),
        (done(ResultsState.DELETED), Plan.PREMIUM, ResultsDeleted),
    ],
)
def test_a_closed_file_is_refused_and_what_is_small_stays(
    made: Job, plan: Plan, error: type[GasError], file: str
) -> None:
    access = access_to(made, plan, NOW)
    with pytest.raises(error):
        access.link_seconds(file, now=NOW, longest=300)
    if error is not ResultsDeleted:
        for warm in WARM:
            assert access.link_seconds(warm, now=NOW, longest=300) == 300


def test_while_restoring_what_is_back_opens_at_once() -> None:
    cold = {
        "annotated": archived(back_at=NOW - 5, expected_at=NOW + 900),
        "table": archived(expected_at=NOW + 60),
    }
    access = access_to(done(ResultsState.RESTORING, archives=cold), Plan.PREMIUM, NOW)
    assert (access.back, len(access.cold)) == (1, 2)
    assert access.expected_at == NOW + 60
    assert access.link_seconds("annotated", now=NOW, longest=300) == 300
    with pytest.raises(ResultsRestoring):
        access.link_seconds("table", now=NOW, longest=300)


def test_nobody_knows_when_before_a_retrieval_was_asked_for() -> None:
    access = access_to(done(ResultsState.ARCHIVED, archives=BOTH), Plan.PREMIUM, NOW)
    assert access.expected_at is None
