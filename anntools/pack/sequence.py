"""Reference sequence: FASTA in, sparse two-bit arrays out. One contig is in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from anntools.pack.textfile import blocks

Codes = npt.NDArray[np.uint8]
_CODE_OF: Final = bytes(
    b"ACGT".index(bytes([x]).upper()) if bytes([x]).upper() in (b"A", b"C", b"G", b"T") else 4
    for x in range(256)
)
_BLANK: Final = b" \t\r\n"
_BLOCK: Final = 1 << 16  # what fits into the processor's cache
_COMPLEMENT: Final = bytes([3, 2, 1, 0, 4])


class FastaError(ValueError):
    """A FASTA file that cannot be read; the message says why."""


def contigs_of(path: Path) -> Iterator[tuple[str, Codes]]:
    """Header line (without ``>``) and base codes (A C G T other = 0 1 2 3 4) of each contig.

    Plain, gzip or BGZF. Raises FastaError.
    """
    head: str | None = None
    parts: list[bytes] = []
    held = b""
    for block in blocks(path):
        data = held + block
        held = b""
        at = 0
        while (begin := data.find(b">", at)) >= 0:
            parts.append(data[at:begin].translate(_CODE_OF, _BLANK))
            end = data.find(b"\n", begin)
            if end < 0:
                held = data[begin:]
                break
            yield from _contig(path, head, parts)
            head, parts, at = data[begin + 1 : end].decode("utf-8", "replace").strip(), [], end + 1
        else:
            parts.append(data[at:].translate(_CODE_OF, _BLANK))
    if held:
        yield from _contig(path, head, parts)
        head, parts = held[1:].decode("utf-8", "replace").strip(), []
    yield from _contig(path, head, parts)
    if head is None:
        raise FastaError(f"{path.name}: a FASTA file begins with '>'")


def _contig(path: Path, head: str | None, parts: list[bytes]) -> Iterator[tuple[str, Codes]]:
    if head is None:
        if any(parts):
            raise FastaError(f"{path.name}: a FASTA file begins with '>'")
        return
    if not head:
        raise FastaError(f"{path.name}: a sequence has no name")
    yield head, np.frombuffer(b"".join(parts), dtype=np.uint8)


def read_fasta(path: Path) -> dict[str, Codes]:
    """Contig name -> base codes. Holds the whole file in memory."""
    return {head.split()[0]: codes.copy() for head, codes in contigs_of(path)}


def cdna_codes(sequence: Codes, exons: list[tuple[int, int]], strand: int) -> Codes:
    """Spliced sequence along the strand; bases beyond the known sequence are code 4."""
    spliced = b"".join(
        sequence[start:end].tobytes().ljust(end - start, b"\x04") for start, end in exons
    )
    if strand < 0:
        spliced = spliced[::-1].translate(_COMPLEMENT + bytes(range(5, 256)))
    return np.frombuffer(spliced, dtype=np.uint8)


def pack_nibbles(codes: Codes) -> Codes:
    """Two base codes a byte, low nibble first."""
    if len(codes) % 2:
        codes = np.append(codes, np.uint8(4))
    packed: Codes = (codes[0::2] | codes[1::2] << 4).astype(np.uint8)
    return packed


def known_stretches(sequence: Codes, wanted: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The parts of the wanted intervals whose bases are all A, C, G or T; sorted and disjoint."""
    out: list[tuple[int, int]] = []
    for start, end in _joined(wanted, len(sequence)):
        at = start
        for gap_start, gap_end in _gaps(sequence, start, end):
            if gap_start > at:
                out.append((at, gap_start))
            at = gap_end
        if at < end:
            out.append((at, end))
    return out


def _gaps(sequence: Codes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Runs of unknown bases, sorted; a run may come in pieces that touch."""
    for at in range(start, end, _BLOCK):
        places = np.flatnonzero(sequence[at : min(at + _BLOCK, end)] > 3)
        if len(places):
            breaks = np.flatnonzero(np.diff(places) > 1)
            firsts = places[np.concatenate([[0], breaks + 1])] + at
            lasts = places[np.concatenate([breaks, [len(places) - 1]])] + at
            yield from zip(firsts.tolist(), (lasts + 1).tolist(), strict=True)


def _joined(wanted: Iterable[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    """The intervals cut to ``[0, length)``, sorted; those that touch are one."""
    out: list[tuple[int, int]] = []
    for start, end in sorted((max(a, 0), min(b, length)) for a, b in wanted):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        elif start < end:
            out.append((start, end))
    return out


def pack_two_bits(sequence: Codes, stretches: list[tuple[int, int]]) -> Codes:
    """The stretches' bases one after the other, four a byte, lowest bits first."""
    parts = [sequence[a:b] for a, b in stretches]
    count = sum(len(part) for part in parts)
    parts.append(np.zeros(-count % 4, dtype=np.uint8))
    codes = parts[0] if len(parts) == 2 and not len(parts[1]) else np.concatenate(parts)
    packed = np.empty(len(codes) // 4, dtype=np.uint8)
    four = codes.view("<u4")
    for at in range(0, len(packed), _BLOCK):
        part = four[at : at + _BLOCK]
        packed[at : at + _BLOCK] = part | part >> 6 | part >> 12 | part >> 18
    return packed
