"""What can be wrong with an input, in words a person can act on, and as data for a program."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, what was found, what was expected, what to do, which rule.

    ``column`` counts bytes of the line from 1. ``rule`` names the paragraph that decides, such as
    ``VCF 4.3, 1.6.1``; it is empty where the reference pack or a limit decides.
    """

    code: str
    message: str
    file: str = ""
    line: int | None = None
    column: int | None = None
    found: str = ""
    expected: str = ""
    remedy: str = ""
    rule: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As plain data; keys are always all there."""
        return asdict(self)

    def sentence(self) -> str:
        """One line: place, cause, remedy."""
        place = "" if self.line is None else f"line {self.line}"
        if place and self.column is not None:
            place += f", column {self.column}"
        parts = [f"{place}: {self.message}" if place else self.message]
        if self.remedy:
            parts.append(self.remedy)
        if self.rule:
            parts.append(f"({self.rule})")
        return " ".join(parts)


class InputRefused(Exception):
    """The input cannot be annotated at all (or not in strict mode); ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence())
        self.problem = problem


class PackProblem(Exception):
    """The reference pack is missing, damaged, or of another version."""


class UsageProblem(Exception):
    """The call itself is wrong: an output that cannot be written, an unknown option value."""


# Why a record is passed through without annotation. The order is that of kernels/record.py.
REASON_CODES: Final = (
    "ok",
    "no_alternate_allele",
    "symbolic_allele",
    "breakend",
    "not_covered",
    "not_lifted",
    "too_few_columns",
    "position_not_a_number",
    "position_outside_contig",
    "unknown_contig",
    "bad_reference_allele",
    "reference_mismatch",
    "bad_alternate_allele",
    "header_line_among_records",
    "wrong_column_count",
)
# From here on a reason means that the record is wrong, not just that there is nothing to annotate.
FIRST_ERROR: Final = 6

REASON_WORDS: Final = {
    "no_alternate_allele": "no alternate allele (ALT is '.', '*' or the reference)",
    "symbolic_allele": "symbolic allele such as <DEL>, not annotated by this version",
    "breakend": "breakend, not annotated by this version",
    "not_covered": "a place that the reference pack leaves out, or a telomere",
    "not_lifted": "could not be lifted to the reference pack's assembly",
    "too_few_columns": "fewer than 8 columns",
    "position_not_a_number": "POS is not a number",
    "position_outside_contig": "POS lies outside the contig",
    "unknown_contig": "a contig that the reference pack does not know",
    "bad_reference_allele": "REF is not made of A, C, G, T, N",
    "reference_mismatch": "REF contradicts the reference sequence",
    "bad_alternate_allele": "ALT is not an allele",
    "header_line_among_records": "a header line among the records",
    "wrong_column_count": "not as many columns as the #CHROM line",
}

_REMEDY: Final = {
    "too_few_columns": "Separate the columns by tabs, not blanks; see whether the line was cut.",
    "position_not_a_number": "Give POS as a whole number, counted from 1.",
    "position_outside_contig": "See whether the file was made for another genome build.",
    "bad_reference_allele": "Write REF with the letters A, C, G, T or N.",
    "reference_mismatch": "The file was probably made for another genome build, or REF and ALT are "
    "swapped. Choose the right reference pack, or fix REF (bcftools norm --check-ref).",
    "bad_alternate_allele": "Write ALT with the letters A, C, G, T, N, as '*', '.', <NAME>, or a "
    "breakend; separate several by commas.",
    "header_line_among_records": "Move lines that begin with # to the top of the file.",
    "wrong_column_count": "The line was probably cut, or joined with another: see the number of "
    "samples in it and in the #CHROM line.",
}
_FIXED_FIELDS: Final = "VCF 4.2, 1.4.1; VCF 4.3, 1.6.1"
_RULES: Final = {
    "too_few_columns": _FIXED_FIELDS,
    "position_not_a_number": _FIXED_FIELDS,
    "bad_reference_allele": _FIXED_FIELDS,
    "bad_alternate_allele": _FIXED_FIELDS,
    "header_line_among_records": "VCF 4.2, 1.2; VCF 4.3, 1.4",
    "wrong_column_count": "VCF 4.2, 1.4.2; VCF 4.3, 1.6.2",
}
_OLD_INDEL: Final = re.compile(r"(?:^|,)(?:D[0-9]+|I[ACGTN]+)(?:,|$)")


def record_problem(
    code: str,
    *,
    file: str,
    line: int,
    column: int,
    columns: list[str],
    expected_bases: str = "",
    known_contigs: list[str] | None = None,
    contig_length: int = 0,
    column_count: int = 0,
    header_columns: int = 0,
) -> Problem:
    """The Problem for one bad record. ``columns`` are the record's own, as far as they exist."""
    remedy = _REMEDY.get(code, "")
    chrom, pos, ref, alt = (short(columns[i]) if len(columns) > i else "" for i in (0, 1, 3, 4))
    found, expected = "", ""
    if code == "too_few_columns":
        found, expected = str(len(columns)), "at least 8"
        message = f"A record needs 8 columns separated by tabs, this one has {len(columns)}."
    elif code == "position_not_a_number":
        found, expected = pos, "a whole number"
        message = f"POS is '{pos}', which is not a whole number of up to ten digits."
    elif code == "position_outside_contig":
        found, expected = pos, f"1 to {contig_length}"
        message = (
            f"POS {pos} (with REF {ref}) lies outside {chrom}, which has {contig_length} bases."
        )
    elif code == "unknown_contig":
        known = ", ".join(known_contigs or [])
        found, expected = chrom, known
        message = f"The reference pack does not know the contig '{chrom}'."
        remedy = (
            f"The pack has {known}. If the contig is one of these under another name, rename it; "
            "if not, the file needs a pack that covers it."
        )
    elif code == "bad_reference_allele":
        found, expected = ref, "A, C, G, T, N"
        message = f"REF is '{ref}'."
    elif code == "reference_mismatch":
        found, expected = ref, short(expected_bases)
        message = f"REF is {ref} but the reference has {expected} at {chrom}:{pos}."
    elif code == "bad_alternate_allele":
        found, expected = alt, "A, C, G, T, N, *, ., <NAME> or a breakend"
        message = f"ALT is '{alt}'."
        if _OLD_INDEL.search(columns[4]):
            message = f"ALT is '{alt}', an indel as VCF 3 wrote them."
            remedy = "Convert the file to VCF 4: vcf-convert (VCFtools), with the reference FASTA."
    elif code == "wrong_column_count":
        found, expected = str(column_count or ""), str(header_columns or "")
        message = "The record has not as many columns as the #CHROM line"
        message += f": {found} instead of {expected}." if found else "."
    else:
        message = REASON_WORDS[code] + "."
    return Problem(code, message, file, line, column, found, expected, remedy, _RULES.get(code, ""))


def short(text: str, limit: int = 40) -> str:
    """A text as a message shows it: not longer than it helps."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"
