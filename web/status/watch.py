"""The latest report, made anew at most every few seconds however many people look at the page.

A thread of its own makes it: when the stores are slow or away, which is when people look, a request
waits a moment and then gets the report before, marked as old; it never waits for the stores.
"""

from dataclasses import replace
from threading import Condition, Thread

from web.services import Services
from web.status.report import Report, report, unknown

FRESH_SECONDS = 5
OLD_SECONDS = 30
"""A report of this age says that nothing newer is known."""
PATIENCE = 3.0
"""Seconds that a request waits for a new report."""


class StatusWatch:
    """Keeps the latest report of one process."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._latest: Report | None = None
        self._made_at = 0
        self._looking = False

    def latest(self, services: Services) -> Report:
        """A report at most `FRESH_SECONDS` old, or the best there is."""
        now = services.clock.now()
        with self._changed:
            if self._latest is None or not 0 <= now - self._made_at < FRESH_SECONDS:
                if not self._looking:
                    self._looking = True
                    Thread(target=self._look, args=(services,), daemon=True).start()
                self._changed.wait_for(lambda: not self._looking, PATIENCE)
            if self._latest is None:
                return unknown(now)
            is_old = now - self._made_at >= OLD_SECONDS
            return replace(self._latest, old=True) if is_old else self._latest

    def _look(self, services: Services) -> None:
        found = None
        try:
            found = report(services)
        finally:
            with self._changed:
                self._looking = False
                if found is not None:
                    self._latest, self._made_at = found, services.clock.now()
                self._changed.notify_all()
