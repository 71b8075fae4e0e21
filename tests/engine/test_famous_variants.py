"""The sample VCF of the repository: literature facts, and what the demo pack makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from anntools import Pack, annotate
from anntools.labels import CSQ_FIELDS
from tests.engine.conftest import ROOT, info_of

SAMPLE = ROOT / "samples" / "famous_variants.vcf"

# Place, alleles, gene, term, protein change (or HGVSc where there is none), as the literature says.
FACTS = [
    ("20:3193873 G>A", "ITPA", "splice_donor_variant", "c.124+1G>A"),
    ("20:3899342 G>A", "PANK2", "missense_variant", "p.Gly411Arg"),
    ("20:4680171 C>T", "PRNP", "missense_variant", "p.Pro102Leu"),
    ("20:4680251 A>G", "PRNP", "missense_variant", "p.Met129Val"),
    ("20:4680398 G>A", "PRNP", "missense_variant", "p.Asp178Asn"),
    ("20:4680464 G>A", "PRNP", "missense_variant", "p.Glu200Lys"),
    ("20:10639259 C>T", "JAG1", "missense_variant", "p.Arg184His"),
    ("20:10639260 G>A", "JAG1", "missense_variant", "p.Arg184Cys"),
    ("20:35563451 G>A", "SAMHD1", "stop_gained", "p.Arg164Ter"),
    ("20:35563508 G>A", "SAMHD1", "stop_gained", "p.Arg145Ter"),
    ("20:43251694 C>T", "ADA", "missense_variant", "p.Arg211His"),
    ("20:56993374 C>T", "VAPB", "missense_variant", "p.Pro56Ser"),
    ("20:57484420 C>T", "GNAS", "missense_variant", "p.Arg201Cys"),
    ("20:57484421 G>A", "GNAS", "missense_variant", "p.Arg201His"),
    ("20:61981912 G>A", "CHRNA4", "missense_variant", "p.Ser284Leu"),
    ("20:61981924 G>A", "CHRNA4", "missense_variant", "p.Ser280Phe"),
    ("20:62076064 C>T", "KCNQ2", "missense_variant", "p.Arg213Gln"),
    ("X:601772 C>T", "SHOX", "stop_gained", "p.Arg195Ter"),
    ("X:13754606 C>T", "OFD1", "stop_gained", "p.Arg41Ter"),
    ("X:18622692 C>T", "CDKL5", "stop_gained", "p.Arg550Ter"),
    ("X:18665333 G>A", "RS1", "missense_variant", "p.Arg102Trp"),
    ("X:18665423 C>T", "RS1", "missense_variant", "p.Glu72Lys"),
    ("X:19377038 C>T", "PDHA1", "missense_variant", "p.Arg302Cys"),
    ("X:22115094 C>T", "PHEX", "stop_gained", "p.Arg291Ter"),
    ("X:31196868 G>A", "DMD", "stop_gained", "p.Arg3381Ter"),
    ("X:31196901 G>A", "DMD", "stop_gained", "p.Arg3370Ter"),
    ("X:31496447 G>A", "DMD", "stop_gained", "p.Arg2905Ter"),
    ("X:32360240 G>A", "DMD", "stop_gained", "p.Arg1967Ter"),
    ("X:37658209 C>T", "CYBB", "stop_gained", "p.Arg226Ter"),
    ("X:38226585 G>A", "OTC", "missense_variant", "p.Arg40His"),
    ("X:38240682 G>A", "OTC", "missense_variant", "p.Arg129His"),
    ("X:38260563 G>A", "OTC", "missense_variant", "p.Arg141Gln"),
    ("X:43542820 C>T", "MAOA", "missense_variant", "p.Arg45Trp"),
    ("X:48542796 G>A", "WAS", "missense_variant", "p.Arg86His"),
    ("X:48650778 G>A", "GATA1", "missense_variant", "p.Arg216Gln"),
    ("X:48650784 A>G", "GATA1", "missense_variant", "p.Asp218Gly"),
    ("X:49107902 G>A", "FOXP3", "missense_variant", "p.Arg397Trp"),
    ("X:53459034 G>A", "HSD17B10", "missense_variant", "p.Arg130Cys"),
    ("X:55041263 G>A", "ALAS2", "missense_variant", "p.Arg452Cys"),
    ("MT:1555 A>G", "MT-RNR1", "non_coding_transcript_exon_variant", "n.908A>G"),
    ("MT:3243 A>G", "MT-TL1", "non_coding_transcript_exon_variant", "n.14A>G"),
    ("MT:3271 T>C", "MT-TL1", "non_coding_transcript_exon_variant", "n.42T>C"),
    ("MT:3460 G>A", "MT-ND1", "missense_variant", "p.Ala52Thr"),
    ("MT:7445 A>G", "MT-CO1", "stop_retained_variant", "p.Ter514="),
    ("MT:8344 A>G", "MT-TK", "non_coding_transcript_exon_variant", "n.50A>G"),
    ("MT:8356 T>C", "MT-TK", "non_coding_transcript_exon_variant", "n.62T>C"),
    ("MT:8993 T>C", "MT-ATP6", "missense_variant", "p.Leu156Pro"),
    ("MT:8993 T>G", "MT-ATP6", "missense_variant", "p.Leu156Arg"),
    ("MT:9185 T>C", "MT-ATP6", "missense_variant", "p.Leu220Pro"),
    ("MT:11778 G>A", "MT-ND4", "missense_variant", "p.Arg340His"),
    ("MT:13513 G>A", "MT-ND5", "missense_variant", "p.Asp393Asn"),
    ("MT:14459 G>A", "MT-ND6", "missense_variant", "p.Ala72Val"),
    ("MT:14484 T>C", "MT-ND6", "missense_variant", "p.Met64Val"),
    ("MT:14674 T>C", "MT-TE", "non_coding_transcript_exon_variant", "n.69A>G"),
]


@pytest.fixture(scope="module")
def annotated(demo: Pack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Annotated lines of the sample by place and alleles."""
    out = tmp_path_factory.mktemp("famous") / "famous.annot.vcf"
    receipt = annotate(SAMPLE, out, demo)
    assert receipt.errors == 0
    assert receipt.annotated == receipt.records_in
    rows = [x.split("\t") for x in out.read_text().splitlines() if not x.startswith("#")]
    return {f"{c[0]}:{c[1]} {c[3]}>{c[4]}": "\t".join(c) for c in rows}


