"""The log a person reads: AnnTools' classic counts, then the receipt in words."""

from __future__ import annotations

from typing import Any

from anntools.problems import FIRST_ERROR, REASON_CODES, REASON_WORDS, Problem
from anntools.receipt import Receipt

# Classes counted once per transcript. A variant is intergenic only if that is so for all of them.
_LOCATED = (
    ("In CDS", ("CDS",)),
    ("In '3 UTR", ("utr3",)),
    ("In '5 UTR", ("utr5",)),
    ("In Intronic", ("intron",)),
    ("In Non_coding_intronic", ("non_coding_intron",)),
    ("In Exonic", ("CDS", "utr3", "utr5")),
    ("In Non_coding_exonic", ("non_coding_exon",)),
    ("In Putative Promoter Region", ("promoter",)),
)


def count_log(summary: dict[str, Any], receipt: Receipt, problems: list[Problem]) -> str:
    """Text of ``NAME.vcf.count.log``."""
    lines = [
        "All isoforms were counted: numbers below may exceed the number of variants.",
        "",
        f"Total: {summary['records']}",
        _in_dbsnp(summary),
        "",
        "Variants located:",
    ]
    places = summary["position_class_per_transcript"]
    lines.append(f"In interGenic: {summary['position_class']['interGenic']}")
    lines += [f"{label}: {sum(places[c] for c in classes)}" for label, classes in _LOCATED]
    lines.append("")
    lines += [f"In {name}: hits in {n} variants" for name, n in summary["exact"].items()]
    lines += [f"In {name}: hits in {n} variants" for name, n in summary["intervals"].items()]
    lines += ["", *_consequences(summary), "", *_receipt_words(receipt, problems)]
    return "\n".join(lines) + "\n"


def _in_dbsnp(summary: dict[str, Any]) -> str:
    """What the pack's dbSNP knows; without one, the records that bear an rs number."""
    for name, found in summary["exact"].items():
        if name.lower().startswith("dbsnp"):
            return f"In dbSNP: {found} ({_percent(found, summary['alleles'])})"
    found = summary["with_rsid"]
    share = _percent(found, summary["records"])
    return f"In dbSNP: {found} ({share}), by the rs numbers in the ID column"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "0.0%"


def _consequences(summary: dict[str, Any]) -> list[str]:
    lines = ["Most severe consequence per allele:"]
    lines += [f"  {term}: {n}" for term, n in summary["consequence_most_severe"].items()]
    lines.append("Impact: " + ", ".join(f"{k} {v}" for k, v in summary["impact"].items()))
    if summary["ts_tv"] is not None:
        lines.append(
            f"Transitions/transversions: {summary['transitions']}/{summary['transversions']} "
            f"= {summary['ts_tv']:.2f}"
        )
    return lines


def _receipt_words(receipt: Receipt, problems: list[Problem]) -> list[str]:
    lines = [
        "Receipt",
        f"Input {receipt.input.name}, {receipt.input.bytes} bytes, blake3 {receipt.input.blake3}",
        f"Output {receipt.output.name}, {receipt.output.bytes} bytes, "
        f"blake3 {receipt.output.blake3}",
        f"Reference pack {receipt.pack_id} ({receipt.assembly}); "
        + (f"like {receipt.options['like']}; " if receipt.options.get("like") else "")
        + ", ".join(f"{k} {v}" for k, v in receipt.versions.items()),
        f"Records in: {receipt.records_in} = annotated {receipt.annotated} + passed through "
        f"unchanged {receipt.skipped_total - receipt.left_out}"
        + (f" + not lifted {receipt.left_out}" if receipt.left_out else "")
        + f". Records out: {receipt.records_out}.",
    ]
    for code in REASON_CODES[1:]:
        if code in receipt.skipped:
            kind = "wrong" if REASON_CODES.index(code) >= FIRST_ERROR else "nothing to annotate"
            if code == "not_lifted":
                kind = ", ".join(f"{reason} {n}" for reason, n in receipt.not_lifted.items())
            lines.append(f"  {receipt.skipped[code]}: {REASON_WORDS[code]} ({kind})")
    lines += [f"Note: {w}" for w in receipt.warnings]
    if problems:
        more = receipt.errors + receipt.left_out - len(problems)
        lines.append("Records with faults:" if more <= 0 else f"First {len(problems)} faults:")
        lines += [f"  {p.sentence()}" for p in problems]
        if more > 0:
            lines.append(f"  ... and {more} more")
    return lines
