"""Erasing an account: nothing is left, nothing else goes, and a crash changes neither."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from gas.certificates import CertificateSigner, holds, sha256, subject_hash
from gas.earlier import note_completed
from gas.erasure import erasure_id_of
from gas.jobs import ArchivedFile, ColdKind, Job, SpentArchive, StartedRetrieval
from gas.messages import AccountErasureRequested, AccountNotice
from gas.testing import FakeClock, MemoryBlobStore, MemoryJobStore, MemoryTopic
from gas.testing.cold import MemoryColdStore
from gas.testing.earlier import MemoryEarlierJobs
from gas.testing.erasing import MemoryErasableJobs
from gas.testing.imports import MemoryImports
from gas.testing.webhooks import MemoryWebhooks
from lambdas.erase_account import erase
from lambdas.erase_account.certify import LISTED, Certify
from lambdas.erase_account.erase import EraseAccount, Pace
from lambdas.erase_account.places import ErasureUnfinished, Places
from tests.support.jobs import OTHER_USER, USER, job, results

PREFIX = "lab/"
SIGNER = CertificateSigner("a secret of this test")
GRACE = 300


class Crash(BaseException):
    """The function dies here."""


class Fuse:
    """Dies before or after the n-th call of anything it guards."""

    def __init__(self, at: int, *, after: bool) -> None:
        self._left = at
        self._after = after

    def guard(self, thing: Any) -> Any:
        fuse = self

        class Guarded:
            def __getattr__(self, name: str) -> Any:
                found = getattr(thing, name)
                return fuse.call(found) if callable(found) else found

        return Guarded()

    def call(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise Crash
            result = function(*args, **kwargs)
            if self._left == 0:
                raise Crash
            return result

        return guarded

    @property
    def blown(self) -> bool:
        return self._left <= 0


class Rooms:
    """Everything there is, of two people."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.jobs = MemoryJobStore()
        self.inputs, self.results = MemoryBlobStore("inputs"), MemoryBlobStore("results")
        self.archives = MemoryBlobStore("archives")
        self.vault = MemoryColdStore(ColdKind.GLACIER_VAULT)
        self.notices = MemoryTopic()
        self.webhooks = MemoryWebhooks()
        self.imports = MemoryImports()
        self.earlier = MemoryEarlierJobs()
        self.request = AccountErasureRequested(
            erasure_id=erasure_id_of(USER, 5),
            user_id=USER,
            email="ada@example.org",
            requested_at=self.clock.now(),
        )

    def erase(self, fuse: Fuse | None = None, **pace: int) -> None:
        guard = fuse.guard if fuse else lambda thing: thing
        results = guard(self.results)
        run = EraseAccount(
            jobs=guard(MemoryErasableJobs(self.jobs)),
            webhooks=guard(self.webhooks),
            imports=guard(self.imports),
            places=Places(
                inputs=guard(self.inputs),
                results=results,
                archives=guard(self.archives),
                cold={
                    ColdKind.GLACIER_CLASS: guard(BucketColdStore(self.archives)),
                    ColdKind.GLACIER_VAULT: guard(self.vault),
                },
                earlier=guard(self.earlier),
                key_prefix=PREFIX,
            ),
            certify=Certify(
                results=results, signer=SIGNER, notices=guard(self.notices), clock=self.clock
            ),
            clock=self.clock,
            pace=Pace(grace_seconds=GRACE, at_once=1, **pace),
        )
        run(self.request.to_json())

    def add(self, user: str = USER, **changes: Any) -> Job:
        """A job with an input of 10, a result of 20 and a log of 3 bytes."""
        made = job(user_id=user, submit_time=changes.pop("submit_time", self.now - 60), **changes)
        self.jobs.create(made)
        base = f"{PREFIX}{user}/{made.job_id}~tumour"
        self.inputs.put(f"{base}.vcf", b"i" * 10, modified_at=self.now - 61)
        self.results.put(f"{base}.annot.vcf.gz", b"r" * 20)
        self.results.put(f"{base}.vcf.count.log", b"log")
        note_completed(self.earlier, made)
        return made

    def add_archived(self) -> Job:
        """A job whose results are in cold storage, in both kinds, one of them spent."""
        job_id = str(uuid4())
        cold = f"{USER}/{job_id}~annotated~00ff"
        self.archives.put(cold, b"a" * 30)
        spent = self.vault.put([b"s" * 5], size=5, reference=None)  # type: ignore[arg-type]
        return self.add(
            job_id=job_id,
            job_status="COMPLETED",
            complete_time=self.now,
            results=results(),
            results_state="ARCHIVED",
            archive_user_id=USER,
            archived_at=1,
            archives={
                "annotated": ArchivedFile(
                    archive_id=cold, kind=ColdKind.GLACIER_CLASS, size=30, sha256="ab" * 32
                )
            },
            spent_archives=(SpentArchive(archive_id=spent, kind=ColdKind.GLACIER_VAULT),),
        )

    @property
    def now(self) -> int:
        return self.clock.now()

    def left_of(self, user: str) -> set[str]:
        keys = {
            each.key
            for bucket in (self.inputs, self.results, self.archives)
            for each in bucket.list("", limit=1000)
        }
        return {key for key in keys if user in key} | set(self.vault.archives)

    def document(self) -> dict[str, Any]:
        key = f"certificates/{self.request.erasure_id}.json"
        return dict(json.loads(b"".join(self.results.stream(key))))

    @property
    def certificate(self) -> dict[str, Any]:
        return dict(self.document()["certificate"])


