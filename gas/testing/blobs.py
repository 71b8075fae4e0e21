"""A bucket in a dict."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gas.errors import NotFound, ServiceUnavailable
from gas.ports import BlobInfo, SignedPost

_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class _Stored:
    content: bytes
    etag: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    modified_at: int = 0


class MemoryBlobStore:
    """`gas.ports.BlobStore` without a cloud. `put` stands in for the browser's upload."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._objects: dict[str, _Stored] = {}

    @property
    def bucket(self) -> str:
        return self._bucket

    def put(
        self,
        key: str,
        content: bytes,
        metadata: Mapping[str, str] | None = None,
        *,
        modified_at: int = 0,
    ) -> None:
        self._objects[key] = _Stored(content, _md5(content), dict(metadata or {}), modified_at)

    def sign_post(
        self,
        key: str,
        *,
        min_bytes: int,
        max_bytes: int,
        expires_in: int,
        metadata: Mapping[str, str],
        redirect_to: str | None,
    ) -> SignedPost:
        fields = {
            "key": key,
            **(
                {"success_action_status": "201"}
                if redirect_to is None
                else {"success_action_redirect": redirect_to}
            ),
            "content-length-range": f"{min_bytes},{max_bytes}",
            "expires-in": str(expires_in),
            **{f"x-amz-meta-{name}": value for name, value in metadata.items()},
        }
        return SignedPost(url=f"https://{self._bucket}.example.invalid/", fields=fields)

    def sign_get(self, key: str, *, expires_in: int, file_name: str, content_type: str) -> str:
        return f"https://{self._bucket}.example.invalid/{key}?expires={expires_in}&as={file_name}"

    def head(self, key: str) -> BlobInfo | None:
        if key not in self._objects:
            return None
        found = self._objects[key]
        return BlobInfo(key, len(found.content), found.metadata, found.etag, found.modified_at)

    def list(self, prefix: str, *, limit: int) -> Sequence[BlobInfo]:
        found = sorted(key for key in self._objects if key.startswith(prefix))[:limit]
        stored = ((key, self._objects[key]) for key in found)
        return [
            BlobInfo(key, len(each.content), {}, each.etag, each.modified_at)
            for key, each in stored
        ]

    def download(self, key: str, path: Path) -> None:
        path.write_bytes(self._content(key))

    def upload(self, path: Path, key: str, *, content_type: str) -> None:
        self.put(key, path.read_bytes())

    def read(self, key: str, *, start: int, length: int) -> bytes:
        return self._content(key)[start : start + length]

    def copy(self, source: str, key: str, *, metadata: Mapping[str, str]) -> None:
        self.put(key, self._content(source), metadata)

    def stream(self, key: str) -> Iterator[bytes]:
        content = self._content(key)
        for start in range(0, len(content), _CHUNK):
            yield content[start : start + _CHUNK]

    def upload_chunks(
        self, chunks: Iterable[bytes], key: str, *, size: int, content_type: str
    ) -> None:
        content = b"".join(chunks)
        if len(content) != size:
            raise ServiceUnavailable(f"{key} came with another number of bytes than its {size}.")
        self._objects[key] = _Stored(content, f"{_md5(content)}-1")

    def delete(self, key: str, *, if_etag: str | None = None) -> bool:
        found = self._objects.get(key)
        if found is not None and if_etag not in (None, found.etag):
            return False
        self._objects.pop(key, None)
        return True

    def _content(self, key: str) -> bytes:
        if key not in self._objects:
            raise NotFound(f"There is no object {key}.")
        return self._objects[key].content


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
