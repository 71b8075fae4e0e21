"""Tables on this machine's disk: fetched once, bounded in bytes, dropped when nobody looks.

    DIR/KEY/            table.parquet and its working copy, complete or not there at all
    DIR/KEY.part/       the same while it is made
    DIR/KEY.lock        held by the process that makes or drops it

KEY is the job's id and the beginning of the table's checksum. A copy is a cache and nothing else:
who may see it is decided before every use (`web.explorer.opening`), never by its being there.
Several processes may share the folder. Whoever finds a folder gone fetches it again; what was
mapped stays readable until it is let go.
"""

import fcntl
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa

from gas.errors import GasError, InvalidRequest, ServiceUnavailable
from gas.jobs import StoredFile
from gas.logs import get_logger
from gas.ports import BlobStore
from web.explorer import working_copy
from web.explorer.recent import Recent
from web.explorer.table import OpenTable

log = get_logger()

TABLE: Final = "table.parquet"
PATIENCE: Final = 1.0
"""Seconds a request waits for a copy before it says that it is being prepared."""
_GROWTH: Final = 12
"""A table and its working copy take up to so many times the table's size (measured: 9 to 11)."""
_AT_ONCE: Final = 2
_REMEMBERED: Final = 256 * 1024 * 1024
_SWEEP_SECONDS: Final = 30


