"""What one thread needs to annotate chunks: buffers, counters, and the kernel's block."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anntools import regions
from anntools.buffers import Buffer, grown
from anntools.compiled import entry
from anntools.compression import Blocks
from anntools.kernels import layout as k
from anntools.kernels.counts import S_RECORDS, stats_size
from anntools.labels import Labels
from anntools.options import PICKED, Options
from anntools.pack import Pack
from anntools.problems import REASON_CODES, Problem, record_problem

if TYPE_CHECKING:
    from anntools.plotcounts import PlotCounter
    from anntools.table.collect import Collector

_FORMATS = {
    "csq": k.FORMAT_CSQ,
    "ann": k.FORMAT_ANN,
    "bcsq": k.FORMAT_BCSQ,
    "classic": k.FORMAT_CSQ,  # written from CSQ, see classic.py
}
_GROW = {
    k.GROW_ROWS: ("rows", k.C_ROWS, k.C_ROWS_END),
    k.GROW_ALTS: ("alts", k.C_ALTS, k.C_ALTS_END),
    k.GROW_TEXT: ("text", k.C_TEXT_BEGIN, k.C_TEXT_END),
}


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one chunk. ``text`` is valid until the worker's next call but one."""

    text: memoryview
    problems: list[Problem]
    refused: Problem | None


