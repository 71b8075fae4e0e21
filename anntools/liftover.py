"""Lifting the records of a VCF to another assembly through a UCSC chain file.

A record is lifted when all bases of REF lie in one ungapped block of the chains. Where the strand
changes, alleles become their reverse complement and indels get the base before them as anchor. REF
is compared with the sequence of the target wherever that is known: a record whose REF is another
base there is a failure, never a guess. Records keep their order, samples and all other fields;
those that hold sequence or positions of their own (``AA``, ``CIPOS`` ...) are left as they are.
Breakends are not lifted, because their mates would have to be.

What a record was is kept: ``OriginalContig``, ``OriginalPos``, and ``OriginalAlleles`` where they
changed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from anntools.kernels.layout import NOT_LIFTED_MARK
from anntools.pack.lift import read_chains

HEADER: Final = (
    '##INFO=<ID=OriginalContig,Number=1,Type=String,Description="Contig before the liftover">',
    '##INFO=<ID=OriginalPos,Number=1,Type=Integer,Description="POS before the liftover">',
    '##INFO=<ID=OriginalAlleles,Number=.,Type=String,Description="REF and ALT before the liftover, '
    'where they changed">',
)
REASON_KEY: Final = "NOT_LIFTED"  # in the file of records that were not lifted
_KEYS: Final = ("OriginalContig=", "OriginalPos=", "OriginalAlleles=", f"{REASON_KEY}=")
_MARK: Final = chr(NOT_LIFTED_MARK)
_COMPLEMENT: Final = str.maketrans("ACGTNacgtn", "TGCANtgcan")
_SEQUENCE: Final = re.compile(r"[ACGTNacgtn]+")
_END: Final = re.compile(r"(?:^|;)END=(\d+)(?=;|$)")
_RCRS, _HG19_MT = 16569, 16571  # lengths of the two mitochondria in use

Reference = Callable[[int, int, int], str]


class Failure(NamedTuple):
    """A record that was not lifted. ``line``: its number in the file, from 1; ``record``: it."""

    line: int
    record: str
    contig: str
    pos: str
    reason: str  # a code
    message: str  # in words


class _Place(NamedTuple):
    contig: int
    start: int
    end: int
    plus: bool


class _Failed(Exception):
    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Target:
    """The assembly that records are lifted to.

    ``names``: number of the contig by every name it has; ``shown``: how contig numbers are written;
    ``reference``: bases ``[start, end)`` of a contig, 0-based, ``?`` where they are not known.
    """

    names: Mapping[str, int]
    shown: list[str]
    lengths: list[int]
    reference: Reference


class Liftover:
    """Lifts records one by one, and lists those that cannot be."""

    def __init__(
        self, chain: Path, target: Target, source_lengths: Mapping[str, int] | None = None
    ) -> None:
        """``source_lengths``: lengths of contigs that the VCF declares. Raises ChainError."""
        self.failures: list[Failure] = []
        self.out_of_order = 0  # records that lie before the one that came before them
        self._last = (-1, -1)
        self._met: set[int] = set()
        self._target = target
        self._lengths = source_lengths or {}
        self._starts: dict[str, list[int]] = {}
        self._blocks: dict[str, list[tuple[int, int, int, str, int, bool]]] = {}
        for source, chains in read_chains(chain).items():
            blocks = sorted(
                (a, b, to, c.target, c.target_size, c.plus) for c in chains for a, b, to in c.blocks
            )
            self._blocks[source] = blocks
            self._starts[source] = [block[0] for block in blocks]

    def lines(self, lines: Iterable[str], first: int = 1) -> Iterator[str]:
        """Lifted records of whole lines without line ends; the first has the number ``first``.

        Failures are added to ``failures``. Header lines come back as they are.
        """
        for number, line in enumerate(lines, first):
            lifted = self._lifted(line, number)
            if lifted is not None:
                yield lifted

    def chunk(self, data: bytes, first: int) -> bytes:
        """The same for a chunk of whole lines, of which none is left out.

        A record that is not lifted stays as it is, behind NOT_LIFTED_MARK, by which the kernel
        knows it.
        """
        out = []
        lines = data.decode("utf-8", "surrogateescape").split("\n")
        for number, line in enumerate(lines[:-1], first):
            plain = line.removesuffix("\r")
            lifted = self._lifted(plain, number)
            out.append(_MARK + line if lifted is None else lifted + line[len(plain) :])
        return "\n".join([*out, ""]).encode("utf-8", "surrogateescape")

    def _lifted(self, line: str, number: int) -> str | None:
        """One line without its end; None, and a failure more, for what is not lifted."""
        if not line or line.startswith("#"):
            return line
        columns = line.split("\t", 8)
        try:
            return "\t".join(self._record(columns))
        except _Failed as failed:
            pos = columns[1] if len(columns) > 1 else ""
            self.failures.append(Failure(number, line, columns[0], pos, failed.reason, str(failed)))
            return None

    def header(self, lines: Iterable[str]) -> list[str]:
        """Header lines with the contigs of the target instead of the old ones."""
        out: list[str] = []
        for line in lines:
            if line.startswith("#CHROM"):
                shown = zip(self._target.shown, self._target.lengths, strict=True)
                out += [f"##contig=<ID={name},length={length}>" for name, length in shown]
                out += HEADER
            keys = (f"##INFO=<ID={key[:-1]}," for key in _KEYS)
            if not line.startswith(("##contig=", "##reference=", *keys)):
                out.append(line)
        return out

    # ---- one record

    def _record(self, columns: list[str]) -> list[str]:
        if len(columns) < 8 or not columns[1].isdigit():
            raise _Failed("not_a_record", "too few columns, or POS is not a number")
        contig, pos, _, ref, alt = columns[:5]
        alts = alt.split(",")
        if any("[" in a or "]" in a for a in alts):
            raise _Failed("breakend", "breakends are not lifted")
        if not _SEQUENCE.fullmatch(ref):
            raise _Failed("bad_reference_allele", f"REF {ref[:20]} is not a sequence")
        start = int(pos) - 1
        place = self._place(contig, start, start + len(ref))
        info, place_of_all = self._info(columns[7], contig, start, place, alts)
        new_ref, new_alts, first = self._alleles(ref, alts, place, place_of_all)
        self._check(place.contig, first, new_ref)
        self._note_order(place.contig, first)
        kept = f"OriginalContig={contig};OriginalPos={pos}"
        if (new_ref, new_alts) != (ref, alts):
            kept += f";OriginalAlleles={','.join([ref, *alts])}"
        out = list(columns)
        out[0], out[1] = self._target.shown[place.contig], str(first + 1)
        out[3], out[4] = new_ref, ",".join(new_alts)
        out[7] = f"{info};{kept}" if info else kept
        return out

    def _note_order(self, contig: int, pos: int) -> None:
        before, at = self._last
        self.out_of_order += pos < at if contig == before else contig in self._met
        self._met.add(contig)
        self._last = (contig, pos)

    def _place(self, contig: str, start: int, end: int) -> _Place:
        plain = contig.removeprefix("chr")
        if plain in ("M", "MT") and self._lengths.get(contig, _RCRS) != _HG19_MT:
            return _Place(self._number(contig), start, end, True)  # the same in all assemblies
        name = (
            "chrM"
            if plain == "MT"
            else next((n for n in (contig, f"chr{plain}", plain) if n in self._starts), contig)
        )
        if name not in self._starts:
            raise _Failed("unknown_contig", f"the chain file has no contig {contig}")
        i = bisect_right(self._starts[name], start) - 1
        if i < 0 or start >= self._blocks[name][i][1]:
            raise _Failed("not_in_target", "this place has no counterpart in the target assembly")
        a, b, to, target, size, plus = self._blocks[name][i]
        if end > b:
            raise _Failed("split", "REF spans a place where the assemblies differ in length")
        first, last = to + start - a, to + end - a
        number = self._number(target)
        return (
            _Place(number, first, last, True)
            if plus
            else _Place(number, size - last, size - first, False)
        )

    def _number(self, contig: str) -> int:
        number = self._target.names.get(contig)
        if number is None:
            raise _Failed("target_not_in_pack", f"the reference pack has no contig {contig}")
        return number

    def _info(
        self, info: str, contig: str, start: int, place: _Place, alts: list[str]
    ) -> tuple[str, _Place]:
        """INFO without traces of an earlier liftover and with END moved; the region of the record.

        END must lie on the same contig and strand, or the region has been rearranged.
        """
        parts = [p for p in info.split(";") if not p.startswith(_KEYS) and p != "."]
        text = ";".join(parts)
        found = _END.search(text)
        if not found:
            return text, place
        last = self._place(contig, int(found[1]) - 1, int(found[1]))
        begin = self._place(contig, start, start + 1)
        if (last.contig, last.plus) != (begin.contig, begin.plus):
            raise _Failed("rearranged", "begin and END lie on different contigs or strands")
        region = place._replace(start=min(begin.start, last.start), end=max(begin.end, last.end))
        return text[: found.start(1)] + str(region.end) + text[found.end(1) :], region

    def _alleles(
        self, ref: str, alts: list[str], place: _Place, region: _Place
    ) -> tuple[str, list[str], int]:
        """REF, ALTs and 0-based position on the target."""
        if place.plus:
            return ref, alts, place.start
        symbolic = any(a.startswith("<") for a in alts)
        if (symbolic and region != place) or (all(a in (".", "*") for a in alts) and len(ref) == 1):
            first = region.start
            base = self._target.reference(place.contig, first, first + 1)
            if base == "?" and region.start != place.start:
                raise _Failed("no_sequence", "the pack has no sequence for the anchor base")
            return (base if base != "?" else _turned(ref)), alts, first
        turned = [a if a.startswith("<") or a in (".", "*") else _turned(a) for a in alts]
        new_ref, first = _turned(ref), place.start
        sequences = [a for a in turned if _SEQUENCE.fullmatch(a)]
        if any(len(a) != len(ref) for a in sequences):
            base = self._target.reference(place.contig, first - 1, first) if first > 0 else "?"
            if base == "?":
                raise _Failed("no_sequence", "the pack has no sequence for the anchor base")
            new_ref, first = base + new_ref, first - 1
            turned = [base + a if a in sequences else a for a in turned]
            while len(new_ref) > 1 and all(
                len(a) > 1 and a[-1] == new_ref[-1] for a in turned if a != "*" and a[0] != "<"
            ):
                new_ref = new_ref[:-1]
                turned = [a[:-1] if a != "*" and a[0] != "<" else a for a in turned]
        return new_ref, turned, first

    def _check(self, contig: int, first: int, ref: str) -> None:
        if first + len(ref) > self._target.lengths[contig]:
            raise _Failed("outside", "the place lies beyond the end of the target's contig")
        known = self._target.reference(contig, first, first + len(ref))
        for base, own in zip(known, ref.upper(), strict=True):
            if own not in (base, "N") and base != "?":
                raise _Failed(
                    "reference_differs",
                    f"the target has {known[:50]} where REF, lifted, is {ref[:50]}",
                )


def _turned(bases: str) -> str:
    return bases.translate(_COMPLEMENT)[::-1]
