"""The latest report, made anew at most every few seconds however many people look at the page."""

from threading import Lock

from web.services import Services
from web.status.report import Report, report

FRESH_SECONDS = 5


class StatusWatch:
    """Keeps the latest report of one process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._latest: Report | None = None

    def latest(self, services: Services) -> Report:
        """A report at most `FRESH_SECONDS` old; one request makes it, others wait for it."""
        with self._lock:
            now = services.clock.now()
            if self._latest is None or not 0 <= now - self._latest.at < FRESH_SECONDS:
                self._latest = report(services)
            return self._latest
