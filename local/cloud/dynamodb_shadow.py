"""The items of all DynamoDB tables, kept beside ministack.

Every write of an item happens under a lock of its key, is carried out by ministack, and is then
recorded as what the item is now. At a start the items are written back.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from local.cloud.calls import Call
from local.cloud.journal import Journal, Statement
from local.cloud.upstream import Reply, Upstream, UpstreamError

log = logging.getLogger(__name__)

TARGET = "DynamoDB_20120810."
ITEM_WRITES = frozenset(
    {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
)
PARTIQL = frozenset({"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"})
PARTIQL_READS = re.compile(r"\s*SELECT\b", re.IGNORECASE)
BATCH = 25
RESTORERS = 4

Item = dict[str, Any]
Forward = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True)
class Touched:
    """One item that a request writes. ``item`` is what it will be, if that is known already."""

    table: str
    key: Item
    item: Item | None
    deleted: bool = False

    @property
    def mark(self) -> tuple[str, str]:
        return self.table, json.dumps(self.key, sort_keys=True)


class PartiqlWrite(Exception):
    """A statement that writes; only the operations that name their items are kept."""


class DynamoShadow:
    """Carries out the writes of items and records them."""

    def __init__(self, journal: Journal, upstream: Upstream) -> None:
        self._journal = journal
        self._upstream = upstream
        self._keys: dict[str, tuple[str, ...]] = {}
        self._locks: dict[tuple[str, str], tuple[asyncio.Lock, int]] = {}

    def forget_schemas(self) -> None:
        """Key names of tables are asked for again: a table was made or removed."""
        self._keys.clear()

    async def write(self, call: Call, forward: Forward) -> Reply:
        """Carry out a request that writes items; recorded when this returns."""
        try:
            touched = await self._touched(call)
        except (KeyError, TypeError, AttributeError, UpstreamError):
            return await forward(call)  # malformed, or no such table: ministack says so
        async with self._locked({t.mark for t in touched}):
            reply = await forward(call)
            if reply.ok:
                await self._record(touched, reply)
            return reply

    @staticmethod
    def refuse_partiql_writes(call: Call) -> None:
        """Let only reading PartiQL through.

        Raises
        ------
        PartiqlWrite
            A statement writes.
        """
        request = call.json()
        listed = request.get("Statements") or request.get("TransactStatements") or [request]
        for statement in listed:
            if not PARTIQL_READS.match(str(statement.get("Statement", ""))):
                raise PartiqlWrite

    async def restore(self) -> None:
        """Write all items back.

        Those of a table that is not there are kept: its stack may have failed to come up, and
        the next start may mend that.
        """
        tables = [row[0] for row in self._journal.read('SELECT DISTINCT "table" FROM items')]
        self.forget_schemas()
        for table in tables:
            if not await self.exists(table):
                log.error("There is no table %s to put its items back into; they are kept", table)
                continue
            rows = self._journal.read('SELECT item FROM items WHERE "table" = ?', (table,))
            batches = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
            pending = iter(batches)
            await asyncio.gather(*(self._put_batches(table, pending) for _ in range(RESTORERS)))

    async def drop_removed_tables(self) -> None:
        """Forget the items of tables that are no more, after somebody asked to delete some."""
        self.forget_schemas()
        for (table,) in self._journal.read('SELECT DISTINCT "table" FROM items'):
            if not await self.exists(table):
                await self._drop(table)

    async def exists(self, table: str) -> bool:
        try:
            await self._key_names(table)
        except UpstreamError:
            return False
        return True

    async def _drop(self, table: str) -> None:
        await self._journal.write(('DELETE FROM items WHERE "table" = ?', (table,)))

    async def _put_batches(self, table: str, batches: Iterable[list[tuple[Any, ...]]]) -> None:
        for batch in batches:
            requests = [{"PutRequest": {"Item": json.loads(row[0])}} for row in batch]
            try:
                await self._call("BatchWriteItem", {"RequestItems": {table: requests}})
            except UpstreamError as fault:
                log.error("Items of %s could not be written back: %s", table, fault)

    async def _key_names(self, table: str) -> tuple[str, ...]:
        if table not in self._keys:
            described = await self._call("DescribeTable", {"TableName": table})
            schema = described["Table"]["KeySchema"]
            self._keys[table] = tuple(sorted(part["AttributeName"] for part in schema))
        return self._keys[table]

    async def _touched(self, call: Call) -> list[Touched]:
        request = call.json()
        if call.action == "PutItem":
            return [await self._put(request["TableName"], request["Item"])]
        if call.action == "UpdateItem":
            return [Touched(_name(request["TableName"]), request["Key"], None)]
        if call.action == "DeleteItem":
            return [Touched(_name(request["TableName"]), request["Key"], None, deleted=True)]
        if call.action == "BatchWriteItem":
            return [
                await self._put(table, entry["PutRequest"]["Item"])
                if "PutRequest" in entry
                else Touched(_name(table), entry["DeleteRequest"]["Key"], None, deleted=True)
                for table, entries in request["RequestItems"].items()
                for entry in entries
            ]
        return [
            found
            for entry in request["TransactItems"]
            if (found := await self._in_transaction(entry)) is not None
        ]

    async def _in_transaction(self, entry: dict[str, Any]) -> Touched | None:
        if "Put" in entry:
            return await self._put(entry["Put"]["TableName"], entry["Put"]["Item"])
        if "Update" in entry:
            return Touched(_name(entry["Update"]["TableName"]), entry["Update"]["Key"], None)
        if "Delete" in entry:
            table, key = _name(entry["Delete"]["TableName"]), entry["Delete"]["Key"]
            return Touched(table, key, None, deleted=True)
        return None

    async def _put(self, table: str, item: Item) -> Touched:
        table = _name(table)
        names = await self._key_names(table)
        return Touched(table, {name: item[name] for name in names}, item)

    async def _record(self, touched: list[Touched], reply: Reply) -> None:
        unprocessed = b'"UnprocessedItems": {"' in reply.body
        statements: list[Statement] = []
        for one in touched:
            item = one.item
            if unprocessed or (item is None and not one.deleted):
                found = await self._call(
                    "GetItem", {"TableName": one.table, "Key": one.key, "ConsistentRead": True}
                )
                item = found.get("Item")
            if item is None:
                statements.append(('DELETE FROM items WHERE "table" = ? AND key = ?', one.mark))
            else:
                statements.append(
                    ("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", (*one.mark, json.dumps(item)))
                )
        await self._journal.write(*statements)

    @contextlib.asynccontextmanager
    async def _locked(self, marks: set[tuple[str, str]]) -> AsyncIterator[None]:
        """Hold the locks of these keys, taken in one order by everybody."""
        async with contextlib.AsyncExitStack() as stack:
            for mark in sorted(marks):
                lock, users = self._locks.get(mark, (asyncio.Lock(), 0))
                self._locks[mark] = (lock, users + 1)
                stack.callback(self._leave, mark)
                await stack.enter_async_context(lock)
            yield

    def _leave(self, mark: tuple[str, str]) -> None:
        lock, users = self._locks[mark]
        if users == 1:
            del self._locks[mark]
        else:
            self._locks[mark] = (lock, users - 1)

    async def _call(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
        return await self._upstream.json("dynamodb", TARGET + action, request)


def _name(table: str) -> str:
    """The name of a table that may be given by its ARN."""
    return table.rpartition("table/")[2].partition("/")[0] if table.startswith("arn:") else table
