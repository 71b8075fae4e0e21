"""Tables on this machine's disk: fetched once, bounded in bytes, dropped when nobody looks.

A copy (`web.explorer.folder`) is table.parquet and its working copy, under the job's id and the
beginning of the table's checksum. It is a cache and nothing else: who may see it is decided before
every use (`web.explorer.opening`), never by its being there.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import pyarrow as pa

from gas.errors import GasError, InvalidRequest, NotFound, ServiceUnavailable
from gas.jobs import StoredFile
from gas.logs import get_logger
from gas.ports import BlobStore
from web.explorer import cut_out, working_copy
from web.explorer.filters import Filters
from web.explorer.folder import CopyFolder
from web.explorer.preparing import Preparation, Turns
from web.explorer.recent import Recent
from web.explorer.table import OpenTable

log = get_logger()

TABLE: Final = "table.parquet"
PATIENCE: Final = 1.0
"""Seconds a request waits for a copy before it says that it is being prepared."""
GROWTH: Final = 16
"""A table and its working copy take about so many times the table's size (measured: 9 to 14)."""
LEAST_GROWTH: Final = 8
"""A table for which there is not even so much room is not fetched."""
MOST_GROWTH: Final = 40
"""A table that takes more is refused, …"""
ANY_TABLE: Final = 256 * 1024 * 1024
"""… unless it takes no more bytes than this."""
_STEP: Final = 64 * 1024 * 1024
"""So much more room is made at once, should a copy need more than was thought."""
_REFUSALS: Final = 1000
_REMEMBERED: Final = 256 * 1024 * 1024
_SWEEP_SECONDS: Final = 30


Fill = Callable[[Path, Preparation], None]
"""Writes a table to a path, and how far that is to the preparation."""


