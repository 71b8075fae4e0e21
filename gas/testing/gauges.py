"""Queue gauges that a test sets."""

from collections.abc import Sequence

from gas.errors import ServiceUnavailable
from gas.gauges import QueueGauge


class MemoryGauges:
    """`gas.gauges.QueueGauges` as set in `gauges`; None: the queues cannot be asked."""

    def __init__(self, gauges: Sequence[QueueGauge] = ()) -> None:
        self.gauges: Sequence[QueueGauge] | None = gauges

    def read(self) -> Sequence[QueueGauge]:
        if self.gauges is None:
            raise ServiceUnavailable("The queues cannot be reached just now.")
        return self.gauges
