"""Overlays in VCF: exact alleles with INFO fields, or the regions of structural variants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from anntools.pack.exact_columns import Wanted
from anntools.pack.overlay_spec import Overlay, OverlayProblem, info_key
from anntools.pack.textfile import blocks, chunks, lines

_INFO: Final = re.compile(
    r'##INFO=<ID=([^,>]+),Number=([^,>]+),Type=([^,>]+)(?:.*?Description="((?:[^"\\]|\\.)*)")?'
)
_MODES: Final = {"A": "A", "R": "R", "1": "whole", "0": "flag"}


@dataclass(frozen=True, slots=True)
class Declared:
    """An INFO field as the header of a VCF declares it."""

    number: str
    type: str
    description: str


def is_vcf(path: Path) -> bool:
    """Whether the file begins as a VCF, or is called one."""
    head = next(blocks(path, 1 << 16), b"")
    return head.startswith((b"##fileformat=VCF", b"#CHROM\tPOS\tID\tREF")) or (
        ".vcf" in path.name.lower()
    )


def read_declared(path: Path) -> dict[str, Declared]:
    """The INFO fields that the header declares."""
    out: dict[str, Declared] = {}
    for chunk in chunks(path):
        for line in chunk.decode("utf-8", "replace").split("\n"):
            if not line.startswith("#"):
                if line.strip():
                    return out
                continue
            found = _INFO.match(line)
            if found:
                out[found[1]] = Declared(found[2], found[3], (found[4] or "").replace('\\"', '"'))
    return out


def wanted_fields(overlay: Overlay) -> list[Wanted]:
    """What to take of each record: the given fields, else the ID (the overlay's name if none).

    Number=A and R give each ALT its own value, Number=1 and 0 (a flag: 1) give it to all; a list of
    another length is taken apart when it has one value per ALT. Raises OverlayProblem.
    """
    name, file = overlay.name, overlay.path.name
    if not overlay.fields:
        words = f"ID of the same allele in {file}"
        return [Wanted(info_key(name, "ID"), "String", words, name, "ID")]
    declared = read_declared(overlay.path)
    out = []
    for field in overlay.fields:
        key = info_key(name, field)
        if field == "ID":
            out.append(Wanted(key, "String", f"ID of the same allele in {file}", "", "ID"))
            continue
        found = declared.get(field)
        if found is None and declared:
            raise OverlayProblem(
                f"{file} declares no INFO field {field}; it has {', '.join(declared)}"
            )
        number = found.number if found else "."
        mode = _MODES.get(number, "list")
        kind = found.type if found and mode in ("A", "R", "whole") else "String"
        kind = "Integer" if mode == "flag" else kind if kind in ("Integer", "Float") else "String"
        words = f"{field} of the same allele in {file}"
        if found and found.description:
            words += f": {found.description}"
        out.append(Wanted(key, kind, words, field, mode))
    return out


def only_symbolic(path: Path) -> bool:
    """Whether the first records have symbolic alleles and breakends only: regions, not alleles."""
    alts = [line.split("\t", 5)[4:5] for _, line in islice(lines(path), 500)]
    return bool(alts) and all(a and (a[0][:1] == "<" or set(a[0]) & set("[]")) for a in alts)


def regions(path: Path, fields: tuple[str, ...]) -> Iterator[tuple[int, str, int, int, list[str]]]:
    """Line number, contig, 0-based start, end, values of each record; the region ends at END, else
    POS + SVLEN, else with REF. Values: the given fields, else ID, else SVTYPE.
    """
    for number, line in lines(path):
        c = line.split("\t")
        if len(c) < 8 or not c[1].isdigit():
            raise OverlayProblem(f"{path.name}, line {number}: not a VCF record")
        info = dict(part.partition("=")[::2] for part in c[7].split(";"))
        start = int(c[1]) - 1
        end = start + len(c[3])
        if info.get("END", "").isdigit():
            end = max(end, int(info["END"]))
        else:
            sizes = [int(x) for x in re.findall(r"-?\d+", info.get("SVLEN", ""))]
            if sizes:
                end = max(end, start + 1 + abs(max(sizes, key=abs)))
        if fields:
            values = [c[2] if f == "ID" else info.get(f, "") for f in fields]
        else:
            values = [c[2] if c[2] != "." else info.get("SVTYPE", c[4].strip("<>"))]
        yield number, c[0], start, end, ["" if v == "." else v for v in values]
