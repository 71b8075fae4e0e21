"""Whether a file keeps the rules of the VCF specification, line by line and between lines.

A breach need not keep a record from being annotated: what does is decided in ``kernels/record``.
The validator tells all others, too. It goes over all records under ``--strict`` and in ``anntools
check``, else over the first ones.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from anntools.problems import REASON_CODES, Problem
from anntools.vcfio import rules as r
from anntools.vcfio.header import Header
from anntools.vcfio.header_rules import (
    Declarations,
    judge_columns,
    judge_first_line,
    judge_meta,
)
from anntools.vcfio.order_rules import OrderRules
from anntools.vcfio.reader import Source
from anntools.vcfio.record_rules import RecordRules
from anntools.vcfio.rules import Finding
from anntools.vcfio.sample_rules import SampleRules

_BRIEF_RECORDS: Final = 100
_BRIEF_BYTES: Final = 1 << 20
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]|\r(?!$)")


class Validator:
    """Judges the header at once and records as they come.

    ``problems`` are the first ``listed`` breaches in the order of the file; ``counts`` has them
    all, by code. ``brief``: look at the first records only, so that it costs next to nothing.
    """

    def __init__(
        self, header: Header, file: str, *, brief: bool = False, listed: int = 100
    ) -> None:
        self.problems: list[Problem] = []
        self.counts: Counter[str] = Counter()
        self.record_count = 0  # records looked at
        self._file = file
        self._listed = listed
        self._left = _BRIEF_RECORDS if brief else -1
        self._bytes_left = _BRIEF_BYTES if brief else -1
        self._known = Declarations(columns=header.column_count)
        self._last_line = header.lines
        self._judge_header(header)
        self._records = RecordRules(self._known)
        self._samples = SampleRules(self._known)
        self._order = OrderRules(self._known.version)

    @property
    def done(self) -> bool:
        """Whether no more records will be looked at."""
        return self._left == 0 or 0 <= self._bytes_left < 1

    def sentences(self) -> list[str]:
        """The first breach of each kind that no skipped record tells of, in words, with counts."""
        told: dict[str, str] = {}
        for problem in self.problems:
            if problem.code not in told and problem.code not in REASON_CODES:
                more = self.counts[problem.code] - 1
                told[problem.code] = problem.sentence() + (f" And {more} more." if more else "")
        return list(told.values())

    def records(self, data: bytes, first_line: int) -> None:
        """Judge whole lines; ``first_line`` is the number of the first one."""
        number = first_line
        begin = 0
        while begin < len(data) and not self.done:
            end = data.index(b"\n", begin)
            line = data[begin:end].decode("latin-1")
            begin = end + 1
            if line and line != "\r":
                self._left -= 1
                self.record_count += 1
                if self._bytes_left > 0:
                    self._bytes_left = max(0, self._bytes_left - len(line))
                for finding in self._judge_line(line.removesuffix("\r")):
                    self._tell(finding, number)
            self._last_line = number
            number += 1

    def finish(self, *, open_end: bool) -> None:
        """All was read; ``open_end``: the last line had no line feed."""
        if open_end and self._known.version >= (4, 3):
            message = "The last line does not end with a line feed."
            self._tell(Finding("no_final_newline", message, 1, r.DATA), self._last_line)

    def _judge_header(self, header: Header) -> None:
        known = self._known
        if header.byte_order_mark:
            message = "The file begins with a byte order mark."
            self._tell(Finding("byte_order_mark", message, 1, r.META), 1)
        for i, (raw, number) in enumerate(zip(header.meta, header.numbers, strict=True)):
            line = raw.decode("latin-1")
            if i == 0:
                known.version, findings = judge_first_line(line)
                if not number:
                    message = "The line ##fileformat is missing; VCFv4.2 is assumed."
                    findings = [Finding("no_fileformat", message, 1, r.FILEFORMAT)]
            else:
                findings = list(judge_meta(line, known))
            for finding in findings:
                self._tell(finding, number or 1)
        if header.made_columns:
            message = "The line #CHROM is missing; it was added."
            self._tell(Finding("no_column_header", message, 1, r.HEADER_LINE), header.lines + 1)
            return
        if header.blanks:
            message = "The #CHROM line has blanks where tabs belong; that was put right."
            self._tell(Finding("bad_column_header", message, 1, r.HEADER_LINE), header.lines)
        for finding in judge_columns(header.columns.decode("latin-1"), known):
            self._tell(finding, header.lines)

    def _judge_line(self, line: str) -> Iterator[Finding]:
        if line.startswith("#"):
            message = "A header line stands among the records."
            yield Finding("header_line_among_records", message, 1, r.META, line)
            return
        columns = line.split("\t", 9)
        if len(columns) < 8:
            message = f"A record needs 8 columns separated by tabs, this one has {len(columns)}."
            at = len(line) + 1
            yield Finding("too_few_columns", message, at, r.FIXED, str(len(columns)), "8")
            return
        fixed = columns[:8]
        if "" in fixed:
            i = fixed.index("")
            at = sum(map(len, fixed[:i])) + i + 1
            yield Finding("empty_column", f"Column {i + 1} is empty.", at, r.FIXED, "", ".")
        yield from self._records.judge(fixed)
        yield from self._judge_samples(line, columns)
        yield from self._order.judge(fixed)
        bad = _CONTROL.search(line) if self._known.version >= (4, 3) else None
        if bad:
            message = f"A control character stands there (byte {ord(bad[0]):#04x})."
            yield Finding("control_character", message, bad.start() + 1, r.META)

    def _judge_samples(self, line: str, columns: list[str]) -> Iterator[Finding]:
        before = sum(map(len, columns[:8])) + 8
        samples = 0 if len(columns) < 10 else columns[9].count("\t") + 1
        expected = self._known.columns
        found = len(columns) if len(columns) < 10 else 9 + samples
        if expected and found != expected:
            code = "no_sample_columns" if found == 8 else "wrong_column_count"
            message = f"The record has {found} columns and the #CHROM line {expected}."
            yield Finding(code, message, before, r.GENOTYPES, str(found))
        if len(columns) > 8:
            rest = f"\t{columns[9]}" if samples else ""
            yield from self._samples.judge(before, columns[8], rest, columns[4])

    def _tell(self, finding: Finding, line: int) -> None:
        self.counts[finding.code] += 1
        if len(self.problems) < self._listed:
            finding = finding._replace(
                message=_as_utf8(finding.message), found=_as_utf8(finding.found)
            )
            self.problems.append(finding.problem(self._known.version, self._file, line))


def judged(
    chunks: Iterator[tuple[bytes, int]], source: Source, validator: Validator, *, strict: bool
) -> Iterator[tuple[bytes, int]]:
    """The same numbered chunks, each judged before it is handed on.

    If ``strict``, they end with the line of the first breach, so that all until there can still be
    found wrong for other reasons; the caller refuses the file then.
    """
    if strict and validator.problems:
        return
    for data, line in chunks:
        if not validator.done:
            validator.records(data, line)
            if strict and validator.problems:
                yield _lines(data, (validator.problems[0].line or line) - line + 1), line
                return
        yield data, line
    validator.finish(open_end=source.open_end)


def _lines(data: bytes, count: int) -> bytes:
    """The first lines of a chunk."""
    end = 0
    for _ in range(count):
        end = data.index(b"\n", end) + 1
    return data[:end]


def _as_utf8(text: str) -> str:
    """A text whose characters were bytes, as it is meant."""
    return text.encode("latin-1", "replace").decode("utf-8", "replace")
