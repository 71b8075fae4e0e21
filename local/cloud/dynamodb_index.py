"""Pages of secondary indexes, answered from the gateway's own copy of the items.

ministack sorts all items of a partition for every page it gives of it, which takes seconds when
there are a hundred thousand. SQLite has an index for each secondary index that is asked for, on
the very copy that survives a crash, and so is always up to date. What is asked in another form
than an ordinary page (filters, projections, counts, other kinds of keys) is left to ministack, and
so is everything that ministack would refuse.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
import zlib
from dataclasses import dataclass
from typing import Any

from multidict import CIMultiDict

from local.cloud.calls import Call
from local.cloud.journal import Journal, Row
from local.cloud.settings import ACCOUNT, REGION
from local.cloud.upstream import Reply, Upstream, UpstreamError
from local.cloud.vault.doorman import Doorman
from local.cloud.vault.refusals import Refusal

PAGE_BYTES = 1024 * 1024
MOST_ROWS = 10_000
TARGET = "DynamoDB_20120810."

UNDERSTOOD = frozenset(
    {
        "TableName",
        "IndexName",
        "KeyConditionExpression",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
        "ScanIndexForward",
        "Limit",
        "ExclusiveStartKey",
    }
)
NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")
WORD = re.compile(r"[A-Za-z0-9_]{1,255}")
CONDITION = re.compile(
    r"(?P<partition>#?\w+) = (?P<owner>:\w+)"
    r"( AND ((?P<between>#?\w+) BETWEEN (?P<low>:\w+) AND (?P<high>:\w+)"
    r"|(?P<compared>#?\w+) (?P<sign><=|>=|=|<|>) (?P<bound>:\w+)"
    r"|begins_with\((?P<begun>#?\w+), (?P<prefix>:\w+)\)))?"
)
_PAST_EVERY_TEXT = "\U0010ffff"


class NotOurs(Exception):
    """A question that is left to ministack."""


@dataclass(frozen=True)
class Shape:
    """A secondary index: a partition key of text, a sort key of text or numbers."""

    table: str
    index: str
    key: str
    """The table's own key, of text."""
    partition: str
    sort: str
    sort_type: str
    held: tuple[str, ...] | None
    """The attributes that it has; None: all."""

    @property
    def partition_sql(self) -> str:
        return f"""json_extract(item, '$."{self.partition}".S')"""

    @property
    def sort_sql(self) -> str:
        found = f"""json_extract(item, '$."{self.sort}".{self.sort_type}')"""
        return f"CAST({found} AS NUMERIC)" if self.sort_type == "N" else found

    @property
    def of_the_table(self) -> str:
        return f"""items."table" = '{self.table}'"""

    @property
    def statement(self) -> str:
        """Makes SQLite's index, once."""
        name = f"secondary {self.table} {self.index} {self.partition} {self.sort}"
        columns = f"{self.partition_sql}, {self.sort_sql}, key"
        where = self.of_the_table.replace("items.", "")
        return f'CREATE INDEX IF NOT EXISTS "{name}" ON items ({columns}) WHERE {where}'

    def value(self, found: Any) -> str | float:
        """A sort key as SQLite compares it."""
        (kind, text), *others = found.items()
        if others or kind != self.sort_type:
            raise NotOurs
        return text if kind == "S" else float(text) if "." in text else int(text)


class IndexReader:
    """Answers Query requests that ask for a page of an index."""

    def __init__(self, journal: Journal, upstream: Upstream, doorman: Doorman) -> None:
        self._journal = journal
        self._upstream = upstream
        self._doorman = doorman
        self._shapes: dict[tuple[str, str], Shape | None] = {}

    def forget_schemas(self) -> None:
        """A table was made, changed or removed."""
        self._shapes.clear()

    async def answer(self, call: Call) -> Reply | None:
        """The page, or None: ministack should answer."""
        try:
            request = call.json()
            if not request.keys() <= UNDERSTOOD or not isinstance(request.get("IndexName"), str):
                return None
            shape = await self._shape(request["TableName"], request["IndexName"])
            question = _question(shape, request)
            await self._admit(call, shape)
        except (NotOurs, Refusal, KeyError, TypeError, AttributeError, ValueError):
            return None
        rows = await self._journal.read_aside(*question.sql)
        return _reply(question.page(rows))

    async def _admit(self, call: Call, shape: Shape) -> None:
        body_hash = hashlib.sha256(call.body).hexdigest()
        role = await self._doorman.admit(call.method, call.raw_path, call.headers, body_hash)
        arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{shape.table}/index/{shape.index}"
        await self._doorman.require_right(role, "dynamodb:Query", arn)

    async def _shape(self, table: str, index: str) -> Shape:
        if not NAME.fullmatch(table) or not NAME.fullmatch(index):
            raise NotOurs
        if (table, index) not in self._shapes:
            shape = await self._look(table, index)
            if shape is not None:
                await self._journal.write((shape.statement, ()))
            self._shapes[table, index] = shape
        found = self._shapes[table, index]
        if found is None:
            raise NotOurs
        return found

    async def _look(self, table: str, index: str) -> Shape | None:
        try:
            answer = await self._upstream.json(
                "dynamodb", TARGET + "DescribeTable", {"TableName": table}
            )
        except UpstreamError:
            return None
        described = answer["Table"]
        kinds = {
            each["AttributeName"]: each["AttributeType"]
            for each in described["AttributeDefinitions"]
        }
        own = [part["AttributeName"] for part in described["KeySchema"]]
        for each in described.get("GlobalSecondaryIndexes", []):
            keys = [part["AttributeName"] for part in each["KeySchema"]]
            if each["IndexName"] != index or len(keys) != 2 or len(own) != 1:
                continue
            projection = each["Projection"]
            held = {*own, *keys, *projection.get("NonKeyAttributes", [])}
            plain = all(WORD.fullmatch(name) for name in held)
            if plain and kinds[own[0]] == kinds[keys[0]] == "S" and kinds[keys[1]] in "SN":
                everything = projection["ProjectionType"] == "ALL"
                attributes = None if everything else tuple(sorted(held))
                return Shape(table, index, own[0], keys[0], keys[1], kinds[keys[1]], attributes)
        return None


