"""One run of the engine: reading, working and writing, in order, in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, Self

from anntools import classic
from anntools.compression import EOF
from anntools.infokeys import warnings_of_replaced
from anntools.labels import make_labels
from anntools.options import Options, Progress
from anntools.pack import Pack
from anntools.plotcounts import PlotCounter, frequencies_of, plot_counts
from anntools.problems import InputRefused, Problem
from anntools.readahead import read_ahead
from anntools.vcfio.header import Header, read_header
from anntools.vcfio.reader import Source
from anntools.vcfio.validator import Validator, judged
from anntools.vcfio.version3 import is_version3, modern_header, modern_records
from anntools.worker import Worker
from anntools.writebehind import WriteBehind

if TYPE_CHECKING:
    from anntools.haplotype import Haplotypes
    from anntools.table.collect import Rows
    from anntools.table.writer import TableWriter


# A chunk of text and what becomes of it stay in the processor's cache. What is compressed is cut
# into larger ones, so that few blocks are short.
_SMALL_CHUNK: Final = 1 << 18


class Result(NamedTuple):
    """What a run found out."""

    stats: list[int]
    problems: list[Problem]
    warnings: list[str]
    input_blake3: str
    input_bytes: int
    output_blake3: str
    output_bytes: int
    not_lifted: dict[str, int]  # by reason
    plots: dict[str, Any]  # what plots need, see plotcounts


class _Piece(NamedTuple):
    """A chunk as it will lie on disk. ``data`` may be the worker's own memory."""

    data: bytes | memoryview
    text_size: int
    records: int
    problems: list[Problem]
    refused: Problem | None
    rows: Rows | None  # of the table, when several workers collect them


class _Sink:
    """The output file: counts and takes the checksum of what is written, beside the work.

    What is written must stay as it is until the next call.
    """

    def __init__(self, handle: BinaryIO, options: Options, name: str) -> None:
        self._file = WriteBehind(handle)
        self._options = options
        self._name = name
        self._text = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.stop()

    def write(self, data: bytes | memoryview, text_size: int) -> None:
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
        self._file.write(data)

    def finish(self) -> tuple[str, int]:
        """Checksum and bytes of what was written, when all of it is. Raises OSError."""
        return self._file.finish(), self._file.bytes


class _Team:
    """The workers, and how a chunk becomes a piece."""

    def __init__(self, workers: list[Worker], compress: bool) -> None:
        self.workers = workers
        self._compress = compress

    def pieces(self, chunks: Iterator[tuple[bytes, int]]) -> Iterator[_Piece]:
        """Annotated pieces in input order; at most two chunks per thread are in memory."""
        if len(self.workers) == 1:
            for data, line in chunks:
                yield self._piece(self.workers[0], data, line)
            return
        yield from self._in_threads(chunks)

    def _piece(self, worker: Worker, data: bytes, line: int) -> _Piece:
        before = worker.records
        done = worker.run(data, line)
        encoded = worker.packed(done.text) if self._compress else done.text
        rows = None
        if worker.collector and len(self.workers) > 1:
            rows = worker.collector.take()
        count = worker.records - before
        return _Piece(encoded, len(done.text), count, done.problems, done.refused, rows)

    def _in_threads(self, chunks: Iterator[tuple[bytes, int]]) -> Iterator[_Piece]:
        from concurrent.futures import Future, ThreadPoolExecutor
        from queue import SimpleQueue

        idle: SimpleQueue[Worker] = SimpleQueue()
        for worker in self.workers:
            idle.put(worker)

        def task(data: bytes, line: int) -> _Piece:
            worker = idle.get()
            try:
                piece = self._piece(worker, data, line)
                return piece._replace(data=bytes(piece.data))
            finally:
                idle.put(worker)

        pending: deque[Future[_Piece]] = deque()
        with ThreadPoolExecutor(len(self.workers), "anntools") as pool:
            try:
                for data, line in chunks:
                    pending.append(pool.submit(task, data, line))
                    if len(pending) > 2 * len(self.workers):
                        yield pending.popleft().result()
                while pending:
                    yield pending.popleft().result()
            finally:
                for future in pending:
                    future.cancel()


def run(
    source_path: Path,
    handle: BinaryIO,
    compress: bool,
    pack: Pack,
    options: Options,
    table: TableWriter | None = None,
    unlifted: BinaryIO | None = None,
) -> Result:
    """Annotate one file into an open handle, and into a table.

    ``unlifted`` takes the records that ``options.lift`` does not bring to the pack's assembly.
    Raises InputRefused, UsageProblem, OSError.
    """
    with _Sink(handle, options, options.name or source_path.name) as sink:
        return _run(source_path, sink, compress, pack, options, table, unlifted)


