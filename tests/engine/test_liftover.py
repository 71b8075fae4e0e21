"""Liftover by chain: small made-up chains, and ClinVar and 1000 Genomes there and back."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from anntools import Pack
from anntools.liftover import HEADER, Liftover, Target
from anntools.pack.lift import ChainError
from anntools.pack.lookup import Lookup
from anntools.pack.open_overlays import contig_names

# Source chr1 1-100 lies at 10-109 of A, with a gap of 5 bases after 50; chr2 1-100 on the minus
# strand of A, bases 201-300.
CHAIN = """chain 1000 chr1 200 + 0 105 A 400 + 10 110 1
50 5 0
50

chain 900 chr2 200 + 0 100 A 400 - 100 200 2
100

chain 800 chr3 200 + 0 100 Q 400 + 0 100 3
100
"""
GENOME = "ACGTTGCAACGGTTTACGCA" * 20


@pytest.fixture
def lift(tmp_path: Path) -> Liftover:
    """From the made-up source to contig A, called 1 in the output."""
    path = tmp_path / "x.chain"
    path.write_text(CHAIN)
    target = Target({"A": 0}, ["1"], [len(GENOME)], lambda _c, a, b: GENOME[a:b])
    return Liftover(path, target)


def record(contig: str, pos: int, ref: str, alt: str, info: str = ".") -> str:
    return f"{contig}\t{pos}\tid\t{ref}\t{alt}\t9\tPASS\t{info}\tGT\t0/1"


def turned(bases: str) -> str:
    return bases.translate(str.maketrans("ACGT", "TGCA"))[::-1]


def test_the_same_strand(lift: Liftover) -> None:
    base = GENOME[14]
    (line,) = lift.lines([record("1", 5, base, "<DEL>", "DP=3;END=20")])
    info = "DP=3;END=30;OriginalContig=1;OriginalPos=5"
    assert line == f"1\t15\tid\t{base}\t<DEL>\t9\tPASS\t{info}\tGT\t0/1"


def test_after_a_gap(lift: Liftover) -> None:
    base = GENOME[60]
    (line,) = lift.lines([record("chr1", 56, base, "N")])
    assert line.startswith(f"1\t61\tid\t{base}\tN\t9\tPASS\tOriginalContig=chr1;OriginalPos=56\t")


@pytest.mark.parametrize(
    ("pos", "size", "alts", "place", "ref", "expected"),
    [
        # a SNV at base 11 of chr2 is base 290 of A
        (11, 1, ["N"], 290, GENOME[289], ["N"]),
        # a deletion of the two bases after base 11: they are 288 and 289 of A, anchor 287
        (11, 3, [""], 287, GENOME[286:289], [GENOME[286]]),
        # an insertion after base 11 stands before 290, that is after 289
        (11, 1, ["GA"], 289, GENOME[288], [GENOME[288] + "TC"]),
        (11, 1, ["GA", "<DEL>"], 289, GENOME[288], [GENOME[288] + "TC", "<DEL>"]),
    ],
)
def test_the_other_strand(
    lift: Liftover,
    pos: int,
    size: int,
    alts: list[str],
    place: int,
    ref: str,
    expected: list[str],
) -> None:
    old = turned(GENOME[301 - pos - size : 301 - pos])
    given = [a if a in ("N", "<DEL>") else old[0] + a for a in alts]
    (line,) = lift.lines([record("2", pos, old, ",".join(given))])
    columns = line.split("\t")
    assert (columns[1], columns[3], columns[4].split(",")) == (str(place), ref, expected)
    assert f"OriginalAlleles={','.join([old, *given])}" in columns[7] or ref == old
    assert not lift.failures


def test_a_deletion_that_is_told_by_end(lift: Liftover) -> None:
    base = turned(GENOME[289])
    (line,) = lift.lines([record("2", 11, base, "<DEL>", "END=20")])
    columns = line.split("\t")
    assert (columns[1], columns[3]) == ("281", GENOME[280])
    assert columns[7].startswith("END=290;")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (record("1", 50, "AAAA", "A"), "split"),
        (record("1", 53, "A", "C"), "not_in_target"),
        (record("1", 150, "A", "C"), "not_in_target"),
        (record("9", 5, "A", "C"), "unknown_contig"),
        (record("3", 5, "A", "C"), "target_not_in_pack"),
        (record("1", 5, "ACGT"["ACGT".index(GENOME[14]) - 1], "N"), "reference_differs"),
        (record("1", 5, "A", "A[chr2:7["), "breakend"),
        (record("1", 5, "A.", "C"), "bad_reference_allele"),
        (record("1", 5, GENOME[14], "<DEL>", "END=150"), "not_in_target"),
        ("1\tx\t.\tA\tC\t.\t.\t.", "not_a_record"),
        ("1\t5", "not_a_record"),
    ],
)
def test_failures_are_listed_with_reasons(lift: Liftover, line: str, reason: str) -> None:
    assert list(lift.lines([line], first=7)) == []
    (failure,) = lift.failures
    assert (failure.line, failure.reason) == (7, reason)
    assert failure.message


def test_twice_is_not_told_twice(lift: Liftover) -> None:
    info = "OriginalContig=q;OriginalPos=1;DP=2"
    (line,) = lift.lines([record("1", 5, GENOME[14], "N", info)])
    assert line.split("\t")[7] == "DP=2;OriginalContig=1;OriginalPos=5"


def test_chunks_and_header(lift: Liftover) -> None:
    data = (record("1", 5, GENOME[14], "N") + "\r\n" + record("9", 1, "A", "C") + "\n\n").encode()
    first, *rest = lift.chunk(data, 1).split(b"\n")
    assert first.startswith(b"1\t15\t")
    assert first.endswith(b"\r")
    assert rest == [b"!" + record("9", 1, "A", "C").encode(), b"", b""]
    assert [(f.line, f.record) for f in lift.failures] == [(2, record("9", 1, "A", "C"))]
    header = lift.header(["##fileformat=VCFv4.2", "##contig=<ID=9>", "##reference=x", "#CHROM"])
    assert header == [
        "##fileformat=VCFv4.2",
        f"##contig=<ID=1,length={len(GENOME)}>",
        *HEADER,
        "#CHROM",
    ]


def test_records_out_of_order_are_counted(lift: Liftover) -> None:
    places = [("1", 5), ("1", 9), ("1", 7), ("1", 7), ("2", 90), ("2", 11)]
    for contig, pos in places:
        base = GENOME[pos + 9] if contig == "1" else turned(GENOME[300 - pos])
        list(lift.lines([record(contig, pos, base, "N")]))
    assert not lift.failures
    assert lift.out_of_order == 1  # chr2 lies backwards, but behind


@pytest.mark.parametrize(
    "text", ["", "not a chain\n", "chain 1 2\n", "chain 1 a 9 + 0 9 b 9 + 0 9 1\nx\n"]
)
def test_a_file_that_is_no_chain(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.chain"
    path.write_text(text)
    with pytest.raises(ChainError, match=r"x\.chain"):
        Liftover(path, Target({}, [], [], lambda _c, _a, _b: ""))


def pack_target(pack: Pack) -> Target:
    lengths = [int(c["length"]) for c in pack.manifest.contigs]
    return Target(contig_names(pack), pack.contig_names, lengths, pack.reference)


def test_clinvar_comes_to_the_alleles_of_the_demo_pack(demo: Pack, shared_data: Path) -> None:
    chains = shared_data / "overlays" / "chains"
    lift = Liftover(chains / "hg38ToHg19.over.chain.gz", pack_target(demo))
    names = contig_names(demo)
    text = gzip.decompress(
        (shared_data / "overlays" / "clinvar_20241215_PLP_2star.GRCh38.vcf.gz").read_bytes()
    ).decode()
    lines = [line for line in text.splitlines() if line.split("\t")[0] in ("20", "X", "Y", "MT")]
    (store,) = [s for s in demo.stores if s.name == "ClinVar"]
    lookup = Lookup(store, demo.arrays)
    found = 0
    for line in lift.lines(lines):
        contig, pos, name, ref, alt = line.split("\t", 5)[:5]
        values = lookup.allele(names[contig], int(pos) - 1, ref, alt)
        found += values is not None and name in values["CLINVAR_ID"].split("|")
    assert not lift.failures
    assert found >= store.about["records"]


def test_1000_genomes_there_and_back(demo: Pack, shared_data: Path) -> None:
    chains = shared_data / "overlays" / "chains"
    shown = [f"chr{i}" for i in (*range(1, 23), "X", "Y")]
    names = {name: i for i, name in enumerate(shown)}
    new = Target(names, shown, [300_000_000] * len(shown), lambda _c, a, b: "?" * (b - a))
    path = shared_data / "vcf_real" / "1000G_chr20_203samples.GRCh37.vcf.gz"
    lines = [x for x in gzip.decompress(path.read_bytes()).decode().splitlines() if x[0] != "#"]
    lines = lines[:5000]
    there = Liftover(chains / "hg19ToHg38.over.chain.gz", new)
    back = Liftover(chains / "hg38ToHg19.over.chain.gz", pack_target(demo))
    result = list(back.lines(list(there.lines(lines))))
    assert len(result) == len(lines) - len(there.failures) - len(back.failures)
    assert len(result) > 0.99 * len(lines)
    places = {tuple(x.split("\t", 5)[1:5]) for x in lines}
    assert all(tuple(x.split("\t", 5)[1:5]) in places for x in result)
