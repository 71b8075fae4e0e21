"""Goes the round (`gas.billing.rounds`) from time to time, in a thread of the web app.

Every process of every instance does; a round that finds nothing costs three small queries.
"""

import threading

from gas.billing.desk import Billing
from gas.billing.rounds import go_round
from gas.errors import ServiceUnavailable
from gas.logs import get_logger

log = get_logger()

FIRST_SECONDS = 20
EVERY_SECONDS = 300


class RoundKeeper:
    """The thread. `start` it once; it ends with the process."""

    def __init__(
        self, billing: Billing, *, first: float = FIRST_SECONDS, every: float = EVERY_SECONDS
    ) -> None:
        self._billing = billing
        self._first = first
        self._every = every
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="billing-rounds", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when no round is under way any more."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        pause = self._first
        while not self._stopping.wait(pause):
            pause = self._every
            try:
                go_round(self._billing)
            except ServiceUnavailable as error:
                log.warning("round_postponed", reason=error.message)
            except Exception:
                # One bad account must not end the rounds of all others for ever.
                log.exception("round_failed")