def _run(
    source_path: Path,
    sink: _Sink,
    compress: bool,
    pack: Pack,
    options: Options,
    table: TableWriter | None,
    unlifted: BinaryIO | None,
) -> Result:
    name = options.name or source_path.name
    source = Source(source_path, name, options.max_line)
    manifest = pack.manifest
    about = [store.about for store, _ in pack.numbered_stores()]
    if options.format == "classic":
        ours: tuple[list[str], list[str]] = (list(classic.KEYS), classic.header_lines())
    else:
        ours = ([], [])
    labels = make_labels(
        about, manifest.pack_id, manifest.assembly, options.format, *ours, like=options.like
    )
    size = options.chunk_size if compress else min(options.chunk_size, _SMALL_CHUNK)
    chunks = source.lines(size)
    if source.bytes_total:  # a pipe may keep a thread waiting that nobody needs any more
        chunks = read_ahead(chunks)
    header, rest = read_header(chunks, name)
    workers = [Worker(pack, labels, options, name) for _ in range(max(1, options.threads))]
    for worker in workers:
        worker.expect_columns(header.column_count)
        if table:
            worker.collect(table.collector(header.samples))
    validator = Validator(header, name, brief=not options.strict, listed=options.listed)
    counted = len(workers) > 1 or bool(options.lift)  # a lone worker counts lines itself
    numbers = _numbered(rest, chunks, header, lambda: counted or not validator.done)
    numbered = judged(numbers, source, validator, strict=options.strict)
    if is_version3(header):
        source.warnings.append("the file is VCF 3; it was converted to VCF 4.1")
        header = modern_header(header)
        numbered = modern_records(numbered, pack.reference_by_name)
    source.warnings += warnings_of_replaced(header.meta, labels.keys)
    lifting = None
    if options.lift:
        from anntools.lifting import Lifting

        lifting = Lifting(Path(options.lift), pack, header, name, options.listed)
        header = lifting.header()
        numbered = lifting.chunks(numbered, unlifted)
    counters = [PlotCounter(pack, frequencies_of(header, pack)) for _ in workers]
    for worker, counter in zip(workers, counters, strict=True):
        worker.count_for_plots(counter)
    added, keys = labels.header, labels.keys
    if options.haplotypes:
        from anntools.haplotype import KEY, Haplotypes, with_header

        header, added = with_header(header, added)
        keys = (*keys, KEY)
    head = header.render(added, keys)
    sink.write(workers[0].pack(head) if compress else head, len(head))
    pieces = _Team(workers, compress and not options.haplotypes).pieces(numbered)
    if options.haplotypes:
        filtered = Haplotypes(pack.folder, contig_names=options.contig_names)
        pieces = _by_haplotype(pieces, filtered, workers[0] if compress else None)
    problems: list[Problem] = []
    records = 0
    for piece in pieces:
        sink.write(piece.data, piece.text_size)
        problems += piece.problems[: options.listed - len(problems)]
        if piece.refused:
            raise InputRefused(piece.refused)
        records += piece.records
        if table:
            _add_rows(table, piece.rows, workers[0])
        if options.progress:
            options.progress(Progress(records, source.bytes_done, source.bytes_total))
    if options.strict and validator.problems:
        raise InputRefused(validator.problems[0])
    if table and len(workers) == 1 and workers[0].collector:
        table.write_from(workers[0].collector)
    if compress:
        sink.write(EOF, 0)
    if lifting:
        problems = sorted(problems + lifting.problems, key=_line)[: options.listed]
        source.warnings += lifting.warnings()
    written_blake3, written_bytes = sink.finish()
    return Result(
        [sum(counts) for counts in zip(*(w.stats for w in workers), strict=True)],
        problems,
        source.warnings + validator.sentences(),
        source.blake3_hex,
        source.bytes_total,
        written_blake3,
        written_bytes,
        dict(lifting.reasons) if lifting else {},
        plot_counts(counters, pack.contig_names),
    )


def _by_haplotype(
    pieces: Iterator[_Piece], haplotypes: Haplotypes, packer: Worker | None
) -> Iterator[_Piece]:
    """The pieces after the filter that joins what lies on one haplotype, packed if wanted."""
    for piece in pieces:
        text = haplotypes.feed(bytes(piece.data))
        yield piece._replace(data=packer.pack(text) if packer else text, text_size=len(text))
    text = haplotypes.finish()
    yield _Piece(packer.pack(text) if packer else text, len(text), 0, [], None, None)


def _line(problem: Problem) -> int:
    return problem.line or 0


def _add_rows(table: TableWriter, rows: Rows | None, only: Worker) -> None:
    """Rows of the next piece; a lone worker keeps them until a row group is full."""
    if rows:
        table.add(rows)
    elif only.collector:
        table.collect_from(only.collector)


def _numbered(
    rest: bytes, chunks: Iterator[bytes], header: Header, needed: Callable[[], bool]
) -> Iterator[tuple[bytes, int]]:
    """Each chunk with the number of its first line; 0 as soon as numbers are not ``needed``."""
    line = header.lines + 1
    for chunk in chain((rest,) if rest else (), chunks):
        yield chunk, line
        line = line + chunk.count(b"\n") if line and needed() else 0
