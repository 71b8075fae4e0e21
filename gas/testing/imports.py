"""Imports in memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock

from gas.imports.models import Import
from gas.imports.ports import Opened, SourceFault
from gas.messages import ImportDue


class MemoryImports:
    """`gas.imports.ports.ImportStore` without a database."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Import] = {}
        self._lock = Lock()

    def create(self, new: Import) -> bool:
        with self._lock:
            return self._rows.setdefault((new.user_id, new.import_id), new) is new

    def get(self, user_id: str, import_id: str) -> Import | None:
        return self._rows.get((user_id, import_id))

    def of_user(self, user_id: str) -> Sequence[Import]:
        mine = [each for (owner, _), each in self._rows.items() if owner == user_id]
        return sorted(mine, key=lambda each: (each.created_at, each.import_id), reverse=True)

    def replace(self, changed: Import) -> Import | None:
        with self._lock:
            place = changed.user_id, changed.import_id
            known = self._rows.get(place)
            if known is None or known.version != changed.version:
                return None
            self._rows[place] = changed.model_copy(update={"version": changed.version + 1})
            return self._rows[place]

    def stuck(self, *, now: int, limit: int) -> Sequence[Import]:
        late = [each for each in self._rows.values() if each.is_open and each.look_at <= now]
        return sorted(late, key=lambda each: each.look_at)[:limit]

    def erase(self, user_id: str, *, up_to: int) -> None:
        self._rows = {
            key: each
            for key, each in self._rows.items()
            if each.user_id != user_id or each.created_at > up_to
        }


class MemoryImportQueue:
    """`gas.imports.ports.ImportQueue` as a list of what was sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[ImportDue, int]] = []
        """Messages and their delays."""

    def send(self, due: ImportDue, *, delay: int) -> None:
        self.sent.append((due, delay))


class FakeSource:
    """`gas.imports.ports.Source` of one file, which the test breaks as it likes."""

    def __init__(self, content: bytes, *, chunk: int = 1024 * 1024) -> None:
        self.content = content
        self.chunk = chunk
        self.tag = '"1"'
        self.resumable = True
        self.says_total = True
        self.name = ""
        self.faults: list[Exception] = []
        """Raised by the next openings, one each."""
        self.breaks_at: list[int] = []
        """Offsets at which the next connections break."""
        self.asked: list[tuple[int, str]] = []
        """First byte and tag of every opening."""

    @contextmanager
    def open(self, url: str, *, start: int, tag: str) -> Iterator[Opened]:
        self.asked.append((start, tag))
        if self.faults:
            raise self.faults.pop(0)
        whole = not self.resumable or (start > 0 and tag != self.tag)
        first = 0 if whole else start
        yield Opened(
            start=first,
            total=len(self.content) if self.says_total else None,
            tag=self.tag,
            resumable=self.resumable,
            name=self.name,
            content_type="application/octet-stream",
            chunks=self.chunks_from(first),
        )

    def chunks_from(self, first: int) -> Iterator[bytes]:
        """The body of an answer that begins at the byte `first`."""
        until = self.breaks_at.pop(0) if self.breaks_at else None
        end = len(self.content) if until is None else until
        for at in range(first, end, self.chunk):
            yield self.content[at : min(at + self.chunk, end)]
        if until is not None:
            raise SourceFault("The connection broke off while the file was sent.")
