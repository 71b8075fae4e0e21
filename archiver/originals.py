"""The result files in the results bucket, as the archiver reads and deletes them."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gas.errors import NotFound
from gas.jobs import StoredFile
from gas.ports import BlobStore

Check = Callable[[], None]
"""Called between chunks; raises to stop the reading."""


class OriginalDamaged(Exception):
    """A result file is missing, or has other bytes than the engine wrote."""


@dataclass(frozen=True)
class Original:
    """What is under the key of a result file."""

    etag: str | None
    """Entity tag of the object; None: there is none."""
    intact: bool
    """Whether it is what the engine wrote."""


class Originals:
    """The results bucket."""

    def __init__(self, results: BlobStore) -> None:
        self._results = results

    def etag(self, file: StoredFile) -> str:
        """The entity tag of the file.

        Raises:
            OriginalDamaged: there is no such file.
        """
        info = self._results.head(file.key)
        if info is None:
            raise OriginalDamaged(f"{file.key} is not there")
        return info.etag

    def stream(self, file: StoredFile, check: Check) -> Iterator[bytes]:
        """The file's bytes, hashed on the way.

        Raises:
            OriginalDamaged: after the last chunk: they are not those that the engine wrote.
        """
        digest = hashlib.sha256()
        try:
            for chunk in self._results.stream(file.key):
                check()
                digest.update(chunk)
                yield chunk
        except NotFound as error:
            raise OriginalDamaged(f"{file.key} is not there") from error
        if digest.hexdigest() != file.sha256:
            raise OriginalDamaged(f"{file.key} has the SHA-256 {digest.hexdigest()}")

    def look(self, file: StoredFile, check: Check) -> Original:
        """Read the file from end to end and compare."""
        info = self._results.head(file.key)
        if info is None:
            return Original(etag=None, intact=False)
        try:
            for _ in self.stream(file, check):
                pass
        except OriginalDamaged:
            return Original(etag=info.etag, intact=False)
        return Original(etag=info.etag, intact=True)

    def delete(self, file: StoredFile, etag: str) -> bool:
        """Delete the object with this tag. False when another one is there now."""
        return self._results.delete(file.key, if_etag=etag)
