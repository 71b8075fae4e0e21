"""Signs of life and measured speeds in dicts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Lock

from gas.throughput import Pace
from gas.vitals import Beat


class MemoryVitals:
    """`gas.vitals.VitalsTable` and `gas.throughput.PaceTable` without a database."""

    def __init__(self) -> None:
        self._beats: dict[tuple[str, str], Beat] = {}
        self._paces: dict[str, Pace] = {}
        self._lock = Lock()

    def beat(self, beat: Beat, *, expires_at: int) -> None:
        self._beats[beat.service, beat.instance] = beat

    def forget(self, beat: Beat) -> None:
        self._beats.pop((beat.service, beat.instance), None)

    def beats(self) -> Sequence[Beat]:
        return [beat for _, beat in sorted(self._beats.items())]

    def read_pace(self, name: str) -> Pace:
        return self._paces.get(name, Pace())

    def paces(self) -> Mapping[str, Pace]:
        return dict(self._paces)

    def write_pace(self, name: str, pace: Pace) -> bool:
        with self._lock:
            if self.read_pace(name).version != pace.version:
                return False
            self._paces[name] = replace(pace, version=pace.version + 1)
            return True
