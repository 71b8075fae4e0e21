"""The upload that an import fills: parts in the file store, written as the bytes come in."""

from dataclasses import dataclass

from gas.errors import UploadGone
from gas.imports.models import Import
from gas.plans import MIB
from gas.ports import PartStore, UploadedPart
from gas.submissions import Uploader, allot

PART_BYTES = 16 * MIB
"""Doubled as often as a large file needs, and for one whose length its server does not say."""
LEAST_PART_BYTES = 5 * MIB
"""S3 takes no smaller one, but for the last."""
_MOST_PARTS = 9_000
"""S3 takes 10,000; those that a broken line cut short are smaller."""


def place_of(found: Import, key_prefix: str, name: str) -> tuple[str, dict[str, str]]:
    """Key and metadata of the upload, which are those of an upload by its person.

    Raises:
        InvalidUpload: what is to be written down does not fit.
    """
    uploader = Uploader(user_id=found.user_id, email=found.email, plan=found.plan)
    place = allot(
        uploader,
        key_prefix=key_prefix,
        file_name=name,
        options=found.options,
        job_id=found.import_id,
    )
    return place.key, dict(place.metadata)


def part_size_for(total: int | None, least: int = PART_BYTES) -> int:
    """Bytes of every part of a file of `total` bytes."""
    if total is None:
        return 2 * least
    size = least
    while size * _MOST_PARTS < total:
        size *= 2
    return size


@dataclass
class Filling:
    """An upload that has begun, and what is in it."""

    store: PartStore
    key: str
    upload_id: str
    part_size: int
    parts: list[UploadedPart]
    buffer: bytearray

    @classmethod
    def resumed(cls, store: PartStore, found: Import) -> "Filling | None":
        """The upload that an earlier try began; None: there is none (any more)."""
        if not found.upload_id:
            return None
        try:
            there = store.parts(found.key, found.upload_id)
        except UploadGone:
            return None
        whole = [part for at, part in enumerate(there, start=1) if part.number == at]
        return cls(store, found.key, found.upload_id, found.part_size, whole, bytearray())

    @property
    def stored(self) -> int:
        """Bytes that would survive this process."""
        return sum(part.size for part in self.parts)

    @property
    def received(self) -> int:
        """Bytes that are stored or in memory."""
        return self.stored + len(self.buffer)

    def add(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.buffer += chunk
        while len(self.buffer) >= self.part_size:
            self._put(self.part_size)

    def pause(self, least: int = LEAST_PART_BYTES) -> bool:
        """Store what is in memory, if it is enough for a part. False: it is not."""
        if len(self.buffer) < least:
            return not self.buffer
        self._put(len(self.buffer))
        return True

    def complete(self) -> None:
        """Make the object."""
        if self.buffer:
            self._put(len(self.buffer))
        self.store.complete(self.key, self.upload_id, self.parts)

    def _put(self, size: int) -> None:
        body, number = bytes(self.buffer[:size]), len(self.parts) + 1
        stored = self.store.put_part(self.key, self.upload_id, number=number, body=body)
        del self.buffer[:size]
        self.parts.append(stored)