class BucketColdStore(MemoryColdStore):
    """Deletes archives from the bucket that is listed, too."""

    def __init__(self, bucket: MemoryBlobStore) -> None:
        super().__init__(ColdKind.GLACIER_CLASS)
        self._bucket = bucket

    def delete(self, archive_id: str) -> None:
        self._bucket.delete(archive_id)


@pytest.fixture
def rooms() -> Rooms:
    """Ada with three kinds of jobs, Ben with one."""
    rooms = Rooms()
    rooms.add(job_status="COMPLETED", results_state="AVAILABLE")
    rooms.add()
    rooms.add_archived()
    rooms.add(OTHER_USER)
    return rooms


COUNTS = {"jobs": 3, "files": 9, "archives": 2, "bytes": 3 * 33 + 30}


def counts(certificate: dict[str, Any]) -> dict[str, int]:
    return {name: certificate[name] for name in COUNTS}


def test_nothing_is_left_and_nobody_else_is_touched(rooms: Rooms) -> None:
    others = rooms.left_of(OTHER_USER) - set(rooms.vault.archives)
    rooms.erase()
    assert rooms.left_of(USER) == set()
    assert rooms.left_of(OTHER_USER) == others
    assert [each.user_id for each in rooms.jobs.table] == [OTHER_USER]


def test_the_certificate_says_what_was_deleted_and_is_signed(rooms: Rooms) -> None:
    keys = [each.key for each in rooms.inputs.list(f"{PREFIX}{USER}", limit=10)]
    rooms.erase()
    certificate = rooms.certificate
    assert counts(certificate) == COUNTS
    assert {sha256(key) for key in keys} <= set(certificate["objects"])
    assert certificate["subject_sha256"] == subject_hash(rooms.request.erasure_id, USER)
    lines = "".join(f"{name}\n" for name in certificate["objects"])
    assert certificate["objects_sha256"] == sha256(lines)
    assert holds(rooms.document(), SIGNER.public_key.key)


def test_what_is_kept_is_not_personal(rooms: Rooms) -> None:
    jobs = [each.job_id for each in rooms.jobs.table if each.user_id == USER]
    rooms.erase()
    kept = [each.key for each in rooms.results.list("certificates/", limit=100)]
    text = " ".join(kept) + "".join(b"".join(rooms.results.stream(key)).decode() for key in kept)
    for secret in (USER, "ada@example.org", "tumour", *jobs):
        assert secret not in text
    fingerprint = SIGNER.public_key.fingerprint.removeprefix("SHA256:")
    assert set(kept) == {
        f"certificates/{rooms.request.erasure_id}.json",
        f"certificates/{rooms.request.erasure_id}.objects.json",
        f"certificates/keys/{fingerprint}.json",
    }


def test_the_person_is_sent_the_certificate(rooms: Rooms) -> None:
    rooms.erase()
    (body,) = rooms.notices.published
    notice = AccountNotice.from_json(body)
    assert (notice.kind, notice.email) == ("account_deleted", "ada@example.org")
    assert json.loads(notice.attachment or "") == rooms.document()


def test_a_repeated_message_changes_nothing(rooms: Rooms) -> None:
    rooms.erase()
    before = rooms.document()
    rooms.clock.advance(60)
    rooms.erase()
    assert rooms.document() == before
    first, second = (AccountNotice.from_json(body) for body in rooms.notices.published)
    assert first == second


def test_an_account_with_nothing_gets_a_certificate_too() -> None:
    rooms = Rooms()
    rooms.erase()
    assert counts(rooms.certificate) == dict.fromkeys(COUNTS, 0)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_anywhere_leaves_enough_to_go_on(after: bool) -> None:
    survived = 0
    for at in range(1, 1000):
        rooms = Rooms()
        rooms.add(job_status="COMPLETED", results_state="AVAILABLE")
        rooms.add_archived()
        stray = f"{PREFIX}{USER}/{uuid4()}~alone.vcf"
        rooms.inputs.put(stray, b"12345", modified_at=rooms.now - 1)
        fuse = Fuse(at, after=after)
        try:
            rooms.erase(fuse)
        except Crash:
            survived += 1
            rooms.clock.advance(30)
            rooms.erase()
        assert rooms.left_of(USER) == set(), at
        assert list(rooms.jobs.table) == [], at
        expected = {"jobs": 2, "files": 7, "archives": 2, "bytes": 2 * 33 + 30 + 5}
        assert counts(rooms.certificate) == expected, at
        assert holds(rooms.document(), SIGNER.public_key.key)
        assert AccountNotice.from_json(rooms.notices.published[-1]).attachment
        if not fuse.blown:
            break
    assert survived > 30


