"""What an erasure has deleted so far, kept where a crash cannot reach it.

Before anything is deleted it is written down, hashed, under `certificates/ERASURE_ID/`; a second
writing of the same adds nothing. So the certificate counts everything once, however often the
work was cut off.
"""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict

from gas.certificates import sha256
from gas.erasure import CERTIFICATES
from gas.ports import BlobStore

JSON = "application/json"
_MANY = 1_000_000


class Deleted(BaseModel):
    """Jobs, files and archives by the hash of their name; of the latter, sizes in bytes."""

    model_config = ConfigDict(frozen=True)

    jobs: frozenset[str] = frozenset()
    files: Mapping[str, int] = {}
    archives: Mapping[str, int] = {}

    def __or__(self, other: Self) -> Self:
        """Both together; what both name is counted once."""
        return type(self)(
            jobs=self.jobs | other.jobs,
            files={**self.files, **other.files},
            archives=_larger(self.archives, other.archives),
        )

    @property
    def n_bytes(self) -> int:
        """Bytes of all files and archives."""
        return sum(self.files.values()) + sum(self.archives.values())


class ErasureRecords:
    """The records of one erasure, in the results bucket."""

    def __init__(self, results: BlobStore, erasure_id: str) -> None:
        self._results = results
        self._folder = f"{CERTIFICATES}{erasure_id}/"
        self._total = f"{CERTIFICATES}{erasure_id}.objects.json"
        self._certificate = f"{CERTIFICATES}{erasure_id}.json"

    def note(self, subject: str, found: Deleted) -> None:
        """Write down what is about to be deleted of `subject` (a job's id, or a word)."""
        key = f"{self._folder}{sha256(subject)}.json"
        known = self._read(key)
        together = known | found if known else found
        if together != known:
            self.put(key, together.model_dump_json())

    def sum_up(self) -> Deleted:
        """Everything that was written down, also before an earlier certificate; kept as one."""
        known = self._read(self._total)
        total = known or Deleted()
        for record in self._results.list(self._folder, limit=_MANY):
            one = self._read(record.key)
            total = total | one if one else total
        if total != known:
            self.put(self._total, total.model_dump_json())
        return total

    def clear(self) -> None:
        """The sum is kept: the single records are needed no more."""
        for record in self._results.list(self._folder, limit=_MANY):
            self._results.delete(record.key)

    def certificate(self) -> str | None:
        """The signed document, if there is one."""
        return self._text(self._certificate)

    def keep_certificate(self, document: str) -> None:
        """Keep the signed document."""
        self.put(self._certificate, document)

    def put(self, key: str, text: str) -> None:
        """Store a small document."""
        body = text.encode()
        self._results.upload_chunks([body], key, size=len(body), content_type=JSON)

    def _read(self, key: str) -> Deleted | None:
        text = self._text(key)
        return Deleted.model_validate_json(text) if text is not None else None

    def _text(self, key: str) -> str | None:
        if self._results.head(key) is None:
            return None
        return b"".join(self._results.stream(key)).decode()


def _larger(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Sizes by name; where one side does not know the size, the other does."""
    return {name: max(one.get(name, 0), other.get(name, 0)) for name in {**one, **other}}
