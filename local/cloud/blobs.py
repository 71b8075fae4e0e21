"""Large objects: their bytes in files of ours, a small stub of each in ministack.

ministack holds whole bodies in memory. A large body is therefore streamed into a file, and
ministack gets 64 bytes in its place, made from the random name of the file. The entity tag of
these bytes, which ministack gives out wherever it speaks of the object, is the name under which
the truth is looked up: a copy, an old version or a part of an upload needs no book-keeping of its
own.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import os
import re
import secrets
import time
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from local.cloud.journal import Journal, Statement

PIECE = 1024 * 1024
ETAG = re.compile(r"[0-9a-f]{32}(?:-\d+)?")


@dataclass(frozen=True)
class Blob:
    """What is true of a large object."""

    etag: str
    size: int
    files: tuple[str, ...]
    checksums: Mapping[str, str] = field(default_factory=dict)
    """Checksum headers that the uploader sent, all of them checked."""


class Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class Crc32:
    """CRC-32 with the interface of ``hashlib``."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


def checksum(algorithm: str) -> Hash | None:
    """A running checksum of S3 (``crc32``, ``sha1``, ``sha256``); ``None`` if it is not one."""
    if algorithm == "crc32":
        return Crc32()
    if algorithm == "sha1":
        return hashlib.sha1()  # noqa: S324 -- S3 offers it as a checksum
    return hashlib.sha256() if algorithm == "sha256" else None


