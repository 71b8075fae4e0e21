"""From the request to the mail on S3's Glacier class and on a vault, with their own notices."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from gas.accounts.thaws import ThawStore
from gas.errors import NotFound
from gas.jobs import ArchiveReference, Job, ResultsState
from gas.messages import ArchiveRequested, ResultsRestored, ThawRequested
from gas.ports import Tier
from tests.integration.thaw.conftest import Cycle
from tests.support.waiting import wait_until

MIB = 1024 * 1024


@contextmanager
def thawing(cycle: Cycle) -> Iterator[None]:
    """The thaw service at work on a request."""
    cycle.requests.publish(ThawRequested(user_id=cycle.user_id).to_json(), attributes={})
    with ThreadPoolExecutor(8) as pool:
        worker = cycle.worker(pool)
        worker.start()
        yield
        assert worker.stop(5)


def until_told(cycle: Cycle, made: list[Job], *, seconds: float = 80) -> None:
    """Until all jobs are back and their user has been told, once."""

    def told() -> bool:
        cycle.deliver_notices()
        return bool(cycle.told.published)

    wait_until(told, seconds=seconds)
    assert all(cycle.is_back(each) for each in made)
    (mail,) = [ResultsRestored.from_json(body) for body in cycle.told.published]
    assert (mail.user_id, mail.jobs) == (cycle.user_id, len(made))
    handed_on = {ArchiveRequested.from_json(body).job_id for body in cycle.to_archive.published}
    assert handed_on == {each.job_id for each in made}
    for each in made:
        for name, file in each.archives.items():
            reference = ArchiveReference(
                user_id=each.user_id, job_id=each.job_id, file=name, key="k"
            )
            with pytest.raises(NotFound):
                cycle.store.begin_retrieval(
                    file.archive_id, tier=Tier.EXPEDITED, reference=reference
                )


def in_state(cycle: Cycle, made: list[Job], state: ResultsState) -> bool:
    found = [cycle.aws.jobs.get(each.job_id) for each in made]
    return all(each is not None and each.results_state is state for each in found)


def test_files_come_back_byte_for_byte(cycle: Cycle) -> None:
    made = [cycle.archived_job(size) for size in (1, 5000, 17 * MIB)]
    with thawing(cycle):
        until_told(cycle, made)


def test_lost_notices_are_made_up_for(cycle: Cycle) -> None:
    made = [cycle.archived_job(5000) for _ in range(2)]
    with thawing(cycle):
        lost = 0

        def all_lost() -> bool:
            nonlocal lost
            lost += cycle.lose_notices()
            return lost >= 4

        wait_until(all_lost, seconds=20)
        until_told(cycle, made)
    assert cycle.completed.published != []


def test_copies_that_expired_before_the_restore_are_asked_for_again(cycle: Cycle) -> None:
    made = [cycle.archived_job(5000)]
    cycle.levers.expire_soon()
    with thawing(cycle):
        wait_until(lambda: in_state(cycle, made, ResultsState.RESTORING), seconds=10)
        (job,) = [cycle.aws.jobs.get(each.job_id) for each in made]
        assert job is not None
        for file in job.archives.values():
            assert file.retrieval is not None
            cycle.levers.let_expire(file.archive_id, file.retrieval.retrieval_id)
        cycle.levers.reset()
        until_told(cycle, made)


def test_an_outage_and_a_lack_of_capacity_are_ridden_out(cycle: Cycle) -> None:
    made = [cycle.archived_job(5000) for _ in range(2)]
    cycle.levers.outage(True)
    with thawing(cycle):
        wait_until(lambda: ThawStore(cycle.engine).under_way([cycle.user_id]), seconds=10)
        time.sleep(3)  # a few looks
        assert in_state(cycle, made, ResultsState.ARCHIVED)
        cycle.levers.lack(expedited=True)
        cycle.levers.outage(False)
        wait_until(lambda: in_state(cycle, made, ResultsState.RESTORING), seconds=10)
        (job, _) = [cycle.aws.jobs.get(each.job_id) for each in made]
        assert job is not None
        tiers = {file.retrieval.tier for file in job.archives.values() if file.retrieval}
        assert tiers == {Tier.STANDARD}
        until_told(cycle, made)
