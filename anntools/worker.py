"""One thread's share of the work: a chunk of lines in, annotated text out, counts kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from anntools.classic import to_classic
from anntools.kernels_v0 import layout
from anntools.kernels_v0.chunk import annotate_chunk
from anntools.kernels_v0.coding import WORK
from anntools.kernels_v0.consequence import ROW_COLUMNS
from anntools.kernels_v0.counts import stats_size
from anntools.kernels_v0.model import places
from anntools.kernels_v0.record import FIELDS
from anntools.labels import Labels
from anntools.options import Options
from anntools.pack import Pack
from anntools.problems import REASON_CODES, Problem, record_problem

Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one chunk."""

    text: memoryview
    problems: list[Problem]
    refused: Problem | None


class Worker:
    """Buffers and counters of one thread. The text of a result is valid until the next call."""

    def __init__(self, pack: Pack, labels: Labels, options: Options, file: str) -> None:
        self._pack = pack
        self._labels = labels
        self._options = options
        self._file = file
        self._places = places(pack.model)
        manifest = pack.manifest
        classes = sum(len(s["classes"]) for s in manifest.exact)
        self.stats: Int64s = np.zeros(
            stats_size(len(manifest.contigs), len(manifest.genes), classes), dtype=np.int64
        )
        self._out = np.zeros(1 << 20, dtype=np.uint8)
        self._rows = np.zeros((1024, ROW_COLUMNS), dtype=np.int64)
        self._alts = np.zeros((64, layout.ALT_COLUMNS), dtype=np.int64)
        self._work = np.zeros(4 * WORK, dtype=np.uint8)
        self._issues = np.zeros((max(1, options.listed), layout.ISSUE_COLUMNS), dtype=np.int64)
        self._fields = np.zeros(FIELDS + 16, dtype=np.int64)
        self._ctl = np.zeros(layout.CTL_SLOTS, dtype=np.int64)

    def run(self, data: bytes, first_line: int) -> Done:
        """Annotate whole lines; ``first_line`` is the number of the first one in the file."""
        source = np.frombuffer(data, dtype=np.uint8)
        ctl = self._ctl
        ctl[:] = 0
        ctl[layout.C_LINE] = first_line
        ctl[layout.C_STRICT] = self._options.strict
        ctl[layout.C_DISTANCE] = min(self._options.distance, self._pack.manifest.distance)
        ctl[layout.C_EXACT] = len(self._pack.manifest.exact)
        ctl[layout.C_INTERVALS] = len(self._pack.manifest.intervals)
        ctl[layout.C_LABELS] = self._labels.written
        while True:
            annotate_chunk(
                *self._places,
                self._labels.text,
                self._labels.offsets,
                source,
                self._out,
                self._rows,
                self._alts,
                self._work,
                self.stats,
                self._issues,
                ctl,
                self._fields,
            )
            status = ctl[layout.C_STATUS]
            if status in (layout.DONE, layout.REFUSED):
                break
            self._grow(int(status))
        problems = [self._problem(row, data) for row in self._issues[: ctl[layout.C_ISSUES]]]
        refused = problems.pop() if status == layout.REFUSED else None
        text = self._out.data[: ctl[layout.C_OUT]]
        if self._options.format == "classic":
            text = memoryview(to_classic(text))
        return Done(text, problems, refused)

    def _grow(self, status: int) -> None:
        if status == layout.GROW_OUT:
            self._out = np.concatenate([self._out, np.zeros_like(self._out)])
        elif status == layout.GROW_ROWS:
            self._rows = np.zeros((2 * len(self._rows), ROW_COLUMNS), dtype=np.int64)
        else:
            self._alts = np.zeros((2 * len(self._alts), layout.ALT_COLUMNS), dtype=np.int64)

    def _problem(self, issue: Int64s, data: bytes) -> Problem:
        line, reason, column, contig, pos, begin, end = (int(x) for x in issue[:7])
        text = data[begin:end].decode("utf-8", "replace")
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
        )