class Worker:
    """Annotates chunks of whole lines, one at a time."""

    def __init__(self, pack: Pack, labels: Labels, options: Options, file: str) -> None:
        self._pack = pack
        self._file = file
        self._call = entry("annotate_chunk")
        self._block = (ctypes.c_int64 * k.C_SLOTS)()
        self._address = ctypes.addressof(self._block)
        regions.allow(self._address, 8 * k.C_SLOTS)
        self._stores = [store.block(class0) for store, class0 in pack.numbered_stores()]
        self._packed: list[Buffer | None] = [None, None]
        self.collector: Collector | None = None
        self.plots: PlotCounter | None = None  # kept here: the kernel writes into it
        self._blocks: Blocks | None = None
        self._level = options.level
        self._classic = options.format == "classic"
        self._genes: dict[str, str] | None = None
        self._buffers = {
            "input": Buffer(1 << 20),
            "out": Buffer(4 << 20),
            "last out": Buffer(4 << 20),  # what was written before, for whoever still reads it
            "line": Buffer(8 * k.L_SLOTS),
            "rows": Buffer(8 * k.R_SLOTS * 1024),
            "alts": Buffer(8 * k.A_SLOTS * 64),
            "text": Buffer(1 << 18),
            "issues": Buffer(8 * k.I_SLOTS * max(1, options.listed)),
            "terms": Buffer(k.TERM_ENTRIES * k.TERM_ENTRY),
            "cursors": Buffer(2 * pack.arrays["tx"].count),
            "name": Buffer(1 << 10),
            "stretch": Buffer(k.STRETCH_ROOM),
        }
        self._stats = (ctypes.c_int64 * stats_size(*pack.sizes()))()
        regions.allow(ctypes.addressof(self._stats), ctypes.sizeof(self._stats))
        self._describe(labels, options)

    def _describe(self, labels: Labels, options: Options) -> None:
        """Fill what does not change from chunk to chunk."""
        b = self._block
        for name, (slot, _) in k.ARRAYS.items():
            b[slot] = self._pack.arrays[name].address
        b[k.N_CONTIGS], b[k.N_GENES], _ = self._pack.sizes()
        b[k.N_ALIASES] = self._pack.arrays["alias_contig"].count
        b[k.N_TX] = self._pack.arrays["tx"].count
        b[k.C_STATS] = ctypes.addressof(self._stats)
        b[k.C_STRICT] = options.strict
        b[k.C_LIFTED] = bool(options.lift)
        b[k.C_LIKE] = k.LIKE_VEP if options.like == "vep" else 0
        near = min(options.distance, self._pack.manifest.distance)
        b[k.C_DISTANCE] = 0 if options.format == "bcsq" else near
        b[k.C_FORMAT] = _FORMATS[options.format]
        b[k.C_PICKED] = options.transcripts == PICKED
        b[k.C_LINE_BLOCK] = self._buffers["line"].address
        b[k.C_ISSUES_MOST] = max(1, options.listed)
        b[k.C_ISSUES] = self._buffers["issues"].address
        b[k.C_TERMS] = self._buffers["terms"].address
        b[k.C_EXON_CURSORS] = self._buffers["cursors"].address
        b[k.C_CONTIG_NAME] = self._buffers["name"].address
        b[k.C_CONTIG] = -2
        if options.format == "bcsq":
            b[k.C_STRETCH_TEXT] = self._buffers["stretch"].address
        b[k.C_LABELS], b[k.C_LABEL_OFF], b[k.C_KEYS] = labels.addresses
        b[k.C_LABEL_INTERVALS] = labels.intervals
        exact = [s for s in self._stores if s[0] == 0]
        intervals = [s for s in self._stores if s[0] == 1]
        self._tables = [
            (ctypes.c_int64 * (len(stores) + 1))(*map(ctypes.addressof, stores))
            for stores in (exact, intervals)
        ]
        for table in self._tables:
            regions.allow(ctypes.addressof(table), ctypes.sizeof(table))
        b[k.C_EXACT], b[k.C_INTERVALS] = map(ctypes.addressof, self._tables)
        b[k.C_EXACT_COUNT], b[k.C_INTERVALS_COUNT] = len(exact), len(intervals)

    def expect_columns(self, count: int) -> None:
        """How many columns records have (0: not known)."""
        self._block[k.C_COLUMNS] = count

    @property
    def stats(self) -> list[int]:
        """The counters so far."""
        return list(self._stats)

    @property
    def records(self) -> int:
        """Records so far."""
        return int(self._stats[S_RECORDS])

    def count_for_plots(self, counter: PlotCounter) -> None:
        """Count what plots need from now on."""
        self.plots = counter
        self._block[k.C_PLOTS] = counter.address

    def collect(self, collector: Collector) -> None:
        """Collect the rows of the table from now on."""
        self.collector = collector
        self._block[k.C_TABLE] = collector.address

    def run(self, data: bytes, first_line: int) -> Done:
        """Annotate whole lines; ``first_line`` is the number of the first one in the file, 0 if
        they follow the last ones."""
        b, buffers = self._block, self._buffers
        buffers["out"], buffers["last out"] = buffers["last out"], buffers["out"]
        if len(data) > buffers["input"].size:
            buffers["input"].close()
            buffers["input"] = Buffer(len(data))
        buffers["input"].view[: len(data)] = data
        for name, begin, end in _GROW.values():
            b[begin], b[end] = buffers[name].address, buffers[name].end
        b[k.C_IN] = buffers["input"].address
        b[k.C_IN_END] = b[k.C_IN] + len(data)
        b[k.C_OUT], b[k.C_OUT_END] = buffers["out"].address, buffers["out"].end
        if first_line:
            b[k.C_LINE] = first_line
        b[k.C_ISSUES_COUNT] = 0
        while (status := self._call(self._address)) not in (k.DONE, k.REFUSED):
            self._grow(status)
        problems = [self._problem(i) for i in range(b[k.C_ISSUES_COUNT])]
        refused = problems.pop() if status == k.REFUSED else None
        text = buffers["out"].text(b[k.C_OUT])
        return Done(self._as_classic(text) if self._classic else text, problems, refused)

    def _as_classic(self, text: memoryview) -> memoryview:
        """The text of the last run with the classic keys, in the output's own memory."""
        from anntools.classic import to_classic
        from anntools.pack.reading import gene_facts

        if self._genes is None:
            self._genes = gene_facts(self._pack.stores, self._pack.manifest.genes)
        done = to_classic(text, self._genes)
        if len(done) > self._buffers["out"].size:
            self._buffers["out"] = Buffer(2 * len(done))
        out = self._buffers["out"]
        out.view[: len(done)] = done
        return out.text(out.address + len(done))

    def pack(self, text: bytes) -> bytes:
        """Any text as BGZF blocks."""
        source = Buffer(len(text))
        source.view[: len(text)] = text
        return bytes(self._deflate(source.address, len(text)))

    def packed(self, text: memoryview) -> memoryview:
        """The text of the last run as BGZF blocks; valid until the next call but one."""
        return self._deflate(self._buffers["out"].address, len(text))

    def _deflate(self, source: int, size: int) -> memoryview:
        if self._blocks is None:
            self._blocks = Blocks(self._level)
        room = Blocks.room(size)
        self._packed.reverse()
        out = self._packed[0]
        if out is None or out.size < room:
            if out:
                out.close()
            out = self._packed[0] = Buffer(2 * room)
        end = self._blocks.deflate(source, source + size, out.address, out.end)
        return out.text(end)

    def _grow(self, status: int) -> None:
        """Make room where the kernel asked for it; it takes up again at the same line."""
        b, buffers = self._block, self._buffers
        if status == k.GROW_TABLE:
            assert self.collector
            self.collector.grow()
            return
        if status == k.GROW_OUT:
            done = b[k.C_OUT] - buffers["out"].address
            buffers["out"] = grown(buffers["out"], done)
            b[k.C_OUT], b[k.C_OUT_END] = buffers["out"].address + done, buffers["out"].end
            return
        name, begin, end = _GROW[status]
        buffers[name] = grown(buffers[name])
        b[begin], b[end] = buffers[name].address, buffers[name].end

    def _problem(self, i: int) -> Problem:
        issues = self._buffers["issues"].view.cast("q")
        line, reason, column, contig, pos, begin, end = issues[k.I_SLOTS * i : k.I_SLOTS * i + 7]
        issues.release()
        at = self._buffers["input"].address
        text = bytes(self._buffers["input"].view[begin - at : end - at]).decode("utf-8", "replace")
        columns = text.split("\t", 8)[:8] if text.count("\t") >= 7 else text.split("\t")
        code = REASON_CODES[reason]
        pack = self._pack
        expected, length = "", 0
        if contig >= 0:
            length = int(pack.manifest.contigs[contig]["length"])
            if code == "reference_mismatch":
                expected = pack.reference(contig, pos, pos + min(len(columns[3]), 1000))
        return record_problem(
            code,
            file=self._file,
            line=line,
            column=column,
            columns=columns,
            expected_bases=expected,
            known_contigs=pack.contig_names,
            contig_length=length,
            column_count=text.count("\t") + 1,
            header_columns=self._block[k.C_COLUMNS],
        )
