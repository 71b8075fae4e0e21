"""A heart beats, outlives its table, and says when its process ends."""

from gas.errors import ServiceUnavailable
from gas.testing import FakeClock
from gas.testing.vitals import MemoryVitals
from gas.vitals import ALIVE_SECONDS, Beat, Heart, alive
from tests.support.waiting import wait_until


class Fragile(MemoryVitals):
    """A table that is away as often as told."""

    failures = 0

    def beat(self, beat: Beat, *, expires_at: int) -> None:
        if self.failures:
            self.failures -= 1
            raise ServiceUnavailable("away")
        super().beat(beat, expires_at=expires_at)

    def forget(self, beat: Beat) -> None:
        if self.failures:
            raise ServiceUnavailable("away")
        super().forget(beat)


def test_a_heart_beats_at_once_and_goes_on_after_a_failure() -> None:
    table, clock = Fragile(), FakeClock()
    table.failures = 2
    busy = [0]
    heart = Heart(table, clock, service="thaw", detail=lambda: {"busy": busy[0]}, every=0.01)
    heart.start()
    wait_until(lambda: bool(table.beats()), seconds=5)
    busy[0] = 3
    wait_until(lambda: table.beats()[0].detail == {"busy": 3}, seconds=5)
    (beat,) = table.beats()
    assert (beat.service, beat.started, beat.seen_at) == ("thaw", clock.now(), clock.now())
    assert beat.version
    heart.stop()
    assert table.beats() == []


def test_an_end_that_cannot_be_told_is_no_failure() -> None:
    table = Fragile()
    heart = Heart(table, FakeClock(), service="web")
    heart.beat()
    table.failures = 1
    heart.stop()
    assert len(table.beats()) == 1


def test_who_has_not_been_seen_for_a_while_counts_as_gone() -> None:
    beats = [
        Beat("annotator", "a", "1", 0, 100),
        Beat("annotator", "b", "1", 0, 99),
        Beat("web", "c", "1", 0, 100),
    ]
    assert [beat.instance for beat in alive(beats, "annotator", 100 + ALIVE_SECONDS)] == ["a"]
