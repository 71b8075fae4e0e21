"""What to do about a breach of a rule, by code."""

from __future__ import annotations

from typing import Final

_HEADER: Final = "Correct the header line, or write it anew: bcftools reheader."
_DECLARE: Final = "Correct the value, or what the header declares: bcftools reheader."
_SORT: Final = "Sort the file: bcftools sort."

_REMEDIES: Final = {
    "bad_fileformat": "Begin the file with ##fileformat=VCFv4.2, or the version that it keeps to.",
    "no_fileformat": "Begin the file with ##fileformat=VCFv4.2, or the version that it keeps to.",
    "no_column_header": "Put the line #CHROM before the first record, with tabs.",
    "bad_column_header": "Separate the names in the #CHROM line by tabs.",
    "no_samples": "Take FORMAT out of the #CHROM line, or name the samples after it.",
    "empty_sample": "Give every sample a name; take tabs off the end of the #CHROM line.",
    "duplicate_sample": "Give every sample a name of its own: bcftools reheader --samples.",
    "byte_order_mark": "Save the file as UTF-8 without a byte order mark.",
    "no_final_newline": "See whether the file was cut; if not, end the last line.",
    "not_sorted": _SORT,
    "contig_in_pieces": _SORT,
    "duplicate_variant": "Keep one of the records: bcftools norm --rm-dup exact.",
    "too_few_columns": "Separate the columns by tabs, not blanks; see whether the line was cut.",
    "wrong_column_count": "See whether the line was cut, or joined with another.",
    "no_sample_columns": "Give the samples, or take them out of the #CHROM line.",
    "empty_column": "Write a full stop for a missing value.",
    "empty_field": "Write a full stop for a missing value.",
    "header_line_among_records": "Move lines that begin with # to the top of the file.",
    "position_not_a_number": "Give POS as a whole number, counted from 1.",
    "bad_reference_allele": "Write REF with the letters A, C, G, T or N.",
    "bad_alternate_allele": "Write ALT with the letters A, C, G, T, N, as *, ., <NAME>, or a "
    "breakend; separate several by commas.",
    "bad_contig_name": "Rename the contig: bcftools annotate --rename-chrs.",
    "wrong_type": _DECLARE,
    "wrong_number_of_values": _DECLARE,
    "missing_value": _DECLARE,
    "flag_with_value": _DECLARE,
    "reserved_type": _HEADER,
    "reserved_number": _HEADER,
}


def remedy(code: str) -> str:
    """What to do; never empty."""
    header = code.startswith(("bad_meta", "missing_", "unquoted", "wrong_order", "duplicate_id"))
    return _REMEDIES.get(code) or (_HEADER if header else "Correct the line.")
