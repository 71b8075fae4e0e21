"""One run of the engine: reading, working and writing, in order, in bounded memory."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from anntools import classic
from anntools.kernels_v0.counts import S_RECORDS
from anntools.labels import make_labels
from anntools.options import Options, Progress
from anntools.pack import Pack
from anntools.problems import InputRefused, Problem
from anntools.vcfio import bgzf
from anntools.vcfio.header import Header, read_header
from anntools.vcfio.reader import Source
from anntools.worker import Worker


class Result(NamedTuple):
    """What a run found out."""

    stats: npt.NDArray[np.int64]
    problems: list[Problem]
    warnings: list[str]
    input_sha256: str
    input_bytes: int
    output_sha256: str
    output_bytes: int


class _Piece(NamedTuple):
    data: bytes
    text_size: int
    records: int
    problems: list[Problem]
    refused: Problem | None


class _Sink:
    """The output file: counts and takes the checksum of what is written."""

    def __init__(self, handle: BinaryIO, compress: bool, options: Options, name: str) -> None:
        self._handle = handle
        self._compress = compress
        self._options = options
        self._name = name
        self._hash = hashlib.sha256()
        self._text = 0
        self.bytes = 0

    def encode(self, text: bytes | memoryview) -> bytes:
        """Text as it will lie on disk."""
        return bgzf.compress(text, self._options.level) if self._compress else bytes(text)

    def write(self, data: bytes, text_size: int) -> None:
        """Append encoded bytes. Raises InputRefused when the limit on the output is passed."""
        self._text += text_size
        limit = self._options.max_output
        if limit and self._text > limit:
            raise InputRefused(
                Problem(
                    "output_too_large",
                    f"The annotated text grows beyond the limit of {limit} bytes.",
                    self._name,
                    remedy="Split the file, or ask for a higher limit.",
                )
            )
        self._handle.write(data)
        self._hash.update(data)
        self.bytes += len(data)

    def finish(self) -> str:
        """Write what ends the file; returns its checksum."""
        if self._compress:
            self.write(bgzf.EOF, 0)
        return self._hash.hexdigest()


def run(
    source_path: Path, handle: BinaryIO, compress: bool, pack: Pack, options: Options
) -> Result:
    """Annotate one file into an open handle. Raises InputRefused."""
    name = options.name or source_path.name
    source = Source(source_path, name, options.max_line)
    if options.format == "classic":
        labels = make_labels(pack.manifest, tuple(classic.KEYS), classic.header_lines())
    else:
        labels = make_labels(pack.manifest)
    chunks = source.lines(options.chunk_size)
    header, rest = read_header(chunks, name)
    sink = _Sink(handle, compress, options, name)
    head = header.render(labels.header, labels.keys)
    sink.write(sink.encode(head), len(head))
    workers = [Worker(pack, labels, options, name) for _ in range(max(1, options.threads))]
    problems: list[Problem] = []
    records = 0
    for piece in _pieces(_numbered(rest, chunks, header), workers, sink):
        sink.write(piece.data, piece.text_size)
        problems += piece.problems[: options.listed - len(problems)]
        if piece.refused:
            raise InputRefused(piece.refused)
        records += piece.records
        if options.progress:
            options.progress(Progress(records, source.bytes_done, source.bytes_total))
    stats: npt.NDArray[np.int64] = np.sum([w.stats for w in workers], axis=0)
    digest = sink.finish()
    return Result(
        stats,
        problems,
        header.warnings + source.warnings,
        source.sha256,
        source.bytes_total,
        digest,
        sink.bytes,
    )


def _numbered(rest: bytes, chunks: Iterator[bytes], header: Header) -> Iterator[tuple[bytes, int]]:
    line = header.lines + 1
    if rest:
        yield rest, line
        line += rest.count(b"\n")
    for chunk in chunks:
        yield chunk, line
        line += chunk.count(b"\n")


def _pieces(
    chunks: Iterator[tuple[bytes, int]], workers: list[Worker], sink: _Sink
) -> Iterator[_Piece]:
    """Annotated pieces in input order; at most two chunks per thread are in memory."""
    if len(workers) == 1:
        for data, line in chunks:
            yield _work(workers[0], sink, data, line)
        return
    idle: SimpleQueue[Worker] = SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def task(data: bytes, line: int) -> _Piece:
        worker = idle.get()
        try:
            return _work(worker, sink, data, line)
        finally:
            idle.put(worker)

    pending: deque[Future[_Piece]] = deque()
    with ThreadPoolExecutor(len(workers), "anntools") as pool:
        try:
            for data, line in chunks:
                pending.append(pool.submit(task, data, line))
                if len(pending) > 2 * len(workers):
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


def _work(worker: Worker, sink: _Sink, data: bytes, line: int) -> _Piece:
    before = int(worker.stats[S_RECORDS])
    done = worker.run(data, line)
    encoded = sink.encode(done.text)
    records = int(worker.stats[S_RECORDS]) - before
    return _Piece(encoded, len(done.text), records, done.problems, done.refused)