def test_a_new_account_of_the_same_person_loses_nothing(rooms: Rooms) -> None:
    later = rooms.now + 1
    new = rooms.add(submit_time=later)
    upload = f"{PREFIX}{USER}/{uuid4()}~just_arrived.vcf"
    rooms.inputs.put(upload, b"x", modified_at=later)
    mine = {key for key in rooms.left_of(USER) if new.job_id in key} | {upload}
    rooms.clock.advance(60)
    rooms.erase()
    assert rooms.left_of(USER) == mine
    assert rooms.jobs.get(new.job_id) == new
    assert counts(rooms.certificate) == COUNTS


def test_uploads_and_archives_without_a_job_go_as_well() -> None:
    rooms = Rooms()
    lost = str(uuid4())
    rooms.inputs.put(f"{PREFIX}{USER}/{lost}~a.vcf", b"12", modified_at=rooms.now)
    rooms.results.put(f"{PREFIX}{USER}/{lost}~a.log", b"123", modified_at=rooms.now + 9)
    rooms.archives.put(f"{USER}/{lost}~table~00", b"1234", modified_at=rooms.now + 9)
    rooms.erase()
    assert rooms.left_of(USER) == set()
    expected = {"jobs": 0, "files": 2, "archives": 1, "bytes": 9}
    assert counts(rooms.certificate) == expected


# ---------------------------------------------------------------- work that is under way


def test_a_running_job_is_cancelled_and_looked_at_again() -> None:
    rooms = Rooms()
    running = rooms.add()
    rooms.jobs.claim(running.job_id, owner="worker", now=rooms.now, lease_seconds=30)
    with pytest.raises(ErasureUnfinished):
        rooms.erase()
    assert rooms.left_of(USER) == set()
    held = rooms.jobs.get(running.job_id)
    assert held is not None
    assert (held.job_status, held.results_state) == ("CANCELLED", "DELETED")

    late = f"{PREFIX}{USER}/{running.job_id}~tumour.parquet"
    rooms.results.put(late, b"written by a worker that had not noticed")
    rooms.clock.advance(30 + GRACE - 1)
    with pytest.raises(ErasureUnfinished):
        rooms.erase()
    rooms.clock.advance(1)
    rooms.erase()
    assert rooms.left_of(USER) == set()
    assert rooms.certificate["files"] == 4


@pytest.mark.parametrize(
    "changes",
    [
        {"results_state": "ARCHIVING", "archive_owner": "archiver", "archive_lease_until": 10},
        {
            "results_state": "RESTORING",
            "archives": {
                "annotated": ArchivedFile(
                    archive_id=f"{USER}/x",
                    kind=ColdKind.GLACIER_CLASS,
                    size=1,
                    sha256="ab" * 32,
                    retrieval=StartedRetrieval(
                        retrieval_id="r", tier="Expedited", started_at=1, expected_at=2
                    ),
                )
            },
        },
    ],
    ids=["archiving", "restoring"],
)
def test_results_on_their_way_are_looked_at_again(changes: dict[str, Any]) -> None:
    rooms = Rooms()
    if "archive_lease_until" in changes:
        changes = {**changes, "archive_lease_until": rooms.now + 10}
    moving = rooms.add(job_status="COMPLETED", archive_user_id=USER, **changes)
    with pytest.raises(ErasureUnfinished):
        rooms.erase()
    held = rooms.jobs.get(moving.job_id)
    assert held is not None
    assert (held.results_state, held.archive_user_id) == ("DELETED", None)
    rooms.clock.advance(GRACE + 10)
    rooms.erase()
    assert rooms.jobs.get(moving.job_id) is None


def test_one_job_that_is_held_back_does_not_hold_back_the_others(rooms: Rooms) -> None:
    running = rooms.add()
    rooms.jobs.claim(running.job_id, owner="worker", now=rooms.now, lease_seconds=30)
    with pytest.raises(ErasureUnfinished):
        rooms.erase()
    assert {each.job_id for each in rooms.jobs.table if each.user_id == USER} == {running.job_id}
    assert rooms.notices.published == []


def test_all_pages_are_erased(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erase, "PAGE", 2)
    for number in range(6):
        rooms.add(submit_time=rooms.now - number)
    rooms.erase()
    assert rooms.left_of(USER) == set()
    assert rooms.certificate["jobs"] == 9


def test_what_takes_too_long_goes_on_in_the_next_delivery(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erase, "PAGE", 1)
    for _ in range(2):
        with pytest.raises(ErasureUnfinished):
            rooms.erase(budget_seconds=0)
    rooms.erase(budget_seconds=0)
    assert counts(rooms.certificate) == COUNTS


def test_a_long_list_of_objects_stays_out_of_the_certificate() -> None:
    rooms = Rooms()
    for number in range(LISTED // 3 + 1):
        rooms.add(submit_time=rooms.now - number)
    rooms.erase()
    assert rooms.certificate["files"] > LISTED
    assert rooms.certificate["objects"] == []
    assert len(rooms.certificate["objects_sha256"]) == 64
