"""The rules for the columns CHROM to INFO of one record (VCF 4.3, 1.6.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from anntools.vcfio import rules as r
from anntools.vcfio.header_rules import Declarations, contig_name_fits
from anntools.vcfio.reserved import INFO, reserved
from anntools.vcfio.rules import Finding
from anntools.vcfio.values import Field, count_of, judge_value, value_pattern

COLUMN_NAMES: Final = ("CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
_A: Final = re.ASCII
_ID: Final = r"[^\s<>,]+"
_BASES: Final = "[ACGTNacgtn]"
_ANGLE: Final = re.compile(rf"<{_ID}>", _A)
_POS: Final = re.compile("[0-9]{1,10}")
_LIST: Final = re.compile(r"[^\s;]+(?:;[^\s;]+)*", _A)
_REF: Final = re.compile(f"{_BASES}+")
_T: Final = rf"(?:\.?{_BASES}+|{_BASES}+\.|\.)"  # what a breakend puts in place of REF
_MATE: Final = r"[^\s\[\]]+:[0-9]+"
ALT: Final = re.compile(
    rf"{_BASES}+|\*|\.|<{_ID}>|{_BASES}+<{_ID}>|\.{_BASES}+|{_BASES}+\."
    rf"|{_T}(?:\[{_MATE}\[|\]{_MATE}\])|(?:\[{_MATE}\[|\]{_MATE}\]){_T}",
    _A,
)
_OLD: Final = re.compile("D[0-9]+|I[ACGTN]+")  # how VCF 3 wrote indels
_QUAL: Final = re.compile(
    r"\.|[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?:inf|infinity|nan)",
    re.IGNORECASE,
)
_KEPT: Final = 5000  # names and keys remembered: what a file may make us keep is bounded
_KEY_43: Final = re.compile(r"[A-Za-z_][0-9A-Za-z_.]*|1000G")
_KEY_OLD: Final = re.compile(r"[^\s,;=]+", _A)


class RecordRules:
    """Judges records; ``columns`` are the first eight, any bytes read as Latin-1."""

    def __init__(self, known: Declarations) -> None:
        self._version = known.version
        self._known = known
        self._right_names: set[str] = set()
        self._fields: dict[str, Field | None] = {}
        self._patterns: dict[tuple[str, int | None], re.Pattern[str]] = {}
        self._key = _KEY_43 if known.version >= (4, 3) else _KEY_OLD
        self._text = "[^,]*" if known.version >= (4, 3) else r"[^,\s]*"

    def judge(self, columns: list[str]) -> Iterator[Finding]:
        """All breaches in one record, column by column."""
        chrom, pos, ids, ref, alt, _, filters, info = columns
        if chrom not in self._right_names:
            yield from self._judge_chrom(columns)
        if not _POS.fullmatch(pos):
            message = f"POS is '{pos[:40]}', which is not a whole number of up to ten digits."
            yield _finding(columns, 1, "position_not_a_number", message, "a whole number")
        if ids != "." or not ids:
            yield from self._judge_list(columns, 2, "bad_id", unique=True)
        if not _REF.fullmatch(ref):
            message = f"REF is '{ref[:40]}'."
            yield _finding(columns, 3, "bad_reference_allele", message, "A, C, G, T, N")
        yield from self._judge_alt(columns)
        if columns[5] != "-1" or self._version >= (4, 0):  # VCF 3 wrote -1 for a missing one
            yield from _judge_qual(columns)
        if filters not in (".", "PASS"):
            yield from self._judge_filter(columns)
        if info not in (".", ""):
            yield from self._judge_info(columns, None if alt == "." else alt.count(",") + 1)

    def _judge_chrom(self, columns: list[str]) -> Iterator[Finding]:
        chrom = columns[0]
        name = chrom[1:-1] if _ANGLE.fullmatch(chrom) else chrom
        colon = ":" in name and self._version < (4, 4)
        if name and not colon and contig_name_fits(name, self._version):
            if len(self._right_names) < _KEPT:
                self._right_names.add(chrom)
            return
        message = f"CHROM is '{chrom[:40]}', which has a character that names may not have."
        yield _finding(columns, 0, "bad_contig_name", message)

    def _judge_list(
        self, columns: list[str], i: int, code: str, *, unique: bool
    ) -> Iterator[Finding]:
        """ID and FILTER: parts without blanks, separated by semicolons."""
        text, name = columns[i], COLUMN_NAMES[i]
        if not _LIST.fullmatch(text):
            message = f"{name} is '{text[:40]}': it has a blank or an empty part."
            yield _finding(columns, i, code, message, ". or a list separated by ;")
        elif unique and ";" in text and self._version >= (4, 3):
            parts = text.split(";")
            if len(set(parts)) < len(parts):
                message = f"{name} is '{text[:40]}': a value stands there twice."
                yield _finding(columns, i, code, message)

    def _judge_filter(self, columns: list[str]) -> Iterator[Finding]:
        yield from self._judge_list(columns, 6, "bad_filter", unique=True)
        parts = columns[6].split(";")
        if "0" in parts and self._version >= (4, 0):
            yield _finding(columns, 6, "bad_filter", "FILTER is '0', which is reserved.")
        if len(parts) > 1 and "." in parts:
            message = f"FILTER is '{columns[6][:40]}': a full stop stands alone."
            yield _finding(columns, 6, "bad_filter", message)

    def _judge_alt(self, columns: list[str]) -> Iterator[Finding]:
        alt = columns[4]
        if ALT.fullmatch(alt):
            return
        at = 0
        for one in alt.split(","):
            if not ALT.fullmatch(one) and not (self._version < (4, 0) and _OLD.fullmatch(one)):
                message = f"ALT is '{alt[:40]}'."
                expected = "A, C, G, T, N, *, ., <NAME> or a breakend"
                yield _finding(columns, 4, "bad_alternate_allele", message, expected, at)
                return
            at += len(one) + 1

    def _judge_info(self, columns: list[str], alts: int | None) -> Iterator[Finding]:
        info = columns[7]
        at = 0
        seen = set()
        for part in info.split(";"):
            key, equals, value = part.partition("=")
            pattern = self._patterns.get((key, alts))
            if pattern is None:
                pattern = self._pattern(key, alts)
                if len(self._patterns) < _KEPT:
                    self._patterns[key, alts] = pattern
            if not pattern.fullmatch(part):
                yield from self._judge_part(columns, at, key, equals, value, alts)
            if key in seen and self._version >= (4, 3):
                message = f"INFO has the key {key} twice."
                yield _finding(columns, 7, "duplicate_key", message, "", at)
            seen.add(key)
            at += len(part) + 1

    def _field(self, key: str) -> Field | None:
        """What the header, else the specification says of a key."""
        if key not in self._fields:
            if len(self._fields) >= _KEPT:
                self._fields.clear()
            entry = reserved(INFO, key, self._version)
            declared = self._known.info.get(key)
            field = None
            if declared:
                least = entry.least if entry and declared[1] == entry.type else None
                field = Field(*declared, least)
            elif entry and entry.number and entry.type:
                field = Field(entry.number, entry.type, entry.least)
            if field and key == "CIGAR" and field.type == "String":
                field = field._replace(type="Cigar")
            self._fields[key] = field
        return self._fields[key]

    def _pattern(self, key: str, alts: int | None) -> re.Pattern[str]:
        """A pattern of a right ``key=value``; one that nothing fits for a wrong key."""
        if not self._key.fullmatch(key):
            return re.compile("(?!)")
        name = re.escape(key)
        field = self._field(key)
        if field is None:
            return re.compile(f"{name}(?:=(?:{self._text},?)*+)?", _A)
        if field.type == "Flag":
            return re.compile(f"{name}(?:=[01])?", _A)
        value = value_pattern(field, count_of(field.number, alts, 0), self._text, False)
        return re.compile(f"{name}={value}", _A)

    def _judge_part(
        self, columns: list[str], at: int, key: str, equals: str, value: str, alts: int | None
    ) -> Iterator[Finding]:
        if not self._key.fullmatch(key):
            message = f"INFO: '{key[:40]}' is no key."
            yield _finding(columns, 7, "bad_key", message, "", at)
            return
        field = self._field(key)
        if field and field.type == "Flag" and equals and value not in ("0", "1"):
            message = f"{key} is a flag and has the value '{value[:40]}'."
            yield _finding(columns, 7, "flag_with_value", message, "no value", at)
            return
        if field and field.type != "Flag" and not equals:
            message = f"{key} has no value, though it is declared as {field.type}."
            yield _finding(columns, 7, "missing_value", message, field.type, at)
            return
        at += len(key) + 1
        if self._version < (4, 3) and re.search(r"\s", value, _A):
            message = f"INFO: the value of {key} has a blank."
            yield _finding(columns, 7, "bad_value", message, "", at)
            return
        if field and field.type != "Flag":
            count = count_of(field.number, alts, 0)
            fault = judge_value(key, field, value, count, self._version)
            if fault:
                yield _finding(
                    columns, 7, fault.code, f"INFO {fault.message}", fault.expected, at + fault.at
                )


def _judge_qual(columns: list[str]) -> Iterator[Finding]:
    qual = columns[5]
    if not _QUAL.fullmatch(qual):
        yield _finding(columns, 5, "bad_quality", f"QUAL is '{qual[:40]}'.", "a number or .")
    elif qual.startswith("-") and float(qual) != 0:
        yield _finding(columns, 5, "bad_quality", f"QUAL is {qual}.", "0 or more")


def _finding(
    columns: list[str], i: int, code: str, message: str, expected: str = "", at: int = 0
) -> Finding:
    """A finding ``at`` bytes into column ``i`` (from 0)."""
    column = sum(map(len, columns[:i])) + i + 1 + at
    return Finding(code, message, column, r.FIXED, columns[i][at : at + 80], expected)