class TableCache:
    """The copies of one folder. Safe to share between threads."""

    def __init__(
        self, folder: Path, results: BlobStore, *, most_bytes: int, keep_seconds: int
    ) -> None:
        self._folder = CopyFolder(folder, most_bytes=most_bytes)
        self._results = results
        self._most = most_bytes
        self._keep = keep_seconds
        self._lock = threading.Lock()
        self._open: dict[str, OpenTable] = {}
        self._preparing: dict[str, Preparation] = {}
        self._refused: OrderedDict[str, GasError] = OrderedDict()
        self._turns = Turns()
        self._recent = Recent(_REMEMBERED)

    def start(self) -> None:
        """From now on, drop what nobody looks at and what an earlier life left half done."""
        threading.Thread(target=self._keep_sweeping, name="table-cache", daemon=True).start()

    def open(
        self, job_id: str, table: StoredFile, user_id: str, patience: float = PATIENCE
    ) -> OpenTable | Preparation:
        """The table of a job, open; or how far it is, if that takes longer than `patience`.

        Whether the asker, `user_id`, may see it is for the caller to find out, every time.

        Raises:
            InvalidRequest: it is too large for this machine.
            ServiceUnavailable: it cannot be fetched just now, or what came is damaged.
        """
        key = _key(job_id, table)
        return self._ready(key, table.size, partial(self._fetch, table), user_id, patience)

    def open_part(
        self,
        job_id: str,
        table: StoredFile,
        filters: Filters,
        user_id: str,
        patience: float = PATIENCE,
    ) -> OpenTable | Preparation:
        """As `open`, but only the rows that pass the filters, as a table of their own.

        Raises:
            InvalidRequest: as `open`; or the table has nothing that the filters look at.
            ServiceUnavailable: as `open`.
        """
        key = f"{_key(job_id, table)}-{cut_out.key_of(filters)}"
        found = self._opened(key)
        if found is not None:
            return found
        whole = self.open(job_id, table, user_id, patience)
        if isinstance(whole, Preparation):
            return whole

        def fill(target: Path, preparation: Preparation) -> None:
            cut_out.write(whole, filters, target)

        return self._ready(key, table.size, fill, user_id, patience)

    def _ready(
        self, key: str, size: int, fill: Fill, user_id: str, patience: float
    ) -> OpenTable | Preparation:
        found = self._opened(key)
        if found is not None:
            return found
        if size * LEAST_GROWTH > self._most:
            raise _too_large("This table")
        with self._lock:
            if key in self._refused:
                raise self._refused[key]
        preparation = self._prepare(key, size, fill, user_id)
        if preparation is None:
            return Preparation(size)
        if not preparation.done.wait(patience):
            return preparation
        with self._lock:
            self._preparing.pop(key, None)
        if preparation.failure is not None:
            raise preparation.failure
        return self._opened(key) or self._prepare(key, size, fill, user_id) or Preparation(size)

    def forget(self, job_id: str) -> None:
        """Drop the copies of a job that is no more."""
        with self._lock:
            for key, preparation in self._preparing.items():
                if key.startswith(f"{job_id}-"):
                    preparation.given_up = True
        try:
            for key in self._folder.keys(job_id):
                self._folder.drop(key)
        except (OSError, ServiceUnavailable) as error:
            # Nobody can reach them all the same, and sooner or later they are swept.
            log.warning("table_copy_not_dropped", job_id=job_id, reason=str(error))
        self._let_go()

    def sweep(self) -> None:
        """Drop what was not used for long, and parts whose maker is gone."""
        self._folder.sweep(self._keep)
        self._let_go()

    # ---- one copy

    def _opened(self, key: str) -> OpenTable | None:
        with self._lock:
            found = self._open.get(key)
        if not self._folder.use(key):
            with self._lock:
                self._open.pop(key, None)
            return None
        if found is None:
            copy = self._folder.copy(key)
            try:
                found = OpenTable(copy / TABLE, copy, self._recent)
            except FileNotFoundError:  # it was dropped meanwhile
                return None
        with self._lock:
            return self._open.setdefault(key, found)

    def _let_go(self) -> None:
        """Close what is not on the disk any more: until then it takes its room there."""
        with self._lock:
            for key in [key for key in self._open if not self._folder.copy(key).exists()]:
                del self._open[key]

    def _prepare(self, key: str, size: int, fill: Fill, user_id: str) -> Preparation | None:
        """The preparation of a copy: the one under way, or a new one; None: not yet, because of
        others of the same person."""
        with self._lock:
            if key not in self._preparing:
                preparation = Preparation(size)
                make = partial(self._make, key, fill, preparation)
                if not self._turns.take(user_id, make, preparation.done):
                    return None
                self._preparing[key] = preparation
            return self._preparing[key]

    def _make(self, key: str, fill: Fill, preparation: Preparation) -> None:
        """Make a copy, in a thread of its own; what goes wrong is told to those who wait."""
        began = time.monotonic()
        try:
            with self._folder.alone(key, wait=True):
                if not self._folder.copy(key).exists():
                    self._fetch_and_unpack(key, fill, preparation)
            with self._lock:
                self._preparing.pop(key, None)
            log.info("table_prepared", key=key, seconds=round(time.monotonic() - began, 2))
        except GasError as error:
            log.warning("table_not_prepared", key=key, reason=error.message)
            if isinstance(error, InvalidRequest):
                self._refuse(key, error)
            preparation.failure = error
        except (OSError, pa.ArrowException, ValueError) as error:
            log.error("table_not_prepared", key=key, exc_info=error)
            preparation.failure = ServiceUnavailable(
                "The table of this job could not be opened.",
                remedy="Try again. If it happens again, tell us the request id.",
            )

    def _fetch_and_unpack(self, key: str, fill: Fill, preparation: Preparation) -> None:
        room = _Room(self._folder, key, preparation.size, self._most)
        with self._folder.making(key) as part:
            room.need(0)
            fill(part / TABLE, preparation)
            preparation.unpacking = True
            working_copy.write(part / TABLE, part, room.need)
            if preparation.given_up:
                raise NotFound("This job has been deleted.")

    def _refuse(self, key: str, error: GasError) -> None:
        """Do not try again what cannot succeed."""
        with self._lock:
            self._refused[key] = error
            if len(self._refused) > _REFUSALS:
                self._refused.popitem(last=False)

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

    def _keep_sweeping(self) -> None:
        while True:
            try:
                self.sweep()
            except (OSError, ServiceUnavailable) as error:
                log.warning("table_cache_not_swept", reason=str(error))
            time.sleep(_SWEEP_SECONDS)


class _Room:
    """The room that one copy takes, made for it as it grows."""

    def __init__(self, folder: CopyFolder, key: str, size: int, most_bytes: int) -> None:
        self._folder = folder
        self._key = key
        self._size = size
        self._most = min(most_bytes, max(size * MOST_GROWTH, ANY_TABLE))
        self._made = 0

    def need(self, written: int) -> None:
        """Make room for a working copy of `written` bytes, and the table beside it.

        Raises:
            InvalidRequest: it is too large.
            ServiceUnavailable: others need the room just now.
        """
        needed = self._size + written
        if needed > self._most:
            raise _too_large("Unpacked, this table")
        if needed <= self._made:
            return
        usual = min(self._size * GROWTH, self._most)
        wanted = usual if needed <= usual else min(needed + _STEP, self._most)
        if not self._folder.make_room(self._key, wanted):
            raise ServiceUnavailable(
                "Many large tables are being explored just now.",
                remedy="Try again in a few minutes; the downloads work meanwhile.",
            )
        self._made = wanted


def _key(job_id: str, table: StoredFile) -> str:
    return f"{job_id}-{table.sha256[:16]}"


def _too_large(what: str) -> InvalidRequest:
    return InvalidRequest(
        f"{what} is too large to be explored here.",
        remedy="Download it from the job's page (Parquet): DuckDB, R and pandas read it as it is. "
        "The downloads of all formats work as before. Texts of many thousand letters in ID or "
        "FILTER make a table large; without them it can be explored.",
    )
