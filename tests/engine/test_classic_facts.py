"""The facts of the original AnnTools, end to end: from its tables to its keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from anntools import Options, Pack, annotate
from anntools.problems import UsageProblem
from tests.engine.conftest import info_of

TABLES = {
    "dbSNP=dbsnp.tsv": "rsid\tREF\tALT\tCHR\tPOS\nrs1\tA\tG\tMT\t4000\nrs2\tA\tC\tMT\t4000\n",
    "HGNC=hgnc.txt": "symbol\tname\nMT-ND1\tNADH dehydrogenase, 1\n",
    "gwasCatalog=gwas.txt": "585\tchrM\t3999\t4000\trs1\t12\tA\t2014\tJ\tT\tEye colour\n",
    "dgv_Cnv=dgv.txt": "585\tchrM\t3000\t5000\tn1\n585\tchrM\t3500\t6000\tn2\n",
    "tfbsConsSites=tfbs.txt": "585\tchrM\t3990\t4010\tV$X_01\t9\t+\t2\n",
    "genomicSuperDups=dups.txt": "585\tchrM\t3990\t4010\tn\t0\t+\tchrX\t5\t9\n",
}


@pytest.fixture
def overlays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    monkeypatch.setenv("ANNTOOLS_OVERLAYS", str(tmp_path / "cache"))
    specs = []
    for spec, text in TABLES.items():
        name, _, file = spec.partition("=")
        (tmp_path / file).write_text(text)
        specs.append(f"{name}={tmp_path / file}")
    return tuple(specs)


def test_the_classic_keys_of_all_tables(
    demo: Pack, tmp_path: Path, overlays: tuple[str, ...], write_vcf: Callable[..., Path]
) -> None:
    base = demo.reference(3, 3999, 4000)
    other = next(b for b in "GC" if b != base)
    for path in tmp_path.glob("dbsnp.tsv"):
        path.write_text(f"rsid\tREF\tALT\tCHR\tPOS\nrs1\t{base}\t{other}\tMT\t4000\n")
    source = write_vcf(f"chrM\t4000\t.\t{base}\t{other}\t.\t.\tDP=3")
    out = tmp_path / "out.vcf"
    annotate(source, out, demo, Options(format="classic", overlays=overlays))
    line = out.read_text().splitlines()[-1]
    info = info_of(line)
    assert line.split("\t")[2] == "rs1"
    assert info["dbSNP_ID"] == "rs1"
    genes = info["name2"].split(",")
    facts = dict(zip(genes, info["HGNC_GeneAnnotation"].split(","), strict=True))
    assert facts["MT-ND1"] == "MT-ND1|NADH%20dehydrogenase%2C%201"
    assert {text for gene, text in facts.items() if gene != "MT-ND1"} == {"."}
    assert info["gwasCatalog_pubMedID"] == "12"
    assert info["gwasCatalog_trait"] == "Eye%20colour"
    assert info["dgv_Cnv"] == "True"
    assert info["tfbsConsSites"] == "V$X_01.chrM.3990.4010"
    assert info["genomicSuperDups_otherChrom"] == "chrX"


def test_facts_of_genes_are_refused_elsewhere(
    demo: Pack, tmp_path: Path, overlays: tuple[str, ...], write_vcf: Callable[..., Path]
) -> None:
    source = write_vcf("chrM\t4000\t.\tA\tC\t.\t.\t.")
    with pytest.raises(UsageProblem, match="format classic only"):
        annotate(source, tmp_path / "out.vcf", demo, Options(overlays=overlays))
