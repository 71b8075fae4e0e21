"""Finds imports that stand still, because their fetcher died or their message was lost."""

from gas.imports.fetch import due
from gas.imports.ports import ImportQueue, ImportStore
from gas.logs import get_logger
from gas.ports import Clock

log = get_logger()

_MOST = 200
"""In one run; the rest waits for the next one."""


class SweepImports:
    """Sends the ordinary message again; its reader looks at the import itself."""

    def __init__(self, *, store: ImportStore, queue: ImportQueue, clock: Clock) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock

    def __call__(self) -> int:
        """One run; how many stood still.

        Raises:
            ServiceUnavailable: a neighbour is away.
        """
        found = self._store.stuck(now=self._clock.now(), limit=_MOST)
        for each in found:
            self._queue.send(due(each), delay=0)
            log.warning("swept", finding="import_stands_still", job_id=each.import_id)
        log.info("imports_swept", found=len(found))
        return len(found)
