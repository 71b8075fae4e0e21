"""The state machine says that a job's results are due: tell the archiver.

It is not told what is to be done: the archiver looks at job and plan itself. A failure goes back
to the state machine, which calls again for days.
"""

from functools import cache
from typing import Any

from pydantic import ValidationError

from gas import tracing
from gas.aws.clients import AwsClients
from gas.aws.messaging import SnsTopic
from gas.errors import InvalidMessage
from gas.logs import bound, configure, get_logger
from gas.messages import ArchiveRequested
from gas.ports import Topic
from gas.settings import ArchiveDueSettings
from lambdas import telemetry

log = get_logger()


class ArchiveDue:
    """The use case behind the handler."""

    def __init__(self, *, requests: Topic) -> None:
        self._requests = requests

    def __call__(self, event: dict[str, Any]) -> None:
        """Publish the request that `event` holds, the input of the state machine's run.

        Raises:
            InvalidMessage: it holds none.
            ServiceUnavailable: call again.
        """
        try:
            message = ArchiveRequested.model_validate(event)
        except ValidationError as error:
            raise InvalidMessage(f"not the input of a run: {error}") from error
        began = str(event.get(tracing.TRACEPARENT) or "")
        with (
            tracing.new_trace("archive due", after=began, job_id=message.job_id),
            bound(job_id=message.job_id, user_id=message.user_id),
        ):
            self._requests.publish(
                message.to_json(), attributes={"type": message.type, "job_id": message.job_id}
            )
            log.info("archive_due")


@cache
def _use_case() -> ArchiveDue:
    clients = AwsClients()
    settings = ArchiveDueSettings.load(fetch_secret=clients.fetch_secret())
    configure("archive_due", settings.log_level)
    telemetry.start("archive_due")
    return ArchiveDue(requests=SnsTopic(clients.sns(), settings.archive_requests_topic))


def handle(event: dict[str, Any], context: object) -> None:
    """Entry point of the function: called by the state machine with the input of its run."""
    with telemetry.invocation():
        _use_case()(event)
