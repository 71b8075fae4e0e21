"""Keeps spans in SQLite, for some days and up to some number."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.traces.spans import Span

KEPT_SECONDS = 7 * 86_400
MOST_SPANS = 100_000
"""About 60 MB; whole traces are dropped, the oldest first."""
SHOWN_SPANS = 600
"""Of one trace."""
SHOWN_TRACES = 40
"""Of one job: a job that many requests had to do with."""

_TABLE = """
create table if not exists spans (
    trace_id text, span_id text, parent_id text, service text, name text, kind text,
    began integer, ended integer, failed integer, fault text, job_id text,
    attributes text, links text,
    primary key (trace_id, span_id)
) without rowid;
create index if not exists by_job on spans (job_id, began) where job_id <> '';
create index if not exists by_time on spans (began);
"""
_COLUMNS = (
    "trace_id, span_id, parent_id, service, name, kind, began, ended, failed, fault, job_id, "
    "attributes, links"
)


@dataclass(frozen=True)
class Summary:
    """A trace, or what belongs to a job, in one line of a list."""

    key: str
    """Id of the trace, or of the job."""
    name: str
    began: int
    ended: int
    spans: int
    failed: int
    services: tuple[str, ...]

    @property
    def seconds(self) -> float:
        return (self.ended - self.began) / 1e9


class SpanStore:
    """All spans. Any thread may ask."""

    def __init__(self, path: Path, *, most_spans: int = MOST_SPANS) -> None:
        self._most = most_spans
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("pragma journal_mode = wal")
        self._database.execute("pragma synchronous = off")  # it may be lost, not waited for
        self._database.executescript(_TABLE)

    def add(self, spans: Iterable[Span]) -> None:
        """Keep the spans; one that is there already is replaced."""
        rows = [
            (
                *(span.trace_id, span.span_id, span.parent_id, span.service, span.name, span.kind),
                *(span.began, span.ended, span.failed, span.fault, span.job_id),
                json.dumps(span.attributes),
                json.dumps(span.links),
            )
            for span in spans
        ]
        with self._lock, self._database:
            self._database.execute("begin")
            self._database.executemany(
                f"insert or replace into spans ({_COLUMNS}) values ({'?,' * 12}?)",  # noqa: S608
                rows,
            )
            self._forget()

    def _forget(self) -> None:
        oldest = int((time.time() - KEPT_SECONDS) * 1e9)
        self._database.execute("delete from spans where began < ?", (oldest,))
        (count,) = self._database.execute("select count(*) from spans").fetchone()
        if count > self._most:
            # A tenth at once, so that this is not done again with the next few.
            spare = count - self._most + self._most // 10
            self._database.execute(
                "delete from spans where trace_id in"
                " (select distinct trace_id from spans order by began limit ?)",
                (spare,),
            )

    def trace(self, trace_id: str) -> list[Span]:
        """The spans of a trace, in the order of their beginnings."""
        return self._read("where trace_id = ? order by began limit ?", (trace_id, SHOWN_SPANS))

    def traces_of(self, job_id: str) -> list[str]:
        """Ids of the traces that have to do with a job, the first ones first."""
        with self._lock:
            rows = self._database.execute(
                "select trace_id, min(began) from spans where job_id = ?"
                " group by trace_id order by 2 limit ?",
                (job_id, SHOWN_TRACES),
            ).fetchall()
        return [trace_id for trace_id, _ in rows]

    def jobs(self, *, limit: int, like: str = "") -> list[Summary]:
        """The latest jobs, the newest first; those whose id begins with `like`."""
        return self._summaries("job_id", "job_id <> '' and job_id like ? || '%'", (like,), limit)

    def traces(self, *, limit: int, failed: bool = False) -> list[Summary]:
        """The latest traces, the newest first; only those with a failure if wanted."""
        chosen = "trace_id in (select trace_id from spans where failed)" if failed else "1"
        return self._summaries("trace_id", chosen, (), limit)

    def _summaries(
        self, key: str, chosen: str, values: tuple[Any, ...], limit: int
    ) -> list[Summary]:
        # `name` is that of the row with the smallest `began`: SQLite's rule for min().
        query = (
            f"select {key}, name, min(began), max(ended), count(*), sum(failed),"  # noqa: S608
            f" group_concat(distinct service) from spans where {chosen}"
            f" group by {key} order by 3 desc limit ?"
        )
        with self._lock:
            rows = self._database.execute(query, (*values, limit)).fetchall()
        return [
            Summary(key, name, began, ended, spans, failed, tuple(sorted(services.split(","))))
            for key, name, began, ended, spans, failed, services in rows
        ]

    def _read(self, rest: str, values: tuple[Any, ...]) -> list[Span]:
        with self._lock:
            rows = self._database.execute(
                f"select {_COLUMNS} from spans {rest}",  # noqa: S608
                values,
            ).fetchall()
        return [_span(dict(zip(_COLUMNS.split(", "), row, strict=True))) for row in rows]

    def close(self) -> None:
        with self._lock:
            self._database.close()


def _span(row: dict[str, Any]) -> Span:
    told = {"attributes": json.loads(row["attributes"]), "links": tuple(json.loads(row["links"]))}
    return Span(**{**row, **told, "failed": bool(row["failed"])})
