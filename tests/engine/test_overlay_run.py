"""Overlays of a run: INFO, header, table, summary and receipt tell the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from anntools import Options, Pack, UsageProblem, annotate, read_receipt, read_table, verify
from anntools.infokeys import check_stores
from anntools.pack.open_overlays import open_overlays
from anntools.pack.overlay_spec import OverlayProblem
from tests.engine.conftest import ROOT, info_of
from tests.engine.small_packs import small_pack
from tests.engine.test_cli import anntools

BASES = "ACGTTGCAACGGT" * 20
KNOWN = """##fileformat=VCFv4.2
##INFO=<ID=AF,Number=A,Type=Float,Description="Frequency">
##INFO=<ID=AD,Number=R,Type=Integer,Description="Depths">
##INFO=<ID=DB,Number=0,Type=Flag,Description="Known">
##INFO=<ID=CLN,Number=.,Type=String,Description="Words">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO
chr1\t5\trs9\tT\tG,TT\t.\t.\tAF=0.5,0.25;AD=7,8,9;DB;CLN=x,y z
1\t9\t.\tA\tC\t.\t.\tAF=.
"""
PLACES = "#chrom\tstart\tend\tname\tscore\n1\t0\t6\tone\t5\n1\t4\t9\ttwo, b\t\n1\t30\t40\tlast\t7\n"


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pack:
    """A small pack; stores of overlays are kept beside it."""
    monkeypatch.setenv("ANNTOOLS_OVERLAYS", str(tmp_path / "cache"))
    return small_pack(tmp_path / "pack", {"1": BASES})


@pytest.fixture
def overlays(tmp_path: Path) -> tuple[str, ...]:
    """Intervals first, so that the order of the options is not that of the keys."""
    known, places = tmp_path / "known.vcf", tmp_path / "places.tsv"
    known.write_text(KNOWN)
    places.write_text(PLACES)
    return f"p={places}:name,score", f"v={known}:AF,AD,DB,CLN,ID", f"w={places}:score"


RECORDS = (
    "1\t5\t.\tT\tTT,A,G\t.\t.\tDP=3",
    "1\t9\t.\tA\tC\t.\t.\t.",
    "1\t35\t.\tA\tG\t.\t.\tp_name=mine;v_AF=0.9",
    "1\t100\t.\tA\tG\t.\t.\t.",
)


@pytest.mark.parametrize("format", ["csq", "ann", "bcsq", "classic"])
@pytest.mark.parametrize("threads", [1, 2])
def test_values_belong_to_their_allele_and_place(
    pack: Pack,
    overlays: tuple[str, ...],
    write_vcf: Callable[..., Path],
    tmp_path: Path,
    format: str,
    threads: int,
) -> None:
    output = tmp_path / "out.vcf"
    options = Options(overlays=overlays, format=format, threads=threads, chunk_size=60)
    annotate(write_vcf(*RECORDS), output, pack, options)
    lines = output.read_text().splitlines()
    infos = [info_of(line) for line in lines if not line.startswith("#")]
    added = [{k: v for k, v in i.items() if k[:2] in ("v_", "p_", "w_")} for i in infos]
    assert added == [
        {
            "v_AF": "0.25,.,0.5",
            "v_AD": "9,.,8",
            "v_DB": "1,.,1",
            "v_CLN": "y%20z,.,x",
            "v_ID": "rs9,.,rs9",
            "p_name": "one,two%2C%20b",
            "p_score": "5,.",
            "w_score": "5,.",
        },
        {"p_name": "two%2C%20b", "p_score": ".", "w_score": "."},
        {"p_name": "last", "p_score": "7", "w_score": "7"},
        {},
    ]
    assert infos[0]["DP"] == "3"
    declared = [x.split("ID=")[1].split(",Desc")[0] for x in lines if x[:13] == "##INFO=<ID=v_"]
    assert declared[:2] == ["v_AF,Number=A,Type=Float", "v_AD,Number=A,Type=Integer"]
    assert sum(x.startswith("##INFO=<ID=p_name,Number=.,Type=String") for x in lines) == 1


def test_table_summary_and_receipt(
    pack: Pack, overlays: tuple[str, ...], write_vcf: Callable[..., Path], tmp_path: Path
) -> None:
    output, table = tmp_path / "out.vcf.gz", tmp_path / "out.parquet"
    annotate(write_vcf(*RECORDS), output, pack, Options(overlays=overlays, table=str(table)))
    columns = ["v_AF", "v_AD", "v_CLN", "p_name", "w_score"]
    assert [tuple(row.values()) for row in read_table(table, columns).to_pylist()] == [
        (0.25, 9, "y z", "one,two, b", "5,."),
        (None, None, None, "one,two, b", "5,."),
        (0.5, 8, "x", "one,two, b", "5,."),
        (None, None, None, "two, b", "."),
        (None, None, None, "last", "7"),
        (None, None, None, None, None),
    ]
    summary = json.loads((tmp_path / "out.summary.json").read_text())
    assert summary["exact"] == {"v": 3}
    assert summary["intervals"] == {"p": 3, "w": 3}
    receipt = read_receipt(tmp_path / "out.receipt.json")
    digest = hashlib.sha256(KNOWN.encode()).hexdigest()
    told = [(s.use, s.name, s.bytes) for s in receipt.sources]
    assert told[1] == ("overlay v", "known.vcf", len(KNOWN))
    assert [t[0] for t in told] == ["overlay p", "overlay v", "overlay w"]
    assert receipt.sources[1].sha256 == digest
    assert verify(tmp_path / "out.receipt.json") == []
    (tmp_path / "known.vcf").write_text("other")
    assert verify(tmp_path / "out.receipt.json") == ["known.vcf is not the file that was used"]


def test_a_key_of_the_input_that_is_replaced_is_told(
    pack: Pack, overlays: tuple[str, ...], write_vcf: Callable[..., Path], tmp_path: Path
) -> None:
    header = (
        "##fileformat=VCFv4.2\n"
        '##INFO=<ID=p_name,Number=1,Type=String,Description="Mine">\n'
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    )
    first, second = tmp_path / "1.vcf", tmp_path / "2.vcf"
    options = Options(overlays=overlays)
    receipt = annotate(write_vcf(*RECORDS, header=header), first, pack, options)
    assert [w for w in receipt.warnings if "INFO/p_name" in w]
    again = annotate(first, second, pack, options)
    assert not [w for w in again.warnings if "INFO/" in w]
    assert first.read_text() == second.read_text()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cytoBand", "two overlays called cytoBand"),
        ("END", "INFO/END, a key with a meaning of its own in VCF"),
        ("CSQ", "INFO/CSQ, as AnnTools does"),
        ("CLINVAR_ID", "INFO/CLINVAR_ID, as the overlay ClinVar does"),
        ("1x", "expected NAME=FILE"),
    ],
)
def test_a_name_that_cannot_be_is_wrong_usage(
    demo: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    monkeypatch.setenv("ANNTOOLS_OVERLAYS", str(tmp_path / "cache"))
    place = tmp_path / "b.bed"
    place.write_text("20\t1\t50\tn\n")
    output = tmp_path / "out" / "o.vcf"
    with pytest.raises(UsageProblem, match=words):
        annotate(
            ROOT / "samples" / "famous_variants.vcf",
            output,
            demo,
            Options(overlays=(f"{name}={place}",)),
        )
    assert not output.parent.exists()


def test_facts_of_genes_stand_in_classic_keys_only(
    pack: Pack, overlays: tuple[str, ...], write_vcf: Callable[..., Path], tmp_path: Path
) -> None:
    facts = tmp_path / "hgnc.txt"
    facts.write_text("symbol\tname\nSYM\tsome gene\n")
    specs = (f"HGNC={facts}", *overlays)
    source, output, table = write_vcf("1\t15\t.\tC\tG\t.\t.\t."), tmp_path / "o.vcf", tmp_path / "t"
    options = Options(overlays=specs, format="classic", table=str(table))
    annotate(source, output, pack, options)
    (line,) = [x for x in output.read_text().splitlines() if x[0] != "#"]
    assert info_of(line)["HGNC_GeneAnnotation"] == "SYM|some%20gene"
    assert "HGNC" not in read_table(table).column_names
    assert set(json.loads((tmp_path / "o.summary.json").read_text())["intervals"]) == {"p", "w"}
    with pytest.raises(UsageProblem, match="facts of genes: --format classic only"):
        annotate(source, output, pack, Options(overlays=specs))


def test_a_pack_whose_keys_are_those_of_a_format_is_told(
    pack: Pack, write_vcf: Callable[..., Path], tmp_path: Path
) -> None:
    place = tmp_path / "b.bed"
    place.write_text("1\t1\t50\tn\n")
    with_exon = pack.with_stores(open_overlays([f"exon={place}"], pack))
    source = write_vcf("1\t15\t.\tC\tG\t.\t.\t.")
    annotate(source, tmp_path / "o.vcf", with_exon)
    with pytest.raises(UsageProblem, match="INFO/exon, as AnnTools does"):
        annotate(source, tmp_path / "o.vcf", with_exon, Options(format="classic"))


@pytest.mark.parametrize(
    ("stores", "format", "words"),
    [
        ([("a", "x"), ("b", "x")], "csq", "The overlay b would write INFO/x, as the overlay a"),
        ([("a", "exon")], "csq", ""),
        ([("a", "exon")], "classic", "INFO/exon, as AnnTools"),
        ([("a", "ANN")], "csq", ""),
        ([(f"s{i}", f"k{i}") for i in range(25)], "csq", "At most 24 overlays"),
    ],
)
def test_keys_are_one_each(stores: list[tuple[str, str]], format: str, words: str) -> None:
    told = [{"name": n, "kind": "exact", "fields": [{"key": key}]} for n, key in stores]
    if words:
        with pytest.raises(OverlayProblem, match=words):
            check_stores(told, format)
    else:
        check_stores(told, format)


def test_the_command_says_what_is_wrong_with_an_overlay(tmp_path: Path) -> None:
    sample = ROOT / "samples" / "famous_variants.vcf"
    bad = tmp_path / "b.bed"
    bad.write_text("20\tx\t50\n20\t9\t5\n")
    for spec in (f"b={bad}", "b=/nowhere.bed", "b"):
        done = anntools("annotate", sample, "-o", tmp_path / "o.vcf", "--overlay", spec)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("Error: ")
        assert "Traceback" not in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["b.bed"]
