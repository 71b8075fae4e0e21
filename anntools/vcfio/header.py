"""The header of a VCF: told from the records, judged, and given the lines of what we add."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from anntools.problems import InputRefused, Problem

_COLUMNS: Final = b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
_INFO_ID: Final = re.compile(rb"##INFO=<ID=([^,>]+)")
_OURS: Final = (b"##anntools",)
_MAX_HEADER: Final = 64 << 20


@dataclass(slots=True)
class Header:
    """Header lines without line ends, and what was odd about them."""

    meta: list[bytes] = field(default_factory=list)
    columns: bytes = b""
    lines: int = 0
    warnings: list[str] = field(default_factory=list)

    def render(self, added: Sequence[str], keys: Sequence[str]) -> bytes:
        """The header with our lines in place of older ones for the same keys."""
        ours = {key.encode() for key in keys}
        kept = []
        for line in self.meta:
            match = _INFO_ID.match(line)
            if not (match and match[1] in ours) and not line.startswith(_OURS):
                kept.append(line)
        return b"\n".join([*kept, *(a.encode() for a in added), self.columns]) + b"\n"


def read_header(chunks: Iterator[bytes], name: str) -> tuple[Header, bytes]:
    """Take the header from the chunks; returns it and the rest of the chunk that it ended in.

    Raises InputRefused if what follows cannot be a VCF.
    """
    header = Header()
    size = 0
    for data in chunks:
        at = 0
        chunk = data if header.lines else data.removeprefix(b"\xef\xbb\xbf")
        while at < len(chunk):
            if chunk[at : at + 1] != b"#":
                if chunk[at : at + 1] in (b"\n", b"\r"):
                    at = chunk.index(b"\n", at) + 1
                    header.lines += 1
                    continue
                return _finish(header, chunk[at:], name)
            end = chunk.index(b"\n", at)
            line = chunk[at:end].rstrip(b"\r")
            header.lines += 1
            size += len(line)
            if size > _MAX_HEADER:
                raise InputRefused(
                    Problem("header_too_long", "The header is longer than 64 MiB.", name)
                )
            at = end + 1
            if line.startswith(b"##"):
                header.meta.append(line)
            else:
                header.columns = line
                return _finish(header, chunk[at:], name)
    return _finish(header, b"", name)


def _finish(header: Header, rest: bytes, name: str) -> tuple[Header, bytes]:
    first = rest[: rest.find(b"\n")] if rest else b""
    if not header.meta or not header.meta[0].startswith(b"##fileformat="):
        if not header.columns and not _looks_like_record(first):
            found = (header.meta[0] if header.meta else first)[:60].decode("utf-8", "replace")
            raise InputRefused(
                Problem(
                    "not_a_vcf",
                    "This is not a VCF file.",
                    name,
                    1,
                    1,
                    found,
                    "##fileformat=VCFv4.x",
                    "A VCF begins with a line such as ##fileformat=VCFv4.2; give such a file.",
                )
            )
        header.warnings.append("the ##fileformat line is missing; VCFv4.2 was assumed")
        header.meta.insert(0, b"##fileformat=VCFv4.2")
    if not header.columns:
        if not rest and header.meta and b"\r" in header.meta[0]:
            raise InputRefused(
                Problem(
                    "old_line_ends",
                    "The lines end in a carriage return alone, as on old Macs.",
                    name,
                    1,
                    remedy="Save the file with UNIX line ends, or use: tr '\\r' '\\n' < OLD > NEW",
                )
            )
        if not rest:
            raise InputRefused(
                Problem(
                    "no_column_header",
                    "The header ends without the #CHROM line and there are no records.",
                    name,
                    header.lines,
                    None,
                    "",
                    _COLUMNS.decode(),
                    "The file was probably cut; upload it again.",
                )
            )
        header.warnings.append("the #CHROM line is missing; it was added")
        header.columns = _made_columns(first)
    elif not header.columns.startswith(_COLUMNS):
        _check_columns(header, name)
    return header, rest


def _check_columns(header: Header, name: str) -> None:
    found = header.columns[:80].decode("utf-8", "replace")
    raise InputRefused(
        Problem(
            "bad_column_header",
            "The #CHROM line does not name the eight fixed columns, separated by tabs.",
            name,
            header.lines,
            1,
            found,
            _COLUMNS.decode(),
            "Use tabs between the columns and the names in this order.",
        )
    )


def _looks_like_record(line: bytes) -> bool:
    columns = line.rstrip(b"\r").split(b"\t")
    return len(columns) >= 8 and columns[1].isdigit()


def _made_columns(first: bytes) -> bytes:
    extra = len(first.split(b"\t")) - 8
    if extra <= 0:
        return _COLUMNS
    samples = [f"SAMPLE{i}" for i in range(1, extra)]
    return b"\t".join([_COLUMNS, b"FORMAT", *(s.encode() for s in samples)])
