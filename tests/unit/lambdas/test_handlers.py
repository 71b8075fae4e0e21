import json

import pytest

from gas.errors import ServiceUnavailable
from gas.jobs import Failure, JobOptions, JobStatus
from gas.messages import JobFinished
from gas.plans import Plan
from gas.ports import Mail
from gas.submissions import SUBMISSION_FIELD, Uploader, sign_upload
from gas.testing import FakeClock, MemoryBlobStore, MemoryJobStore, MemoryMailer, MemoryTopic
from lambdas.batch import each_record
from lambdas.notify.handler import Notify
from lambdas.register_upload.handler import RegisterUpload
from tests.support.jobs import USER, job, results, stored_file

URL = "https://gas.example.org"


def finished(job_id: str, status: JobStatus) -> str:
    return JobFinished(job_id=job_id, user_id=USER, job_status=status).to_json()


class Desk:
    """A notify function with its ports."""

    def __init__(self, mailer: MemoryMailer | None = None) -> None:
        self.jobs = MemoryJobStore()
        self.mailer = mailer or MemoryMailer()
        self.notify = Notify(jobs=self.jobs, mailer=self.mailer, clock=FakeClock(), public_url=URL)


def test_a_completed_job_is_told_once_with_links_in_both_forms() -> None:
    desk = Desk()
    done = job(
        job_status="COMPLETED",
        results=results(),
        complete_time=1_800_000_100,
        input_file_name="<b>α</b>.vcf",
    )
    desk.jobs.create(done)
    for _ in range(2):
        desk.notify(finished(done.job_id, JobStatus.COMPLETED))
    (mail,) = desk.mailer.sent
    page = f"{URL}/annotations/{done.job_id}"
    assert mail.to == "ada@example.org"
    assert "<b>α</b>.vcf" in mail.subject
    for form in (mail.text, mail.html):
        assert f"{page}/results/annotated" in form
        assert f"{page}/log" in form
        assert "unknown contig" in form
    assert "<b>α" not in mail.html
    assert "&lt;b&gt;α" in mail.html


def test_a_failed_job_is_told_with_cause_line_and_remedy() -> None:
    desk = Desk()
    failure = Failure(code="x", message="Too few columns.", line=1234, remedy="Use tabs.")
    failed = job(
        job_status="FAILED", failure=failure, failure_log=stored_file(), complete_time=1_800_000_000
    )
    desk.jobs.create(failed)
    desk.notify(finished(failed.job_id, JobStatus.FAILED))
    (mail,) = desk.mailer.sent
    for form in (mail.text, mail.html):
        assert "Too few columns." in form
        assert "1,234" in form
        assert "Use tabs." in form


def test_a_refused_address_is_noted_and_let_go() -> None:
    desk = Desk(MemoryMailer(refuses=frozenset({"ada@example.org"})))
    done = job(job_status="COMPLETED", results=results(), complete_time=1)
    desk.jobs.create(done)
    desk.notify(finished(done.job_id, JobStatus.COMPLETED))
    told = desk.jobs.get(done.job_id)
    assert told is not None
    assert told.notified_at is not None


def test_an_outage_leaves_only_the_failed_records_to_the_queue() -> None:
    class Away(MemoryMailer):
        def send(self, mail: Mail) -> str:
            raise ServiceUnavailable("down")

    desk = Desk(Away())
    done = job(job_status="COMPLETED", results=results(), complete_time=1)
    desk.jobs.create(done)
    event = {
        "Records": [
            {"messageId": "1", "body": finished(done.job_id, JobStatus.COMPLETED)},
            {"messageId": "2", "body": finished(job().job_id, JobStatus.COMPLETED)},
            {"messageId": "3", "body": "no json"},
        ]
    }
    answer = each_record(event, desk.notify)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "3"}]}
    told = desk.jobs.get(done.job_id)
    assert told is not None
    assert told.notified_at is None


def s3_event(bucket: str, key: str) -> str:
    record = {
        "eventName": "ObjectCreated:Post",
        "s3": {"bucket": {"name": bucket}, "object": {"key": key}},
    }
    return json.dumps({"Records": [record]})


@pytest.mark.parametrize("deliveries", [1, 3])
def test_an_upload_whose_browser_died_becomes_one_job(deliveries: int) -> None:
    inputs, jobs, topic = MemoryBlobStore("inputs"), MemoryJobStore(), MemoryTopic()
    register = RegisterUpload(
        inputs=inputs, jobs=jobs, requests=topic, clock=FakeClock(), key_prefix=""
    )
    signed = sign_upload(
        inputs,
        Uploader(USER, "ada@example.org", Plan.FREE),
        key_prefix="",
        file_name="a.vcf",
        size=5,
        options=JobOptions(),
        redirect_to=URL,
        expires_in=60,
    )
    metadata = {SUBMISSION_FIELD: signed.post.fields[f"x-amz-meta-{SUBMISSION_FIELD}"]}
    inputs.put(signed.key, b"##vcf", metadata)
    for _ in range(deliveries):
        register(s3_event("inputs", signed.key))
    assert jobs.get(signed.job_id) is not None
    assert len(topic.published) == 1


def test_foreign_objects_are_ignored() -> None:
    inputs, jobs, topic = MemoryBlobStore("inputs"), MemoryJobStore(), MemoryTopic()
    register = RegisterUpload(
        inputs=inputs, jobs=jobs, requests=topic, clock=FakeClock(), key_prefix=""
    )
    inputs.put("by-hand.vcf", b"x")
    for body in (
        s3_event("inputs", "by-hand.vcf"),
        s3_event("other", f"{USER}/{job().job_id}~a.vcf"),
        s3_event("inputs", f"{USER}/{job().job_id}~gone.vcf"),
        json.dumps({"Event": "s3:TestEvent"}),
    ):
        register(body)
    assert topic.published == []
