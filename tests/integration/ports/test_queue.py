"""What every Queue does, whatever is behind it."""

from gas.ports import Queue
from gas.testing import MemoryQueue
from tests.support.aws import AwsWorld
from tests.support.waiting import wait_until


def send(world: AwsWorld, body: str) -> None:
    world.clients.sqs().send_message(QueueUrl=world.queue_url, MessageBody=body)


def test_an_empty_queue_gives_nothing(queue: Queue) -> None:
    assert queue.receive(limit=10, wait_seconds=0) == []


def test_a_received_message_is_hidden_until_extended_to_zero(aws: AwsWorld) -> None:
    send(aws, "work")
    (message,) = aws.queue.receive(limit=10, wait_seconds=5)
    assert (message.body, message.receive_count) == ("work", 1)
    assert aws.queue.receive(limit=10, wait_seconds=0) == []
    assert aws.queue.extend(message.receipt, seconds=0)
    (again,) = wait_until(lambda: aws.queue.receive(limit=10, wait_seconds=1), seconds=10)
    assert (again.body, again.receive_count) == ("work", 2)
    aws.queue.delete(again.receipt)
    assert aws.queue.receive(limit=10, wait_seconds=0) == []


def test_a_deleted_message_cannot_be_extended(aws: AwsWorld) -> None:
    send(aws, "work")
    (message,) = aws.queue.receive(limit=1, wait_seconds=5)
    aws.queue.delete(message.receipt)
    assert not aws.queue.extend(message.receipt, seconds=5)
    aws.queue.delete(message.receipt)


def test_a_buried_message_is_in_the_dead_letters_and_nowhere_else(aws: AwsWorld) -> None:
    send(aws, "hopeless")
    (message,) = aws.queue.receive(limit=1, wait_seconds=5)
    aws.queue.bury(message)
    assert aws.queue.receive(limit=1, wait_seconds=0) == []
    dead = aws.clients.sqs().receive_message(QueueUrl=aws.dead_letters_url, WaitTimeSeconds=5)
    assert [each["Body"] for each in dead["Messages"]] == ["hopeless"]


def test_the_fake_buries_too(queue: Queue) -> None:
    if isinstance(queue, MemoryQueue):
        queue.send("hopeless")
        (message,) = queue.receive(limit=1, wait_seconds=0)
        queue.bury(message)
        assert (queue.dead, len(queue)) == (["hopeless"], 0)


def test_a_postponed_message_comes_back_as_a_fresh_one(aws: AwsWorld) -> None:
    send(aws, "not yet")
    for _ in range(3):
        (message,) = wait_until(lambda: aws.queue.receive(limit=10, wait_seconds=1), seconds=10)
        assert (message.body, message.receive_count) == ("not yet", 1)
        aws.queue.postpone(message, seconds=1)
        assert aws.queue.receive(limit=10, wait_seconds=0) == []


def test_the_fake_postpones_too(queue: Queue) -> None:
    if isinstance(queue, MemoryQueue):
        queue.send("not yet")
        (message,) = queue.receive(limit=1, wait_seconds=0)
        queue.postpone(message, seconds=1)
        assert queue.receive(limit=1, wait_seconds=0) == []
        (again,) = wait_until(lambda: queue.receive(limit=1, wait_seconds=0), seconds=10)
        assert (again.body, again.receive_count) == ("not yet", 1)


def test_the_trace_of_a_message_goes_with_it_and_with_its_copies(aws: AwsWorld) -> None:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    attributes = {"traceparent": {"DataType": "String", "StringValue": traceparent}}
    aws.clients.sqs().send_message(
        QueueUrl=aws.queue_url, MessageBody="work", MessageAttributes=attributes
    )
    (message,) = aws.queue.receive(limit=1, wait_seconds=5)
    assert message.traceparent == traceparent
    aws.queue.postpone(message, seconds=0)
    (again,) = wait_until(lambda: aws.queue.receive(limit=1, wait_seconds=1), seconds=10)
    assert again.traceparent == traceparent
    aws.queue.bury(again)
