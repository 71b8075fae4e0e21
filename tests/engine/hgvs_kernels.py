"""The compiled HGVS by itself: one ALT and one transcript at a time, without the rest."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numba

from anntools import regions, terms
from anntools.buffers import Buffer
from anntools.kernels import layout as k
from anntools.kernels.hgvs_c import put_hgvsc
from anntools.kernels.hgvs_g import put_hgvsg
from anntools.kernels.hgvs_p import put_hgvsp
from anntools.kernels.memory import set_i64
from anntools.kernels.model import transcript_row
from anntools.kernels.shift import shift_allele
from anntools.pack import Pack, genes, open_pack
from anntools.pack.build import Contig, PackInput, build_pack
from anntools.pack.sequence import Codes
from anntools.spec.shift import trimmed
from anntools.spec.vep import Written

_ROOM = 1 << 16


@numba.njit
def _describe(c: int, alt: int, t: int, row: int, o: int, ends: int) -> None:
    """HGVSg at ``o``, HGVSc and HGVSp ``_ROOM`` further on each; where they end into ``ends``."""
    shift_allele(c, alt)
    coding = o + _ROOM
    protein = coding + _ROOM
    set_i64(ends, 0, put_hgvsg(c, o, alt))
    if t >= 0:
        tx = transcript_row(c, t)
        set_i64(ends, 1, put_hgvsc(c, coding, tx, t, alt, row))
        set_i64(ends, 2, put_hgvsp(c, protein, tx, t, alt, row))
    else:
        set_i64(ends, 1, coding)
        set_i64(ends, 2, protein)


class Describer:
    """Names changes in a pack of one contig."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._block = (ctypes.c_int64 * k.C_SLOTS)()
        for name, (slot, _) in k.ARRAYS.items():
            self._block[slot] = pack.arrays[name].address
        self._alt = (ctypes.c_int64 * k.A_SLOTS)()
        self._row = (ctypes.c_int64 * k.R_SLOTS)()
        self._ends = (ctypes.c_int64 * 3)()
        for slots in (self._block, self._alt, self._row, self._ends):
            regions.allow(ctypes.addressof(slots), ctypes.sizeof(slots))
        self._out = Buffer(3 * _ROOM)
        self._text = Buffer(_ROOM)

    def vep_names(self, w: Written, effect: set[str], t: int) -> tuple[str, str, str]:
        """The names that VEP gives an ALT with these consequence terms."""
        kind = k.GIVEN_MOVES * w.moves | k.GIVEN_SINGLE * w.single | k.GIVEN_SEVERAL * w.several
        mask = sum(1 << terms.TERMS.index(name) for name in effect)
        return self.names(0, w.first, w.ref, w.alt, t, like_vep=True, kind=kind, mask=mask)

    def names(
        self,
        contig: int,
        position: int,
        ref: str,
        alt: str,
        t: int,
        *,
        like_vep: bool = False,
        kind: int = 0,
        mask: int = 0,
    ) -> tuple[str, str, str]:
        """HGVSg, HGVSc and HGVSp without the names of references. ``mask``: consequence terms."""
        change = trimmed(position, ref, alt)
        text = (ref + alt).encode()
        self._text.view[: len(text)] = text
        slots, row = self._alt, self._row
        ctypes.memset(slots, 0, ctypes.sizeof(slots))
        ctypes.memset(row, 0, ctypes.sizeof(row))
        slots[k.A_FIRST], slots[k.A_LAST] = change.first, change.last
        given = (position, position + len(ref) - 1)
        slots[k.A_GIVEN_FIRST], slots[k.A_GIVEN_LAST] = given
        slots[k.A_GIVEN_KIND] = kind
        self._block[k.C_LIKE] = k.LIKE_VEP if like_vep else 0
        row[k.R_MASK], row[k.R_TX] = mask, t
        before = change.first - position
        slots[k.A_REF] = self._text.address + before
        slots[k.A_ALT] = self._text.address + len(ref) + before
        slots[k.A_ALT_SIZE], slots[k.A_CONTIG] = len(change.alt), contig
        row[k.R_CDS1] = 1  # coding, for all that the row says
        _describe(
            ctypes.addressof(self._block),
            ctypes.addressof(slots),
            t,
            ctypes.addressof(row),
            self._out.address,
            ctypes.addressof(self._ends),
        )
        if regions.CHECKED:
            regions.check()
        out = []
        for i, end in enumerate(self._ends):
            begin = _ROOM * i
            said = bytes(self._out.view[begin : end - self._out.address]).decode()
            out.append(said.rpartition(":")[2].replace("%3D", "="))
        return out[0], out[1], out[2]


def describer(
    folder: Path, sequences: dict[str, Codes], transcripts: list[genes.Transcript]
) -> Describer:
    """A describer over a new pack."""
    contigs = [Contig(name, len(codes)) for name, codes in sequences.items()]
    build_pack(PackInput("t", "t", contigs, sequences, transcripts), folder)
    return Describer(open_pack(str(folder)))
