"""VCF 3 made VCF 4.1: what both say is kept, what only VCF 3 wrote is written anew.

VCF 3.3 has one base in REF. In ALT, ``I`` and bases are inserted after the base at POS; ``D`` and a
number takes away so many bases from POS on. VCF 4 writes both as sequences beside a base that
stays, which for deletions has to come from the reference.

Also new: meta lines (``##INFO=NS,1,Integer,"text"``), FILTER ``0`` (passed), QUAL ``-1`` (missing).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from anntools.vcfio.header import Header

_VERSION: Final = re.compile(rb"##(?:fileformat=VCFv3|format=VC[FR]v3)\b")
_META: Final = re.compile(rb'##(INFO|FORMAT|FILTER)=([^,<]+),(?:(-?[0-9]+),([^,]*),)?"(.*)"')
_DELETION: Final = re.compile(r"D([0-9]{1,6})")
_INSERTION: Final = re.compile(r"I([ACGTNacgtn]+)")

# Bases ``[start, end)``, 0-based, of a contig by name; anything else than A, C, G, T: not known.
Bases = Callable[[str, int, int], str]


def is_version3(header: Header) -> bool:
    """Whether the file says that it is VCF 3."""
    return _VERSION.match(header.meta[0]) is not None


def modern_header(header: Header) -> Header:
    """The header as VCF 4.1 writes it."""
    meta = [b"##fileformat=VCFv4.1", *map(_modern_meta, header.meta[1:])]
    return replace(header, meta=meta)


def _modern_meta(line: bytes) -> bytes:
    match = _META.match(line)
    if not match:
        return line
    kind, name, number, value_type, text = match.groups()
    text = text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    if kind == b"FILTER":
        return b'##FILTER=<ID=%s,Description="%s">' % (name, text)
    number = b"." if number is None or number.startswith(b"-") else number
    return b'##%s=<ID=%s,Number=%s,Type=%s,Description="%s">' % (
        *(kind, name, number, value_type or b"String", text),
    )


def modern_records(
    chunks: Iterator[tuple[bytes, int]], bases: Bases
) -> Iterator[tuple[bytes, int]]:
    """Numbered chunks of whole lines, each line as VCF 4.1 writes it where that is possible."""
    for data, number in chunks:
        lines = data.decode("latin-1").split("\n")
        yield "\n".join([modern_line(line, bases) for line in lines]).encode("latin-1"), number


def modern_line(line: str, bases: Bases) -> str:
    """One record. What is no record of VCF 3, or needs bases that are not known, stays as it is."""
    columns = line.split("\t")
    if len(columns) < 8 or line.startswith("#"):
        return line
    if columns[6] == "0":
        columns[6] = "PASS"
    if columns[5] == "-1":
        columns[5] = "."
    alts = columns[4].split(",")
    if columns[1].isdigit() and any(map(_is_old, alts)):
        written = _alleles(columns[0], int(columns[1]), columns[3], alts, bases)
        if written:
            columns[1], columns[3], columns[4] = written
    return "\t".join(columns)


def _is_old(alt: str) -> bool:
    return bool(_DELETION.fullmatch(alt) or _INSERTION.fullmatch(alt))


def _alleles(
    chrom: str, pos: int, ref: str, alts: list[str], bases: Bases
) -> tuple[str, str, str] | None:
    """POS, REF and ALT as VCF 4 writes them; None if that is not possible."""
    sizes = [int(match[1]) for match in map(_DELETION.fullmatch, alts) if match]
    before, after = "", ""
    if sizes:
        known = bases(chrom, pos - 2, pos - 1 + max(sizes)) if pos > 1 and min(sizes) else ""
        if not re.fullmatch("[ACGT]+", known) or known[1].upper() != ref.upper():
            return None
        before, after = known[0], known[2:]
    new = []
    for alt in alts:
        deleted, inserted = _DELETION.fullmatch(alt), _INSERTION.fullmatch(alt)
        if deleted:
            new.append(before + (ref + after)[int(deleted[1]) :])
        elif inserted:
            new.append(before + ref + inserted[1] + after)
        elif alt in (".", "*") or not alt.isalpha():
            return None
        else:
            new.append(before + alt + after)
    return str(pos - len(before)), before + ref + after, ",".join(new)