@pytest.mark.parametrize(("variant", "gene", "term", "change"), FACTS, ids=[f[0] for f in FACTS])
def test_known_change(
    annotated: dict[str, str], variant: str, gene: str, term: str, change: str
) -> None:
    info = info_of(annotated[variant])
    rows = [dict(zip(CSQ_FIELDS, e.split("|"), strict=True)) for e in info["CSQ"].split(",")]
    (picked,) = [r for r in rows if r["PICK"] == "1"]
    assert picked["SYMBOL"] == gene
    assert term in picked["Consequence"].split("&")
    names = {picked[k].rpartition(":")[2].replace("%3D", "=") for k in ("HGVSc", "HGVSp")}
    assert change in names


def test_every_record_has_a_source_and_clinvar_agrees(annotated: dict[str, str]) -> None:
    assert len(annotated) == len(FACTS) + 2  # and two Y haplogroup markers, outside of genes
    for line in annotated.values():
        sources = info_of(line)["SRC"].split(",")
        assert sources
        for source in sources:
            if source.startswith("ClinVar:"):
                assert info_of(line)["CLINVAR_ID"] == source.removeprefix("ClinVar:")


def test_reference_alleles_agree_with_the_sequence(demo: Pack) -> None:
    for line in Path(SAMPLE).read_text().splitlines():
        if not line.startswith("#"):
            c = line.split("\t")
            found = demo.reference(demo.contig_names.index(c[0]), int(c[1]) - 1, int(c[1]))
            # Outside of genes the demo pack holds no sequence: the two Y markers.
            assert found == c[3] or (found == "?" and c[0] == "Y")
