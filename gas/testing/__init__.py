"""In-memory ports for unit tests. They pass the same contract tests as the AWS adapters."""

from gas.testing.blobs import MemoryBlobStore
from gas.testing.cold import MemoryColdStore
from gas.testing.jobs import MemoryJobStore
from gas.testing.ledger import MemoryLedger
from gas.testing.messaging import FakeClock, MemoryMailer, MemoryQueue, MemoryTimer, MemoryTopic

__all__ = [
    "FakeClock",
    "MemoryBlobStore",
    "MemoryColdStore",
    "MemoryJobStore",
    "MemoryLedger",
    "MemoryMailer",
    "MemoryQueue",
    "MemoryTimer",
    "MemoryTopic",
]
