"""Agreement with VEP 115 on the shared truth. Run with ``-s`` to see the tables.

The limits are what this version reaches, rounded down; a change that loses agreement fails.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.engine.vep_truth import Agreement, build, merge, run_case

# Genes of many shapes: both strands, one to many exons, incomplete coding sequence, NMD,
# non-coding transcripts, several transcripts. Left out are those of divergences 1 and 2.
GENES = (
    "EDUMMY0003",
    "ENSG00000173376",
    "ENSMUST00000121418",
    "ENST00000218032",
    "ENST00000256452",
    "ENST00000271583",
    "ENST00000318249",
    "ENST00000329454",
    "ENST00000341065",
    "ENST00000409523",
    "ENST00000519442",
    "ENST00000571540",
    "ENST00000580206.short",
)
EXACT = ("cDNA_position", "CDS_position", "Protein_position", "EXON", "INTRON", "HGVSg", "DISTANCE")


def show(text: str) -> None:
    """Tables are for a person who runs the tests with ``-s``."""
    sys.stdout.write(text + "\n")


@pytest.fixture(scope="module")
def packs(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A pack per gene of the truth."""
    root = tmp_path_factory.mktemp("packs")
    out = {}
    for gene in GENES:
        case = shared_data / "truth" / "vep115" / "genes" / gene
        out[gene] = build(case, case / "g.fa", case / "g.gff.gz", root / gene)
    return out


def over_genes(shared: Path, packs: dict[str, Path], kind: str, folder: Path) -> Agreement:
    """One kind of variants over all genes."""
    root = shared / "truth" / "vep115" / "genes"
    return merge(
        [
            run_case(
                pack, root / gene / f"{kind}.vcf.gz", root / gene / f"{kind}.vep.tab.gz", folder
            )
            for gene, pack in packs.items()
        ]
    )


def test_snv_in_genes(shared_data: Path, packs: dict[str, Path], tmp_path: Path) -> None:
    result = over_genes(shared_data, packs, "dense_snv", tmp_path)
    show("\nSNV, genes of every shape\n" + result.table(["Consequence", *EXACT, "HGVSc", "HGVSp"]))
    assert result.rate("Consequence") >= 0.9999, result.examples.get("Consequence", [])[:5]
    for name in (*EXACT, "Amino_acids", "Codons"):
        assert result.rate(name) == 1.0, (name, result.examples.get(name, [])[:5])
    assert not result.missing


def test_indels_in_genes(shared_data: Path, packs: dict[str, Path], tmp_path: Path) -> None:
    result = over_genes(shared_data, packs, "dense_indel", tmp_path)
    show("\nIndels and MNVs, genes of every shape\n" + result.table(["Consequence", *EXACT]))
    assert result.rate("Consequence") >= 0.96, result.examples.get("Consequence", [])[:5]
    assert not result.missing


@pytest.mark.parametrize(("truth", "least"), [("chr20_1000G", 0.9999), ("chr20_synthetic", 0.975)])
def test_real_chromosome_20(shared_data: Path, tmp_path: Path, truth: str, least: float) -> None:
    real = shared_data / "truth" / "vep115" / "real"
    fasta = shared_data / "genome" / "GRCh37.chr20.fa.gz"
    pack = build(real, fasta, real / "chr20.mane.gff.gz", tmp_path / "pack")
    result = run_case(pack, real / f"{truth}.vcf.gz", real / f"{truth}.mane.vep.tab.gz", tmp_path)
    show(f"\n{truth}\n" + result.table(["Consequence", *EXACT, "HGVSc", "HGVSp"]))
    assert result.rate("Consequence") >= least, result.examples.get("Consequence", [])[:5]
    assert not result.missing
