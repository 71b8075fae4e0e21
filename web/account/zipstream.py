"""A ZIP archive that is sent while it is written: nothing of it is ever whole in memory."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

Entry = tuple[str, Iterable[bytes]]
"""A file's name in the archive, and its content in pieces."""


def zipped(entries: Iterable[Entry], *, now: int) -> Iterator[bytes]:
    """The archive of `entries`, piece by piece; each entry is read when its turn has come.

    If reading one fails, the archive ends without its table of contents, so that nobody takes
    it for complete.
    """
    sink = _Sink()
    moment = datetime.fromtimestamp(now, UTC).timetuple()[:6]
    archive = ZipFile(sink, "w", ZIP_DEFLATED)
    for name, pieces in entries:
        info = ZipInfo(name, moment)
        info.compress_type = ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        with archive.open(info, "w") as entry:
            for piece in pieces:
                entry.write(piece)
                yield from sink.take()
        yield from sink.take()
    archive.close()
    yield from sink.take()


class _Sink:
    """What `zipfile` takes for a pipe: it can be written to and not gone back in."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back here."""

    def close(self) -> None:
        """There is nothing behind it that could be closed."""

    def take(self) -> Iterator[bytes]:
        """What was written since."""
        pieces, self._pieces = self._pieces, []
        if pieces:
            yield b"".join(pieces)
