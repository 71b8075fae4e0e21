"""What every JobStore does, whatever is behind it."""

import threading

import pytest

from gas.errors import InvalidRequest
from gas.jobs import Failure, Job, JobStatus, Progress, ResultsState, WaitingJob
from gas.ledger import sweep_shard
from gas.plans import Plan
from gas.ports import JobStore
from tests.support.jobs import OTHER_USER, USER, job, results, stored_file

NOW = 1_800_000_000
DUE = NOW + 300


def stored(jobs: JobStore, made: Job) -> Job:
    found = jobs.get(made.job_id)
    assert found is not None
    return found


def claimed(jobs: JobStore, owner: str = "w1") -> Job:
    made = job()
    jobs.create(made)
    taken = jobs.claim(made.job_id, owner=owner, now=NOW, lease_seconds=60)
    assert taken is not None
    return taken


def test_a_job_comes_back_as_it_was_created(jobs: JobStore) -> None:
    made = job()
    assert jobs.create(made)
    assert stored(jobs, made) == made


def test_a_second_create_changes_nothing(jobs: JobStore) -> None:
    made = job()
    assert jobs.create(made)
    assert not jobs.create(made.model_copy(update={"input_file_name": "other.vcf"}))
    assert stored(jobs, made) == made


def test_an_unknown_job_is_none(jobs: JobStore) -> None:
    assert jobs.get(job().job_id) is None


def test_the_first_claim_wins(jobs: JobStore) -> None:
    taken = claimed(jobs)
    assert (taken.job_status, taken.attempts) == (JobStatus.RUNNING, 1)
    assert (taken.start_time, taken.lease_owner, taken.lease_until) == (NOW, "w1", NOW + 60)
    assert jobs.claim(taken.job_id, owner="w2", now=NOW + 60, lease_seconds=60) is None


def test_a_lapsed_lease_is_taken_over_and_the_old_owner_is_shut_out(jobs: JobStore) -> None:
    taken = claimed(jobs)
    again = jobs.claim(taken.job_id, owner="w2", now=NOW + 61, lease_seconds=60)
    assert again is not None
    assert (again.attempts, again.start_time) == (2, NOW)
    assert again.attempt_times == (NOW, NOW + 61)
    assert not jobs.renew(taken.job_id, owner="w1", until=NOW + 999, progress=Progress())
    assert (
        jobs.complete(taken.job_id, owner="w1", at=NOW, results=results(), archive_at=DUE) is None
    )
    assert stored(jobs, taken).lease_owner == "w2"


