"""Whether a record can be annotated, written to be read. ``kernels/record.py`` is held equal to it.

VCF 4.2, 1.4.1; VCF 4.3, 1.6.1 (fixed fields), 5.4 (breakends), 5.4.5 (telomeres), 5.5 (gVCF).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

_BASE: Final = "[ACGTNacgtn]"
_ID: Final = r"<[^\x00-\x20<>\x7f]+>"
_MATE: Final = r"[^\x00-\x20\[\]]+:[0-9]{1,10}"
# What a breakend has in place of REF; a full stop stands for a side that is not known.
_REPLACEMENT: Final = rf"(?:\.{_BASE}*|{_BASE}+\.?)"
_BREAKEND: Final = re.compile(
    rf"\.{_BASE}+|{_BASE}+\.|{_REPLACEMENT}{_ID}"
    rf"|{_REPLACEMENT}(?:\[{_MATE}\[|\]{_MATE}\])|(?:\[{_MATE}\[|\]{_MATE}\]){_REPLACEMENT}"
)
_ANY_OTHER: Final = ("<*>", "<NON_REF>", "<X>")  # gVCF and mpileup: some other base


class Contig(NamedTuple):
    """``known``: all bases, with ``.`` where they are not known; ``limit``: the pack ends here."""

    length: int
    limit: int
    known: str


class Verdict(NamedTuple):
    """``column``: byte of the line, from 1, at which the reason shows."""

    reason: str
    column: int


def alt_kind(alt: str, ref: str) -> str:
    """``sequence``, ``same``, ``star``, ``missing``, ``symbolic``, ``breakend`` or ``bad``."""
    if re.fullmatch(f"{_BASE}+", alt):
        return "same" if alt.upper() == ref.upper() else "sequence"
    if alt == "*":
        return "star"
    if alt == "." or alt in _ANY_OTHER:
        return "missing"
    if re.fullmatch(_ID, alt):
        return "symbolic"
    return "breakend" if _BREAKEND.fullmatch(alt) else "bad"


def judge(line: str, contigs: Mapping[str, Contig], columns: int = 0) -> Verdict:
    """The first reason why a line is not annotated, ``ok`` if there is none.

    ``columns``: how many the #CHROM line names, 0 if it does not tell.
    """
    if line.startswith("#"):
        return Verdict("header_line_among_records", 1)
    parts = line.split("\t")
    if len(parts) < 8:
        return Verdict("too_few_columns", len(line) + 1)
    begins = [sum(map(len, parts[:i])) + i + 1 for i in range(len(parts))]
    chrom, pos_text, _, ref, alts = parts[:5]
    if not re.fullmatch("[0-9]{1,10}", pos_text):
        return Verdict("position_not_a_number", begins[1])
    contig = find_contig(chrom, contigs)
    if contig is None:
        return Verdict("unknown_contig", 1)
    verdict = _judge_ref(ref, int(pos_text) - 1, contig, begins)
    if verdict:
        return verdict
    if columns and len(parts) not in (8, columns):
        return Verdict("wrong_column_count", begins[8] - 1)
    at = begins[4]
    kinds = []
    for alt in alts.split(","):
        kinds.append(alt_kind(alt, ref))
        if kinds[-1] == "bad":
            return Verdict("bad_alternate_allele", at)
        at += len(alt) + 1
    if set(kinds) & {"sequence", "symbolic", "breakend"}:
        return Verdict("ok", begins[4])
    return Verdict("no_alternate_allele", begins[4])


def find_contig(name: str, contigs: Mapping[str, Contig]) -> Contig | None:
    """By its name; if none has it, by the first name that differs in upper and lower case only."""
    if name in contigs:
        return contigs[name]
    fits = (c for other, c in contigs.items() if _lower(other) == _lower(name))
    return next(fits, None)


def _lower(name: str) -> str:
    return re.sub("[A-Z]", lambda m: m[0].lower(), name)


def _judge_ref(ref: str, pos: int, contig: Contig, begins: list[int]) -> Verdict | None:
    wrong = re.search(f"(?!{_BASE}).", ref, re.DOTALL)
    if not ref or wrong:
        return Verdict("bad_reference_allele", begins[3] + (wrong.start() if wrong else 0))
    end = pos + len(ref)
    if pos < 0 or end > contig.limit:
        telomere = len(ref) == 1 and pos in (-1, contig.length)
        outside = pos < 0 or end > contig.length
        reason = "position_outside_contig" if outside and not telomere else "not_covered"
        return Verdict(reason, begins[1])
    for i, base in enumerate(ref.upper()):
        if base != "N" and contig.known[pos + i] not in (base, "."):
            return Verdict("reference_mismatch", begins[3] + i)
    return None
