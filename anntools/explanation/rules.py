"""For each consequence term: its rule in plain words and where the rule is written down."""

from __future__ import annotations

from typing import Final, NamedTuple


class Rule(NamedTuple):
    """``predicate``: the test in VEP's VariationEffect module that gives the term."""

    accession: str
    words: str
    predicate: str

    @property
    def source(self) -> str:
        """Where the rule is written."""
        return f"Sequence Ontology {self.accession}; VEP 115 {self.predicate}"


RULES: Final = {
    "transcript_ablation": Rule(
        "SO:0001893", "A deletion takes the whole transcript away.", "feature_ablation"
    ),
    "splice_acceptor_variant": Rule(
        "SO:0001574", "One of the last two bases of an intron is changed.", "acceptor_splice_site"
    ),
    "splice_donor_variant": Rule(
        "SO:0001575", "One of the first two bases of an intron is changed.", "donor_splice_site"
    ),
    "stop_gained": Rule(
        "SO:0001587", "A stop codon stands where there was an amino acid.", "stop_gained"
    ),
    "frameshift_variant": Rule(
        "SO:0001589",
        "The coding sequence grows or shrinks by a number of bases that is no multiple of three.",
        "frameshift",
    ),
    "stop_lost": Rule("SO:0001578", "The stop codon is no stop codon any more.", "stop_lost"),
    "start_lost": Rule("SO:0002012", "The start codon is no start codon any more.", "start_lost"),
    "transcript_amplification": Rule(
        "SO:0001889", "A duplication repeats the whole transcript.", "feature_amplification"
    ),
    "feature_elongation": Rule(
        "SO:0001907", "A structural variant makes the transcript longer.", "feature_elongation"
    ),
    "feature_truncation": Rule(
        "SO:0001906", "A structural variant makes the transcript shorter.", "feature_truncation"
    ),
    "inframe_insertion": Rule(
        "SO:0001821",
        "Whole codons are put in; the old amino acids begin or end the new ones.",
        "inframe_insertion",
    ),
    "inframe_deletion": Rule(
        "SO:0001822", "Whole codons are taken out; the others stay.", "inframe_deletion"
    ),
    "missense_variant": Rule(
        "SO:0001583",
        "An amino acid becomes another one; the protein keeps its length.",
        "missense_variant",
    ),
    "protein_altering_variant": Rule(
        "SO:0001818",
        "The protein is changed in its length, the frame is kept, and it is neither a plain "
        "insertion nor a plain deletion.",
        "protein_altering_variant",
    ),
    "splice_donor_5th_base_variant": Rule(
        "SO:0001787", "The fifth base of an intron is changed.", "splice_donor_5th_base_variant"
    ),
    "splice_region_variant": Rule(
        "SO:0001630",
        "One of the 3 bases of an exon or of the bases 3 to 8 of an intron next to a splice site "
        "is changed, and no louder splice term says so already.",
        "splice_region",
    ),
    "splice_donor_region_variant": Rule(
        "SO:0002170",
        "One of the bases 3 to 6 of an intron is changed, but not the fifth.",
        "splice_donor_region_variant",
    ),
    "splice_polypyrimidine_tract_variant": Rule(
        "SO:0002169",
        "One of the bases 17 to 3 before the end of an intron is changed.",
        "splice_polypyrimidine_tract_variant",
    ),
    "incomplete_terminal_codon_variant": Rule(
        "SO:0001626",
        "The last codon is changed, and the model's coding sequence ends within it.",
        "partial_codon",
    ),
    "start_retained_variant": Rule(
        "SO:0002019", "The start codon is touched and still is one.", "start_retained_variant"
    ),
    "stop_retained_variant": Rule(
        "SO:0001567", "The stop codon is touched and still is one.", "stop_retained"
    ),
    "synonymous_variant": Rule(
        "SO:0001819", "The codon is another one for the same amino acid.", "synonymous_variant"
    ),
    "coding_sequence_variant": Rule(
        "SO:0001580",
        "The coding sequence is touched in a way that does not tell what the protein becomes.",
        "coding_unknown",
    ),
    "mature_miRNA_variant": Rule(
        "SO:0001620", "The mature part of a microRNA is touched.", "within_mature_miRNA"
    ),
    "5_prime_UTR_variant": Rule(
        "SO:0001623",
        "An exon is touched before the first base of the start codon.",
        "within_5_prime_utr",
    ),
    "3_prime_UTR_variant": Rule(
        "SO:0001624",
        "An exon is touched after the last base of the stop codon.",
        "within_3_prime_utr",
    ),
    "non_coding_transcript_exon_variant": Rule(
        "SO:0001792",
        "An exon of a transcript without coding sequence is touched.",
        "non_coding_exon_variant",
    ),
    "intron_variant": Rule(
        "SO:0001627",
        "An intron is touched inside its first two and last two bases.",
        "within_intron",
    ),
    "NMD_transcript_variant": Rule(
        "SO:0001621",
        "The gene model says that this transcript is a target of nonsense-mediated decay.",
        "within_nmd_transcript",
    ),
    "non_coding_transcript_variant": Rule(
        "SO:0001619",
        "A transcript without coding sequence is touched, and no exon of it.",
        "within_non_coding_gene",
    ),
    "coding_transcript_variant": Rule(
        "SO:0001968",
        "A coding transcript is touched, and no narrower term says where.",
        "within_coding_gene",
    ),
    "upstream_gene_variant": Rule(
        "SO:0001631", "The allele lies before the first base of the transcript.", "upstream"
    ),
    "downstream_gene_variant": Rule(
        "SO:0001632", "The allele lies after the last base of the transcript.", "downstream"
    ),
    "intergenic_variant": Rule(
        "SO:0001628", "No transcript lies at the allele or near it.", "intergenic"
    ),
}

# Titles of the paragraphs of docs/engine/divergences.md that an explanation points to.
REPAIRS: Final = "Introns of up to 13 bases"
PICK_ORDER: Final = "PICK"

PICK_RULE: Final = (
    "Picked: the first by: holds the variant rather than lying near it; MANE Select; MANE Plus "
    "Clinical; canonical; transcript support level; protein-coding; most severe consequence; "
    "longest coding sequence, or transcript; order on the genome."
)
