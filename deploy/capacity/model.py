"""What one job uses, in the units that AWS counts: measured where it can be, assumed where not."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from deploy.capacity import FOLDER, MEASURED

SECONDS_PER_DAY = 86_400
DAYS_PER_MONTH = 30.4
HOURS_PER_MONTH = 730
GB = 1e9

_S3_WRITES = ("s3 PUT", "s3 POST")
_S3_READS = ("s3 GET", "s3 HEAD")
_TRANSITIONS = 3
"""Of the machine that waits until results are due: start, wait, say so."""
_PUSHED = 2
"""Messages of a job that SNS also delivers by HTTPS: to the annotator, to the archiver."""
_FUNCTIONS = 3
"""register_upload, notify and deliver_webhooks see every job; archive_due those of Free users."""


def read(path: Path) -> dict[str, Any]:
    """A JSON document."""
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@dataclass(frozen=True)
class Workload:
    """`workload.json` and `measured.json`: all that the arithmetic starts from."""

    assumed: dict[str, Any]
    requests: dict[str, float]
    """Requests of one Free job to AWS, by operation; measured."""
    processor: dict[str, float]
    """Processor seconds of one small job, by service; measured."""
    measured_records: int

    @classmethod
    def load(cls) -> Self:
        """Read both files."""
        measured = read(MEASURED)
        return cls(
            assumed=read(FOLDER / "workload.json"),
            requests=measured["requests_per_job"],
            processor=measured["processor_seconds_per_job"],
            measured_records=measured["records_per_job"],
        )

    def __getitem__(self, name: str) -> float:
        return float(self.assumed[name])

    def asked(self, *beginnings: str) -> float:
        """Requests of one job whose operation begins like one of these."""
        return sum(n for name, n in self.requests.items() if name.startswith(beginnings))

    @property
    def mean_records(self) -> float:
        """Of the log-normal distribution of sizes."""
        return self["median_records"] * math.exp(self["sigma"] ** 2 / 2)

    def service_seconds(self, records: float) -> float:
        """How long an annotator's slot is taken by a job of so many records."""
        engine = self.processor["annotator"] + records * self["microseconds_per_record"] / 1e6
        return engine + self["download_and_store_seconds"]

    @property
    def input_gb(self) -> float:
        return self.mean_records * self["input_bytes_per_record"] / GB

    @property
    def result_gb(self) -> float:
        return self.mean_records * self["result_bytes_per_record"] / GB


def units_per_job(load: Workload) -> dict[str, float]:
    """What a mean job uses of everything that has a price or a quota."""
    free = load["free_share"]
    dynamo = "DynamoDB_20120810."
    whole_items = load["item_kib"] * (1 + load["indexes_with_whole_item"])
    # A transaction pays twice, for the two small sums it changes.
    writes = (
        load.asked(dynamo + "UpdateItem", dynamo + "PutItem") * whole_items
        + load.asked(dynamo + "TransactWriteItems") * 2 * 2
        + load["slim_index_writes_per_job"]
    )
    seconds = load.service_seconds(load.mean_records)
    functions = _FUNCTIONS + free
    return {
        "write_units": writes,
        "read_units": load.asked(dynamo + "GetItem", dynamo + "Query"),
        "waiting_writes": 2.0,
        "queue_requests": load.asked("AmazonSQS."),
        "publishes": load.asked("sns "),
        "pushes": 1 + free * (_PUSHED - 1),
        "functions": functions,
        "lambda_seconds": functions * load["lambda_seconds"],
        "executions": free,
        "transitions": free * _TRANSITIONS,
        "execution_seconds": free * 300,
        "mails": 1 + load["restored_share"],
        "restores": load["restored_share"],
        "s3_puts": load.asked(*_S3_WRITES),
        "s3_gets": load.asked(*_S3_READS),
        "service_seconds": seconds,
        "annotator_vcpu_seconds": seconds,
        "web_vcpu_seconds": load.processor["web"],
        "utility_vcpu_seconds": load.processor.get("archiver", 0) + load.processor.get("thaw", 0),
    }
