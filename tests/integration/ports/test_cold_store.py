"""What every ColdStore does, whatever is behind it."""

import hashlib
import os
from collections.abc import Iterator

import pytest

from gas.errors import CapacityLacking, NotFound, ServiceUnavailable
from gas.jobs import ArchiveReference
from gas.ports import Retrieval, Tier
from tests.support.cold import ColdWorld
from tests.support.jobs import USER
from tests.support.waiting import wait_until

MIB = 1024 * 1024
REFERENCE = ArchiveReference(
    user_id=USER,
    job_id="33333333-3333-4333-8333-333333333333",
    file="annotated",
    key=f"{USER}/33333333-3333-4333-8333-333333333333~tumour.annot.vcf.gz",
)
BROKEN = RuntimeError("the source has broken off")


def pieces(content: bytes, length: int = 1_000_003) -> Iterator[bytes]:
    for start in range(0, len(content), length):
        yield content[start : start + length]


def put(cold: ColdWorld, content: bytes) -> str:
    return cold.store.put(pieces(content), size=len(content), reference=REFERENCE)


def begin(cold: ColdWorld, archive_id: str, tier: Tier = Tier.EXPEDITED) -> str:
    return cold.store.begin_retrieval(archive_id, tier=tier, reference=REFERENCE)


@pytest.mark.parametrize("size", [1, 16 * MIB, 16 * MIB + 1, 37 * MIB + 11])
def test_what_went_in_comes_out(cold: ColdWorld, size: int) -> None:
    content = os.urandom(size)
    archive_id = put(cold, content)
    retrieval_id = begin(cold, archive_id)
    cold.until_ready(archive_id, retrieval_id)
    hashed = hashlib.sha256()
    for chunk in cold.store.read(archive_id, retrieval_id):
        hashed.update(chunk)
    assert hashed.digest() == hashlib.sha256(content).digest()


def test_each_archive_has_an_id_of_its_own(cold: ColdWorld) -> None:
    first, second = put(cold, b"the same"), put(cold, b"the same")
    assert first != second
    cold.store.delete(first)
    retrieval_id = begin(cold, second)
    cold.until_ready(second, retrieval_id)
    assert b"".join(cold.store.read(second, retrieval_id)) == b"the same"


def test_a_completed_retrieval_is_announced_with_its_job(cold: ColdWorld) -> None:
    archive_id = put(cold, b"results")
    assert cold.notices() == []
    cold.until_ready(archive_id, begin(cold, archive_id))
    assert wait_until(cold.notices, seconds=10) == [REFERENCE.job_id]


def test_asking_again_does_no_harm(cold: ColdWorld) -> None:
    archive_id = put(cold, b"results")
    first = begin(cold, archive_id)
    second = begin(cold, archive_id, Tier.STANDARD)
    for retrieval_id in {first, second}:
        cold.until_ready(archive_id, retrieval_id)
    third = begin(cold, archive_id)
    assert cold.store.retrieval(archive_id, third) is not Retrieval.GONE
    for retrieval_id in (first, second):
        assert b"".join(cold.store.read(archive_id, retrieval_id)) == b"results"


def test_without_capacity_the_other_tier_still_works(cold: ColdWorld) -> None:
    archive_id = put(cold, b"results")
    cold.lack(expedited=True)
    with pytest.raises(CapacityLacking):
        begin(cold, archive_id, Tier.EXPEDITED)
    retrieval_id = begin(cold, archive_id, Tier.STANDARD)
    cold.until_ready(archive_id, retrieval_id)
    cold.lack(expedited=False)
    assert cold.store.retrieval(archive_id, retrieval_id) is Retrieval.READY


def test_nothing_can_be_read_before_its_time(cold: ColdWorld) -> None:
    archive_id = put(cold, b"results")
    retrieval_id = begin(cold, archive_id, Tier.STANDARD)
    assert cold.store.retrieval(archive_id, retrieval_id) is Retrieval.RUNNING
    with pytest.raises(NotFound):
        next(cold.store.read(archive_id, retrieval_id))


def test_what_was_retrieved_expires_and_can_be_retrieved_again(cold: ColdWorld) -> None:
    archive_id = put(cold, b"results")
    cold.expire_soon()
    retrieval_id = begin(cold, archive_id)
    cold.let_expire(archive_id, retrieval_id)
    assert cold.store.retrieval(archive_id, retrieval_id) is Retrieval.GONE
    with pytest.raises(NotFound):
        next(cold.store.read(archive_id, retrieval_id))
    again = begin(cold, archive_id)
    assert cold.store.retrieval(archive_id, again) is not Retrieval.GONE


def test_a_deleted_archive_is_gone(cold: ColdWorld) -> None:
    archive_id = put(cold, b"results")
    retrieval_id = begin(cold, archive_id)
    cold.until_ready(archive_id, retrieval_id)
    cold.store.delete(archive_id)
    cold.store.delete(archive_id)
    with pytest.raises(NotFound):
        begin(cold, archive_id)


def test_a_retrieval_that_never_was_is_gone(cold: ColdWorld) -> None:
    archive_id, other = put(cold, b"results"), put(cold, b"other")
    assert cold.store.retrieval(archive_id, "A" * 92) is Retrieval.GONE
    retrieval_id = begin(cold, archive_id)
    if retrieval_id != archive_id:
        assert cold.store.retrieval(other, retrieval_id) is Retrieval.GONE


@pytest.mark.parametrize("size", [10, 16 * MIB, 25 * MIB])
@pytest.mark.parametrize("off", [-1, 1])
def test_chunks_of_another_size_are_not_kept(cold: ColdWorld, size: int, off: int) -> None:
    with pytest.raises(ServiceUnavailable):
        cold.store.put(pieces(bytes(size + off)), size=size, reference=REFERENCE)


@pytest.mark.parametrize("size", [10, 25 * MIB])
def test_chunks_that_break_off_are_not_kept(cold: ColdWorld, size: int) -> None:
    def breaking() -> Iterator[bytes]:
        yield from pieces(bytes(size - 1))
        raise BROKEN

    with pytest.raises(RuntimeError, match="broken off"):
        cold.store.put(breaking(), size=size, reference=REFERENCE)


def test_an_outage_is_said_so_and_passes(cold: ColdWorld) -> None:
    archive_id = put(cold, b"results")
    cold.outage(True)
    with pytest.raises(ServiceUnavailable):
        begin(cold, archive_id)
    with pytest.raises(ServiceUnavailable):
        cold.store.delete(archive_id)
    cold.outage(False)
    cold.until_ready(archive_id, begin(cold, archive_id))
