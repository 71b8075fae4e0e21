"""Files that are sent: read in pieces, told apart from one another, watched while they are sent."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock

from blake3 import blake3

from gas_client.errors import Mistake

PIECE = 256 * 1024
"""Bytes read at once."""
HEAD = 1024 * 1024
"""As much of a file's beginning tells it from another one of the same name, size and time."""

HASHED = 16 * 1024 * 1024
"""Bytes hashed at once, by all processors."""

Watch = Callable[[int, int], None]
"""Told how many bytes are done, and of how many; from any thread."""


class Meter:
    """Adds up the progress of what is sent or received in several parts."""

    def __init__(self, total: int, watch: Watch | None) -> None:
        self._total = total
        self._watch = watch
        self._done: dict[int, int] = {}
        self._lock = Lock()

    def set(self, part: int, done: int) -> None:
        """So many bytes of a part are done; a part that begins again goes back to 0."""
        with self._lock:
            self._done[part] = done
            total = sum(self._done.values())
        if self._watch is not None:
            self._watch(total, self._total)


def blake3_of(path: Path) -> tuple[str, int]:
    """BLAKE3 of a file (hexadecimal), and its size.

    Raises:
        Mistake: it cannot be read.
    """
    digest, size = blake3(max_threads=blake3.AUTO), 0
    try:
        with path.open("rb") as file:
            while piece := file.read(HASHED):
                digest.update(piece)
                size += len(piece)
    except OSError as error:
        raise Mistake(f"{path}: {error.strerror or 'cannot be read'}.") from error
    return digest.hexdigest(), size


class FileSource:
    """A file on disk.

    Raises:
        Mistake: it cannot be read.
    """

    def __init__(self, path: Path, *, name: str | None = None) -> None:
        self.path = path
        self.name = name or path.name
        try:
            found = path.stat()
            with path.open("rb") as file:
                self._head = hashlib.sha256(file.read(HEAD)).hexdigest()
        except OSError as error:
            raise Mistake(
                f"{path}: {error.strerror or 'cannot be read'}.", remedy="Check the file's name."
            ) from error
        self.size = found.st_size
        self._modified = found.st_mtime_ns

    @property
    def identity(self) -> str:
        """Changes with path, size, time of change and beginning."""
        return f"{os.path.abspath(self.path)}\n{self.size}\n{self._modified}\n{self._head}"

    def check_unchanged(self) -> None:
        """Raises Mistake if the file was written to since it was opened first."""
        found = self.path.stat()
        if (found.st_size, found.st_mtime_ns) != (self.size, self._modified):
            raise Mistake(
                f"{self.path} was changed while it was sent.",
                remedy="Send it again when it is complete.",
            )


class Slice:
    """Some bytes of a source as a body that can be sent again; knows the MD5 of what was sent."""

    def __init__(self, source: FileSource, start: int, size: int, part: int, meter: Meter) -> None:
        self.size = size
        self._source, self._start = source, start
        self._part, self._meter = part, meter
        self.md5 = ""

    def chunks(self) -> Iterator[bytes]:
        """The bytes, from their beginning."""
        digest, sent = hashlib.md5(usedforsecurity=False), 0
        self._meter.set(self._part, 0)
        with self._source.path.open("rb") as file:
            file.seek(self._start)
            while sent < self.size:
                chunk = file.read(min(PIECE, self.size - sent))
                if not chunk:
                    self._source.check_unchanged()
                    raise Mistake(f"{self._source.path} ended early.")
                digest.update(chunk)
                sent += len(chunk)
                yield chunk
                self._meter.set(self._part, sent)
        self.md5 = digest.hexdigest()
