"""Overlays: what a file becomes, what it answers, and how a wrong one is refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from anntools import Pack
from anntools.pack.lookup import Lookup
from anntools.pack.open_overlays import contig_names, open_overlays
from anntools.pack.overlay_spec import OverlayProblem, info_key, parse_overlay
from anntools.pack.reading import elements
from tests.engine.small_packs import small_pack

BASES = "ACGTTGCAACGGT" * 20
VCF = """##fileformat=VCFv4.2
##INFO=<ID=AF,Number=A,Type=Float,Description="Frequency">
##INFO=<ID=AD,Number=R,Type=Integer,Description="Depths">
##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth">
##INFO=<ID=DB,Number=0,Type=Flag,Description="Known">
##INFO=<ID=CLN,Number=.,Type=String,Description="Words">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO
chr1\t5\trs9\tT\tG,TT\t.\t.\tAF=0.5,0.25;AD=7,8,9;DP=24;DB;CLN=x,y z,%20
1\t9\t.\tA\tC\t.\t.\tAF=.
"""
SV = """##fileformat=VCFv4.2
1\t10\tdel1\tC\t<DEL>\t.\t.\tEND=30
1\t40\t.\tC\t<INV>\t.\t.\tSVLEN=20
"""


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pack:
    """A small pack; stores of overlays are kept beside it."""
    monkeypatch.setenv("ANNTOOLS_OVERLAYS", str(tmp_path / "cache"))
    return small_pack(tmp_path / "pack", {"1": BASES, "X": BASES}, ("A1BG", "NEW"))


def opened(pack: Pack, tmp_path: Path, name: str, text: str, fields: str = "") -> Lookup:
    """The store of an overlay with this text."""
    spec_name, _, file = name.partition("=")
    path = tmp_path / file
    data = text.encode()
    path.write_bytes(gzip.compress(data) if file.endswith("gz") else data)
    (store,) = open_overlays([f"{spec_name}={path}{fields}"], pack)
    return Lookup(store, pack.arrays)


def test_fields_of_a_vcf_belong_to_their_allele(pack: Pack, tmp_path: Path) -> None:
    lookup = opened(pack, tmp_path, "v=v.vcf.gz", VCF, ":AF,AD,DP,DB,CLN,ID")
    common = {"v_DP": "24", "v_DB": "1", "v_CLN": "x|y%20z|%20", "v_ID": "rs9"}
    assert lookup.allele(0, 4, "T", "G") == {"v_AF": "0.5", "v_AD": "8", **common}
    assert lookup.allele(0, 4, "T", "TT") == {"v_AF": "0.25", "v_AD": "9", **common}
    assert lookup.allele(0, 3, "TT", "TTT") == {"v_AF": "0.25", "v_AD": "9", **common}
    assert lookup.allele(0, 4, "T", "A") is None
    assert lookup.allele(1, 4, "T", "G") is None
    types = [(f["type"], f["number"]) for f in lookup.store.about["fields"]]
    assert types == [
        ("Float", "A"),
        ("Integer", "A"),
        ("Integer", "A"),
        ("Integer", "A"),
        ("String", "A"),
        ("String", "A"),
    ]


def test_without_fields_a_vcf_gives_its_ids(pack: Pack, tmp_path: Path) -> None:
    lookup = opened(pack, tmp_path, "dbSNP=v.vcf", VCF)
    assert lookup.allele(0, 4, "T", "G") == {"dbSNP_ID": "rs9"}
    assert lookup.allele(0, 8, "A", "C") == {"dbSNP_ID": "dbSNP"}


@pytest.mark.parametrize(
    ("name", "text", "fields", "place", "found"),
    [
        ("b=b.bed", "chr1\t4\t8\tn 1\n", "", (0, 7), [{"b": "n%201"}]),
        ("b=b.bed", "track x\n1\t4\t8\n", "", (0, 4), [{"b": "b"}]),
        ("b=b.bed", "1\t4\t8\tn\n", "", (0, 8), []),
        ("b=b.tsv", "#chrom\tstart\tend\tq\nX\t5\t8\tv\n", ":q,1based", (1, 4), [{"b_q": "v"}]),
        ("u=u.txt.gz", "585\tchr1\t4\t8\tn\t0\t+\n", "", (0, 4), [{"u": "n"}]),
        ("c=c.csv", "chr,pos,trait\n1,9,x\n", ":trait", (0, 8), [{"c_trait": "x"}]),
        ("sv=s.vcf", SV, "", (0, 29), [{"sv": "del1"}]),
        ("sv=s.vcf", SV, "", (0, 55), [{"sv": "INV"}]),
        ("interval:v=v.vcf", VCF, ":DP", (0, 4), [{"v_DP": "24"}]),
        ("cytoBand=c.txt", "chr1\t0\t50\tp36.33\tgneg\n", "", (0, 9), [{"cytoBand": "1p36.33"}]),
        (
            "gwasCatalog=g.txt",
            "585\tchr1\t4\t5\trs1\t123\tA\t2014\tJ\tT\tHeight, tall\n",
            "",
            (0, 4),
            [{"gwasCatalog_pubMedID": "123", "gwasCatalog_trait": "Height%2C%20tall"}],
        ),
        (
            "genomicSuperDups=d.txt",
            "585\tchr1\t4\t9\tn\t0\t_\tchrX\t20\t25\t5\n",
            "",
            (0, 8),
            [
                {
                    "genomicSuperDups_otherChrom": "chrX",
                    "genomicSuperDups_otherStart": "20",
                    "genomicSuperDups_otherEnd": "25",
                }
            ],
        ),
        (
            "dgv_Cnv=d.txt",
            "1\tchr1\t4\t9\ta\n1\tchr1\t6\t12\tb\n",
            "",
            (0, 7),
            [{"dgv_Cnv": "True"}],
        ),
        (
            "tfbsConsSites=t.txt",
            "1\tchr1\t4\t9\tV$X_01\t800\t+\t2.1\n",
            "",
            (0, 5),
            [{"tfbsConsSites": "V$X_01.chr1.4.9"}],
        ),
        (
            "targetScanS=t.txt",
            "1\tchr1\t4\t9\tSDF4:miR-1\t80\t+\n",
            "",
            (0, 5),
            [{"targetScanS": "SDF4:miR-1%2Cchr1_4_9"}],
        ),
        (
            "cpgIslandExt=t.txt",
            "1\tchr1\t4\t9\tCpG: 18\n",
            "",
            (0, 5),
            [{"cpgIslandExt": "CpG_1_5_9"}],
        ),
    ],
)
def test_intervals_of_many_kinds(
    pack: Pack,
    tmp_path: Path,
    name: str,
    text: str,
    fields: str,
    place: tuple[int, int],
    found: list[dict[str, str]],
) -> None:
    lookup = opened(pack, tmp_path, name, text, fields)
    assert lookup.place(place[0], place[1], place[1] + 1) == found


def test_tables_of_alleles(pack: Pack, tmp_path: Path) -> None:
    header = "SNPID\tCHR\tPOS\tREF\tALT\tEUR\tAFR\n"
    lookup = opened(pack, tmp_path, "f=f.tsv", f"{header}a\t1\t5\tT\tG\t0.780\t0.099\n")
    assert lookup.allele(0, 4, "T", "G") == {"f_SNPID": "a", "f_EUR": "0.780", "f_AFR": "0.099"}
    lookup = opened(pack, tmp_path, "h=h.tsv", "rsid\tA1\tA2\t#CHROM\tPOS\nrs1\tG\tT\t1\t5\n")
    assert lookup.allele(0, 4, "T", "G") == {"h_rsid": "rs1"}


def test_facts_of_genes(pack: Pack, tmp_path: Path) -> None:
    text = "symbol\tname\tprev_symbol\nA1BG\talpha 1\t\nNEWER\tn\tOLD|NEW\n"
    path = tmp_path / "hgnc.txt"
    path.write_text(text)
    (store,) = open_overlays([f"HGNC={path}"], pack)
    assert (store.about["kind"], store.about["records"]) == ("genes", 2)
    assert bytes(elements(store.arrays["words_0"])).rstrip(b"\0") == b"A1BG|alpha%201NEWER|n"
    assert list(elements(store.arrays["cells_0"]))[:2] == [1, 2]


@pytest.mark.parametrize(
    ("spec", "text", "message"),
    [
        ("x", "", "expected NAME=FILE"),
        ("1x={}", "", "expected NAME=FILE"),
        ("x={}.missing", "", "no file"),
        ("x={}:NOPE", VCF, "declares no INFO field NOPE; it has AF, AD, DP, DB, CLN"),
        ("x={}:nope", "#chrom\tstart\tend\tq\n1\t1\t2\t3\n", "no column nope; it has chrom, start"),
        ("x={}", "a\tb\tc\n", "line 1: neither a header line nor a BED row"),
        ("x={}", "#a\tb\n", "line 1: the header names no chromosome column"),
        ("x={}", "chrom\tq\n1\t2\n", "names neither start and end nor a position"),
        ("x={}", "1\t4\t8\n1\tx\t9\n", "line 2: no chromosome, start and end"),
        ("x={}", "1\t8\t4\n", "line 1: the interval 8-4 is upside down"),
        ("x={}", "Z\t4\t8\n", "No interval of .* lies on a contig of the pack"),
        ("x={}", "##fileformat=VCFv4.2\nZ\t1\t.\tA\tC\t.\t.\t.\n", "No allele of .* lies on"),
        ("x={}", "##fileformat=VCFv4.2\n1\tz\t.\tA\tC\t.\t.\t.\n", "line 2 is not a VCF record"),
        ("exact:x={}", "1\t4\t8\n", "no columns for position, REF and ALT"),
        ("HGNC={}", "a\tb\n", "names no gene symbol and name"),
        ("x={}", "", "has no row"),
    ],
)
def test_a_wrong_overlay_is_refused_in_words(
    pack: Pack, tmp_path: Path, spec: str, text: str, message: str
) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    with pytest.raises(OverlayProblem, match=message):
        open_overlays([spec.format(path)], pack)


def test_a_cut_file_is_refused(pack: Pack, tmp_path: Path) -> None:
    path = tmp_path / "cut.bed.gz"
    path.write_bytes(gzip.compress(b"1\t4\t8\tn\n" * 9000)[:-20])
    with pytest.raises(ValueError, match=r"cut\.bed\.gz is damaged"):
        open_overlays([f"x={path}"], pack)
    assert not list((tmp_path / "cache").glob("*.part"))


def test_a_store_is_built_once(pack: Pack, tmp_path: Path) -> None:
    opened(pack, tmp_path, "b=b.bed", "1\t4\t8\tn\n")
    (kept,) = [p for p in (tmp_path / "cache").iterdir() if p.is_dir()]
    before = kept.stat().st_mtime_ns
    opened(pack, tmp_path, "b=b.bed", "1\t4\t8\tn\n")
    assert kept.stat().st_mtime_ns == before
    opened(pack, tmp_path, "b=b.bed", "1\t4\t8\tother\n")
    assert len([p for p in (tmp_path / "cache").iterdir() if p.is_dir()]) == 2


@pytest.mark.parametrize("name", ["store.json", "starts.npy", "cells_0.npy"])
def test_a_damaged_store_is_built_anew(pack: Pack, tmp_path: Path, name: str) -> None:
    opened(pack, tmp_path, "b=b.bed", "1\t4\t8\tn\n")
    (kept,) = [p for p in (tmp_path / "cache").iterdir() if p.is_dir()]
    (kept / name).write_bytes(b"{}")
    lookup = opened(pack, tmp_path, "b=b.bed", "1\t4\t8\tn\n")
    assert lookup.place(0, 4, 5) == [{"b": "n"}]


def test_names_of_stores_are_one_each(pack: Pack, tmp_path: Path) -> None:
    path = tmp_path / "b.bed"
    path.write_text("1\t4\t8\tn\n")
    with pytest.raises(OverlayProblem, match="two overlays called b"):
        open_overlays([f"b={path}", f"b={path}"], pack)


def test_contigs_by_name(pack: Pack) -> None:
    names = contig_names(pack)
    assert (names["1"], names["chr1"], names["X"], names["chrX"]) == (0, 0, 1, 1)


@pytest.mark.parametrize(
    ("name", "field", "key"),
    [("a", "", "a"), ("a", "Gene ID", "a_Gene_ID"), ("a", "AF.x", "a_AF.x"), ("a", "p(%)", "a_p")],
)
def test_info_keys_are_clean(name: str, field: str, key: str) -> None:
    assert info_key(name, field) == key


def test_the_parts_of_an_option(tmp_path: Path) -> None:
    path = tmp_path / "with:colon.vcf"
    path.write_text("")
    assert parse_overlay(f"a={path}").path == path
    spec = parse_overlay(f"interval:a={path}:X,1based")
    assert (spec.path, spec.fields, spec.kind, spec.one_based) == (path, ("X",), "interval", True)
