"""One loop over an SQS batch: what fails is reported, the rest is done."""

from collections.abc import Callable
from typing import Any

from gas.errors import GasError
from gas.logs import get_logger

log = get_logger()


def each_record(event: dict[str, Any], work: Callable[[str], None]) -> dict[str, Any]:
    """Call `work` with the body of every record; the answer names those to deliver again.

    Needs `FunctionResponseTypes: [ReportBatchItemFailures]` on the event source mapping. A
    record that keeps failing ends in the queue's dead-letter queue.
    """
    failures = []
    for record in event["Records"]:
        try:
            work(record["body"])
        except GasError as error:
            cause = repr(error.__cause__)
            log.warning("record_failed", code=error.code, error=error.message, cause=cause)
            failures.append({"itemIdentifier": record["messageId"]})
        except Exception:
            # The outermost edge: one bad record must not hold back its neighbours.
            log.exception("record_failed")
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