@dataclass
class Preparation:
    """A copy in the making."""

    size: int
    """Of the table, in bytes."""
    fetched: int = 0
    unpacking: bool = False
    failure: GasError | None = None
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def percent(self) -> int:
        """How far it is: fetching is the first half."""
        if self.unpacking:
            return 60
        return min(50, 50 * self.fetched // max(1, self.size))


class TableCache:
    """The copies of one folder. Safe to share between threads."""

    def __init__(
        self, folder: Path, results: BlobStore, *, most_bytes: int, keep_seconds: int
    ) -> None:
        self._folder = folder
        self._results = results
        self._most = most_bytes
        self._keep = keep_seconds
        self._lock = threading.Lock()
        self._open: dict[str, OpenTable] = {}
        self._preparing: dict[str, Preparation] = {}
        self._places = threading.Semaphore(_AT_ONCE)
        self._recent = Recent(_REMEMBERED)

    def start(self) -> None:
        """Drop what an earlier life left behind, and from now on what nobody looks at."""
        self.sweep(keep_seconds=0)
        threading.Thread(target=self._keep_sweeping, name="table-cache", daemon=True).start()

    def open(
        self, job_id: str, table: StoredFile, patience: float = PATIENCE
    ) -> OpenTable | Preparation:
        """The table of a job, open; or how far it is, if that takes longer than `patience`.

        Whether the asker may see it is for the caller to find out, every time.

        Raises:
            InvalidRequest: it is too large for this machine.
            ServiceUnavailable: it cannot be fetched just now, or what came is damaged.
        """
        key = f"{job_id}-{table.sha256[:16]}"
        found = self._opened(key)
        if found is not None:
            return found
        if table.size * _GROWTH > self._most:
            raise InvalidRequest(
                "This table is too large to be explored here.",
                remedy="Download it (Parquet): DuckDB, R and pandas read it as it is.",
            )
        preparation = self._prepare(key, table)
        if not preparation.done.wait(patience):
            return preparation
        with self._lock:
            self._preparing.pop(key, None)
        if preparation.failure is not None:
            raise preparation.failure
        return self._opened(key) or self._prepare(key, table)

    def sweep(self, keep_seconds: int | None = None) -> None:
        """Drop what was not used for so long, and parts whose maker is gone."""
        keep = self._keep if keep_seconds is None else keep_seconds
        for path in self._entries():
            with suppress(FileNotFoundError):
                stale = path.suffix == ".part" or time.time() - path.stat().st_mtime >= keep
                if stale:
                    self._drop(path)

    # ---- one copy

    def _opened(self, key: str) -> OpenTable | None:
        folder = self._folder / key
        try:
            os.utime(folder)
        except FileNotFoundError:
            with self._lock:
                self._open.pop(key, None)
            return None
        with self._lock:
            if key not in self._open:
                self._open[key] = OpenTable(folder / TABLE, folder, self._recent)
            return self._open[key]

    def _prepare(self, key: str, table: StoredFile) -> Preparation:
        """The preparation of a copy: the one under way, or a new one."""
        with self._lock:
            if key in self._preparing:
                return self._preparing[key]
            preparation = self._preparing[key] = Preparation(table.size)
        name = f"prepare-{key[:8]}"
        threading.Thread(
            target=self._make, args=(key, table, preparation), name=name, daemon=True
        ).start()
        return preparation

    def _make(self, key: str, table: StoredFile, preparation: Preparation) -> None:
        """Make a copy, in a thread of its own; what goes wrong is told to those who wait."""
        began = time.monotonic()
        try:
            with self._places, self._locked(key, wait=True):
                if not (self._folder / key).exists():
                    self._make_room(table.size * _GROWTH)
                    self._fetch_and_unpack(key, table, preparation)
            with self._lock:
                self._preparing.pop(key, None)
            log.info("table_prepared", key=key, seconds=round(time.monotonic() - began, 2))
        except GasError as error:
            log.warning("table_not_prepared", key=key, reason=error.message)
            preparation.failure = error
        except (OSError, pa.ArrowException, ValueError) as error:
            log.error("table_not_prepared", key=key, exc_info=error)
            preparation.failure = ServiceUnavailable(
                "The table of this job could not be opened.",
                remedy="Try again. If it happens again, tell us the request id.",
            )
        finally:
            preparation.done.set()

    def _fetch_and_unpack(self, key: str, table: StoredFile, preparation: Preparation) -> None:
        part = self._folder / f"{key}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
        try:
            self._fetch(table, part / TABLE, preparation)
            preparation.unpacking = True
            working_copy.write(part / TABLE, part)
            part.rename(self._folder / key)
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def _fetch(self, table: StoredFile, path: Path, preparation: Preparation) -> None:
        digest = hashlib.sha256()
        with path.open("wb") as file:
            for chunk in self._results.stream(table.key):
                digest.update(chunk)
                file.write(chunk)
                preparation.fetched += len(chunk)
        if digest.hexdigest() != table.sha256:
            log.error("table_damaged", key=table.key, found=digest.hexdigest())
            raise ServiceUnavailable(
                "The table of this job is not as the engine wrote it, so it is not shown.",
                remedy="Tell us the request id: we look into it.",
            )

    # ---- the folder

    def _entries(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return [path for path in self._folder.iterdir() if path.is_dir()]

    def _make_room(self, needed: int) -> None:
        """Drop the copies that were not used for longest until there is room."""
        entries = [path for path in self._entries() if path.suffix != ".part"]
        sizes = {path: _size(path) for path in entries}
        for path in sorted(entries, key=_used_at):
            if sum(sizes.values()) + needed <= self._most:
                return
            self._drop(path)
            del sizes[path]

    def _drop(self, path: Path) -> None:
        """Remove a copy or a part, unless somebody is making it just now."""
        key = path.name.removesuffix(".part")
        with self._locked(key, wait=False) as ours:
            if ours:
                with self._lock:
                    self._open.pop(key, None)
                shutil.rmtree(path, ignore_errors=True)
                self._lock_of(key).unlink(missing_ok=True)

    @contextmanager
    def _locked(self, key: str, *, wait: bool) -> Iterator[bool]:
        """Alone with a key among all processes; gives whether we are."""
        _private(self._folder)
        handle = self._lock_handle(key)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            while not self._is_lock(key, handle):  # it was removed while we waited for it
                os.close(handle)
                handle = self._lock_handle(key)
                fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            ours = True
        except BlockingIOError:
            ours = False
        try:
            yield ours
        finally:
            os.close(handle)

    def _lock_of(self, key: str) -> Path:
        return self._folder / f"{key}.lock"

    def _lock_handle(self, key: str) -> int:
        return os.open(self._lock_of(key), os.O_CREAT | os.O_RDWR, 0o600)

    def _is_lock(self, key: str, handle: int) -> bool:
        with suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(handle), self._lock_of(key).stat())
        return False

    def _keep_sweeping(self) -> None:
        while True:
            time.sleep(_SWEEP_SECONDS)
            try:
                self.sweep()
            except OSError as error:
                log.warning("table_cache_not_swept", reason=str(error))


def _private(folder: Path) -> None:
    """The folder, for this user alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise ServiceUnavailable(f"{folder} belongs to another user.")


def _size(folder: Path) -> int:
    with suppress(FileNotFoundError):
        return sum(path.stat().st_size for path in folder.iterdir())
    return 0


def _used_at(folder: Path) -> float:
    with suppress(FileNotFoundError):
        return folder.stat().st_mtime
    return 0.0
