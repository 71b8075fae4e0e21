"""The header of a VCF: told from the records, and given the lines of what we add."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from anntools.problems import InputRefused, Problem, short

_COLUMNS: Final = b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
_INFO_ID: Final = re.compile(rb"##INFO=<ID=([^,>]+)")
_OURS: Final = (b"##anntools",)
_MAX_HEADER: Final = 64 << 20
_FILEFORMAT: Final = re.compile(rb"##(?:fileformat|format)=")  # VCF 3.2 and before wrote the other
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Header:
    """Header lines without line ends, and what was put right.

    ``numbers`` are the line numbers of ``meta``, 0 for a line that is not in the file. ``lines``
    is how many lines the header takes up.
    """

    meta: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    columns: bytes = b""
    lines: int = 0
    made_columns: bool = False
    blanks: bool = False  # the #CHROM line had blanks where tabs belong
    byte_order_mark: bool = False

    @property
    def column_count(self) -> int:
        """How many columns a record should have; 0 if the #CHROM line does not tell.

        Tabs at the end of the #CHROM line name nothing. FORMAT without samples tells nothing.
        """
        count = self.columns.rstrip(b"\t").count(b"\t") + 1
        return 0 if self.made_columns or count == 9 else count

    @property
    def samples(self) -> list[str]:
        """Names of the samples."""
        names = self.columns.rstrip(b"\t").split(b"\t")[9:]
        return [name.decode("utf-8", "replace") for name in names]

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

    Chunks are whole lines. Raises InputRefused if what follows cannot be a VCF.
    """
    header = Header()
    size = 0
    for data in chunks:
        chunk = data
        if not header.lines and data.startswith(_BOM):
            header.byte_order_mark = True
            chunk = data[len(_BOM) :]
        at = 0
        while at < len(chunk):
            end = chunk.index(b"\n", at)
            line = chunk[at:end].rstrip(b"\r")
            if line and not line.startswith(b"#"):
                return _finish(header, chunk[at:], name)
            header.lines += 1
            size += len(line)
            if size > _MAX_HEADER:
                raise _refusal(header, name, "header_too_long", "The header is over 64 MiB.", b"")
            at = end + 1
            if line.startswith(b"##"):
                header.meta.append(line)
                header.numbers.append(header.lines)
            elif line:
                header.columns = line
                return _finish(header, chunk[at:], name)
    return _finish(header, b"", name)


def _finish(header: Header, rest: bytes, name: str) -> tuple[Header, bytes]:
    first = rest[: rest.find(b"\n")].rstrip(b"\r") if rest else b""
    if not header.meta or not _FILEFORMAT.match(header.meta[0]):
        _check_is_vcf(header, first, name)
        header.meta.insert(0, b"##fileformat=VCFv4.2")
        header.numbers.insert(0, 0)
    if not header.columns:
        _check_may_lack_columns(header, rest, first, name)
        header.columns = _made_columns(first)
        header.made_columns = True
    elif not re.match(re.escape(_COLUMNS) + rb"(\t|$)", header.columns):
        with_tabs = b"\t".join(header.columns.split())
        if re.match(re.escape(_COLUMNS) + rb"(\t|$)", with_tabs) and _looks_like_record(first):
            header.columns = with_tabs
            header.blanks = True
            return header, rest
        raise _refusal(
            header,
            name,
            "bad_column_header",
            "The #CHROM line does not name the eight fixed columns, separated by tabs.",
            header.columns,
            _COLUMNS.decode(),
            "Use tabs between the columns and the names in this order.",
            "VCF 4.2, 1.3; VCF 4.3, 1.5",
        )
    return header, rest


def _check_is_vcf(header: Header, first: bytes, name: str) -> None:
    """Refuse what begins with neither ##fileformat nor anything else of a VCF."""
    if header.columns.startswith(b"#CHROM") or _looks_like_record(first):
        return
    found = header.meta[0] if header.meta else header.columns or first
    header.lines = 1
    raise _refusal(
        header,
        name,
        "not_a_vcf",
        "This is not a VCF file.",
        found[:60],
        "##fileformat=VCFv4.x",
        "A VCF begins with a line such as ##fileformat=VCFv4.2; give such a file.",
        "VCF 4.2, 1.2.1; VCF 4.3, 1.4.1",
    )


def _check_may_lack_columns(header: Header, rest: bytes, first: bytes, name: str) -> None:
    """Refuse a header that ends without #CHROM unless a record follows."""
    if not rest:
        if header.meta and b"\r" in header.meta[0]:
            header.lines = 1
            raise _refusal(
                header,
                name,
                "old_line_ends",
                "The lines end in a carriage return alone, as on old Macs.",
                b"",
                "",
                "Save the file with UNIX line ends, or use: tr '\\r' '\\n' < OLD > NEW",
                "VCF 4.3, 1.2",
            )
        raise _refusal(
            header,
            name,
            "no_column_header",
            "The header ends without the #CHROM line and there are no records.",
            b"",
            _COLUMNS.decode(),
            "The file was probably cut; upload it again.",
            "VCF 4.2, 1.3; VCF 4.3, 1.5",
        )
    if not _looks_like_record(first):
        header.lines += 1
        raise _refusal(
            header,
            name,
            "stray_line",
            "A line in the header does not begin with #, and it is no record.",
            first,
            "##key=value, or the #CHROM line",
            "Take the line out, or join it with the one before if that was broken in two.",
            "VCF 4.2, 1.2; VCF 4.3, 1.4",
        )


def _refusal(
    header: Header,
    name: str,
    code: str,
    message: str,
    found: bytes,
    expected: str = "",
    remedy: str = "",
    rule: str = "",
) -> InputRefused:
    """The exception for something wrong in the header's last line."""
    shown = short(found.decode("utf-8", "replace"), 80)
    column = 1 if found else None
    return InputRefused(
        Problem(code, message, name, header.lines, column, shown, expected, remedy, rule)
    )


def _looks_like_record(line: bytes) -> bool:
    columns = line.split(b"\t")
    return len(columns) >= 8 and columns[1].isdigit()


def _made_columns(first: bytes) -> bytes:
    extra = len(first.split(b"\t")) - 8
    if extra <= 0:
        return _COLUMNS
    samples = [f"SAMPLE{i}" for i in range(1, extra)]
    return b"\t".join([_COLUMNS, b"FORMAT", *(s.encode() for s in samples)])
