"""Agreement of the compiled consequence rule with VEP 115 on the shared truth.

Run with ``-s`` to see the tables. The least shares are what this version reaches, rounded down;
a difference that no paragraph of ``docs/engine/divergences.md`` explains fails. The whole command
is compared by ``make conformance``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.engine.hgvs_truth import read_case
from tests.engine.vep_truth import FIELDS, Agreement, compare, compiled, gene_case, gene_names

# One gene for each kind of trouble, for every run; the others are in the slow tests.
SOME = ("ENSCAFT00000047742", "ENST00000227471", "ENST00000420190", "ENST00000571540")
COUNTED = 0.98
LEAST = {"dense_snv": 0.9999, "dense_indel": 0.991, "multi": 0.987}


def show(text: str) -> None:
    """Tables are for a person who runs the tests with ``-s``."""
    sys.stdout.write(text + "\n")


def judge(title: str, result: Agreement, least: float) -> None:
    """Everything is equal or explained, and the share of equal terms is not lower than before."""
    show(f"\n{title}\n{result.table()}")
    for name in FIELDS:
        assert result.unexplained(name) == 0, (name, result.table())
    assert result.rate("Consequence") >= least
    if least < COUNTED:  # a single gene made of trouble
        return
    for name in ("cDNA_position", "CDS_position", "Protein_position", "Amino_acids", "Codons"):
        assert result.rate(name) >= 0.999, name


@pytest.mark.parametrize("gene", SOME)
def test_genes_of_unusual_shape(shared_data: Path, gene: str) -> None:
    for kind, result in gene_case(gene, rule=compiled()):
        judge(f"{gene} {kind}", result, least=0.9)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kind", LEAST)
def test_all_genes(shared_data: Path, kind: str) -> None:
    total = Agreement()
    rule = compiled()
    for gene in gene_names():
        for _, part in gene_case(gene, (kind,), rule):
            total.add(part)
    judge(kind, total, LEAST[kind])


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("name", "contig", "fasta"),
    [
        ("chr20_1000G", "chr20", "GRCh37.chr20.fa.gz"),
        ("chr20_synthetic", "chr20", "GRCh37.chr20.fa.gz"),
        ("chrX_synthetic", "chrX", "GRCh37.chrX_1-69999930.fa.gz"),
    ],
)
def test_real_chromosomes(shared_data: Path, name: str, contig: str, fasta: str) -> None:
    real = shared_data / "truth" / "vep115" / "real"
    case = read_case(shared_data / "genome" / fasta, real / f"{contig}.mane.gff.gz")
    vcf, tab = real / f"{name}.vcf.gz", real / f"{name}.mane.vep.tab.gz"
    judge(name, compare(case, vcf, tab, compiled()), least=0.998)
