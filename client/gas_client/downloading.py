"""Getting files: into `NAME.part`, on from where it broke off, checked, then in place at once."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path
from typing import BinaryIO

from gas_client import transport
from gas_client.calling import passes
from gas_client.errors import ApiError, Damaged, GasError, Unreachable
from gas_client.models import FileLink
from gas_client.operations import Operations
from gas_client.sources import PIECE, Watch
from gas_client.steps import Answer, Plan, Request, Send, Sleep

_TRIES = 2
"""Of a file that arrives damaged."""
_LINKS = 20
"""New addresses of one file, when they lapse on the way."""


def download(
    operations: Operations,
    job_id: str,
    kind: str,
    folder: Path,
    *,
    name: str | None = None,
    watch: Watch | None = None,
) -> Plan[Path]:
    """Get a file of a job into `folder`; where it is. One that is there already is kept.

    Raises:
        Damaged: what arrived has another SHA-256 than the service says, twice.
        Mistake: it cannot be written there.
        ApiError, Unreachable: as all calls.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        link = yield from operations.file_link(job_id, kind)
        target = folder / safe_name(name or link.name)
        if _is_whole(target, link):
            if watch is not None:
                watch(link.size, link.size)
            return target
        for _ in range(_TRIES):
            if (yield from _get(operations, job_id, link, target, watch)):
                return target
            link = yield from operations.file_link(job_id, kind)
    except OSError as error:
        raise transport.unusable(error) from error
    raise Damaged(f"{target.name} arrived damaged twice: its checksum is not the service's.")


def safe_name(name: str) -> str:
    """The file's name without anything that leads out of the folder or disturbs a terminal."""
    last = re.split(r"[/\\]", name)[-1]
    clean = "".join(c if c.isprintable() else "_" for c in last).lstrip(".")
    return clean[:240] or "results"


class PartFile:
    """A sink that writes behind what is there already, and hashes all of it."""

    def __init__(self, path: Path, size: int, watch: Watch | None) -> None:
        self.path = path
        self._size = size
        self._watch = watch
        self._digest = hashlib.sha256()
        self.have = 0
        self._file: BinaryIO = path.open("r+b" if path.exists() else "w+b")
        for chunk in iter(lambda: self._file.read(PIECE), b""):
            self._digest.update(chunk)
            self.have += len(chunk)
        if self.have >= size and not self.is_whole(None):
            self._restart()

    def begin(self, answer: Answer) -> bool:
        if answer.status == 206 and self._follows(answer):
            return True
        if answer.status == 200:
            self._restart()
            return True
        return False

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._digest.update(chunk)
        self.have += len(chunk)
        if self._watch is not None:
            self._watch(self.have, self._size)

    def is_whole(self, sha256: str | None) -> bool:
        """Whether all bytes are there and, if that is known, are the right ones."""
        return self.have == self._size and sha256 in (None, self._digest.hexdigest())

    def close(self, *, durable: bool = False) -> None:
        if self._file.closed:
            return
        self._file.flush()
        if durable:
            os.fsync(self._file.fileno())
        self._file.close()

    def _follows(self, answer: Answer) -> bool:
        found = re.match(r"bytes (\d+)-", answer.headers.get("content-range", ""))
        return found is not None and int(found[1]) == self.have

    def _restart(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._digest = hashlib.sha256()
        self.have = 0


def _get(
    operations: Operations, job_id: str, link: FileLink, target: Path, watch: Watch | None
) -> Plan[bool]:
    """Whether the file has arrived whole, and is in place."""
    part = PartFile(target.with_name(target.name + ".part"), link.size, watch)
    try:
        yield from _receive(operations, job_id, link, part)
        whole = part.is_whole(link.sha256)
        part.close(durable=whole)
        if whole:
            os.replace(part.path, target)
        else:
            part.path.unlink()
        return whole
    finally:
        with contextlib.suppress(OSError):
            part.close()


def _receive(operations: Operations, job_id: str, link: FileLink, part: PartFile) -> Plan[None]:
    caller, links, tries, waited, before = operations.caller, 0, 0, 0.0, part.have
    while not part.is_whole(None):
        error: GasError
        try:
            headers = {"Accept-Encoding": "identity"}
            if part.have:
                headers["Range"] = f"bytes={part.have}-"
            answer = yield Send(Request("GET", link.url, headers), part)
            if answer.status in (200, 206) and part.is_whole(None):
                return
            if answer.status in (401, 403, 416) and links < _LINKS:
                # The address has lapsed on the way: ask for another.
                links += 1
                link = yield from operations.file_link(job_id, link.kind)
                if answer.status == 416:
                    return
                continue
            error = _refusal(answer)
        except Unreachable as unreachable:
            error = unreachable
        if part.have > before:  # it goes on: patience begins anew
            tries, waited, before = 0, 0.0, part.have
        pause = caller.pause(tries, error)
        tries, waited = tries + 1, waited + pause
        if not passes(error) or waited > caller.patience:
            raise error
        yield Sleep(pause)


def _refusal(answer: Answer) -> GasError:
    if answer.status in (200, 206):
        return Unreachable("The connection broke off in the middle of a file.")
    passing = answer.status >= 500 or answer.status in (408, 429)
    return ApiError(
        f"The file store answered {answer.status}.",
        status=503 if passing else answer.status,
        code="file_store",
        remedy="Try again.",
        retryable=passing,
    )


def _is_whole(target: Path, link: FileLink) -> bool:
    if not target.is_file() or target.stat().st_size != link.size:
        return False
    digest = hashlib.sha256()
    with target.open("rb") as file:
        for chunk in iter(lambda: file.read(PIECE), b""):
            digest.update(chunk)
    return digest.hexdigest() == link.sha256
