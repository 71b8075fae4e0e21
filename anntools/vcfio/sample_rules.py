"""The rules for FORMAT and the samples of one record (VCF 4.3, 1.6.2).

All samples of a line are first held against one pattern made from its FORMAT; only where that does
not fit are they looked at one by one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from anntools.vcfio import rules as r
from anntools.vcfio.header_rules import Declarations
from anntools.vcfio.reserved import FORMAT, reserved
from anntools.vcfio.rules import Finding
from anntools.vcfio.values import Field, count_of, judge_value, value_pattern

_KEY_43: Final = re.compile(r"[A-Za-z_][0-9A-Za-z_.]*")
_KEY_OLD: Final = re.compile("[0-9A-Za-z]+")
_GT: Final = re.compile(r"[/|]?(?:\.|[0-9]+)(?:[/|](?:\.|[0-9]+))*")
_LOCAL: Final = (".", "LA", "LR", "LG")  # may be of length zero since 4.5
_PATTERNS: Final = 500  # how many patterns are kept
_TEXT: Final = r"[^,:\t]*"


class SampleRules:
    """Judges FORMAT and samples; texts are bytes read as Latin-1."""

    def __init__(self, known: Declarations) -> None:
        self._known = known
        self._version = known.version
        self._formats: dict[str, list[Finding]] = {}
        self._patterns: dict[tuple[str, int | None], re.Pattern[str] | None] = {}

    def judge(self, before: int, text: str, samples: str, alt: str) -> Iterator[Finding]:
        """Breaches in FORMAT (``text``) and the samples, the first one among the samples only.

        ``before``: bytes of the line before FORMAT. ``samples`` begins with a tab, or is empty.
        """
        if text not in self._formats:
            if len(self._formats) >= _PATTERNS:
                self._formats.clear()
            self._formats[text] = list(self._judge_format(text))
        for finding in self._formats[text]:
            yield finding._replace(column=before + finding.column)
        alts = None if alt == "." else alt.count(",") + 1
        pattern = self._pattern(text, alts)
        if pattern and pattern.fullmatch(samples):
            return
        at = before + len(text) + 2
        keys = text.split(":")
        for sample in samples[1:].split("\t"):
            finding_in = self._judge_sample(keys, sample, alts, at) if samples else None
            if finding_in:
                yield finding_in
                return
            at += len(sample) + 1

    def _judge_format(self, text: str) -> Iterator[Finding]:
        """Findings with columns counted from the begin of FORMAT."""
        keys = text.split(":")
        at = 1
        pattern = _KEY_43 if self._version >= (4, 3) else _KEY_OLD
        for i, key in enumerate(keys):
            if not pattern.fullmatch(key) and key not in self._known.format and text != ".":
                message = f"FORMAT: '{key[:40]}' is no key."
                yield Finding("bad_key", message, at, r.GENOTYPES, text)
            elif key == "GT" and i:
                message = "FORMAT has GT, and it does not come first."
                yield Finding("genotype_not_first", message, at, r.GENOTYPES, text)
            if key in keys[:i] and self._version >= (4, 3):
                message = f"FORMAT has the key {key} twice."
                yield Finding("duplicate_key", message, at, r.GENOTYPES, text)
            at += len(key) + 1

    def _field(self, key: str) -> Field | None:
        declared = self._known.format.get(key)
        if declared:
            return Field(*declared)
        entry = reserved(FORMAT, key, self._version)
        return Field(entry.number, entry.type) if entry and entry.number and entry.type else None

    def _may_be_empty(self, field: Field | None) -> bool:
        return self._version >= (4, 5) and (field is None or field.number in _LOCAL)

    def _pattern(self, text: str, alts: int | None) -> re.Pattern[str] | None:
        """What the samples of a line look like when all is right; None: look at each."""
        key = (text, alts)
        if key not in self._patterns:
            if len(self._patterns) >= _PATTERNS or (alts or 0) > 9:
                return None
            ploidies = (2, 1) if text == "GT" or text.startswith("GT:") else (2,)
            columns = "|".join(self._column(text.split(":"), alts, p) for p in ploidies)
            self._patterns[key] = re.compile(rf"(?>\t(?>{columns})(?=\t|\Z))*+", re.ASCII)
        return self._patterns[key]

    def _column(self, keys: list[str], alts: int | None, ploidy: int) -> str:
        """Pattern of one sample; fields at the end may be missing."""
        pattern = ""
        for i in range(len(keys) - 1, -1, -1):
            field = self._field(keys[i])
            if keys[i] == "GT":
                allele = "(?:[0-9]+|\\.)" if alts is None else rf"(?:[0-{alts}]|\.)"
                one = allele + rf"[/|]{allele}" * (ploidy - 1)
                if ploidy > 1:
                    one = rf"(?:{one}|\.)"
            elif field is None:
                one = _TEXT + rf"(?:,{_TEXT})*+" if self._version >= (4, 5) else r"[^:\t]++"
            else:
                count = count_of(field.number, alts, ploidy)
                text = _TEXT.replace("*", "+")
                one = value_pattern(field, count, text, self._may_be_empty(field))
            tail = f"(?::{pattern})?+" if i < len(keys) - 1 else ""
            pattern = one + tail
        return pattern

    def _judge_sample(
        self, keys: list[str], sample: str, alts: int | None, at: int
    ) -> Finding | None:
        """The first breach in one sample that begins at byte ``at`` (from 1) of the line."""
        values = sample.split(":")
        if len(values) > len(keys):
            message = f"A sample has {len(values)} fields and FORMAT only {len(keys)}."
            return Finding("too_many_fields", message, at, r.GENOTYPES, sample, str(len(keys)))
        ploidy = 2
        for key, value in zip(keys, values, strict=False):
            field = self._field(key)
            if key == "GT":
                if value == "":
                    return _sample_finding("bad_genotype", "GT is empty.", at, value)
                if not _GT.fullmatch(value) or (value[0] in "/|" and self._version < (4, 4)):
                    message = f"GT is '{value[:40]}', which is no genotype."
                    return _sample_finding("bad_genotype", message, at, value, "0/1, 1|1, ./. ...")
                alleles = re.split(r"[/|]", value.lstrip("/|"))
                ploidy = len(alleles) if value != "." else 0
                high = max((int(a) for a in alleles if a != "."), default=0)
                if alts is not None and high > alts:
                    message = f"GT is '{value[:40]}' and there are {alts} ALTs."
                    return _sample_finding("allele_out_of_range", message, at, value)
            elif value == "" and not self._may_be_empty(field):
                message = f"{key} is empty; a missing value is a full stop."
                return _sample_finding("empty_field", message, at, value, ".")
            elif field and value:
                count = count_of(field.number, alts, ploidy)
                fault = judge_value(key, field, value, count, self._version)
                if fault:
                    return _sample_finding(
                        fault.code, fault.message, at + fault.at, fault.found, fault.expected
                    )
            at += len(value) + 1
        return None


def _sample_finding(code: str, message: str, at: int, found: str, expected: str = "") -> Finding:
    return Finding(code, message, at, r.GENOTYPES, found, expected)
