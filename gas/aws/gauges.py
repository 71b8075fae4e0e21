"""Gauges of SQS queues: counts from the queues themselves, ages from CloudWatch's metrics.

SQS tells how many messages there are, but not how old they are; that it publishes once a minute as
the metric `ApproximateAgeOfOldestMessage` in `AWS/SQS`, for queues in use.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gas.aws.faults import neighbour
from gas.gauges import QueueGauge

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef
    from mypy_boto3_sqs import SQSClient

_AGE = "ApproximateAgeOfOldestMessage"
_PERIOD = 60
_LOOK_BACK = timedelta(minutes=5)
_AT_ONCE = 8


class SqsGauges:
    """`gas.gauges.QueueGauges`. `queues` are names and addresses."""

    def __init__(
        self,
        sqs: "SQSClient",
        cloudwatch: "CloudWatchClient",
        queues: Mapping[str, str],
        *,
        now: Callable[[], float],
    ) -> None:
        self._sqs = sqs
        self._cloudwatch = cloudwatch
        self._queues = queues
        self._now = now

    def read(self) -> Sequence[QueueGauge]:
        if not self._queues:
            return []
        with neighbour("The queues"):
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                counts = list(pool.map(self._counts, self._queues.values()))
            ages = self._ages() if any(waiting for waiting, _ in counts) else {}
        return [
            QueueGauge(name, waiting, in_hand, ages.get(name) if waiting else None)
            for name, (waiting, in_hand) in zip(self._queues, counts, strict=True)
        ]

    def _counts(self, url: str) -> tuple[int, int]:
        found = self._sqs.get_queue_attributes(
            QueueUrl=url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesDelayed",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        )["Attributes"]
        waiting = int(found["ApproximateNumberOfMessages"])
        delayed = int(found.get("ApproximateNumberOfMessagesDelayed", 0))
        return waiting + delayed, int(found["ApproximateNumberOfMessagesNotVisible"])

    def _ages(self) -> Mapping[str, int]:
        """The latest age that CloudWatch knows, by name."""
        names = {f"q{number}": name for number, name in enumerate(self._queues)}
        queries = [_query(query, self._queues[name]) for query, name in names.items()]
        end = datetime.fromtimestamp(self._now(), UTC)
        answer = self._cloudwatch.get_metric_data(
            MetricDataQueries=queries,
            StartTime=end - _LOOK_BACK,
            EndTime=end + timedelta(minutes=1),
        )
        ages: dict[str, int] = {}
        for result in answer["MetricDataResults"]:
            points = sorted(zip(result["Timestamps"], result["Values"], strict=True))
            if points:
                ages[names[result["Id"]]] = int(points[-1][1])
        return ages


def _query(query_id: str, url: str) -> "MetricDataQueryTypeDef":
    return {
        "Id": query_id,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/SQS",
                "MetricName": _AGE,
                "Dimensions": [{"Name": "QueueName", "Value": url.rsplit("/", 1)[-1]}],
            },
            "Period": _PERIOD,
            "Stat": "Maximum",
        },
    }
