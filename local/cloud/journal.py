"""The gateway's own memory: one SQLite file, every write of which is on disk before it counts.

Writes that arrive together are committed together (one ``fsync`` for many requests).
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

Statement = tuple[str, Sequence[Any]]
Row = tuple[Any, ...]

SCHEMA = """
-- requests that changed the shape of the cloud, sent again in this order at every start
CREATE TABLE IF NOT EXISTS control (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT,              -- what the entry is about, where a later one replaces it
    fingerprint TEXT NOT NULL,
    service TEXT NOT NULL, action TEXT NOT NULL, region TEXT NOT NULL,
    method TEXT NOT NULL, path TEXT NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL,
    answer BLOB NOT NULL    -- what was answered, to recognise ids that come out anew
);
CREATE INDEX IF NOT EXISTS control_name ON control (name);
CREATE INDEX IF NOT EXISTS control_fingerprint ON control (fingerprint);

-- the items of all tables, as they are now
CREATE TABLE IF NOT EXISTS items (
    "table" TEXT NOT NULL, key TEXT NOT NULL, item TEXT NOT NULL,
    PRIMARY KEY ("table", key)
) WITHOUT ROWID;

-- the messages of all queues, as they were at the last look
CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY, queue TEXT NOT NULL, message TEXT NOT NULL
);

-- what was put into queues and topics since that look
CREATE TABLE IF NOT EXISTS redo (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, at REAL NOT NULL, request TEXT NOT NULL, body BLOB NOT NULL
);

CREATE TABLE IF NOT EXISTS mail (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE, at REAL NOT NULL, mail TEXT NOT NULL
);

-- temporary credentials that were given out
CREATE TABLE IF NOT EXISTS sessions (
    key_id TEXT PRIMARY KEY, secret TEXT NOT NULL, token TEXT NOT NULL,
    expires REAL NOT NULL, request TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS executions (
    arn TEXT PRIMARY KEY, request TEXT NOT NULL
);

-- HTTP subscriptions that their service has confirmed
CREATE TABLE IF NOT EXISTS confirmed (
    topic TEXT NOT NULL, endpoint TEXT NOT NULL, PRIMARY KEY (topic, endpoint)
);

-- notifications on their way to HTTP subscribers
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, topic TEXT NOT NULL, endpoint TEXT NOT NULL,
    headers TEXT NOT NULL, body BLOB NOT NULL, dead_letters TEXT NOT NULL,
    attempts INTEGER NOT NULL, due REAL NOT NULL
);

-- large objects: what ministack believes (the stub's entity tag) and what is true
CREATE TABLE IF NOT EXISTS blobs (
    stub TEXT PRIMARY KEY, etag TEXT NOT NULL, size INTEGER NOT NULL,
    files TEXT NOT NULL, checksums TEXT NOT NULL, at REAL NOT NULL
);

-- temporary copies of objects in the Glacier classes, asked for, ready or about to expire
CREATE TABLE IF NOT EXISTS restores (
    bucket TEXT NOT NULL, key TEXT NOT NULL, stub TEXT NOT NULL, class TEXT NOT NULL,
    ready REAL NOT NULL, expires REAL NOT NULL, announced INTEGER NOT NULL,
    PRIMARY KEY (bucket, key)
);

-- vaults: what is in them, what is on its way into them, what was asked for of them
CREATE TABLE IF NOT EXISTS vaults (name TEXT PRIMARY KEY, created REAL NOT NULL);
CREATE TABLE IF NOT EXISTS vault_archives (
    id TEXT PRIMARY KEY, vault TEXT NOT NULL, description TEXT NOT NULL, created REAL NOT NULL,
    size INTEGER NOT NULL, leaves BLOB NOT NULL, files TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS vault_archives_vault ON vault_archives (vault, created);
CREATE TABLE IF NOT EXISTS vault_uploads (
    id TEXT PRIMARY KEY, vault TEXT NOT NULL, description TEXT NOT NULL,
    part_size INTEGER NOT NULL, created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS vault_parts (
    upload TEXT NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL,
    file TEXT NOT NULL, leaves BLOB NOT NULL, PRIMARY KEY (upload, start)
);
CREATE TABLE IF NOT EXISTS vault_jobs (
    id TEXT PRIMARY KEY, vault TEXT NOT NULL, action TEXT NOT NULL, request TEXT NOT NULL,
    created REAL NOT NULL, ready REAL NOT NULL, expires REAL NOT NULL, told INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS vault_jobs_due ON vault_jobs (told, ready);

-- how the laptop's cold storage behaves
CREATE TABLE IF NOT EXISTS practice (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Journal:
    """The SQLite file. Reads happen at once; writes are awaited until they are on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader = self._connect()
        self._reader.executescript("PRAGMA journal_mode = WAL;" + SCHEMA)
        path.chmod(0o600)
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="journal-reader")
        self._aside_reader = self._connect()
        self._queue: queue.SimpleQueue[
            tuple[Sequence[Statement], asyncio.Future[int], asyncio.AbstractEventLoop] | None
        ] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, name="journal", daemon=True)
        self._thread.start()

    def read(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """The rows of a query. Called from the event loop: keep it small."""
        return self._reader.execute(sql, parameters).fetchall()

    async def read_aside(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """The rows of a longer query, which does not hold up the event loop."""

        def run() -> list[Row]:
            return self._aside_reader.execute(sql, parameters).fetchall()

        return await asyncio.get_running_loop().run_in_executor(self._aside, run)

    async def write(self, *statements: Statement) -> int:
        """Execute statements in one transaction; returns once it is on disk.

        Returns
        -------
        int
            The row id of the last insertion.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[int] = loop.create_future()
        self._queue.put((statements, done, loop))
        # A write that has begun is finished even if nobody waits for it any more.
        return await asyncio.shield(done)

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()
        self._aside.shutdown()
        self._aside_reader.close()
        self._reader.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        connection.executescript("PRAGMA synchronous = FULL; PRAGMA busy_timeout = 10000;")
        return connection

    def _write_all(self) -> None:
        writer = self._connect()
        while (job := self._queue.get()) is not None:
            jobs = [job]
            while len(jobs) < 256 and not self._queue.empty():
                following = self._queue.get()
                if following is None:
                    self._queue.put(None)
                    break
                jobs.append(following)
            self._commit(writer, jobs)
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        writer.close()

    def _commit(
        self,
        writer: sqlite3.Connection,
        jobs: list[tuple[Sequence[Statement], asyncio.Future[int], asyncio.AbstractEventLoop]],
    ) -> None:
        outcomes: list[int | sqlite3.Error] = []
        try:
            writer.execute("BEGIN IMMEDIATE")
            for statements, _, _ in jobs:
                last = 0
                for sql, parameters in statements:
                    last = writer.execute(sql, parameters).lastrowid or 0
                outcomes.append(last)
            writer.execute("COMMIT")
        except sqlite3.Error as fault:
            if writer.in_transaction:
                writer.execute("ROLLBACK")
            outcomes = [fault] * len(jobs)
        for (_, done, loop), outcome in zip(jobs, outcomes, strict=True):
            loop.call_soon_threadsafe(_settle, done, outcome)


def _settle(done: asyncio.Future[int], outcome: int | sqlite3.Error) -> None:
    if done.cancelled():
        return
    if isinstance(outcome, sqlite3.Error):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)
