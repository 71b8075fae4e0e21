"""Consequence terms of the Sequence Ontology, in Ensembl's order of severity.

A transcript's consequence is a 64-bit mask: bit *i* stands for ``TERMS[i]``, so the lowest bit that
is set is the most severe term and bits in ascending order are the order in which terms are printed.
Order and impact: Ensembl, "Calculated variant consequences", release 115.
"""

from __future__ import annotations

from typing import Final

HIGH, MODERATE, LOW, MODIFIER = 0, 1, 2, 3
IMPACTS: Final = ("HIGH", "MODERATE", "LOW", "MODIFIER")

_TABLE: Final = (
    ("transcript_ablation", HIGH),
    ("splice_acceptor_variant", HIGH),
    ("splice_donor_variant", HIGH),
    ("stop_gained", HIGH),
    ("frameshift_variant", HIGH),
    ("stop_lost", HIGH),
    ("start_lost", HIGH),
    ("transcript_amplification", HIGH),
    ("feature_elongation", HIGH),
    ("feature_truncation", HIGH),
    ("inframe_insertion", MODERATE),
    ("inframe_deletion", MODERATE),
    ("missense_variant", MODERATE),
    ("protein_altering_variant", MODERATE),
    ("splice_donor_5th_base_variant", LOW),
    ("splice_region_variant", LOW),
    ("splice_donor_region_variant", LOW),
    ("splice_polypyrimidine_tract_variant", LOW),
    ("incomplete_terminal_codon_variant", LOW),
    ("start_retained_variant", LOW),
    ("stop_retained_variant", LOW),
    ("synonymous_variant", LOW),
    ("coding_sequence_variant", MODIFIER),
    ("mature_miRNA_variant", MODIFIER),
    ("5_prime_UTR_variant", MODIFIER),
    ("3_prime_UTR_variant", MODIFIER),
    ("non_coding_transcript_exon_variant", MODIFIER),
    ("intron_variant", MODIFIER),
    ("NMD_transcript_variant", MODIFIER),
    ("non_coding_transcript_variant", MODIFIER),
    ("coding_transcript_variant", MODIFIER),
    ("upstream_gene_variant", MODIFIER),
    ("downstream_gene_variant", MODIFIER),
    ("intergenic_variant", MODIFIER),
)

TERMS: Final = tuple(name for name, _ in _TABLE)
IMPACT_OF: Final = tuple(impact for _, impact in _TABLE)
BIT: Final = {name: i for i, name in enumerate(TERMS)}

# Bit numbers by name, for the kernels (numba reads module-level integers as constants).
TRANSCRIPT_ABLATION = BIT["transcript_ablation"]
SPLICE_ACCEPTOR = BIT["splice_acceptor_variant"]
SPLICE_DONOR = BIT["splice_donor_variant"]
STOP_GAINED = BIT["stop_gained"]
FRAMESHIFT = BIT["frameshift_variant"]
STOP_LOST = BIT["stop_lost"]
START_LOST = BIT["start_lost"]
TRANSCRIPT_AMPLIFICATION = BIT["transcript_amplification"]
FEATURE_ELONGATION = BIT["feature_elongation"]
FEATURE_TRUNCATION = BIT["feature_truncation"]
INFRAME_INSERTION = BIT["inframe_insertion"]
INFRAME_DELETION = BIT["inframe_deletion"]
MISSENSE = BIT["missense_variant"]
PROTEIN_ALTERING = BIT["protein_altering_variant"]
SPLICE_DONOR_5TH = BIT["splice_donor_5th_base_variant"]
SPLICE_REGION = BIT["splice_region_variant"]
SPLICE_DONOR_REGION = BIT["splice_donor_region_variant"]
SPLICE_POLYPYRIMIDINE = BIT["splice_polypyrimidine_tract_variant"]
INCOMPLETE_TERMINAL = BIT["incomplete_terminal_codon_variant"]
START_RETAINED = BIT["start_retained_variant"]
STOP_RETAINED = BIT["stop_retained_variant"]
SYNONYMOUS = BIT["synonymous_variant"]
CODING_SEQUENCE = BIT["coding_sequence_variant"]
UTR5 = BIT["5_prime_UTR_variant"]
UTR3 = BIT["3_prime_UTR_variant"]
NON_CODING_EXON = BIT["non_coding_transcript_exon_variant"]
INTRON = BIT["intron_variant"]
NMD = BIT["NMD_transcript_variant"]
NON_CODING = BIT["non_coding_transcript_variant"]
CODING_TRANSCRIPT = BIT["coding_transcript_variant"]
UPSTREAM = BIT["upstream_gene_variant"]
DOWNSTREAM = BIT["downstream_gene_variant"]
INTERGENIC = BIT["intergenic_variant"]

N_TERMS: Final = len(TERMS)


def names(mask: int) -> list[str]:
    """The terms of a mask, most severe first."""
    return [TERMS[i] for i in range(N_TERMS) if mask >> i & 1]


def severity(mask: int) -> int:
    """Bit number of the most severe term; ``N_TERMS`` for an empty mask."""
    return (mask & -mask).bit_length() - 1 if mask else N_TERMS
