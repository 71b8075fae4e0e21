"""`JobFinder`: lists and sums that hold for the fake and for DynamoDB, and how they stay true."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import pytest

from gas.aws.shares import Shares
from gas.aws.values import as_item
from gas.erasure import DeletableJobs
from gas.errors import InvalidRequest, ServiceUnavailable
from gas.jobs import ArchivedFile, ColdKind, Failure, Job, JobStatus
from gas.ledger import ResultsLedger
from gas.listing import FoundJobs, JobFinder, JobQuery, Match
from gas.ports import JobStore
from gas.recount import recount, users_of
from gas.testing.erasing import MemoryErasableJobs
from gas.testing.finder import MemoryJobFinder
from gas.testing.jobs import MemoryJobStore
from gas.testing.ledger import MemoryLedger
from tests.integration.ports.conftest import aws_world_of
from tests.support.aws import MOST_LOOKED_AT, AwsWorld
from tests.support.jobs import USER, job, results, stored_file

NOW = 1_800_000_000


class Books:
    """Jobs of one fresh user, and everything that lists or changes them."""

    def __init__(
        self, jobs: JobStore, finder: JobFinder, erasable: DeletableJobs, ledger: ResultsLedger
    ) -> None:
        self.jobs, self.finder, self.erasable, self.ledger = jobs, finder, erasable, ledger
        self.user = str(uuid4())

    def add(self, name: str = "a.vcf", at: int = NOW, **changes: object) -> Job:
        made = job(user_id=self.user, input_file_name=name, submit_time=at, **changes)
        assert self.jobs.create(made)
        return made

    def add_many(self, count: int, name: Callable[[int], str] = str) -> list[Job]:
        return [self.add(name(number), NOW + number) for number in range(count)]

    def find(self, limit: int = 10, cursor: str | None = None, **wanted: Any) -> FoundJobs:
        query = JobQuery(self.user, **wanted)
        return self.finder.find(query, limit=limit, cursor=cursor)

    def names(self, **wanted: Any) -> list[str]:
        return names(self.find(**wanted))

    def run(self, made: Job) -> None:
        assert self.jobs.claim(made.job_id, owner="w", now=NOW, lease_seconds=60)


def names(found: FoundJobs) -> list[str]:
    return [each.input_file_name for each in found.jobs]


@pytest.fixture(params=["memory", "moto", "embedded"])
def books(request: pytest.FixtureRequest) -> Books:
    if request.param == "memory":
        jobs = MemoryJobStore()
        finder = MemoryJobFinder(jobs, most_looked_at=MOST_LOOKED_AT)
        return Books(jobs, finder, MemoryErasableJobs(jobs), MemoryLedger(jobs))
    world = aws_world_of(request, request.param)
    return Books(world.jobs, world.finder, world.erasable, world.ledger)


def test_pages_lead_forward_and_back_again(books: Books) -> None:
    books.add_many(7)
    books.jobs.create(job(submit_time=NOW + 3))  # somebody else's
    first = books.find(3)
    assert (names(first), first.previous_cursor) == (["6", "5", "4"], None)
    second = books.find(3, first.next_cursor)
    third = books.find(3, second.next_cursor)
    assert (names(second), names(third), third.next_cursor) == (["3", "2", "1"], ["0"], None)
    back = books.find(3, third.previous_cursor)
    assert names(back) == names(second)
    assert names(books.find(3, back.next_cursor)) == ["0"]
    again = books.find(3, back.previous_cursor)
    assert (names(again), again.previous_cursor) == (names(first), None)


def test_jobs_of_the_same_second_are_each_on_one_page(books: Books) -> None:
    made = {books.add(f"{number}").job_id for number in range(5)}
    seen: list[str] = []
    page = books.find(2)
    while True:
        seen += [each.job_id for each in page.jobs]
        if page.next_cursor is None:
            break
        page = books.find(2, page.next_cursor)
    assert len(seen) == 5
    assert set(seen) == made


def test_the_oldest_may_come_first(books: Books) -> None:
    books.add_many(4)
    page = books.find(2, newest_first=False)
    assert names(page) == ["0", "1"]
    following = books.find(2, page.next_cursor, newest_first=False)
    assert names(following) == ["2", "3"]
    assert names(books.find(2, following.previous_cursor, newest_first=False)) == ["0", "1"]


def test_a_state_is_left_and_another_entered(books: Books) -> None:
    waiting, running, failed, done = books.add_many(4)
    for each in (running, failed, done):
        books.run(each)
    books.jobs.fail(failed.job_id, owner="w", at=NOW, failure=Failure(code="x", message="x"))
    books.jobs.complete(done.job_id, owner="w", at=NOW, results=results(), archive_at=NOW)
    assert [books.names(state=state) for state in JobStatus] == [["0"], ["1"], ["3"], ["2"], []]
    books.jobs.cancel(waiting.job_id, at=NOW)
    books.jobs.cancel(running.job_id, at=NOW)
    assert [books.names(state=state) for state in JobStatus] == [[], [], ["3"], ["2"], ["1", "0"]]


def test_a_span_of_time_includes_its_ends(books: Books) -> None:
    books.add_many(6)
    span: dict[str, Any] = {"since": NOW + 1, "until": NOW + 4}
    assert books.names(**span) == ["4", "3", "2", "1"]
    page = books.find(2, **span)
    assert names(books.find(9, page.next_cursor, **span)) == ["2", "1"]
    assert books.names(**span, state=JobStatus.PENDING, newest_first=False) == ["1", "2", "3", "4"]


def test_a_name_is_found_by_any_part_of_it_whatever_its_case(books: Books) -> None:
    books.add("Tumour-ÄB.vcf", NOW)
    books.add("normal.vcf", NOW + 1)
    books.add("my tumour.vcf", NOW + 2)
    assert books.names(text="TUMOUR") == ["my tumour.vcf", "Tumour-ÄB.vcf"]
    assert books.names(text="äb") == ["Tumour-ÄB.vcf"]
    assert books.names(text="nothing") == []


def test_a_request_id_is_found_whole_or_by_its_beginning(books: Books) -> None:
    made = books.add("a.vcf")
    foreign = job()
    books.jobs.create(foreign)
    for text in (made.job_id, made.job_id.upper(), made.job_id[:8]):
        assert names(books.find(text=text)) == ["a.vcf"]
    assert books.names(text=made.job_id, state=JobStatus.FAILED) == []
    assert books.names(text=foreign.job_id) == []


def test_a_search_looks_at_so_many_jobs_and_says_how_far_back(books: Books) -> None:
    books.add_many(MOST_LOOKED_AT + 5, lambda n: "old.vcf" if n < 5 else f"{n}.vcf")
    first = books.find(text="old")
    assert (names(first), first.searched_to) == ([], NOW + 5)
    assert first.next_cursor is not None
    second = books.find(2, first.next_cursor, text="old")
    assert (names(second), second.searched_to) == (["old.vcf"] * 2, None)
    last = books.find(9, second.next_cursor, text="old")
    assert (names(last), last.next_cursor, last.searched_to) == (["old.vcf"] * 3, None, None)


def test_names_are_found_by_their_beginning_over_all_jobs(books: Books) -> None:
    books.add_many(MOST_LOOKED_AT + 5, lambda n: f"OLD{n}.vcf" if n < 3 else f"old no{n}.vcf")
    wanted: dict[str, Any] = {"text": "old", "match": Match.BEGINS}
    page = books.find(2, **wanted)
    assert names(page) == ["old no10.vcf", "old no11.vcf"]
    following = books.find(2, page.next_cursor, **wanted)
    assert names(following) == ["old no12.vcf", "old no13.vcf"]
    assert names(books.find(2, following.previous_cursor, **wanted)) == names(page)
    assert books.names(text="OLD2", match=Match.BEGINS) == ["OLD2.vcf"]
    assert books.names(text="no1", match=Match.BEGINS) == []


@pytest.mark.parametrize("cursor", ["nonsense", "WzEsMiwzXQ==", "W10=", "bnVsbA=="])
def test_a_made_up_cursor_is_refused(books: Books, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        books.find(cursor=cursor)


def test_a_cursor_of_another_question_is_refused(books: Books) -> None:
    books.add_many(3)
    page = books.find(1)
    with pytest.raises(InvalidRequest):
        books.find(1, page.next_cursor, since=NOW + 3)
    with pytest.raises(InvalidRequest):
        books.find(1, page.next_cursor, text="a", match=Match.BEGINS)


def test_what_is_deleted_is_gone_from_lists_and_sums_at_once(books: Books) -> None:
    kept, gone = books.add("kept.vcf"), books.add("gone.vcf")
    deleting = books.erasable.begin_deleting(gone.job_id, user_id=books.user, at=NOW)
    assert deleting is not None
    assert deleting.job_status is JobStatus.CANCELLED
    assert deleting.sweep_at is not None
    assert names(books.find()) == ["kept.vcf"]
    assert books.names(state=JobStatus.CANCELLED) == []
    assert books.names(text="gone") == books.names(text=gone.job_id) == []
    assert books.names(text="gone", match=Match.BEGINS) == []
    assert books.finder.usage(books.user).n_jobs == 1
    assert books.erasable.begin_deleting(gone.job_id, user_id=books.user, at=NOW) is None
    assert books.erasable.begin_deleting(kept.job_id, user_id=str(uuid4()), at=NOW) is None


def test_the_sums_follow_every_change_once(books: Books) -> None:
    waiting, done = books.add_many(2)
    for _ in range(2):  # a worker that repeats itself
        books.jobs.claim(done.job_id, owner="w", now=NOW, lease_seconds=60)
        books.jobs.complete(done.job_id, owner="w", at=NOW, results=results(), archive_at=NOW)
        books.jobs.mark_announced(done.job_id, at=NOW)
        books.jobs.cancel(waiting.job_id, at=NOW)
    usage = books.finder.usage(books.user)
    assert {state: n for state, n in usage.jobs.items() if n} == {
        JobStatus.COMPLETED: 1,
        JobStatus.CANCELLED: 1,
    }
    assert (usage.input_bytes, usage.result_bytes, usage.archive_bytes) == (2468, 6 * 99, 0)
    assert usage.complete


def test_a_failed_job_keeps_its_log(books: Books) -> None:
    made = books.add()
    books.run(made)
    failure = Failure(code="x", message="x")
    books.jobs.fail(made.job_id, owner="w", at=NOW, failure=failure, log=stored_file("x.log"))
    assert books.finder.usage(books.user).result_bytes == 99


def test_the_sums_follow_results_into_the_archive(books: Books) -> None:
    made = books.add()
    books.run(made)
    books.jobs.complete(made.job_id, owner="w", at=NOW, results=results(), archive_at=NOW)
    books.ledger.begin_archiving(made.job_id, owner="a", now=NOW, lease_seconds=60)
    assert books.finder.usage(books.user).archived == 0
    archives = {
        name: ArchivedFile(archive_id=name, kind=ColdKind.GLACIER_CLASS, size=99, sha256="ab" * 32)
        for name in ("annotated", "table")
    }
    books.ledger.record_archives(made.job_id, owner="a", archives=archives)
    archived = books.ledger.finish_archiving(made.job_id, owner="a", now=NOW)
    assert archived is not None
    usage = books.finder.usage(books.user)
    assert (usage.archived, usage.result_bytes, usage.archive_bytes) == (1, 4 * 99, 2 * 99)


class OldTable:
    """A table with jobs from before there were shares and lists by state and name."""

    def __init__(self, world: AwsWorld) -> None:
        self.world = world
        self.user = str(uuid4())
        self.shares = Shares(world.clients.dynamodb(), world.table)

    def add(self, count: int) -> Sequence[Job]:
        made = [
            job(user_id=self.user, submit_time=NOW + n, input_file_name=f"{n}.vcf")
            for n in range(count)
        ]
        for each in made:
            self.world.clients.dynamodb().put_item(
                TableName=self.world.table, Item=as_item(each.to_record())
            )
        return made


@pytest.fixture(params=["moto", "embedded"])
def old_table(request: pytest.FixtureRequest) -> OldTable:
    return OldTable(aws_world_of(request, request.param))


def test_jobs_from_before_are_listed_and_settled_by_the_first_look(old_table: OldTable) -> None:
    finder, query = old_table.world.finder, JobQuery(old_table.user)
    old_table.add(3)
    assert names(finder.find(query, limit=5)) == ["2.vcf", "1.vcf", "0.vcf"]
    usage = finder.usage(old_table.user)
    assert (usage.complete, usage.n_jobs, usage.input_bytes) == (True, 3, 3 * 1234)
    pending = JobQuery(old_table.user, state=JobStatus.PENDING)
    assert len(finder.find(pending, limit=5).jobs) == 3
    begins = JobQuery(old_table.user, text="1.V", match=Match.BEGINS)
    assert names(finder.find(begins, limit=5)) == ["1.vcf"]


def test_sums_that_lack_old_jobs_say_so(old_table: OldTable) -> None:
    old_table.add(150)
    finder = old_table.world.finder
    assert not finder.settle_all(old_table.user, most=20)
    assert not old_table.shares.usage(old_table.user).complete
    assert finder.settle_all(old_table.user)
    assert old_table.shares.usage(old_table.user).n_jobs == 150


def test_a_change_that_was_cut_off_before_its_sum_is_made_good_by_the_sweeper(
    old_table: OldTable,
) -> None:
    world = old_table.world
    (made,) = old_table.add(1)
    finder, shares = world.finder, old_table.shares
    finder.usage(old_table.user)
    # What is left when a worker dies between the change and the transaction.
    world.clients.dynamodb().update_item(
        TableName=world.table,
        Key={"job_id": {"S": made.job_id}},
        UpdateExpression="SET job_status = :cancelled, sweep_shard = :shard, sweep_at = :at",
        ExpressionAttributeValues=as_item({":cancelled": "CANCELLED", ":shard": "1", ":at": 5}),
    )
    assert shares.usage(old_table.user).jobs[JobStatus.PENDING] == 1
    assert world.ledger.sweep_again(made.job_id, seen=5, at=None)
    usage = shares.usage(old_table.user)
    assert (usage.jobs[JobStatus.PENDING], usage.jobs[JobStatus.CANCELLED]) == (0, 1)


def test_a_change_counts_although_the_sums_are_out_of_reach(
    old_table: OldTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> bool:
        raise ServiceUnavailable("The sums are away.")

    world = old_table.world
    made = job(user_id=old_table.user)
    world.jobs.create(made)
    with monkeypatch.context() as away:
        away.setattr(Shares, "settle", refuse)
        assert world.jobs.cancel(made.job_id, at=NOW) is not None
    assert old_table.shares.usage(old_table.user).jobs[JobStatus.PENDING] == 1
    world.jobs.mark_announced(made.job_id, at=NOW)
    usage = old_table.shares.usage(old_table.user)
    assert (usage.jobs[JobStatus.PENDING], usage.jobs[JobStatus.CANCELLED]) == (0, 1)


def test_a_job_that_is_removed_takes_its_share_along(old_table: OldTable) -> None:
    world = old_table.world
    kept, gone = old_table.add(2)
    world.finder.usage(old_table.user)
    world.erasable.begin_deleting(gone.job_id, user_id=old_table.user, at=NOW)
    for _ in range(2):
        world.erasable.remove(gone.job_id)
    assert old_table.shares.usage(old_table.user).n_jobs == 1
    world.erasable.begin_erasing(kept.job_id, at=NOW)
    world.erasable.remove(kept.job_id)
    world.erasable.forget_user(old_table.user)
    assert world.finder.usage(old_table.user).n_jobs == 0


def test_everybody_with_old_jobs_is_counted_by_one_command(old_table: OldTable) -> None:
    world = old_table.world
    old_table.add(2)
    world.jobs.create(job())
    users = set(users_of(world.clients, world.table))
    assert users == {old_table.user, USER}
    for _ in range(2):
        assert recount(world.finder, iter(users)) == (2, 0)
    assert [old_table.shares.usage(user).n_jobs for user in (old_table.user, USER)] == [2, 1]
