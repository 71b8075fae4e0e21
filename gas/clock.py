"""The real clock."""

import time


class SystemClock:
    """Reads the system's clock (`gas.ports.Clock`)."""

    def now(self) -> int:
        return int(time.time())
