"""How fast jobs are annotated, as measured on the jobs that completed.

For every reference pack, and apart for compressed and plain files (of which a byte is worth very
different numbers of records), one small record is kept: a straight line through the jobs so far,
`seconds = fixed + input bytes / rate`, by least squares in which every new job counts more than
those before it. No estimate is made of fewer than `LEAST_JOBS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import sqrt
from typing import Protocol

from gas.errors import ServiceUnavailable
from gas.jobs import Job
from gas.logs import get_logger
from gas.ports import Clock

log = get_logger()

LEAST_JOBS = 3
"""Fewer measurements than this are no basis."""

REACH = 10
"""Nor are jobs so many times smaller: what they took was mostly the start of the engine."""

_FADING = 0.9
"""What a measurement counts less with every job that follows."""
_TRIES = 5
_MIB = 1024 * 1024
_COMPRESSED = (".gz", ".bgz", ".bgzf")


@dataclass(frozen=True)
class Pace:
    """What was measured, as sums in which older jobs have faded. x: MiB of input; y: seconds."""

    jobs: int = 0
    """Measured in all."""
    weight: float = 0.0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    xy: float = 0.0
    records: float = 0.0
    waited: float = 0.0
    """Seconds from submission to start."""
    measured_at: int = 0
    version: int = 0
    """Of the stored record; 0: there is none yet."""

    @property
    def mean_seconds(self) -> float:
        """A job's usual duration, from claim to completion."""
        return self.y / self.weight

    @property
    def mean_wait(self) -> float:
        """Seconds a job usually waited for its start."""
        return self.waited / self.weight

    @property
    def records_per_second(self) -> float:
        """Records annotated in a second of a job's duration."""
        return self.records / self.y if self.y > 0 else 0.0

    @property
    def bytes_per_second(self) -> float:
        """Bytes of input worked off in a second of a job's duration."""
        return self.x * _MIB / self.y if self.y > 0 else 0.0

    def estimate(self, size: int) -> float | None:
        """`seconds_for`, unless the jobs so far say nothing of one with `size` bytes of input."""
        within = size / _MIB <= REACH * sqrt(self.xx / self.weight)
        return self.seconds_for(size) if within else None

    def seconds_for(self, size: int) -> float:
        """How long a job with `size` bytes of input takes, by the line through the jobs so far."""
        x, mean_x, mean_y = size / _MIB, self.x / self.weight, self.mean_seconds
        spread = self.xx / self.weight - mean_x**2
        slope = (self.xy / self.weight - mean_x * mean_y) / spread if spread > 1e-9 else -1.0
        fixed = mean_y - slope * mean_x
        if slope < 0:  # all alike in size, or the small ones were slower: nothing to go by
            return mean_y * max(1.0, x / mean_x) if mean_x > 0 else mean_y
        if fixed < 0:  # the line through zero instead
            return x * self.xy / self.xx
        return fixed + slope * x

    def with_job(self, *, size: int, seconds: float, records: int, waited: int, at: int) -> "Pace":
        """The record after one more job."""
        x = size / _MIB
        return replace(
            self,
            jobs=self.jobs + 1,
            weight=self.weight * _FADING + 1,
            x=self.x * _FADING + x,
            y=self.y * _FADING + seconds,
            xx=self.xx * _FADING + x * x,
            xy=self.xy * _FADING + x * seconds,
            records=self.records * _FADING + records,
            waited=self.waited * _FADING + waited,
            measured_at=at,
        )


class PaceTable(Protocol):
    """Where the records are kept. Raises ServiceUnavailable when it cannot be reached."""

    def read_pace(self, name: str) -> Pace:
        """The record, or an empty one."""

    def paces(self) -> Mapping[str, Pace]:
        """All records, by name."""

    def write_pace(self, name: str, pace: Pace) -> bool:
        """Replace the record that had the version `pace.version`. False: that one is gone."""


class Throughput:
    """What is known of the speed, for those who ask and for the annotator, who measures."""

    def __init__(self, table: PaceTable, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def pace(self, pack: str, file_name: str) -> Pace | None:
        """How fast files like this one are annotated with `pack`; None: too few were measured.

        Raises:
            ServiceUnavailable: the record cannot be read just now.
        """
        found = self._table.read_pace(name_of(pack, file_name))
        return found if found.jobs >= LEAST_JOBS else None

    def run_seconds(self, pack: str, *, file_name: str, size: int) -> float | None:
        """How long a job takes from start to completion; None: there is no basis to say.

        Raises:
            ServiceUnavailable: the record cannot be read just now.
        """
        pace = self.pace(pack, file_name)
        return None if pace is None else pace.estimate(size)

    def last_completion(self) -> int | None:
        """When a job was completed last, whosever; None: none ever was.

        Raises:
            ServiceUnavailable: the records cannot be read just now.
        """
        return max((pace.measured_at for pace in self._table.paces().values()), default=None)

    def note(self, job: Job, *, seconds: float, records: int) -> None:
        """A job completed, `seconds` after it was claimed. What cannot be noted is left out."""
        waited = max(0, (job.start_time or job.submit_time) - job.submit_time)

        def one_more(pace: Pace) -> Pace:
            return pace.with_job(
                size=job.input_size,
                seconds=max(seconds, 0.001),
                records=records,
                waited=waited,
                at=self._clock.now(),
            )

        try:
            self._change(name_of(job.options.pack, job.input_file_name), one_more)
        except ServiceUnavailable as error:
            log.warning("pace_not_noted", reason=error.message)

    def _change(self, name: str, change: Callable[[Pace], Pace]) -> None:
        for _ in range(_TRIES):
            if self._table.write_pace(name, change(self._table.read_pace(name))):
                return
        log.info("pace_not_noted", reason="many jobs completed at the same time")


def name_of(pack: str, file_name: str) -> str:
    """The name of the record: one for every pack and kind of file."""
    kind = "compressed" if file_name.lower().endswith(_COMPRESSED) else "plain"
    return f"{pack}/{kind}"
