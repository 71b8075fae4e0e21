"""A bucket in a dict."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from gas.errors import NotFound
from gas.ports import BlobInfo, SignedPost


class MemoryBlobStore:
    """`gas.ports.BlobStore` without a cloud. `put` stands in for the browser's upload."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._objects: dict[str, tuple[bytes, Mapping[str, str]]] = {}

    @property
    def bucket(self) -> str:
        return self._bucket

    def put(self, key: str, content: bytes, metadata: Mapping[str, str] | None = None) -> None:
        self._objects[key] = (content, dict(metadata or {}))

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
        content, metadata = self._objects[key]
        return BlobInfo(key=key, size=len(content), metadata=metadata)

    def list(self, prefix: str, *, limit: int) -> Sequence[BlobInfo]:
        found = sorted(key for key in self._objects if key.startswith(prefix))[:limit]
        return [BlobInfo(key=key, size=len(self._objects[key][0]), metadata={}) for key in found]

    def download(self, key: str, path: Path) -> None:
        path.write_bytes(self._content(key))

    def upload(self, path: Path, key: str, *, content_type: str) -> None:
        self._objects[key] = (path.read_bytes(), {})

    def read(self, key: str, *, start: int, length: int) -> bytes:
        return self._content(key)[start : start + length]

    def delete(self, key: str) -> None:
        self._objects.pop(key, None)

    def _content(self, key: str) -> bytes:
        if key not in self._objects:
            raise NotFound(f"There is no object {key}.")
        return self._objects[key][0]
