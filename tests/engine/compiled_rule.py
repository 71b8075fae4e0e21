"""The compiled consequence rule on transcripts of the specification, without packs and files."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from anntools import regions, terms
from anntools.kernels import layout as k
from anntools.kernels.consequence import consequence
from anntools.kernels.structural import structural
from anntools.spec.consequence import Effect, Numbers
from anntools.spec.structural import Kind
from anntools.spec.transcript import Pair, Transcript

_ARENA = 1 << 16
_CODES = np.full(256, 4, dtype=np.uint8)
_CODES[list(b"ACGT")] = range(4)
_SV = {
    Kind.DELETION: k.SV_DEL,
    Kind.DUPLICATION: k.SV_DUP,
    Kind.TANDEM_DUPLICATION: k.SV_TANDEM,
    Kind.INSERTION: k.SV_INS,
    Kind.INVERSION: k.SV_INV,
    Kind.COPY_NUMBER: k.SV_CNV,
    Kind.BREAKEND: k.SV_BREAKEND,
    Kind.OTHER: k.SV_OTHER,
}


@numba.njit(nogil=True)  # type: ignore[untyped-decorator]
def _consequence(c: int, tx: int, alt: int, row: int) -> int:
    return consequence(c, tx, alt, row)


@numba.njit(nogil=True)  # type: ignore[untyped-decorator]
def _structural(c: int, tx: int, alt: int, row: int) -> int:
    return structural(c, tx, alt, row)


def _genome_arrays(genome: str) -> dict[int, npt.NDArray[Any]]:
    """The known sequence of the only contig as a pack has it: intervals without unknown bases."""
    spans = [m.span() for m in re.finditer("[ACGT]+", genome)]
    packed: list[int] = []
    offsets = []
    for a, b in spans:
        offsets.append(4 * len(packed))
        codes = [*_CODES[list(genome[a:b].encode())].tolist(), 0, 0, 0]
        for i in range(0, b - a, 4):
            packed.append(sum(code << 2 * j for j, code in enumerate(codes[i : i + 4])))
    contig = np.zeros((1, k.CONTIG_COLUMNS), dtype=np.int32)
    contig[0, k.CONTIG_SEQ1] = len(spans)
    return {
        k.M_CONTIGS: contig,
        k.M_SEQ_START: np.array([a for a, _ in spans] or [0], dtype=np.int32),
        k.M_SEQ_END: np.array([b for _, b in spans] or [0], dtype=np.int32),
        k.M_SEQ_OFF: np.array(offsets or [0], dtype=np.int64),
        k.M_SEQ: np.array(packed or [0], dtype=np.uint8),
    }


class CompiledRule:
    """Calls the kernels for some transcripts. Keeps the memory that they read and write."""

    def __init__(self, transcripts: Sequence[Transcript], like_vep: str = "") -> None:
        """``like_vep``: the genome, if VEP's rules are to be followed."""
        tx = np.zeros((len(transcripts), k.TX_COLUMNS), dtype=np.int32)
        exons: list[tuple[int, int, int]] = []
        edits: list[tuple[int, int, int]] = []
        cdna: list[int] = []
        for row, t in zip(tx, transcripts, strict=True):
            row[k.START], row[k.END], row[k.STRAND] = t.first - 1, t.last, t.strand
            row[k.EXON0], row[k.NEXON] = len(exons), len(t.exons)
            row[k.EDIT0], row[k.CDNA] = len(edits), len(cdna)
            row[k.LENGTH], row[k.CODE], row[k.PAD] = len(t.sequence), t.code, t.pad
            offset = 0
            for a, b in t.exons:
                exons.append((a - 1, b, offset))
                offset += b - a + 1
            cdna += _CODES[list(t.sequence.encode())].tolist()
            row[k.CDS0] = row[k.CDS1] = -1
            if t.coding:
                begin, end = t.coding_span()
                row[k.CDS0], row[k.CDS1] = begin - 1, end
                row[k.LEFT], row[k.RIGHT] = t.coding[0] - 1, t.coding[1]
            edits += [
                (k.EDIT_AMINO_ACID, 3 * (n - 1) - t.pad, ord(letter)) for n, letter in t.recoded
            ]
            if t.slip:
                edits.append((k.EDIT_SLIPPAGE, *t.slip))
            row[k.EDITS] = len(edits) - row[k.EDIT0]
            row[k.FLAGS] = (
                k.FLAG_NMD * t.nmd
                | k.FLAG_CDS_START_NF * t.start_incomplete
                | k.FLAG_CDS_END_NF * t.end_incomplete
                | k.FLAG_REPAIRED * t.is_repaired
            )
        codes = np.array([*cdna, *[4] * 130], dtype=np.uint8)
        codes = codes[: len(codes) // 2 * 2]
        self._tx = tx
        self._arrays = [
            tx,
            np.array(exons, dtype=np.int32),
            np.array(edits or [(0, 0, 0)], dtype=np.int32),
            (codes[0::2] | codes[1::2] << 4).astype(np.uint8),
            np.zeros(len(tx) + 8, dtype=np.uint16),
            np.zeros(_ARENA, dtype=np.uint8),
            np.zeros(k.C_SLOTS, dtype=np.int64),
            np.zeros(k.A_SLOTS, dtype=np.int64),
            np.zeros(k.R_SLOTS, dtype=np.int64),
            np.zeros(1 << 14, dtype=np.uint8),
        ]
        for array in self._arrays:
            regions.allow(array.ctypes.data, array.nbytes)
        self._genome = _genome_arrays(like_vep)
        _, _, _, _, cursors, arena, self._c, self._alt, self._row, self._letters = self._arrays
        slots = (k.M_TX, k.M_EXONS, k.M_EDITS, k.M_CDNA)
        for slot, array in zip(slots, self._arrays, strict=False):
            self._c[slot] = array.ctypes.data
        self._c[k.C_EXON_CURSORS] = cursors.ctypes.data
        self._arena = arena.ctypes.data
        if like_vep:
            self._c[k.C_LIKE] = k.LIKE_VEP
            for slot, array in self._genome.items():
                self._c[slot] = array.ctypes.data
                regions.allow(array.ctypes.data, array.nbytes)

    def effect(self, number: int, first: int, ref: str, alt: str) -> Effect:
        """Effect on transcript ``number`` of putting ``alt`` in the place of ``ref``."""
        text = (ref + alt).encode()
        self._letters[: len(text)] = list(text)
        place = {k.A_REF: self._letters.ctypes.data, k.A_ALT_SIZE: len(alt)}
        place[k.A_ALT] = place[k.A_REF] + len(ref)
        place |= {k.A_FIRST: first, k.A_LAST: first + len(ref) - 1}
        place |= {k.A_GIVEN_FIRST: first, k.A_GIVEN_LAST: first + len(ref) - 1}
        return self._call(number, place, _consequence)

    def structural(self, number: int, first: int, last: int, kind: Kind) -> Effect:
        """Effect of a structural variant on transcript ``number``."""
        place = {k.A_GIVEN_FIRST: first, k.A_GIVEN_LAST: last, k.A_SV_KIND: _SV[kind]}
        return self._call(number, place, _structural)

    def _call(self, number: int, place: dict[int, int], rule: object) -> Effect:
        self._row[:] = 0
        self._row[k.R_TX] = number
        tx = self._tx[number].ctypes.data
        self._row[k.R_TX_ROW] = tx
        for slot, value in place.items():
            self._alt[slot] = value
        self._c[k.C_TEXT], self._c[k.C_TEXT_END] = self._arena, self._arena + _ARENA - 64
        blocks = (self._c, tx, self._alt, self._row)
        addresses = [x if isinstance(x, int) else x.ctypes.data for x in blocks]
        assert rule(*addresses) == 0  # type: ignore[operator]
        if regions.CHECKED:
            regions.check()
        return self._read(number)

    def _read(self, number: int) -> Effect:
        row = [int(x) for x in self._row]
        n = int(self._tx[number, k.NEXON])
        codons = amino_acids = ""
        if row[k.R_STATE] & k.STATE_CODONS:
            codons = f"{_text(row, k.R_CODONS_REF)}/{_text(row, k.R_CODONS_ALT)}"
        if row[k.R_STATE] & k.STATE_AA:
            old, new = _text(row, k.R_AA_REF), _text(row, k.R_AA_ALT)
            amino_acids = new if old == new else f"{old}/{new}"
        return Effect(
            terms=set(terms.names(row[k.R_MASK])),
            distance=row[k.R_DISTANCE],
            spliced=_pair(row, k.R_CDNA1),
            coding=_pair(row, k.R_CDS1),
            protein=_pair(row, k.R_PROT1),
            codons=codons,
            amino_acids=amino_acids,
            exons=_numbers(row, k.R_EXON1, n),
            introns=_numbers(row, k.R_INTRON1, n - 1),
        )


def _pair(row: list[int], slot: int) -> Pair:
    return row[slot] or None, row[slot + 1] or None


def _numbers(row: list[int], slot: int, of: int) -> Numbers:
    return (row[slot], row[slot + 1], of) if row[slot] else None


def _text(row: list[int], slot: int) -> str:
    return ctypes.string_at(row[slot], row[slot + 1]).decode() if row[slot + 1] else "-"