def test_many_claim_one_gets_it(contended_jobs: JobStore) -> None:
    jobs = contended_jobs
    made = job()
    jobs.create(made)
    winners = []

    def claim(owner: str) -> None:
        if jobs.claim(made.job_id, owner=owner, now=NOW, lease_seconds=60):
            winners.append(owner)

    threads = [threading.Thread(target=claim, args=(f"w{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(winners) == 1
    assert stored(jobs, made).attempts == 1


def test_renewal_moves_lease_and_progress(jobs: JobStore) -> None:
    taken = claimed(jobs)
    progress = Progress(records_done=1234, percent=56.7)
    assert jobs.renew(taken.job_id, owner="w1", until=NOW + 120, progress=progress)
    renewed = stored(jobs, taken)
    assert (renewed.lease_until, renewed.progress) == (NOW + 120, progress)


@pytest.mark.parametrize(("counted", "attempts"), [(True, 1), (False, 0)])
def test_a_released_job_can_be_claimed_at_once(
    jobs: JobStore, counted: bool, attempts: int
) -> None:
    taken = claimed(jobs)
    assert not jobs.release(taken.job_id, owner="w2", now=NOW, count_attempt=counted)
    assert jobs.release(taken.job_id, owner="w1", now=NOW, count_attempt=counted)
    assert stored(jobs, taken).attempts == attempts
    again = jobs.claim(taken.job_id, owner="w2", now=NOW, lease_seconds=60)
    assert again is not None
    assert again.attempts == attempts + 1


def test_completion_is_final(jobs: JobStore) -> None:
    taken = claimed(jobs)
    outcome = results()
    done = jobs.complete(taken.job_id, owner="w1", at=NOW + 5, results=outcome, archive_at=DUE)
    assert done is not None
    assert (done.job_status, done.results_state) == (JobStatus.COMPLETED, ResultsState.AVAILABLE)
    assert (done.results, done.complete_time, done.archive_at) == (outcome, NOW + 5, DUE)
    assert stored(jobs, taken) == done
    failure = Failure(code="x", message="x")
    assert jobs.fail(taken.job_id, owner="w1", at=NOW, failure=failure) is None
    assert jobs.claim(taken.job_id, owner="w2", now=NOW + 999, lease_seconds=60) is None


def test_failure_keeps_cause_and_log(jobs: JobStore) -> None:
    taken = claimed(jobs)
    failure = Failure(code="too_few", message="Too few columns.", remedy="Use tabs.", line=7)
    log = stored_file("a.vcf.count.log")
    failed = jobs.fail(taken.job_id, owner="w1", at=NOW, failure=failure, log=log)
    assert failed is not None
    assert (failed.job_status, failed.failure, failed.log_file) == (JobStatus.FAILED, failure, log)
    assert failed.results_state is ResultsState.NONE


@pytest.mark.parametrize("running", [False, True])
def test_a_cancelled_job_is_out_of_every_workers_hands(jobs: JobStore, running: bool) -> None:
    made = job()
    jobs.create(made)
    if running:
        jobs.claim(made.job_id, owner="w1", now=NOW, lease_seconds=60)
    cancelled = jobs.cancel(made.job_id, at=NOW + 1)
    assert cancelled is not None
    assert (cancelled.job_status, cancelled.complete_time) == (JobStatus.CANCELLED, NOW + 1)
    assert not jobs.renew(made.job_id, owner="w1", until=NOW + 99, progress=Progress())
    assert jobs.complete(made.job_id, owner="w1", at=NOW, results=results(), archive_at=DUE) is None
    assert jobs.claim(made.job_id, owner="w2", now=NOW + 999, lease_seconds=60) is None
    assert jobs.cancel(made.job_id, at=NOW + 2) is None


def test_what_has_ended_cannot_be_cancelled(jobs: JobStore) -> None:
    taken = claimed(jobs)
    jobs.complete(taken.job_id, owner="w1", at=NOW, results=results(), archive_at=DUE)
    assert jobs.cancel(taken.job_id, at=NOW) is None
    assert jobs.cancel(job().job_id, at=NOW) is None
    assert stored(jobs, taken).job_status is JobStatus.COMPLETED


def test_every_write_says_when_the_sweeper_looks(jobs: JobStore) -> None:
    running = claimed(jobs)
    assert (running.sweep_at, running.sweep_shard) == (NOW + 900, sweep_shard(running.job_id))
    done = jobs.complete(running.job_id, owner="w1", at=NOW, results=results(), archive_at=DUE)
    failed = jobs.fail(
        claimed(jobs).job_id, owner="w1", at=NOW, failure=Failure(code="x", message="x")
    )
    cancelled = jobs.cancel(claimed(jobs).job_id, at=NOW)
    assert done is not None
    assert failed is not None
    assert cancelled is not None
    assert (done.sweep_at, failed.sweep_at, cancelled.sweep_at) == (DUE + 120, NOW + 600, NOW + 600)
    week = NOW + 7 * 86400
    kept = jobs.complete(
        claimed(jobs).job_id, owner="w1", at=NOW, results=results(), archive_at=week
    )
    assert kept is not None
    assert kept.sweep_at == NOW + 600, "it may not be announced, however late it is due"


def test_marks_keep_their_first_time(jobs: JobStore) -> None:
    made = job()
    jobs.create(made)
    jobs.mark_queued(made.job_id, at=NOW)
    jobs.mark_announced(made.job_id, at=NOW + 1)
    jobs.mark_notified(made.job_id, at=NOW + 2)
    jobs.mark_queued(made.job_id, at=NOW + 9)
    marked = stored(jobs, made)
    assert (marked.queued_at, marked.announced_at, marked.notified_at) == (NOW, NOW + 1, NOW + 2)


def test_marks_of_a_job_that_is_gone_make_no_job(jobs: JobStore) -> None:
    gone = job()
    jobs.mark_notified(gone.job_id, at=NOW)
    assert jobs.get(gone.job_id) is None


@pytest.mark.parametrize(("count", "limit", "pages"), [(0, 3, 1), (3, 3, 1), (7, 3, 3)])
def test_pages_are_newest_first_complete_and_ones_own(
    jobs: JobStore, count: int, limit: int, pages: int
) -> None:
    mine = [job(submit_time=NOW + n) for n in range(count)]
    for each in [*mine, job(user_id=OTHER_USER)]:
        jobs.create(each)
    found, cursor, seen = [], None, 0
    while True:
        page = jobs.list_for_user(USER, limit=limit, cursor=cursor)
        found += page.jobs
        seen += 1
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [each.job_id for each in found] == [each.job_id for each in reversed(mine)]
    assert seen == pages


@pytest.mark.parametrize("cursor", ["nonsense", "", "W10=", "eyJhIjoxfQ=="])
def test_a_made_up_cursor_is_refused(jobs: JobStore, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        jobs.list_for_user(USER, limit=3, cursor=cursor)


def test_a_cursor_never_opens_another_users_list(jobs: JobStore) -> None:
    for n in range(3):
        jobs.create(job(user_id=OTHER_USER, submit_time=NOW + n))
        jobs.create(job(submit_time=NOW + n))
    cursor = jobs.list_for_user(OTHER_USER, limit=1).next_cursor
    try:
        page = jobs.list_for_user(USER, limit=10, cursor=cursor)
    except InvalidRequest:
        return
    assert {each.user_id for each in page.jobs} <= {USER}


def waiting(jobs: JobStore, plan: Plan = Plan.FREE, limit: int = 99) -> list[str]:
    return [each.job_id for each in jobs.list_waiting(plan, limit=limit)]


def queued(jobs: JobStore, at: int, **changes: object) -> Job:
    plan = changes.get("plan", Plan.FREE)
    made = job(submit_time=at, waiting_in=plan, **changes)
    jobs.create(made)
    return made


def test_jobs_that_wait_are_listed_by_queue_in_the_order_of_submission(jobs: JobStore) -> None:
    late, early = queued(jobs, NOW + 5), queued(jobs, NOW, user_id=OTHER_USER)
    premium = queued(jobs, NOW + 1, plan=Plan.PREMIUM)
    jobs.create(job())  # from before there was such an index
    assert waiting(jobs) == [early.job_id, late.job_id]
    assert waiting(jobs, limit=1) == [early.job_id]
    (other,) = jobs.list_waiting(Plan.PREMIUM, limit=99)
    assert other == WaitingJob(premium.job_id, premium.user_id, NOW + 1)


def test_a_job_waits_no_more_once_it_is_claimed_or_cancelled(jobs: JobStore) -> None:
    first, second, third = (queued(jobs, NOW + n) for n in range(3))
    assert jobs.claim(first.job_id, owner="w1", now=NOW, lease_seconds=60)
    assert waiting(jobs) == [second.job_id, third.job_id]
    assert jobs.cancel(second.job_id, at=NOW)
    assert waiting(jobs) == [third.job_id]
    assert jobs.release(first.job_id, owner="w1", now=NOW, count_attempt=False)
    assert waiting(jobs) == [third.job_id]
    assert stored(jobs, first).waiting_in is None


def test_a_job_knows_by_which_it_was_run_again(jobs: JobStore) -> None:
    made = job()
    jobs.create(made)
    for by in ("first", "second"):
        jobs.mark_retried(made.job_id, by=by)
        assert stored(jobs, made).retried_by == by
    gone = job()
    jobs.mark_retried(gone.job_id, by="first")
    assert jobs.get(gone.job_id) is None
