"""Consequence terms, position classes and kinds of variants in a biologist's words.

Terms, order and impact: Ensembl, "Calculated variant consequences"; a test holds them to the
engine's own list.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A consequence term."""

    words: str
    impact: str
    help: str


_TABLE: tuple[tuple[str, str, str, str], ...] = (
    ("transcript_ablation", "transcript lost", "HIGH", "The whole transcript is deleted."),
    (
        "splice_acceptor_variant",
        "splice acceptor",
        "HIGH",
        "One of the last two bases of an intron changes, which usually breaks splicing.",
    ),
    (
        "splice_donor_variant",
        "splice donor",
        "HIGH",
        "One of the first two bases of an intron changes, which usually breaks splicing.",
    ),
    (
        "stop_gained",
        "stop gained",
        "HIGH",
        "A codon becomes a stop codon: the protein ends too early.",
    ),
    (
        "frameshift_variant",
        "frameshift",
        "HIGH",
        "The reading frame shifts: everything after it is translated differently.",
    ),
    ("stop_lost", "stop lost", "HIGH", "The stop codon is lost: the protein goes on past its end."),
    (
        "start_lost",
        "start lost",
        "HIGH",
        "The start codon is lost: the protein may not be made, or begins elsewhere.",
    ),
    ("transcript_amplification", "transcript amplified", "HIGH", "The whole transcript is copied."),
    ("feature_elongation", "transcript elongated", "HIGH", "The transcript becomes longer."),
    ("feature_truncation", "transcript truncated", "HIGH", "The transcript becomes shorter."),
    (
        "inframe_insertion",
        "inframe insertion",
        "MODERATE",
        "Whole codons are inserted; the reading frame stays.",
    ),
    (
        "inframe_deletion",
        "inframe deletion",
        "MODERATE",
        "Whole codons are deleted; the reading frame stays.",
    ),
    ("missense_variant", "missense", "MODERATE", "A codon changes to one for another amino acid."),
    (
        "protein_altering_variant",
        "protein altering",
        "MODERATE",
        "The protein changes in a way that no narrower term describes.",
    ),
    (
        "splice_donor_5th_base_variant",
        "splice donor 5th base",
        "LOW",
        "The fifth base of an intron changes.",
    ),
    (
        "splice_region_variant",
        "splice region",
        "LOW",
        "It lies within 3 bases of an exon’s or 8 bases of an intron’s side of a splice site.",
    ),
    (
        "splice_donor_region_variant",
        "splice donor region",
        "LOW",
        "It lies at bases 3 to 6 of an intron.",
    ),
    (
        "splice_polypyrimidine_tract_variant",
        "polypyrimidine tract",
        "LOW",
        "It lies 3 to 17 bases before an exon, where the spliceosome binds.",
    ),
    (
        "incomplete_terminal_codon_variant",
        "incomplete last codon",
        "LOW",
        "It lies in the last codon of a transcript whose end is not known.",
    ),
    (
        "start_retained_variant",
        "start retained",
        "LOW",
        "The start codon changes and is still one.",
    ),
    ("stop_retained_variant", "stop retained", "LOW", "The stop codon changes and is still one."),
    (
        "synonymous_variant",
        "synonymous",
        "LOW",
        "A codon changes to another one for the same amino acid.",
    ),
    (
        "coding_sequence_variant",
        "coding sequence",
        "MODIFIER",
        "It lies in coding sequence; what it does there cannot be told.",
    ),
    ("mature_miRNA_variant", "mature miRNA", "MODIFIER", "It lies in a mature microRNA."),
    (
        "5_prime_UTR_variant",
        "5′ UTR",
        "MODIFIER",
        "It lies in the exons before the coding sequence.",
    ),
    (
        "3_prime_UTR_variant",
        "3′ UTR",
        "MODIFIER",
        "It lies in the exons after the coding sequence.",
    ),
    (
        "non_coding_transcript_exon_variant",
        "non-coding exon",
        "MODIFIER",
        "It lies in an exon of a transcript that makes no protein.",
    ),
    ("intron_variant", "intron", "MODIFIER", "It lies in an intron, away from the splice sites."),
    (
        "NMD_transcript_variant",
        "NMD transcript",
        "MODIFIER",
        "The transcript is one that the cell destroys (nonsense-mediated decay).",
    ),
    (
        "non_coding_transcript_variant",
        "non-coding transcript",
        "MODIFIER",
        "The transcript makes no protein.",
    ),
    (
        "coding_transcript_variant",
        "coding transcript",
        "MODIFIER",
        "It lies in a coding transcript; where cannot be told.",
    ),
    (
        "upstream_gene_variant",
        "upstream of a gene",
        "MODIFIER",
        "It lies within 5,000 bases before a gene.",
    ),
    (
        "downstream_gene_variant",
        "downstream of a gene",
        "MODIFIER",
        "It lies within 5,000 bases after a gene.",
    ),
    ("intergenic_variant", "intergenic", "MODIFIER", "It lies between genes."),
)

TERMS: Mapping[str, Term] = {
    term: Term(words, impact, text) for term, words, impact, text in _TABLE
}
"""Most severe first."""

IMPACTS: Mapping[str, str] = {
    "HIGH": "Likely to break or truncate the protein.",
    "MODERATE": "Changes the protein without breaking it.",
    "LOW": "Unlikely to change what the protein does.",
    "MODIFIER": "Outside of coding sequence, or the effect is hard to predict.",
}

POSITION_CLASSES: Mapping[str, str] = {
    "CDS": "coding sequence",
    "utr5": "5′ UTR",
    "utr3": "3′ UTR",
    "intron": "intron",
    "non_coding_exon": "non-coding exon",
    "non_coding_intron": "non-coding intron",
    "promoter": "promoter",
    "interGenic": "between genes",
}

KINDS: Mapping[str, str] = {
    "snv": "single base",
    "insertion": "insertion",
    "deletion": "deletion",
    "substitution": "substitution",
    "structural": "structural",
}


def words(term: str) -> str:
    """`missense_variant` → `missense`; terms joined by `&`, or a slug of any kind, likewise."""
    return ", ".join(
        TERMS[one].words if one in TERMS else one.replace("_", " ") for one in term.split("&")
    )


def impact_of(consequence: str | None) -> str:
    """The impact of the first, most severe, of terms joined by `&`."""
    term = TERMS.get((consequence or "").split("&")[0])
    return term.impact if term else "MODIFIER"


def position_class(name: str) -> str:
    """A position class in words."""
    return POSITION_CLASSES.get(name, name.replace("_", " "))


def kind(name: str) -> str:
    """A kind of variant in words."""
    return KINDS.get(name, name)


def clinvar(name: str) -> str:
    """A ClinVar class, short: `Pathogenic/Likely_pathogenic` → `pathogenic or likely so`."""
    first, _, second = name.replace("_", " ").partition("/")
    if second.lower() == f"likely {first.lower()}":
        return f"{first.lower()} or likely so"
    return name.replace("_", " ").lower()
