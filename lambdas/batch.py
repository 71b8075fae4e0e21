"""One loop over an SQS batch: what fails is reported, the rest is done."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from opentelemetry.trace import SpanKind

from gas import tracing
from gas.errors import GasError
from gas.logs import get_logger
from lambdas import telemetry

log = get_logger()


def each_record(
    event: dict[str, Any], work: Callable[[str], None], *, at_once: int = 1
) -> dict[str, Any]:
    """Call `work` with the body of every record; the answer names those to deliver again.

    `at_once` records are worked on at the same time. Needs `FunctionResponseTypes:
    [ReportBatchItemFailures]` on the event source mapping. A record that keeps failing ends in
    the queue's dead-letter queue.
    """

    def succeeds(record: dict[str, Any]) -> bool:
        try:
            with tracing.span(
                f"process {record.get('eventSourceARN', '').rpartition(':')[2] or 'record'}",
                kind=SpanKind.CONSUMER,
                parent=_traceparent(record),
            ):
                work(record["body"])
        except GasError as error:
            cause = repr(error.__cause__)
            log.warning("record_failed", code=error.code, error=error.message, cause=cause)
            return False
        except Exception:
            # The outermost edge: one bad record must not hold back its neighbours.
            log.exception("record_failed")
            return False
        return True

    records = event["Records"]
    with telemetry.invocation(), ThreadPoolExecutor(at_once) as pool:
        done = list(pool.map(succeeds, records))
    failed = [record for record, success in zip(records, done, strict=True) if not success]
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def _traceparent(record: dict[str, Any]) -> str:
    found = record.get("messageAttributes", {}).get(tracing.TRACEPARENT, {})
    return str(found.get("stringValue") or "")
