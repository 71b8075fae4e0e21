import pytest

from gas.errors import InvalidMessage, ServiceUnavailable
from gas.messages import ArchiveRequested
from gas.testing import MemoryTopic
from lambdas.archive_due.handler import ArchiveDue
from tests.support.jobs import USER, job


def test_the_input_of_a_run_becomes_a_request_to_the_archiver() -> None:
    topic = MemoryTopic()
    due = ArchiveRequested(job_id=job().job_id, user_id=USER)
    ArchiveDue(requests=topic)({**due.model_dump(), "archive_at": "2027-01-01T00:00:00Z"})
    (wire,) = topic.published
    assert ArchiveRequested.from_json(wire) == due


@pytest.mark.parametrize("event", [{}, {"job_id": "x", "user_id": USER}, {"version": 2}])
def test_what_no_annotator_sent_is_refused(event: dict[str, object]) -> None:
    topic = MemoryTopic()
    with pytest.raises(InvalidMessage):
        ArchiveDue(requests=topic)(event)
    assert topic.published == []


def test_an_outage_goes_back_to_the_state_machine() -> None:
    class DeadTopic(MemoryTopic):
        def publish(self, body: str, *, attributes: object, group: str = "") -> None:
            raise ServiceUnavailable("down")

    due = ArchiveRequested(job_id=job().job_id, user_id=USER)
    with pytest.raises(ServiceUnavailable):
        ArchiveDue(requests=DeadTopic())(due.model_dump())
