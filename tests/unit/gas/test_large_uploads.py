"""Uploads in parts: sizes, what has arrived, and when the object is made."""

import pytest

from gas import large_uploads, submissions
from gas.errors import (
    GasError,
    InvalidRequest,
    InvalidUpload,
    UploadGone,
    UploadIncomplete,
    UploadTooLarge,
)
from gas.jobs import JobOptions
from gas.large_uploads import OpenUpload
from gas.plans import GIB, MIB, TIB, Plan
from gas.submissions import Uploader
from gas.testing import FakeClock, MemoryBlobStore, MemoryJobStore, MemoryTopic
from gas.testing.parts import MemoryPartStore
from tests.support.jobs import USER

PART = 10


class World:
    """An inputs bucket."""

    def __init__(self) -> None:
        self.inputs = MemoryBlobStore("inputs")
        self.store = MemoryPartStore(self.inputs)

    def start(self, size: int, plan: Plan = Plan.PREMIUM, part_bytes: int = PART) -> OpenUpload:
        return large_uploads.start(
            self.store,
            Uploader(USER, "ada@example.org", plan),
            key_prefix="lab/",
            file_name="Müller.vcf.gz",
            size=size,
            options=JobOptions(strict=True),
            part_bytes=part_bytes,
        )

    def send(self, upload: OpenUpload, *numbers: int) -> None:
        for number in numbers:
            self.store.put(upload.upload_id, number, b"%d" % number * upload.size_of(number))


@pytest.fixture
def world() -> World:
    return World()


def test_the_parts_become_the_object_and_the_object_the_job(world: World) -> None:
    upload = world.start(25)
    world.send(upload, 3, 1, 2)
    large_uploads.finish(world.store, world.inputs, upload)
    assert world.inputs.read(upload.key, start=0, length=99) == b"1" * 10 + b"2" * 10 + b"3" * 5
    job = submissions.register(
        upload.key,
        inputs=world.inputs,
        key_prefix="lab/",
        jobs=MemoryJobStore(),
        requests=MemoryTopic(),
        clock=FakeClock(),
    )
    assert (job.job_id, job.input_file_name) == (upload.job_id, "Müller.vcf.gz")
    assert (job.plan, job.options.strict, job.input_size) == (Plan.PREMIUM, True, 25)


@pytest.mark.parametrize(
    ("size", "parts", "last"),
    [(1, 1, 1), (10, 1, 10), (11, 2, 1), (20, 2, 10), (25, 3, 5)],
)
def test_all_parts_but_the_last_have_one_size(
    world: World, size: int, parts: int, last: int
) -> None:
    upload = world.start(size)
    assert (upload.parts, upload.size_of(parts)) == (parts, last)
    assert sum(upload.size_of(n) for n in range(1, parts + 1)) == size


@pytest.mark.parametrize("size", [100 * MIB, 5 * GIB, 200 * GIB, 5 * TIB])
def test_even_the_largest_file_has_no_more_parts_than_s3_takes(world: World, size: int) -> None:
    upload = world.start(size, part_bytes=large_uploads.PART_BYTES)
    assert upload.parts <= 10_000
    assert 16 * MIB <= upload.part_size <= 5 * GIB


@pytest.mark.parametrize(
    ("size", "plan", "error"),
    [
        (0, Plan.PREMIUM, InvalidUpload),
        (10 * MIB + 1, Plan.FREE, UploadTooLarge),
        (5 * TIB + 1, Plan.PREMIUM, UploadTooLarge),
    ],
)
def test_what_the_plan_does_not_allow_is_not_begun(
    world: World, size: int, plan: Plan, error: type[GasError]
) -> None:
    with pytest.raises(error):
        world.start(size, plan)


def test_addresses_are_for_the_exact_size_of_each_part(world: World) -> None:
    upload = world.start(25)
    urls = large_uploads.sign_parts(world.store, upload, [1, 3], expires_in=60)
    assert urls[1].endswith("partNumber=1&size=10")
    assert urls[3].endswith("partNumber=3&size=5")


@pytest.mark.parametrize("numbers", [[0], [4], [-1, 1], list(range(1, 4)) * 20])
def test_other_parts_are_not_signed(world: World, numbers: list[int]) -> None:
    with pytest.raises(InvalidRequest):
        large_uploads.sign_parts(world.store, world.start(25), numbers, expires_in=60)


def test_what_has_arrived_whole_need_not_be_sent_again(world: World) -> None:
    upload = world.start(35)
    world.send(upload, 4, 2)
    world.store.put(upload.upload_id, 1, b"cut short")
    assert list(large_uploads.arrived(world.store, upload)) == [2, 4]
    with pytest.raises(UploadIncomplete, match="2 of 4"):
        large_uploads.finish(world.store, world.inputs, upload)
    world.send(upload, 1, 3)
    large_uploads.finish(world.store, world.inputs, upload)
    assert world.inputs.head(upload.key) is not None


def test_finishing_again_is_the_same_as_once(world: World) -> None:
    upload = world.start(5)
    world.send(upload, 1)
    for _ in range(2):
        large_uploads.finish(world.store, world.inputs, upload)


def test_an_upload_that_the_store_lost_has_to_begin_again(world: World) -> None:
    upload = world.start(5)
    world.store.forget_all()
    with pytest.raises(UploadGone):
        large_uploads.arrived(world.store, upload)
    with pytest.raises(UploadGone):
        large_uploads.finish(world.store, world.inputs, upload)


def test_more_than_the_plan_allows_is_given_up(world: World) -> None:
    upload = world.start(10, Plan.FREE)
    world.store.put(upload.upload_id, 1, bytes(10 * MIB + 1))
    with pytest.raises(UploadTooLarge):
        large_uploads.finish(world.store, world.inputs, upload)
    with pytest.raises(UploadGone):
        large_uploads.arrived(world.store, upload)


def test_giving_up_twice_is_the_same_as_once(world: World) -> None:
    upload = world.start(10)
    for _ in range(2):
        large_uploads.abort(world.store, upload)
