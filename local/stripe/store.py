"""What the stand-in remembers, in one SQLite file: objects, deliveries, idempotent answers.

Every change is made in a transaction that is on the disk when it returns (WAL mode, synced).
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = dict[str, Any]

_SCHEMA = """
create table if not exists objects (
    seq integer primary key autoincrement, id text not null unique, kind text not null,
    body text not null, hidden text not null, due integer
);
create index if not exists objects_by_kind on objects (kind, seq);
create index if not exists objects_by_customer on objects (json_extract(body, '$.customer'));
create index if not exists objects_due on objects (due) where due is not null;
create table if not exists deliveries (
    id integer primary key autoincrement, event text not null, endpoint text not null,
    due real not null, since real not null, attempts integer not null default 0,
    state text not null
);
create index if not exists deliveries_due on deliveries (state, due);
create index if not exists deliveries_of_event on deliveries (event);
create table if not exists attempts (
    delivery integer not null, at real not null, status integer, note text not null
);
create index if not exists attempts_of_delivery on attempts (delivery);
create table if not exists answers (
    key text primary key, fingerprint text not null, request_id text not null,
    status integer not null, body text not null, at real not null
);
"""


@dataclass
class Record:
    """An object of the API, and what the stand-in knows about it besides."""

    kind: str
    """The object's ``object`` field, for example ``checkout.session``."""
    body: Json
    hidden: Json = field(default_factory=dict)
    """Never told by the API: how a card behaves, which attempt comes next."""

    @property
    def id(self) -> str:
        return str(self.body["id"])


class Transaction:
    """Reads and writes of one transaction. The same object is the same `Record` all through it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._known: dict[str, Record] = {}

    def get(self, object_id: str, kind: str | None = None) -> Record | None:
        """The object with an id; None if there is none, or it is of another kind."""
        found = self._records("where id = ?", (object_id,))
        return found[0] if found and kind in (None, found[0].kind) else None

    def stored_body(self, object_id: str) -> Json | None:
        """An object as it was last put, whatever was done to its record since."""
        row = self.connection.execute(
            "select body from objects where id = ?", (object_id,)
        ).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, record: Record, due: int | None = None) -> None:
        """Add an object, or replace it.

        Parameters
        ----------
        due
            When something must happen to it of its own accord, in its customer's time.
        """
        self.connection.execute(
            "insert into objects (id, kind, body, hidden, due) values (?, ?, ?, ?, ?) on conflict "
            "(id) do update set body = excluded.body, hidden = excluded.hidden, due = excluded.due",
            (record.id, record.kind, json.dumps(record.body), json.dumps(record.hidden), due),
        )
        self._known[record.id] = record

    def remove(self, object_id: str) -> None:
        self.connection.execute("delete from objects where id = ?", (object_id,))
        self._known.pop(object_id, None)

    def find(self, kind: str, equal: Mapping[str, Any] | None = None) -> list[Record]:
        """All objects of a kind, the newest first.

        Parameters
        ----------
        equal
            Path in the object (``customer``, ``recurring.interval``) to the value it must have.
        """
        query = "where kind = ?"
        values: list[Any] = [kind]
        for path, value in (equal or {}).items():
            query += f" and json_extract(body, '$.{path}') = ?"  # our own names only
            values.append(int(value) if isinstance(value, bool) else value)
        return self._records(f"{query} order by seq desc", values)

    def first_due(self, real_now: float, customer: str | None = None) -> tuple[Record, int] | None:
        """What is due first among all that lives in real time, and its moment; None if nothing.

        Parameters
        ----------
        customer
            Look at the objects of this customer only.
        """
        ahead = (
            "case when o.kind = 'checkout.session' then 0 "
            "else coalesce(json_extract(c.hidden, '$.ahead'), 0) end"
        )
        return self._due(
            "select o.id, o.due from objects o left join objects c "  # noqa: S608 - no values in it
            "on c.id = json_extract(o.body, '$.customer') where o.due is not null "
            "and json_extract(o.body, '$.test_clock') is null and coalesce(c.id = ?1, ?1 is null) "
            f"and o.due - {ahead} <= ?2 order by o.due - {ahead}, o.seq limit 1",
            (customer, real_now),
        )

    def first_due_of_clock(self, clock: str, until: int) -> tuple[Record, int] | None:
        """The same for what lives in the time of a test clock."""
        return self._due(
            "select id, due from objects where due is not null and due <= ? "
            "and json_extract(body, '$.test_clock') = ? order by due, seq limit 1",
            (until, clock),
        )

    def _due(self, query: str, values: tuple[Any, ...]) -> tuple[Record, int] | None:
        row = self.connection.execute(query, values).fetchone()
        record = self.get(row[0]) if row else None
        return (record, row[1]) if record else None

    def _records(self, rest: str, values: Sequence[Any]) -> list[Record]:
        rows = self.connection.execute(
            f"select id, kind, body, hidden from objects {rest}",  # noqa: S608
            values,
        )
        return [
            self._known.setdefault(row[0], Record(row[1], json.loads(row[2]), json.loads(row[3])))
            for row in rows.fetchall()
        ]


class Store:
    """The stand-in's memory. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with contextlib.closing(self._open()) as connection:
            connection.execute("pragma journal_mode = wal")
            connection.executescript(_SCHEMA)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """All of the changes inside, durably, or none of them."""
        with self._writing, contextlib.closing(self._open()) as connection:
            connection.execute("begin immediate")
            try:
                yield Transaction(connection)
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A view of one moment; nothing may be written."""
        with contextlib.closing(self._open()) as connection:
            connection.execute("begin")
            yield Transaction(connection)
            connection.rollback()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=10, isolation_level=None, check_same_thread=False
        )
        connection.execute("pragma synchronous = full")
        return connection
