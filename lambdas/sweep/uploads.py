"""Finds uploads that never became jobs: their browser died, and S3's event came to nothing.

Two ways lead to them. What `register_upload` gave up after hours of outages lies in the dead
letters of its queue, and is tried again. And the inputs bucket itself is walked, a slice in each
run: user ids are random, so those that begin with the same two hex digits are a 256th of all.
Which slice it is follows from the clock, so nothing has to be remembered; the whole bucket takes
less than a day, and what is younger than a week is compared with the table.
"""

from collections.abc import Iterator

from gas.errors import InvalidMessage, InvalidUpload
from gas.keys import parse_key
from gas.logs import get_logger
from gas.ports import BlobInfo, BlobStore, Clock, JobStore, Queue
from lambdas.register_upload.handler import RegisterUpload

log = get_logger()

EVERY_SECONDS = 300
"""A slice's turn; the schedule in service.yaml."""
_SLICES = 256
_YOUNGEST = 1800
"""Until then an upload is left to those whose business it is."""
_OLDEST = 7 * 24 * 3600
_LISTED = 1000
_IN_KEYS = "-/0123456789abcdef"
"""What follows in a key that does not end yet, in the order of S3's lists."""
_LETTERS = 10
_BATCHES = 10


class SweepUploads:
    """Registers uploads that have no job, as the redirect would have done."""

    def __init__(
        self,
        *,
        inputs: BlobStore,
        jobs: JobStore,
        dead_letters: Queue,
        registry: RegisterUpload,
        key_prefix: str,
        clock: Clock,
    ) -> None:
        self._inputs = inputs
        self._jobs = jobs
        self._dead_letters = dead_letters
        self._registry = registry
        self._key_prefix = key_prefix
        self._clock = clock

    def __call__(self) -> int:
        """One run; how many uploads became jobs by it.

        Raises:
            ServiceUnavailable: a neighbour is away.
        """
        letters = self._read_dead_letters()
        found = self._walk_slice()
        log.info("uploads_swept", dead_letters=letters, without_a_job=found)
        return letters + found

    def _read_dead_letters(self) -> int:
        count = 0
        for _ in range(_BATCHES):
            messages = self._dead_letters.receive(limit=_LETTERS, wait_seconds=0)
            for message in messages:
                try:
                    self._registry(message.body)
                except InvalidMessage as error:
                    # It stays for an operator, until the queue forgets it.
                    log.error("upload_notice_unreadable", error=error.message)
                    continue
                self._dead_letters.delete(message.receipt)
                log.warning("upload_notice_read", body=message.body[:1000])
                count += 1
            if not messages:
                break
        return count

    def _walk_slice(self) -> int:
        now = self._clock.now()
        digits = f"{now // EVERY_SECONDS % _SLICES:02x}"
        count = 0
        for found in self._walk(self._key_prefix + digits):
            if not _YOUNGEST <= now - found.modified_at <= _OLDEST:
                continue
            if self._has_no_job(found.key) and self._registry.register(found.key):
                log.warning("swept", finding="upload_without_a_job", key=found.key)
                count += 1
        return count

    def _walk(self, prefix: str) -> Iterator[BlobInfo]:
        """Everything under `prefix`, a bounded list at a time."""
        found = self._inputs.list(prefix, limit=_LISTED)
        if len(found) < _LISTED:
            yield from found
            return
        for character in _IN_KEYS:
            yield from self._walk(prefix + character)

    def _has_no_job(self, key: str) -> bool:
        try:
            return self._jobs.get(parse_key(self._key_prefix, key).job_id) is None
        except InvalidUpload:
            return False  # put there by an operator's hand
