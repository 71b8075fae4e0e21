"""The public keys of certificates, as strangers may ask for them at any time."""

import json
from collections.abc import Sequence
from typing import Any

from gas.erasure import CERTIFICATE_KEYS
from gas.ports import BlobStore, Clock

MOST_KEYS = 20
FRESH_SECONDS = 60
_LONGEST = 4096


class PublishedKeys:
    """Reads the keys from the results bucket, not more than once a minute once there are any."""

    def __init__(self, results: BlobStore, clock: Clock) -> None:
        self._results = results
        self._clock = clock
        self._known: tuple[int, Sequence[Any]] = (0, ())

    def documents(self) -> Sequence[Any]:
        """The keys, the older ones too.

        Raises:
            ServiceUnavailable: the file store cannot be reached.
        """
        read_at, keys = self._known
        now = self._clock.now()
        if not keys or now - read_at >= FRESH_SECONDS:
            found = self._results.list(CERTIFICATE_KEYS, limit=MOST_KEYS)
            keys = [self._read(each.key) for each in found]
            self._known = (now, keys)
        return keys

    def _read(self, key: str) -> Any:
        return json.loads(self._results.read(key, start=0, length=_LONGEST))
