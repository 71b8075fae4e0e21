"""The compiled judgement of a record is the written one, on any line."""

from __future__ import annotations

import ctypes
import re

import numba
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from anntools.kernels import layout as k
from anntools.kernels.record import judge
from anntools.kernels.scan import split_line
from anntools.problems import REASON_CODES
from anntools.spec import record as spec

CONTIGS = {
    "20": spec.Contig(400, 400, "ACGT" * 100),
    "chr20": spec.Contig(400, 400, "ACGT" * 100),
    "MT": spec.Contig(90, 80, "." * 20 + "GATTACA" * 4 + "." * 20 + "C" * 22),
    "mt": spec.Contig(50, 50, "." * 50),
}


@numba.njit(nogil=True)  # type: ignore[untyped-decorator]
def _judge(c: int, line: int, text: int) -> int:
    split_line(line, text)
    return judge(c, line)


class Judge:
    """The kernel with a small genome of its own."""

    def __init__(self) -> None:
        self._keep: list[object] = []
        self.c = self._block(k.C_SLOTS)
        self.line = self._block(k.L_SLOTS)
        rows, starts, ends, offsets, codes = [], [], [], [], []
        for contig in CONTIGS.values():
            first = len(starts)
            for begin, end in _known(contig.known):
                starts.append(begin)
                ends.append(end)
                offsets.append(len(codes))
                codes += ["ACGT".index(x) for x in contig.known[begin:end]]
            rows.append([contig.length, 0, 0, first, len(starts), contig.limit, 0, 0])
        packed = np.zeros(len(codes) // 4 + 1, dtype=np.uint8)
        for i, code in enumerate(codes):
            packed[i >> 2] |= code << ((i & 3) << 1)
        names = "".join(CONTIGS).encode()
        lengths = np.cumsum([0, *map(len, CONTIGS)])
        for slot, values, kind in (
            (k.M_CONTIGS, rows, np.int32),
            (k.M_ALIAS_BYTES, np.frombuffer(names, np.uint8), np.uint8),
            (k.M_ALIAS_OFF, lengths, np.int32),
            (k.M_ALIAS_CONTIG, range(len(CONTIGS)), np.int32),
            (k.M_SEQ_START, starts, np.int32),
            (k.M_SEQ_END, ends, np.int32),
            (k.M_SEQ_OFF, offsets, np.int64),
            (k.M_SEQ, packed, np.uint8),
            (k.C_CONTIG_NAME, [0] * k.CONTIG_NAME_ROOM, np.uint8),
        ):
            array = np.array(values, dtype=kind)
            self._keep.append(array)
            self.c[slot] = array.ctypes.data
        self.c[k.N_ALIASES] = len(CONTIGS)
        self.c[k.C_CONTIG_NAME_SIZE] = -1

    def _block(self, slots: int) -> ctypes.Array[ctypes.c_int64]:
        block = (ctypes.c_int64 * slots)()
        self._keep.append(block)
        return block

    def __call__(self, line: str, columns: int) -> spec.Verdict:
        """Judge a line without its line feed."""
        text = np.frombuffer(line.encode("latin-1") + b"\n" + bytes(128), np.uint8)
        self.c[k.C_COLUMNS] = columns
        place = text.ctypes.data
        reason = _judge(ctypes.addressof(self.c), ctypes.addressof(self.line), place)
        return spec.Verdict(REASON_CODES[reason], self.line[k.L_AT] - place + 1)


def _known(text: str) -> list[tuple[int, int]]:
    """Begin and end of the stretches without full stops."""
    return [match.span() for match in re.finditer("[ACGT]+", text)]


@pytest.fixture(scope="module")
def compiled() -> Judge:
    return Judge()


ALLELES = st.one_of(
    st.text("ACGTNacgtn", max_size=4),
    st.text("ACGn<>[]:.,*_1X RNOEF", max_size=9),
    st.sampled_from(["<DEL>", "<*>", "<NON_REF>", "<X>", "G]20:5]", "[20:5[G", ".A", "C<ctg>"]),
    st.builds("{}{}:{}{}{}".format, *[st.sampled_from(["", "[", "]", "A", "20", ".", "9"])] * 5),
)
RECORDS = st.builds(
    lambda *parts: "\t".join(parts),
    st.sampled_from(["20", "chr20", "CHR20", "MT", "Mt", "mt", "M", "", "2O", "#20"]),
    st.one_of(st.integers(-1, 402).map(str), st.sampled_from(["", "1e2", "4294967297", "9" * 12])),
    st.just("."),
    st.one_of(st.text("ACGTNacgt", max_size=6), st.text("ACGR.*", max_size=3)),
    st.lists(ALLELES, min_size=1, max_size=3).map(",".join),
    st.just("."),
    st.just("."),
    st.just("."),
)
LINES = st.builds(
    lambda record, rest, cut: (record + rest)[: cut or None],
    RECORDS,
    st.sampled_from(["", "", "\t", "\tGT", "\tGT\t0/1", "\tGT" + "\t0|1" * 70]),
    st.sampled_from([0, 0, 0, 0, 0, 5, 17]),
)


@settings(max_examples=1000, deadline=None)
@given(line=LINES, columns=st.sampled_from([0, 8, 10, 79]))
@example(line="20\t1\t.\tA\tG\t.\t.\t.", columns=8)
@example(line="20\t0\t.\tN\t.[1:1[\t.\t.\t.", columns=0)
def test_judged_as_written(compiled: Judge, line: str, columns: int) -> None:
    if line:
        assert compiled(line, columns) == spec.judge(line, CONTIGS, columns)
