import pytest

from gas import submissions
from gas.errors import InvalidUpload, NotFound, ServiceUnavailable, UploadMissing, UploadTooLarge
from gas.jobs import JobOptions, JobStatus
from gas.ledger import sweep_shard
from gas.messages import JobRequested
from gas.plans import MIB, Plan
from gas.ports import SignedPost
from gas.submissions import SUBMISSION_FIELD, SignedUpload, Uploader
from gas.testing import FakeClock, MemoryBlobStore, MemoryJobStore, MemoryTopic
from tests.support.jobs import USER

ADA = Uploader(USER, "ada@example.org", Plan.FREE)


class World:
    """Everything a submission touches, in memory."""

    def __init__(self) -> None:
        self.inputs = MemoryBlobStore("inputs")
        self.jobs = MemoryJobStore()
        self.topic = MemoryTopic()
        self.clock = FakeClock()

    def sign(
        self, name: str = "α β.vcf", size: int | None = 100, plan: Plan = Plan.FREE
    ) -> SignedUpload:
        return submissions.sign_upload(
            self.inputs,
            Uploader(USER, "ada@example.org", plan),
            key_prefix="lab/",
            file_name=name,
            size=size,
            options=JobOptions(strict=True),
            redirect_to="https://gas.example.org/annotate/done",
            expires_in=600,
        )

    def upload(self, post: SignedPost, content: bytes = b"##fileformat") -> None:
        field = f"x-amz-meta-{SUBMISSION_FIELD}"
        metadata = {SUBMISSION_FIELD: post.fields[field]} if field in post.fields else {}
        self.inputs.put(post.fields["key"], content, metadata)

    def register(self, key: str, topic: MemoryTopic | None = None):  # type: ignore[no-untyped-def]
        return submissions.register(
            key,
            inputs=self.inputs,
            key_prefix="lab/",
            jobs=self.jobs,
            requests=topic or self.topic,
            clock=self.clock,
        )


@pytest.fixture
def world() -> World:
    return World()


def test_an_upload_becomes_one_pending_job(world: World) -> None:
    signed = world.sign()
    world.upload(signed.post)
    job = world.register(signed.key)
    assert job.job_id == signed.job_id
    assert job.job_status is JobStatus.PENDING
    assert job.input_file_name == "α β.vcf"
    assert job.user_email == "ada@example.org"
    assert job.options == JobOptions(strict=True)
    assert (job.sweep_at, job.sweep_shard) == (job.submit_time + 600, sweep_shard(job.job_id))
    (wire,) = world.topic.published
    assert JobRequested.from_json(wire).job_id == job.job_id


def test_registering_again_neither_creates_nor_announces(world: World) -> None:
    signed = world.sign()
    world.upload(signed.post)
    first, second = world.register(signed.key), world.register(signed.key)
    assert second.job_id == first.job_id
    assert len(world.topic.published) == 1


def test_the_upload_of_a_job_that_is_being_deleted_is_none(world: World) -> None:
    signed = world.sign()
    world.upload(signed.post)
    job = world.register(signed.key)
    world.jobs.table.change(job.job_id, lambda j: True, lambda j: {"erasing_at": 1})
    with pytest.raises(NotFound, match="deleted"):
        world.register(signed.key)
    assert len(world.topic.published) == 1


def test_a_death_before_the_announcement_is_made_good_by_the_next_caller(world: World) -> None:
    class DeadTopic(MemoryTopic):
        def publish(self, body: str, *, attributes: object, group: str = "") -> None:
            raise ServiceUnavailable("down")

    signed = world.sign()
    world.upload(signed.post)
    with pytest.raises(ServiceUnavailable):
        world.register(signed.key, DeadTopic())
    world.register(signed.key)
    assert len(world.topic.published) == 1


@pytest.mark.parametrize(
    ("size", "plan", "error"),
    [
        (0, Plan.FREE, InvalidUpload),
        (10 * MIB + 1, Plan.FREE, UploadTooLarge),
        (10 * MIB, Plan.FREE, None),
        (None, Plan.FREE, None),
        (10 * MIB + 1, Plan.PREMIUM, None),
    ],
)
def test_sizes_are_checked_against_the_plan(
    world: World, size: int | None, plan: Plan, error: type[Exception] | None
) -> None:
    if error is None:
        assert world.sign(size=size, plan=plan).post.fields["content-length-range"].startswith("1,")
    else:
        with pytest.raises(error):
            world.sign(size=size, plan=plan)


def test_an_object_that_is_not_there_is_no_job(world: World) -> None:
    with pytest.raises(UploadMissing):
        world.register(world.sign().key)


def test_an_object_we_did_not_sign_is_no_job(world: World) -> None:
    key = world.sign().key
    world.inputs.put(key, b"x")
    with pytest.raises(InvalidUpload):
        world.register(key)
    world.inputs.put(key, b"x", {SUBMISSION_FIELD: "bm90IGpzb24="})
    with pytest.raises(InvalidUpload):
        world.register(key)


def test_a_second_object_cannot_pose_as_the_job(world: World) -> None:
    signed = world.sign("a.vcf")
    world.upload(signed.post)
    world.register(signed.key)
    with pytest.raises(InvalidUpload):
        world.register(signed.key.replace("~a.vcf", "~b.vcf"))


@pytest.mark.parametrize("plan", Plan)
def test_the_plan_of_the_signature_goes_with_the_job(world: World, plan: Plan) -> None:
    signed = world.sign(plan=plan)
    world.upload(signed.post)
    assert world.register(signed.key).plan is plan
    assert world.topic.attributes[-1]["plan"] == plan.value


def test_an_object_above_the_plan_is_deleted_and_no_job(world: World) -> None:
    signed = world.sign()
    world.upload(signed.post, b"x" * (10 * MIB + 1))
    with pytest.raises(UploadTooLarge) as refusal:
        world.register(signed.key)
    assert "Premium" in refusal.value.remedy
    assert world.inputs.head(signed.key) is None
    assert world.jobs.get(signed.job_id) is None
    assert world.topic.published == []


@pytest.mark.parametrize(("names", "file_name", "fits"), [(25, "a", True), (50, "变" * 200, False)])
def test_what_s3_would_refuse_after_the_upload_is_refused_before_it(
    names: int, file_name: str, fits: bool
) -> None:
    options = JobOptions(contig_names={f"chromosome_{n}": str(n) for n in range(names)})

    def place() -> submissions.Allotted:
        return submissions.allot(ADA, key_prefix="", file_name=f"{file_name}.vcf", options=options)

    if fits:
        (written,) = place().metadata.values()
        assert len(written) + len(f"x-amz-meta-{SUBMISSION_FIELD}") < 2048
    else:
        with pytest.raises(InvalidUpload):
            place()
