"""Genotypes in the table: the compiled reading is the written one, and pysam's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pysam
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anntools import Options, Pack, annotate, read_table
from anntools.spec.genotype import Carriers, alleles, carriers
from anntools.table.schema import GENOTYPE_COLUMNS

NAMES = [c.name for c in GENOTYPE_COLUMNS]
HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
BASE = "20\t4680251\t.\tA\t"


def head(samples: int) -> str:
    """A header with samples S1, S2, …"""
    names = [f"S{i + 1}" for i in range(samples)]
    return "\t".join([HEADER, "FORMAT", *names]) + "\n"


def columns(table: Path) -> list[Carriers]:
    """The genotype columns of all rows."""
    return [Carriers(*r.values()) for r in read_table(table, NAMES).to_pylist()]


@pytest.mark.parametrize(
    ("form", "samples", "alts", "expected"),
    [
        ("GT", ["0|1", "1/1", "./.", "0/0"], 1, [Carriers([1], [2], 3, 6)]),
        ("GT", ["1", "0", ".", "1/"], 1, [Carriers([], [1], 1, 2)]),
        ("GT", ["1/2", "2|2"], 2, [Carriers([1], [], 1, 4), Carriers([1], [2], 3, 4)]),
        ("GT", ["./1", "1/1/0/1", "1|1|1"], 1, [Carriers([1, 2], [3], 7, 8)]),
        ("GT", ["/1|0", "|1"], 1, [Carriers([1], [2], 2, 3)]),
        ("DP:GT", ["7:0/1", "9", ":1"], 1, [Carriers([1], [3], 2, 3)]),
        ("GT:AD", ["0/1:7,8", "1/1", "0/7:1"], 1, [Carriers([1], [2], 3, 4)]),
        ("GT", ["0/x", "1//1", "-1", "99999999999999999999/1"], 1, [Carriers([], [], 0, 0)]),
        ("DP:GTX", ["7:0/1"], 1, [Carriers()]),
    ],
)
def test_cases(
    form: str, samples: list[str], alts: int, expected: list[Carriers], demo: Pack, tmp_path: Path
) -> None:
    assert carriers(form, samples, alts) == expected
    source = tmp_path / "in.vcf"
    line = "\t".join([BASE + ",".join("GT"[:alts]), ".", ".", ".", form, *samples])
    source.write_text(head(len(samples)) + line + "\n")
    options = Options(table=str(tmp_path / "x.parquet"))
    annotate(source, tmp_path / "x.vcf", demo, options)
    assert columns(tmp_path / "x.parquet") == expected


GENOTYPES = st.one_of(
    st.sampled_from(["0|0", "0/0", "0|1", "1/1", "./.", ".", "1", "0/2", "3|1", "0/10", "10|11"]),
    st.text("0123/|.", max_size=9),
    st.text("012/|.:x\r -", max_size=5),
)
FORMS = st.sampled_from(["GT", "GT", "GT:DP", "DP:GT:AD", "DP", "", "GT:GT", "GTX:GT", ":GT"])
RECORDS = st.tuples(st.integers(1, 11), FORMS, st.lists(GENOTYPES, min_size=9, max_size=9))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    records=st.lists(RECORDS, min_size=1, max_size=40),
    more=st.integers(0, 5),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_twin(
    records: list[tuple[int, str, list[str]]], more: int, end: str, demo: Pack, tmp_path: Path
) -> None:
    expected = []
    lines = []
    for alts, form, genotypes in records:
        # Runs of reference genotypes are skipped eight bytes at a time: of any length.
        samples = [x.replace("\r", "") for x in [*genotypes[:4], *["0|0"] * more, *genotypes[4:]]]
        expected += carriers(form, samples, alts)
        alt = ",".join("G" + "C" * i for i in range(alts))
        lines.append("\t".join([BASE + alt, ".", ".", ".", form, *samples]))
    source = tmp_path / "in.vcf"
    source.write_bytes((head(9 + more) + "".join(x + end for x in lines)).encode())
    options = Options(table=str(tmp_path / "x.parquet"), sign=False)
    annotate(source, tmp_path / "x.vcf", demo, options)
    assert columns(tmp_path / "x.parquet") == expected


def test_alleles_are_read_as_the_specification_says() -> None:
    assert alleles("0|1", 1) == [0, 1]
    assert alleles("./2", 2) == [None, 2]
    assert alleles("2", 1) == []


def test_1000_genomes_as_pysam_reads_them(shared_data: Path, demo: Pack, tmp_path: Path) -> None:
    source = shared_data / "vcf_real" / "1000G_chr20_203samples.GRCh37.vcf.gz"
    table = tmp_path / "x.parquet"
    annotate(source, tmp_path / "x.vcf", demo, Options(table=str(table), threads=2))
    rows = iter(columns(table))
    genotypes = 0
    with pysam.VariantFile(str(source)) as file:
        names = list(file.header.samples)
        for record in file:
            found: list[Any] = [sample["GT"] for sample in record.samples.values()]
            genotypes += len(found)
            called = sum(x is not None for gt in found for x in gt)
            for alt in range(1, len(record.alts or ()) + 1):
                hom = [i for i, gt in enumerate(found, 1) if set(gt) == {alt}]
                het = [i for i, gt in enumerate(found, 1) if alt in gt and set(gt) != {alt}]
                count = sum(gt.count(alt) for gt in found)
                assert next(rows) == Carriers(het, hom, count, called)
    assert next(rows, None) is None
    assert genotypes == 24_990 * 203
    assert json.loads(pq.read_schema(table).metadata[b"anntools.samples"]) == names


def test_buffers_grow_and_row_groups_join(demo: Pack, tmp_path: Path) -> None:
    samples = 20_000
    source = tmp_path / "in.vcf"
    line = "\t".join([BASE + "G,T", ".", ".", ".", "GT", *["1|2"] * samples])
    none = "\t".join([BASE + "G", ".", ".", "."])
    bad = "\t".join([BASE + "G", ".", ".", ".", "GT", "0/1"])
    source.write_text(head(samples) + "".join(f"{x}\n" for x in (line, none, line, bad, line)))
    for threads in (1, 2):
        table = tmp_path / f"{threads}.parquet"
        options = Options(table=str(table), threads=threads, chunk_size=100_000)
        annotate(source, tmp_path / "x.vcf", demo, options)
        everyone = Carriers(list(range(1, samples + 1)), [], samples, 2 * samples)
        two = [everyone, everyone]
        assert columns(table) == [*two, Carriers(), *two, Carriers(), *two]


def test_sites_without_samples_have_none(demo: Pack, tmp_path: Path) -> None:
    source = tmp_path / "in.vcf"
    source.write_text(f"{HEADER}\n{BASE}G\t.\t.\t.\n")
    annotate(source, tmp_path / "x.vcf", demo, Options(table=str(tmp_path / "x.parquet")))
    assert columns(tmp_path / "x.parquet") == [Carriers()]
    assert pq.read_schema(tmp_path / "x.parquet").metadata[b"anntools.samples"] == b"[]"
