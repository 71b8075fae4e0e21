"""The engine as the annotator sees it: a child process that can be watched and stopped."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from gas.jobs import Failure, JobOptions, Progress


@dataclass(frozen=True)
class EngineOutput:
    """What the engine left in the output folder."""

    annotated: Path
    log: Path
    summary: Path
    receipt: Path
    table: Path
    index: Path | None
    """Absent if the records are not sorted."""
    signed_by: str
    """Fingerprint of the key that signed the receipt; empty: it is not signed."""
    records_in: int
    records_annotated: int
    skipped: Mapping[str, int]
    """Records passed through without annotation, by reason."""
    input_blake3: str
    pack_id: str
    engine: str
    """Its version."""


class EngineRefused(Exception):
    """The input cannot be annotated; no retry will change that."""

    def __init__(self, failure: Failure, log: Path | None = None) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.log = log


class EngineDied(Exception):
    """The engine ended without an answer: killed, crashed, out of memory.

    `failure` is what its user is told when no further try is left.
    """

    def __init__(self, detail: str, failure: Failure) -> None:
        super().__init__(detail)
        self.failure = failure


class EngineStopped(Exception):
    """The engine was stopped because `should_stop` said so."""


class Engine(Protocol):
    """Runs AnnTools on one file."""

    def run(
        self,
        source: Path,
        source_name: str,
        folder: Path,
        options: JobOptions,
        *,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> EngineOutput:
        """Annotate `source`, known to its user as `source_name`, into `folder`.

        Raises:
            EngineRefused: the input, the options or the time limit do not allow a result.
            EngineDied: it ended without an answer; another try may succeed.
            EngineStopped: `should_stop` became true.
            ServiceUnavailable: the machine failed, not the input: the disk is full, for example.
        """