class Sink:
    """A body on its way into a file: counted, hashed, and on disk when it is finished."""

    def __init__(
        self, folder: Path, algorithms: Iterable[str] = (), more: Mapping[str, Hash] | None = None
    ) -> None:
        self.name = secrets.token_hex(16)
        self._path = folder / self.name
        self._temporary = folder / f"{self.name}.part"
        self._file = self._temporary.open("xb", buffering=0)
        self._pending: list[bytes] = []
        self._pending_size = 0
        self.size = 0
        self._hashes: dict[str, Hash] = {"md5": hashlib.md5(usedforsecurity=False), **(more or {})}
        for algorithm in algorithms:
            made = checksum(algorithm)
            if made is not None:
                self._hashes[algorithm] = made

    async def write(self, data: bytes) -> None:
        self.size += len(data)
        self._pending.append(data)
        self._pending_size += len(data)
        if self._pending_size >= PIECE:
            await self._flush()

    async def _flush(self) -> None:
        data, self._pending, self._pending_size = b"".join(self._pending), [], 0
        await asyncio.to_thread(self._work, data)

    def _work(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        for one in self._hashes.values():
            one.update(data)

    async def finish(self) -> None:
        """Bring the file to disk under its name."""
        await self._flush()
        await asyncio.to_thread(self._settle)

    def _settle(self) -> None:
        os.fsync(self._file.fileno())
        self._file.close()
        self._temporary.rename(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def drop(self) -> None:
        """Remove the file, finished or not."""
        self._file.close()
        self._temporary.unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)

    def hexdigest(self, algorithm: str) -> str:
        return self._hashes[algorithm].digest().hex()

    def base64(self, algorithm: str) -> str:
        """A checksum as S3 writes it; empty if it was not asked for or is not known here."""
        one = self._hashes.get(algorithm)
        return base64.b64encode(one.digest()).decode() if one else ""


class BlobStore:
    """The files, and the table that says which stub stands for which of them."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self.folder = folder
        self._journal = journal
        self._in_use: set[str] = set()
        """Stubs that no listing shows: uploads that go on, parts that are not put together."""
        self.changes = 0
        """Counts what may let an object appear in a listing, at its beginning and at its end."""

    def sink(self, algorithms: Iterable[str] = ()) -> Sink:
        return Sink(self.folder, algorithms)

    def find(self, etag: str) -> Blob | None:
        """What the stub with this entity tag (with or without quotes) stands for."""
        found = ETAG.search(etag)
        if found is None:
            return None
        rows = self._journal.read(
            "SELECT etag, size, files, checksums FROM blobs WHERE stub = ?", (found[0],)
        )
        if not rows:
            return None
        true, size, files, checksums = rows[0]
        return Blob(true, size, tuple(json.loads(files)), json.loads(checksums))

    def any(self) -> bool:
        return bool(self._journal.read("SELECT 1 FROM blobs LIMIT 1"))

    def stub_of(self, etag: str) -> list[str]:
        """The stubs that stand for parts or objects with this true entity tag."""
        found = ETAG.search(etag)
        rows = self._journal.read(
            "SELECT stub FROM blobs WHERE etag = ? ORDER BY at DESC", (found[0] if found else "",)
        )
        return [row[0] for row in rows]

    async def add(self, sink: Sink, checksums: Mapping[str, str]) -> bytes:
        """Record a finished file; the stub that stands for it. Kept until ``release``."""
        stub = stub_bytes(sink.name)
        blob = Blob(sink.hexdigest("md5"), sink.size, (sink.name,), checksums)
        mark = md5(stub)
        self._in_use.add(mark)
        await self._journal.write(self._insertion(mark, blob))
        return stub

    async def compose(self, stubs: list[str]) -> str | None:
        """Record the object made of these parts; its stub, or ``None`` if a part is unknown."""
        parts = [self.find(stub) for stub in stubs]
        if not all(parts):
            return None
        known = [part for part in parts if part is not None]
        count = len(known)
        true = md5(b"".join(bytes.fromhex(part.etag) for part in known)) + f"-{count}"
        mark = md5(b"".join(bytes.fromhex(stub) for stub in stubs)) + f"-{count}"
        files = tuple(name for part in known for name in part.files)
        self._in_use.add(mark)
        whole = Blob(true, sum(part.size for part in known), files)
        await self._journal.write(self._insertion(mark, whole))
        return mark

    def release(self, stub: str) -> None:
        """From now on the object stays as long as ministack has it."""
        self.changes += 1
        self._in_use.discard(stub)

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """While ministack copies an object."""
        self.changes += 1
        try:
            yield
        finally:
            self.changes += 1

    async def forget(self, stub: str) -> None:
        """Remove an object that came to nothing."""
        self.release(stub)
        await self._remove([stub])

    async def sweep(self, seen: set[str], before: float) -> int:
        """Remove what was made before a moment, and no listing shows; the number removed."""
        rows = self._journal.read("SELECT stub FROM blobs WHERE at < ?", (before,))
        gone = [row[0] for row in rows if row[0] not in seen and row[0] not in self._in_use]
        await self._remove(gone)
        return len(gone)

    def drop_strays(self) -> None:
        """Remove files that no record speaks of. Only while nobody uploads."""
        kept = self._all_files()
        for path in self.folder.iterdir():
            if path.name not in kept:
                path.unlink()

    async def _remove(self, stubs: list[str]) -> None:
        if not stubs:
            return
        dropped: set[str] = set()
        for stub in stubs:
            blob = self.find(stub)
            dropped |= set(blob.files) if blob else set()
        statements: list[Statement] = [
            ("DELETE FROM blobs WHERE stub = ?", (stub,)) for stub in stubs
        ]
        await self._journal.write(*statements)
        for name in dropped - self._all_files():
            (self.folder / name).unlink(missing_ok=True)

    def _all_files(self) -> set[str]:
        rows = self._journal.read("SELECT files FROM blobs")
        return {name for (files,) in rows for name in json.loads(files)}

    @staticmethod
    def _insertion(stub: str, blob: Blob) -> Statement:
        return (
            "INSERT OR REPLACE INTO blobs VALUES (?, ?, ?, ?, ?, ?)",
            (
                stub,
                blob.etag,
                blob.size,
                json.dumps(blob.files),
                json.dumps(dict(blob.checksums)),
                time.time(),
            ),
        )

    def read(self, blob: Blob, start: int, length: int) -> AsyncIterator[bytes]:
        """The bytes of an object, from ``start`` (0-based), in pieces."""
        return read_files(self.folder, blob.files, start, length)


async def read_files(
    folder: Path, names: Iterable[str], start: int, length: int
) -> AsyncIterator[bytes]:
    """Bytes from ``start`` (0-based) of files one after the other, in pieces."""
    for name in names:
        path = folder / name
        size = path.stat().st_size
        if start >= size:
            start -= size
            continue
        file = await asyncio.to_thread(path.open, "rb")
        with file:
            file.seek(start)
            start = 0
            while length > 0:
                data = await asyncio.to_thread(file.read, min(PIECE, length))
                if not data:
                    break
                length -= len(data)
                yield data
        if length <= 0:
            return


def stub_bytes(name: str) -> bytes:
    """What ministack gets in place of the file with this name."""
    return hashlib.sha512(name.encode()).digest()


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
