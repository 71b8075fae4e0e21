"""Uploads in parts in memory."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from gas.errors import UploadGone
from gas.ports import UploadedPart
from gas.testing.blobs import MemoryBlobStore


@dataclass
class _Open:
    key: str
    metadata: Mapping[str, str]
    parts: dict[int, bytes] = field(default_factory=dict)


class MemoryPartStore:
    """`gas.ports.PartStore` whose objects land in `blobs`. `put` stands in for the browser."""

    def __init__(self, blobs: MemoryBlobStore) -> None:
        self._blobs = blobs
        self._open: dict[str, _Open] = {}

    def put(self, upload_id: str, number: int, content: bytes) -> None:
        self._open[upload_id].parts[number] = content

    def forget_all(self) -> None:
        """As a restart of the embedded cloud does."""
        self._open.clear()

    def is_empty(self) -> bool:
        """Whether no upload is under way."""
        return not self._open

    def begin(self, key: str, *, metadata: Mapping[str, str]) -> str:
        upload_id = uuid4().hex
        self._open[upload_id] = _Open(key, metadata)
        return upload_id

    def sign_part(
        self, key: str, upload_id: str, *, number: int, size: int, expires_in: int
    ) -> str:
        address = f"https://{self._blobs.bucket}.example.invalid/{key}"
        return f"{address}?uploadId={upload_id}&partNumber={number}&size={size}"

    def put_part(self, key: str, upload_id: str, *, number: int, body: bytes) -> UploadedPart:
        self._find(key, upload_id).parts[number] = body
        return UploadedPart(number, len(body), _md5(body))

    def parts(self, key: str, upload_id: str) -> Sequence[UploadedPart]:
        stored = sorted(self._find(key, upload_id).parts.items())
        return [UploadedPart(number, len(part), _md5(part)) for number, part in stored]

    def complete(self, key: str, upload_id: str, parts: Sequence[UploadedPart]) -> None:
        found = self._find(key, upload_id)
        content = b"".join(found.parts[part.number] for part in parts)
        self._blobs.put(key, content, found.metadata)
        del self._open[upload_id]

    def abort(self, key: str, upload_id: str) -> None:
        self._open.pop(upload_id, None)

    def _find(self, key: str, upload_id: str) -> _Open:
        found = self._open.get(upload_id)
        if found is None or found.key != key:
            raise UploadGone("There is no such upload.", remedy="Start it again.")
        return found


def _md5(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
