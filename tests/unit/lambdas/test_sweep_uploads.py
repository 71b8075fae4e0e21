"""Uploads that never became jobs."""

import json

import pytest

from gas.errors import ServiceUnavailable
from gas.jobs import JobOptions
from gas.messages import JobRequested
from gas.plans import Plan
from gas.submissions import SUBMISSION_FIELD, Uploader, sign_upload
from gas.testing import FakeClock, MemoryBlobStore, MemoryJobStore, MemoryQueue, MemoryTopic
from lambdas.register_upload.handler import RegisterUpload
from lambdas.sweep import uploads
from lambdas.sweep.uploads import EVERY_SECONDS, SweepUploads
from tests.support.jobs import OTHER_USER, USER

PREFIX = "lab/"
DAY = 24 * 3600


class Desk:
    """A sweeper of uploads with its ports."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.inputs = MemoryBlobStore("inputs")
        self.jobs = MemoryJobStore()
        self.dead_letters = MemoryQueue(self.clock)
        self.topic = MemoryTopic()
        self.registry = RegisterUpload(
            inputs=self.inputs,
            jobs=self.jobs,
            requests=self.topic,
            clock=self.clock,
            key_prefix=PREFIX,
        )

    def upload(self, user_id: str = USER) -> str:
        """A signed upload whose browser died; its key."""
        signed = sign_upload(
            self.inputs,
            Uploader(user_id, "ada@example.org", Plan.FREE),
            key_prefix=PREFIX,
            file_name="a.vcf",
            size=100,
            options=JobOptions(),
            redirect_to=None,
            expires_in=600,
        )
        field = signed.post.fields[f"x-amz-meta-{SUBMISSION_FIELD}"]
        self.inputs.put(
            signed.key,
            b"##fileformat",
            {SUBMISSION_FIELD: field},
            modified_at=self.clock.now(),
        )
        return signed.key

    def sweep(self) -> int:
        return SweepUploads(
            inputs=self.inputs,
            jobs=self.jobs,
            dead_letters=self.dead_letters,
            registry=self.registry,
            key_prefix=PREFIX,
            clock=self.clock,
        )()

    def sweep_all(self, seconds: int = DAY) -> int:
        """A day of runs, one every five minutes."""
        total = 0
        for _ in range(seconds // EVERY_SECONDS):
            self.clock.advance(EVERY_SECONDS)
            total += self.sweep()
        return total

    def asked(self) -> list[str]:
        return [JobRequested.from_json(body).job_id for body in self.topic.published]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def job_id_of(key: str) -> str:
    return key.rsplit("/", 1)[1].split("~")[0]


def test_within_a_day_every_upload_without_a_job_becomes_one(desk: Desk) -> None:
    keys = [desk.upload(user) for user in (USER, OTHER_USER) for _ in range(3)]
    assert desk.sweep_all() == 6
    assert sorted(desk.asked()) == sorted(map(job_id_of, keys))
    assert desk.sweep_all() == 0
    assert len(desk.topic.published) == 6


def test_what_has_a_job_is_left_alone(desk: Desk) -> None:
    key = desk.upload()
    desk.registry.register(key)
    assert desk.sweep_all() == 0
    assert len(desk.topic.published) == 1


def test_what_is_not_ours_makes_no_job(desk: Desk) -> None:
    desk.inputs.put(f"{PREFIX}11/notes.txt", b"an operator's")
    bare = desk.upload().replace("~a.vcf", "~b.vcf").replace(job_id_of(desk.upload()), USER)
    desk.inputs.put(bare, b"without a submission")
    desk.sweep_all()
    assert USER not in desk.asked()
    assert desk.jobs.get(USER) is None


def test_a_crowded_slice_is_walked_to_its_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_LISTED", 3)
    for _ in range(40):
        desk.upload()
    assert desk.sweep_all() == 40


@pytest.mark.parametrize(("age", "found"), [(1799, 0), (1800, 1), (7 * DAY, 1), (7 * DAY + 1, 0)])
def test_what_is_very_young_or_old_is_not_looked_at(desk: Desk, age: int, found: int) -> None:
    # The slice of USER, whose id begins with 11.
    turn = (0x11 - desk.clock.now() // EVERY_SECONDS) % 256 * EVERY_SECONDS
    desk.clock.advance(turn - age + 8 * DAY // EVERY_SECONDS // 256 * 256 * EVERY_SECONDS)
    desk.upload()
    desk.clock.advance(age)
    assert desk.sweep() == found


def notice(desk: Desk, key: str) -> str:
    record = {
        "eventName": "ObjectCreated:Post",
        "s3": {"bucket": {"name": desk.inputs.bucket}, "object": {"key": key}},
    }
    return json.dumps({"Records": [record]})


def test_notices_that_were_given_up_are_read_again(desk: Desk) -> None:
    keys = [desk.upload() for _ in range(15)]
    for key in keys:
        desk.dead_letters.send(notice(desk, key))
    assert desk.sweep() == 15
    assert sorted(desk.asked()) == sorted(map(job_id_of, keys))
    assert len(desk.dead_letters) == 0


def test_an_unreadable_notice_stays_for_an_operator(desk: Desk) -> None:
    desk.dead_letters.send("no notice")
    desk.dead_letters.send(notice(desk, desk.upload()))
    assert desk.sweep() == 1
    assert len(desk.dead_letters) == 1


def test_an_outage_leaves_the_notice_where_it_is(desk: Desk) -> None:
    class DeadTopic(MemoryTopic):
        def publish(self, body: str, *, attributes: object, group: str = "") -> None:
            raise ServiceUnavailable("down")

    key = desk.upload()
    desk.dead_letters.send(notice(desk, key))
    desk.registry = RegisterUpload(
        inputs=desk.inputs,
        jobs=desk.jobs,
        requests=DeadTopic(),
        clock=desk.clock,
        key_prefix=PREFIX,
    )
    with pytest.raises(ServiceUnavailable):
        desk.sweep()
    assert len(desk.dead_letters) == 1