@dataclass(frozen=True)
class Question:
    """A request, understood."""

    shape: Shape
    where: str
    values: tuple[Any, ...]
    descending: bool
    limit: int | None

    @property
    def sql(self) -> tuple[str, tuple[Any, ...]]:
        """The rows: key, then the attributes that the index holds, as JSON."""
        shape, way = self.shape, "DESC" if self.descending else "ASC"
        held = "item"
        if shape.held is not None:
            held = ", ".join(f"""json_extract(item, '$."{name}"')""" for name in shape.held)
        extra = ""
        if shape.held is None:
            extra = "".join(
                f""", json_extract(item, '$."{name}"')"""
                for name in (shape.key, shape.partition, shape.sort)
            )
        # All names were compared with plain patterns; values are parameters.
        text = (
            f"SELECT {held}{extra} FROM items WHERE {shape.of_the_table} AND {self.where}"  # noqa: S608
            f" ORDER BY {shape.sort_sql} {way}, key {way} LIMIT {self.limit or MOST_ROWS}"
        )
        return text, self.values

    def page(self, rows: list[Row]) -> bytes:
        """The body of the answer: as many rows as a page may have bytes."""
        shape = self.shape
        names = shape.held or (shape.key, shape.partition, shape.sort)
        items: list[str] = []
        last: dict[str, str] = {}
        size = 0
        for row in rows:
            parts = row if shape.held is not None else row[1:]
            last = dict(zip(names, parts, strict=True))
            items.append(row[0] if shape.held is None else _joined(last))
            size += len(items[-1])
            if size >= PAGE_BYTES:
                break
        body = f'"Count": {len(items)}, "ScannedCount": {len(items)}'
        if items and (len(items) < len(rows) or len(rows) == (self.limit or MOST_ROWS)):
            place = {name: last[name] for name in (shape.key, shape.partition, shape.sort)}
            body += f', "LastEvaluatedKey": {_joined(place)}'
        return f'{{"Items": [{", ".join(items)}], {body}}}'.encode()


def _joined(attributes: dict[str, str]) -> str:
    """An item of attributes that are JSON already; those that it does not have are None."""
    there = (f'"{name}": {text}' for name, text in attributes.items() if text is not None)
    return f"{{{', '.join(there)}}}"


def _question(shape: Shape, request: dict[str, Any]) -> Question:
    found = CONDITION.fullmatch(request["KeyConditionExpression"].strip())
    if found is None:
        raise NotOurs
    names, given = request.get("ExpressionAttributeNames", {}), request["ExpressionAttributeValues"]
    asked = {group: text for group, text in found.groupdict().items() if text}
    used = {text for text in asked.values() if text.startswith("#")}
    if used != set(names) or {text for text in asked.values() if text[0] == ":"} != set(given):
        raise NotOurs
    sort = next((asked[g] for g in ("between", "compared", "begun") if g in asked), None)
    if names.get(asked["partition"], asked["partition"]) != shape.partition:
        raise NotOurs
    if sort is not None and names.get(sort, sort) != shape.sort:
        raise NotOurs
    owner = given[asked["owner"]]
    if set(owner) != {"S"}:
        raise NotOurs
    where = [f"{shape.partition_sql} = ?", f"{shape.sort_sql} IS NOT NULL"]
    values: list[Any] = [owner["S"]]
    column = shape.sort_sql
    if "between" in asked:
        where.append(f"{column} BETWEEN ? AND ?")
        values += [shape.value(given[asked["low"]]), shape.value(given[asked["high"]])]
        if values[-2] > values[-1]:
            raise NotOurs
    elif "compared" in asked:
        where.append(f"{column} {asked['sign']} ?")
        values.append(shape.value(given[asked["bound"]]))
    elif "begun" in asked:
        prefix = shape.value(given[asked["prefix"]])
        where += [f"{column} >= ?", f"{column} < ?"]
        values += [prefix, str(prefix) + _PAST_EVERY_TEXT]
    descending = request.get("ScanIndexForward") is False
    start = request.get("ExclusiveStartKey")
    if start is not None:
        if (
            set(start) != {shape.key, shape.partition, shape.sort}
            or start[shape.partition] != owner
        ):
            raise NotOurs
        at, key = shape.value(start[shape.sort]), json.dumps({shape.key: start[shape.key]})
        beyond, behind = ("<=", ">=") if descending else (">=", "<=")
        where += [f"{column} {beyond} ?", f"NOT ({column} = ? AND key {behind} ?)"]
        values += [at, at, key]
    limit = request.get("Limit")
    if limit is not None and (type(limit) is not int or limit < 1):
        raise NotOurs
    return Question(shape, " AND ".join(where), tuple(values), descending, limit)


def _reply(body: bytes) -> Reply:
    headers: CIMultiDict[str] = CIMultiDict(
        {
            "Content-Type": "application/x-amz-json-1.0",
            "x-amzn-RequestId": str(uuid.uuid4()),
            "x-amz-crc32": str(zlib.crc32(body)),
        }
    )
    return Reply(200, headers, body)
