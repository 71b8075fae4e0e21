"""VCF 3.3 is read as the VCF 4.1 that says the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from anntools import Options, Pack, annotate
from anntools.checking import check
from anntools.vcfio.version3 import modern_line

GENOME = "NNACGTTTGCAN"
OLD_HEADER = (
    "##fileformat=VCFv3.3\n"
    '##INFO=NS,1,Integer,"Samples with data"\n'
    '##INFO=XX,-1,String,"Any "number" of words"\n'
    '##FILTER=q10,"Quality below 10"\n'
    '##FORMAT=GT,1,String,"Genotype"\n'
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS\n"
)


def bases(contig: str, start: int, end: int) -> str:
    return GENOME[start:end] if contig == "c" else ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("c 4 . C T 9 0 .", "c 4 . C T 9 PASS ."),
        ("c 4 . C . -1 q10 .", "c 4 . C . . q10 ."),
        ("c 4 . C ITT 9 0 .", "c 4 . C CTT 9 PASS ."),
        ("c 4 . C IA,T 9 . .", "c 4 . C CA,T 9 . ."),
        ("c 4 . C D1 9 . .", "c 3 . AC A 9 . ."),
        ("c 6 . T D3,IG,A 9 . .", "c 5 . GTTT G,GTGTT,GATT 9 . ."),
        ("c 6 . T D1,D2 9 . .", "c 5 . GTT GT,G 9 . ."),
        # left as they are: REF is not that of the genome, bases unknown, first base, no bases
        ("c 6 . A D1 9 . .", "c 6 . A D1 9 . ."),
        ("c 3 . A D1 9 . .", "c 3 . A D1 9 . ."),
        ("c 11 . A D2 9 . .", "c 11 . A D2 9 . ."),
        ("c 1 . N D1 9 . .", "c 1 . N D1 9 . ."),
        ("x 6 . T D1 9 . .", "x 6 . T D1 9 . ."),
        ("c 6 . T D0 9 . .", "c 6 . T D0 9 . ."),
        ("c x . T D1 9 . .", "c x . T D1 9 . ."),
        ("c 6 . T", "c 6 . T"),
    ],
)
def test_records(old: str, new: str) -> None:
    assert modern_line(old.replace(" ", "\t"), bases) == new.replace(" ", "\t")


def test_a_file_of_version_3(write_vcf: Callable[..., Path], tmp_path: Path, demo: Pack) -> None:
    records = [
        "20\t4680251\trs1\tA\tG\t9\t0\tNS=1\tGT\t0/1",
        "20\t4680252\t.\tT\tD2\t-1\tq10\tNS=1\tGT\t0/1",
        "20\t4680254\t.\tC\tIAC\t9\t0\tNS=1;XX=a,b\tGT\t0/1",
    ]
    source = write_vcf(*records, header=OLD_HEADER)
    assert check(str(source)).faults == {}
    out = tmp_path / "out.annot.vcf"
    receipt = annotate(source, out, demo, Options(strict=True))
    assert (receipt.records_in, receipt.annotated) == (3, 3)
    assert "VCF 3" in receipt.warnings[0]
    lines = out.read_text().splitlines()
    assert lines[0] == "##fileformat=VCFv4.1"
    assert '##INFO=<ID=XX,Number=.,Type=String,Description="Any \\"number\\" of words">' in lines
    assert [x.split("\t")[1:7] for x in lines if not x.startswith("#")] == [
        ["4680251", "rs1", "A", "G", "9", "PASS"],
        ["4680251", ".", "ATG", "A", ".", "q10"],
        ["4680254", ".", "C", "CAC", "9", "PASS"],
    ]
    assert check(str(out)).problems == []
