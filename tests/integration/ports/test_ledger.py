"""What every ResultsLedger does, whatever is behind it."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from gas.errors import InvalidRequest
from gas.jobs import (
    RESULTS_TRANSITIONS,
    ArchivedFile,
    ColdKind,
    Job,
    ResultsState,
    SpentArchive,
    StartedRetrieval,
)
from gas.ledger import (
    SWEEP_DUE,
    SWEEP_LEASE,
    SWEEP_RETRIEVAL,
    SWEEP_SETTLED,
    SWEEP_SHARDS,
    ResultsLedger,
    sweep_shard,
)
from gas.ports import JobStore
from tests.support.jobs import OTHER_USER, USER, job, results

NOW = 1_800_000_000
LEASE = 60
FILES = ("annotated", "table")


def archives(generation: str = "1") -> dict[str, ArchivedFile]:
    return {
        name: ArchivedFile(
            archive_id=f"{name}-{generation}",
            kind=ColdKind.GLACIER_CLASS,
            size=99,
            sha256="ab" * 32,
        )
        for name in FILES
    }


def retrieval(number: int = 1, expected_at: int = NOW + 300) -> StartedRetrieval:
    return StartedRetrieval(
        retrieval_id=f"r{number}", tier="Expedited", started_at=NOW, expected_at=expected_at
    )


def retrievals() -> dict[str, StartedRetrieval]:
    return {"annotated": retrieval(), "table": retrieval(2, NOW + 400)}


@dataclass
class Books:
    """The job store and the ledger of one table, and jobs brought to each state in it."""

    jobs: JobStore
    ledger: ResultsLedger

    def stored(self, made: Job) -> Job:
        found = self.jobs.get(made.job_id)
        assert found is not None
        return found

    def available(self, **changes: object) -> Job:
        made = job(
            job_status="COMPLETED",
            results_state="AVAILABLE",
            results=results(),
            archive_at=NOW,
            **changes,
        )
        assert self.jobs.create(made)
        return made

    def archiving(self, owner: str = "w1", **changes: object) -> Job:
        made = self.available(**changes)
        began = self.ledger.begin_archiving(made.job_id, owner=owner, now=NOW, lease_seconds=LEASE)
        assert began is not None
        return began

    def recorded(self) -> Job:
        made = self.archiving()
        noted = self.ledger.record_archives(made.job_id, owner="w1", archives=archives())
        assert noted is not None
        return noted

    def archived(self) -> Job:
        made = self.recorded()
        finished = self.ledger.finish_archiving(made.job_id, owner="w1", now=NOW)
        assert finished is not None
        return finished

    def restoring(self) -> Job:
        made = self.archived()
        began = self.ledger.begin_restoring(made.job_id, now=NOW, retrievals=retrievals())
        assert began is not None
        return began

    def restored(self) -> Job:
        made = self.restoring()
        for name in FILES:
            self.back(made, name)
        finished = self.ledger.finish_restoring(made.job_id, now=NOW + 500)
        assert finished is not None
        return finished

    def deleted(self) -> Job:
        made = job(job_status="COMPLETED", results_state="DELETED", results=results())
        assert self.jobs.create(made)
        return made

    def running(self) -> Job:
        made = job(job_status="RUNNING")
        assert self.jobs.create(made)
        return made

    def back(self, made: Job, name: str, archive_id: str | None = None) -> Job | None:
        return self.ledger.mark_file_back(
            made.job_id, file=name, archive_id=archive_id or f"{name}-1", now=NOW + 400
        )


@pytest.fixture
def books(results_books: tuple[JobStore, ResultsLedger]) -> Books:
    return Books(*results_books)


# ------------------------------------------------------------------ the allowed transitions


def test_archiving_begins_with_a_lease_and_a_place_in_the_index(books: Books) -> None:
    began = books.archiving()
    assert began.results_state is ResultsState.ARCHIVING
    assert (began.archive_owner, began.archive_lease_until) == ("w1", NOW + LEASE)
    assert (began.archive_user_id, began.archived_at) == (USER, NOW)
    assert began.sweep_at == NOW + LEASE + SWEEP_LEASE
    assert books.stored(began) == began
    assert [each.job_id for each in books.ledger.list_cold(USER, limit=9).jobs] == [began.job_id]


def test_a_lapsed_lease_is_taken_over_and_the_old_owner_is_shut_out(books: Books) -> None:
    made = books.archiving()
    begin = books.ledger.begin_archiving
    assert begin(made.job_id, owner="w2", now=NOW + LEASE, lease_seconds=LEASE) is None
    taken = begin(made.job_id, owner="w2", now=NOW + LEASE + 1, lease_seconds=LEASE)
    assert taken is not None
    assert (taken.archive_owner, taken.archived_at) == ("w2", NOW)
    for refused in held_calls(books.ledger, made.job_id, "w1").values():
        assert not refused()
    assert books.stored(made) == taken


def test_what_was_recorded_is_there_for_whoever_takes_over(books: Books) -> None:
    made = books.recorded()
    assert dict(made.archives) == archives()
    assert made.results_file_archive_id == "annotated-1"
    taken = books.ledger.begin_archiving(
        made.job_id, owner="w2", now=NOW + LEASE + 1, lease_seconds=LEASE
    )
    assert taken is not None
    assert dict(taken.archives) == archives()


def test_recording_twice_is_recording_once(books: Books) -> None:
    made = books.recorded()
    again = books.ledger.record_archives(made.job_id, owner="w1", archives=archives())
    assert again == made


def test_renewal_moves_the_lease(books: Books) -> None:
    made = books.archiving()
    assert books.ledger.renew_archiving(made.job_id, owner="w1", until=NOW + 200)
    renewed = books.stored(made)
    assert (renewed.archive_lease_until, renewed.sweep_at) == (NOW + 200, NOW + 200 + SWEEP_LEASE)


def test_a_released_job_can_be_taken_at_once_and_the_releaser_is_shut_out(books: Books) -> None:
    made = books.recorded()
    assert books.ledger.release_archiving(made.job_id, owner="w1", now=NOW + 1)
    assert books.stored(made).results_state is ResultsState.ARCHIVING
    for refused in held_calls(books.ledger, made.job_id, "w1").values():
        assert not refused()
    taken = books.ledger.begin_archiving(made.job_id, owner="w2", now=NOW + 1, lease_seconds=LEASE)
    assert taken is not None
    assert dict(taken.archives) == archives()


def test_archived_results_rest_and_stay_in_the_index(books: Books) -> None:
    made = books.archived()
    assert made.results_state is ResultsState.ARCHIVED
    assert (made.archive_owner, made.sweep_at) == (None, NOW + SWEEP_SETTLED)
    assert (made.archive_user_id, dict(made.archives)) == (USER, archives())
    assert books.stored(made) == made


def test_what_is_given_up_is_available_and_its_archives_are_spent(books: Books) -> None:
    made = books.recorded()
    kept = books.ledger.abandon_archiving(made.job_id, owner="w1", now=NOW + 9)
    assert kept is not None
    assert kept.results_state is ResultsState.AVAILABLE
    assert dict(kept.archives) == {}
    assert {each.archive_id for each in kept.spent_archives} == {"annotated-1", "table-1"}
    assert kept.sweep_at == NOW + 9 + SWEEP_DUE
    assert_out_of_the_index(books, kept)


def test_giving_up_before_anything_was_recorded_leaves_nothing_spent(books: Books) -> None:
    made = books.archiving()
    kept = books.ledger.abandon_archiving(made.job_id, owner="w1", now=NOW)
    assert kept is not None
    assert (kept.results_state, kept.spent_archives) == (ResultsState.AVAILABLE, ())


def test_restoring_begins_with_a_retrieval_for_every_file(books: Books) -> None:
    made = books.restoring()
    assert made.results_state is ResultsState.RESTORING
    assert {name: each.retrieval for name, each in made.archives.items()} == retrievals()
    assert {each.archive_id for each in made.archives.values()} == {"annotated-1", "table-1"}
    assert made.sweep_at == NOW + 400 + SWEEP_RETRIEVAL
    assert books.stored(made) == made


def test_a_retrieval_is_replaced(books: Books) -> None:
    made = books.restoring()
    fresh = retrieval(3, NOW + 9000)
    changed = books.ledger.replace_retrieval(
        made.job_id, file="table", archive_id="table-1", retrieval=fresh, now=NOW + 500
    )
    assert changed is not None
    assert changed.archives["table"].retrieval == fresh
    assert changed.archives["annotated"] == made.archives["annotated"]
    assert changed.sweep_at == NOW + 9000 + SWEEP_RETRIEVAL


def test_a_file_that_is_back_keeps_its_first_time(books: Books) -> None:
    made = books.restoring()
    first = books.back(made, "table")
    assert first is not None
    assert first.archives["table"].back_at == NOW + 400
    again = books.ledger.mark_file_back(
        made.job_id, file="table", archive_id="table-1", now=NOW + 999
    )
    assert again == first


def test_restored_results_are_available_and_their_archives_spent(books: Books) -> None:
    made = books.restored()
    assert (made.results_state, made.restored_at) == (ResultsState.AVAILABLE, NOW + 500)
    assert dict(made.archives) == {}
    assert {each.archive_id for each in made.spent_archives} == {"annotated-1", "table-1"}
    assert made.sweep_at == NOW + 500 + SWEEP_DUE
    assert_out_of_the_index(books, made)
    assert books.stored(made) == made


def test_the_whole_way_twice(books: Books) -> None:
    made = books.restored()
    begin = books.ledger.begin_archiving
    later = NOW + 1000
    assert begin(made.job_id, owner="w2", now=later, lease_seconds=LEASE) is None, "spent archives"
    books.ledger.forget_spent(made.job_id, spent=made.spent_archives)
    again = begin(made.job_id, owner="w2", now=later, lease_seconds=LEASE)
    assert again is not None
    assert (again.archived_at, dict(again.archives)) == (later, {})
    ledger = books.ledger
    assert ledger.record_archives(made.job_id, owner="w2", archives=archives("2"))
    archived = ledger.finish_archiving(made.job_id, owner="w2", now=later)
    assert archived is not None
    assert archived.results_file_archive_id == "annotated-2"


def assert_out_of_the_index(books: Books, made: Job) -> None:
    assert (made.archive_owner, made.archive_user_id, made.archived_at) == (None, None, None)
    assert made.results_file_archive_id is None
    assert books.ledger.list_cold(made.user_id, limit=9).jobs == []


# ------------------------------------------------------------------ everything else is refused


def held_calls(ledger: ResultsLedger, job_id: str, owner: str) -> dict[str, Callable[[], object]]:
    """What only the holder of the lease may do."""
    return {
        "renew": lambda: ledger.renew_archiving(job_id, owner=owner, until=NOW + 999),
        "release": lambda: ledger.release_archiving(job_id, owner=owner, now=NOW),
        "record": lambda: ledger.record_archives(job_id, owner=owner, archives=archives("9")),
        "finish": lambda: ledger.finish_archiving(job_id, owner=owner, now=NOW),
        "abandon": lambda: ledger.abandon_archiving(job_id, owner=owner, now=NOW),
    }


def calls(ledger: ResultsLedger, job_id: str) -> dict[str, Callable[[], object]]:
    """Every call that changes where the results are."""
    return {
        **held_calls(ledger, job_id, "w1"),
        "begin_archiving": lambda: ledger.begin_archiving(
            job_id, owner="w9", now=NOW + 1, lease_seconds=LEASE
        ),
        "begin_restoring": lambda: ledger.begin_restoring(job_id, now=NOW, retrievals=retrievals()),
        "replace_retrieval": lambda: ledger.replace_retrieval(
            job_id, file="table", archive_id="table-1", retrieval=retrieval(9), now=NOW
        ),
        "mark_file_back": lambda: ledger.mark_file_back(
            job_id, file="table", archive_id="table-1", now=NOW
        ),
        "finish_restoring": lambda: ledger.finish_restoring(job_id, now=NOW),
    }


ALLOWED = {
    "running": set(),
    "available": {"begin_archiving"},
    "archiving": {"renew", "release", "record", "finish", "abandon"},
    "recorded": {"renew", "release", "record", "finish", "abandon"},
    "archived": {"begin_restoring"},
    "restoring": {"replace_retrieval", "mark_file_back"},
    "restored": set(),  # begin_archiving only when the spent archives are forgotten
    "deleted": set(),
}


@pytest.mark.parametrize("state", ALLOWED)
def test_only_the_allowed_calls_change_anything(books: Books, state: str) -> None:
    for name in calls(books.ledger, ""):
        made: Job = getattr(books, state)()
        outcome = calls(books.ledger, made.job_id)[name]()
        after = books.stored(made)
        if name in ALLOWED[state]:
            assert outcome, f"{name} from {state}"
            before = made.results_state
            assert after.results_state in RESULTS_TRANSITIONS[before] | {before}
        else:
            assert not outcome, f"{name} from {state}"
            assert after == made, f"{name} from {state}"


def test_of_a_job_that_is_gone_nothing_is_made(books: Books) -> None:
    gone = job()
    for name, call in calls(books.ledger, gone.job_id).items():
        assert not call(), name
    books.ledger.forget_spent(gone.job_id, spent=[])
    assert not books.ledger.sweep_again(gone.job_id, seen=NOW, at=NOW)
    assert books.jobs.get(gone.job_id) is None


@pytest.mark.parametrize("files", [(), ("annotated",), ("annotated", "other"), (*FILES, "other")])
def test_restoring_needs_a_retrieval_for_exactly_the_archived_files(
    books: Books, files: tuple[str, ...]
) -> None:
    made = books.archived()
    started = {name: retrieval() for name in files}
    assert books.ledger.begin_restoring(made.job_id, now=NOW, retrievals=started) is None
    assert books.stored(made) == made


@pytest.mark.parametrize(("file", "archive_id"), [("table", "table-0"), ("index", "index-1")])
def test_news_of_another_archive_are_not_believed(books: Books, file: str, archive_id: str) -> None:
    made = books.restoring()
    assert not books.back(made, file, archive_id)
    assert not books.ledger.replace_retrieval(
        made.job_id, file=file, archive_id=archive_id, retrieval=retrieval(9), now=NOW
    )
    assert books.stored(made) == made


def test_the_retrieval_of_a_file_that_is_back_is_not_replaced(books: Books) -> None:
    made = books.restoring()
    books.back(made, "table")
    assert not books.ledger.replace_retrieval(
        made.job_id, file="table", archive_id="table-1", retrieval=retrieval(9), now=NOW
    )


def test_restoring_does_not_end_before_the_last_file_is_back(books: Books) -> None:
    made = books.restoring()
    books.back(made, "table")
    assert books.ledger.finish_restoring(made.job_id, now=NOW) is None
    books.back(made, "annotated")
    assert books.ledger.finish_restoring(made.job_id, now=NOW)


# ------------------------------------------------------------------ spent archives, lists, sweeps


def test_only_what_was_deleted_is_forgotten(books: Books) -> None:
    made = books.restored()
    first, second = made.spent_archives
    other = SpentArchive(archive_id=first.archive_id, kind=ColdKind.GLACIER_VAULT)
    books.ledger.forget_spent(made.job_id, spent=[other])
    assert books.stored(made) == made
    books.ledger.forget_spent(made.job_id, spent=[first, other])
    assert books.stored(made).spent_archives == (second,)
    books.ledger.forget_spent(made.job_id, spent=made.spent_archives)
    assert books.stored(made).spent_archives == ()


def test_cold_jobs_come_in_pages_oldest_first_and_only_ones_own(books: Books) -> None:
    mine = []
    for number in range(5):
        made = books.available()
        began = books.ledger.begin_archiving(
            made.job_id, owner="w1", now=NOW + 10 - number, lease_seconds=LEASE
        )
        assert began is not None
        mine.append(began)
    books.available()
    books.archiving(user_id=OTHER_USER)
    found: list[Job] = []
    cursor, pages = None, 0
    while True:
        page = books.ledger.list_cold(USER, limit=2, cursor=cursor)
        found += page.jobs
        pages += 1
        cursor = page.next_cursor
        if cursor is None:
            break
    assert found == list(reversed(mine))
    assert pages == 3


@pytest.mark.parametrize("cursor", ["nonsense", "", "W10=", "eyJhIjoxfQ=="])
def test_a_made_up_cursor_is_refused(books: Books, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        books.ledger.list_cold(USER, limit=3, cursor=cursor)


def swept_at(books: Books, at: int | None, job_id: str) -> Job:
    shard = None if at is None else sweep_shard(job_id)
    return books.available(job_id=job_id, sweep_at=at, sweep_shard=shard)


def job_id(first: str, number: int) -> str:
    return f"{first}{number:07d}-0000-4000-8000-000000000000"


def test_the_longest_overdue_is_found_first_and_what_rests_is_not(books: Books) -> None:
    due = [swept_at(books, NOW - number, job_id("4", number)) for number in range(4)]
    swept_at(books, NOW + 1, job_id("4", 7))
    swept_at(books, None, job_id("4", 8))
    other = swept_at(books, NOW - 9, job_id("5", 1))
    found = books.ledger.due_for_sweep(sweep_shard(due[0].job_id), now=NOW, limit=3)
    assert list(found) == list(reversed(due))[:3]
    assert list(books.ledger.due_for_sweep(sweep_shard(other.job_id), now=NOW, limit=9)) == [other]


def test_every_job_has_a_shard() -> None:
    assert {sweep_shard(job_id(digit, 0)) for digit in "0123456789abcdef"} == set(SWEEP_SHARDS)


def test_the_next_look_is_set_unless_somebody_else_has_set_it(books: Books) -> None:
    made = swept_at(books, NOW, job_id("a", 1))
    ledger, shard = books.ledger, sweep_shard(made.job_id)
    assert not ledger.sweep_again(made.job_id, seen=NOW - 1, at=NOW + 60)
    assert ledger.sweep_again(made.job_id, seen=NOW, at=NOW + 60)
    assert books.stored(made).sweep_at == NOW + 60
    assert list(ledger.due_for_sweep(shard, now=NOW, limit=9)) == []
    assert not ledger.sweep_again(made.job_id, seen=NOW, at=None)
    assert ledger.sweep_again(made.job_id, seen=NOW + 60, at=None)
    resting = books.stored(made)
    assert (resting.sweep_at, resting.sweep_shard) == (None, None)
    assert list(ledger.due_for_sweep(shard, now=NOW + 99, limit=9)) == []
