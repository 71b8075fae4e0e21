"""Reference packs: what the formats agree on, and that a build can be repeated byte for byte."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from anntools import Pack, PackProblem, open_pack
from anntools.pack import genes
from anntools.pack.intervals import cut
from anntools.pack.lift import Chain, lift_all
from anntools.pack.manifest import pack_digest
from anntools.pack.sequence import known_stretches, pack_two_bits
from anntools.pack.stores import trimmed
from tests.engine.conftest import ROOT

GFF3 = """##gff-version 3
c\t.\tgene\t101\t400\t.\t-\t.\tID=gene:G1;Name=SYM;biotype=protein_coding
c\t.\tmRNA\t101\t400\t.\t-\t.\tID=transcript:T1;Parent=gene:G1;version=2;biotype=protein_coding
c\t.\texon\t101\t200\t.\t-\t.\tParent=transcript:T1
c\t.\texon\t301\t400\t.\t-\t.\tParent=transcript:T1
c\t.\tCDS\t151\t200\t.\t-\t1\tParent=transcript:T1;protein_id=P1
c\t.\tCDS\t301\t350\t.\t-\t2\tParent=transcript:T1;protein_id=P1
"""
GTF = """c\t.\texon\t101\t200\t.\t-\t.\tgene_id "G1"; transcript_id "T1.2"; gene_name "SYM"; transcript_type "protein_coding";
c\t.\texon\t301\t400\t.\t-\t.\tgene_id "G1"; transcript_id "T1.2"; gene_name "SYM"; transcript_type "protein_coding";
c\t.\tCDS\t154\t200\t.\t-\t1\tgene_id "G1"; transcript_id "T1.2"; protein_id "P1";
c\t.\tCDS\t301\t350\t.\t-\t2\tgene_id "G1"; transcript_id "T1.2"; protein_id "P1";
c\t.\tstop_codon\t151\t153\t.\t-\t0\tgene_id "G1"; transcript_id "T1.2"; protein_id "P1";
"""  # noqa: E501
GENEPRED = "T1.2\tc\t-\t100\t400\t150\t350\t2\t100,300,\t200,400,\t0\tSYM\tcmpl\tcmpl\t0,1,\n"


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize(
    ("name", "text"), [("m.gff3", GFF3), ("m.gtf", GTF), ("m.genePred", GENEPRED)]
)
def test_three_formats_tell_the_same_gene(
    tmp_path: Path, name: str, text: str, compress: bool
) -> None:
    path = tmp_path / (name + ".gz" if compress else name)
    path.write_bytes(gzip.compress(text.encode()) if compress else text.encode())
    (t,) = genes.read_genes(path)
    assert (t.id, t.version, t.contig, t.strand) == ("T1", "2", "c", -1)
    assert (t.exons, t.cds, t.phase) == ([(100, 200), (300, 400)], (150, 350), 2)
    assert (t.symbol, t.biotype) == ("SYM", "protein_coding")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("m.gff3", "c\t.\tgene\n"),
        ("m.gff3", "c\t.\texon\tx\t2\t.\t+\t.\tParent=a\n"),
        ("m.gff3", "##gff-version 3\n"),
        ("m.gtf", "c\t.\tgene\t1\t2\t.\t+\t.\t\n"),
        ("m.genePred", "a\tb\n"),
        ("m.xlsx", ""),
    ],
)
def test_a_gene_model_that_cannot_be_read(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(genes.GeneModelError, match="m\\."):
        genes.read_genes(path)


def test_segments_list_what_covers_them() -> None:
    starts, ends, numbers = np.array([5, 7]), np.array([10, 12]), np.array([3, 4])
    edges, counts, members = cut("x", starts, ends, numbers)
    assert edges.tolist() == [0, 5, 7, 10, 12]
    assert counts.tolist() == [0, 1, 2, 1, 0]
    assert members.tolist() == [3, 3, 4, 4]


def test_unknown_bases_are_left_out_of_the_sequence() -> None:
    codes = np.array([0, 1, 4, 2, 3, 3, 0], dtype=np.uint8)
    stretches = known_stretches(codes, [(0, 5), (4, 99)])
    assert stretches == [(0, 2), (3, 7)]
    assert pack_two_bits(codes, stretches).tolist() == [0 | 1 << 2 | 2 << 4 | 3 << 6, 3]


@pytest.mark.parametrize(
    ("allele", "expected"),
    [
        ((9, "A", "G"), (9, "A", "G")),
        ((9, "AT", "A"), (10, "T", "")),
        ((9, "ATT", "AT"), (10, "T", "")),
        ((9, "A", "ACC"), (10, "", "CC")),
        ((9, "CAG", "CTG"), (10, "A", "T")),
    ],
)
def test_trimmed(allele: tuple[int, str, str], expected: tuple[int, str, str]) -> None:
    assert trimmed(*allele) == expected


def test_lift_needs_every_part_in_one_block() -> None:
    plus = Chain("a", "b", 1000, True, [0, 50], [(0, 40, 100), (50, 90, 160)])
    minus = Chain("a", "b", 1000, False, [0], [(0, 100, 0)])
    assert lift_all([plus], [(10, 20), (60, 70)]) == ("b", True, [(110, 120), (170, 180)])
    assert lift_all([plus], [(30, 60)]) is None
    assert lift_all([plus, minus], [(30, 60)]) == ("b", False, [(940, 970)])


def test_the_demo_pack_is_whole_and_small(demo: Pack) -> None:
    assert demo.manifest.pack_id == pack_digest(demo.manifest)
    assert sum(p.stat().st_size for p in demo.folder.rglob("*")) < 5_000_000
    assert demo.contig_names == ["20", "X", "Y", "MT"]
    assert len(demo.manifest.genes) > 900
    assert {s.licence for s in demo.manifest.sources} >= {
        "CC0-1.0 (package); ClinVar, public domain"
    }
    assert demo.reference(3, 3242, 3243) == "A"
    assert demo.reference(3, 3106, 3107) == "?"  # the gap of the rCRS


def test_the_demo_pack_can_be_built_again(demo: Pack, shared_data: Path, tmp_path: Path) -> None:
    script = ROOT / "scripts" / "build_demo_pack.py"
    command = [sys.executable, str(script), "--sources", str(shared_data), "-o", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    files = [p.relative_to(demo.folder) for p in demo.folder.rglob("*") if p.is_file()]
    assert set(map(str, files)) == {*demo.manifest.files, "manifest.json"}
    for name in files:
        assert (tmp_path / name).read_bytes() == (demo.folder / name).read_bytes(), name


def test_a_missing_or_damaged_pack(tmp_path: Path, demo: Pack) -> None:
    with pytest.raises(PackProblem, match="demo"):
        open_pack("nowhere")
    shutil.copytree(demo.folder, tmp_path, dirs_exist_ok=True)
    whole = (tmp_path / "seq.npy").read_bytes()
    (tmp_path / "seq.npy").write_bytes(whole[:-1000])
    with pytest.raises(PackProblem, match=r"seq\.npy: \d+ bytes where \d+ are expected"):
        open_pack(tmp_path)
    (tmp_path / "seq.npy").write_bytes(whole)
    (tmp_path / "tx.npy").unlink()
    with pytest.raises(PackProblem, match=r"tx\.npy"):
        open_pack(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(PackProblem, match=r"manifest\.json"):
        open_pack(tmp_path)
