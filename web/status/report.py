"""How the service is: judged by signs of life, by what waits in the queues, by the stores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gas.errors import ServiceUnavailable
from gas.gauges import QueueGauge
from gas.logs import get_logger
from gas.vitals import Beat, alive
from web.health.checks import check_stores
from web.services import Services
from web.status.words import DEAD, QUEUES, SERVICES, STORES, Part, QueueWords

log = get_logger()


class Level(StrEnum):
    """How bad it is; the order is that of the members."""

    GOOD = "good"
    SLOW = "slow"
    """Works, but something waits too long or was given up."""
    DOWN = "down"
    UNKNOWN = "unknown"
    """Cannot be said just now."""


_GRAVITY = {Level.GOOD: 0, Level.UNKNOWN: 1, Level.SLOW: 2, Level.DOWN: 3}
_SILENT = "Cannot be asked just now."
_OVERALL = {
    Level.GOOD: "Everything works.",
    Level.UNKNOWN: "Most things work; one could not be asked just now.",
    Level.SLOW: "The service works, but something is late.",
    Level.DOWN: "A part of the service is away.",
}


@dataclass(frozen=True)
class PartReport:
    """One service or store."""

    name: str
    part: Part
    level: Level
    sentence: str
    instances: int = 0
    versions: Sequence[str] = ()
    detail: Mapping[str, int] | None = None


@dataclass(frozen=True)
class QueueReport:
    """One queue, with those of its messages that were given up."""

    name: str
    words: QueueWords
    level: Level
    sentence: str
    waiting: int
    in_hand: int
    oldest_seconds: int | None
    put_aside: int


@dataclass(frozen=True)
class Report:
    """Everything that the status page says."""

    at: int
    services: Sequence[PartReport]
    stores: Sequence[PartReport]
    queues: Sequence[QueueReport] | None
    """None: the queues cannot be asked just now."""
    last_completed: int | None
    old: bool = False
    """Nothing newer could be found out for a while."""

    @property
    def level(self) -> Level:
        levels = [part.level for part in (*self.services, *self.stores)]
        levels += [queue.level for queue in self.queues] if self.queues is not None else []
        levels += [Level.UNKNOWN] if self.queues is None or self.old else []
        return max(levels, key=_GRAVITY.__getitem__)

    @property
    def sentence(self) -> str:
        if self.old:
            return "The service could not be looked at for a while."
        return _OVERALL[self.level]


def report(services: Services) -> Report:
    """Look at everything now. What cannot be reached is told as such, never raised."""
    now = services.clock.now()
    try:
        beats: Sequence[Beat] | None = services.vitals.beats()
        last = services.throughput.last_completion()
    except ServiceUnavailable as error:
        log.warning("vitals_unknown", reason=error.message)
        beats, last = None, None
    try:
        gauges: Sequence[QueueGauge] | None = services.gauges.read()
    except ServiceUnavailable as error:
        log.warning("gauges_unknown", reason=error.message)
        gauges = None
    return Report(
        at=now,
        services=[_service(name, part, beats, now) for name, part in SERVICES.items()],
        stores=[_store(name, fine) for name, fine in check_stores(services).items()],
        queues=None if gauges is None else _queues(gauges),
        last_completed=last,
    )


def unknown(now: int) -> Report:
    """The report of a service that has not been looked at yet."""
    return Report(
        at=now,
        services=[_service(name, part, None, now) for name, part in SERVICES.items()],
        stores=[PartReport(name, part, Level.UNKNOWN, _SILENT) for name, part in STORES.items()],
        queues=None,
        last_completed=None,
    )


def _service(name: str, part: Part, beats: Sequence[Beat] | None, now: int) -> PartReport:
    if beats is None:
        return PartReport(name, part, Level.UNKNOWN, _SILENT)
    living = alive(beats, name, now)
    if not living:
        return PartReport(name, part, Level.DOWN, part.when_down)
    versions = sorted({beat.version for beat in living})
    detail = {
        key: sum(beat.detail.get(key, 0) for beat in living)
        for key in sorted({key for beat in living for key in beat.detail})
    }
    return PartReport(name, part, Level.GOOD, part.purpose, len(living), versions, detail)


def _store(name: str, fine: bool) -> PartReport:
    part = STORES[name]
    if fine:
        return PartReport(name, part, Level.GOOD, part.purpose)
    return PartReport(name, part, Level.DOWN, part.when_down)


def _queues(gauges: Sequence[QueueGauge]) -> Sequence[QueueReport]:
    by_name = {gauge.name: gauge for gauge in gauges}
    return [
        _queue(gauge, words, by_name.get(gauge.name + DEAD))
        for gauge in gauges
        if (words := QUEUES.get(gauge.name)) is not None
    ]


def _queue(gauge: QueueGauge, words: QueueWords, dead: QueueGauge | None) -> QueueReport:
    put_aside = dead.waiting + dead.in_hand if dead else 0
    late = gauge.oldest_seconds is not None and gauge.oldest_seconds > words.longest
    level, sentence = Level.GOOD, ""
    if late:
        level, sentence = Level.SLOW, words.when_late
    elif put_aside:
        level = Level.SLOW
        number = "One was" if put_aside == 1 else f"{put_aside:,} were"
        sentence = f"{number} put aside after several tries and kept for the operator."
    return QueueReport(
        gauge.name,
        words,
        level,
        sentence,
        gauge.waiting,
        gauge.in_hand,
        gauge.oldest_seconds,
        put_aside,
    )
