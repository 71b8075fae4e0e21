"""The counts for plots are those that the annotated file and the table give when counted again."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anntools import Options, Pack, annotate, outputs_in, read_table
from anntools.kernels import plots_layout as p
from anntools.plotcounts import bin_width
from tests.engine.conftest import ROOT, SHARED

HEADER = "##fileformat=VCFv4.2\n{more}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
AF = '##INFO=<ID=AF,Number=A,Type=Float,Description="Frequency">\n'
REAL = [
    SHARED / "vcf_real" / "1000G_chr20_203samples.GRCh37.vcf.gz",
    SHARED / "vcf_real" / "gvcf_YRI_chr20snippet.vcf.gz",
    SHARED / "vcf_real" / "mutect2_dream3_chr20.vcf.gz",
]


def summary_of(source: Path, folder: Path, pack: Pack, **options: Any) -> tuple[Any, list[Any]]:
    """The summary of a run, and the rows of its table that are annotated."""
    table = folder / "x.parquet"
    outputs = outputs_in(folder, "x")
    annotate(source, outputs, pack, Options(table=str(table), sign=False, **options))
    told = json.loads(outputs.summary.read_text())
    rows = read_table(table).to_pylist()
    return told, [r for r in rows if r["status"] == "annotated"]


def binned(values: list[Any], edges: list[Any], last: bool) -> tuple[list[int], int]:
    """How many values lie in each bin, and in none. ``last``: the last edge is in the last bin."""
    counts = [0] * (len(edges) - last)
    unknown = 0
    for value in values:
        i = -1 if value is None else bisect_right(edges, value) - 1
        if last and value == edges[-1]:
            i -= 1
        if 0 <= i < len(counts):
            counts[i] += 1
        else:
            unknown += 1
    return counts, unknown


@pytest.mark.parametrize("source", [ROOT / "samples" / "famous_variants.vcf", *REAL], ids=str)
def test_counted_again(source: Path, demo: Pack, tmp_path: Path) -> None:
    if not source.exists():
        pytest.skip(f"{source} is not there")
    told, rows = summary_of(source, tmp_path, demo, threads=2, chunk_size=50_000)
    records = list({r["record"]: r for r in rows}.values())
    filters = Counter(r["filter"] for r in records)
    assert told["filter_missing"] == filters.pop(None, 0)
    assert told["filters"] == filters
    qual = told["qual"]
    assert (qual["counts"], qual["unknown"]) == binned(
        [r["qual"] for r in records], qual["edges"], False
    )
    width = told["density"]["bases"]
    bins = Counter((r["chrom"].removeprefix("chr"), (r["pos"] - 1) // width) for r in records)
    found = {
        (name, i): n
        for name, counts in told["density"]["contigs"].items()
        for i, n in enumerate(counts)
        if n
    }
    assert found == bins
    changes = Counter(
        r["amino_acids"]
        for r in rows
        if r["amino_acids"] and len(r["amino_acids"]) == 3 and "-" not in r["amino_acids"]
    )
    assert told["amino_acid_changes"] == changes


def test_samples_are_counted(shared_data: Path, demo: Pack, tmp_path: Path) -> None:
    told, rows = summary_of(REAL[0], tmp_path, demo, threads=2)
    samples = told["samples"]
    count = len(samples["names"])
    assert count == 203
    assert samples["records"] == 24_990
    names: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("het", ("het",)),
        ("hom", ("hom",)),
        ("both", ("het", "hom")),
    )
    found = {name: [0] * count for name in ("het", "hom", "transitions", "transversions")}
    swaps = {"AG", "GA", "CT", "TC"}
    for row in rows:
        for name, columns in names:
            for sample in (s for c in columns for s in row[c]):
                if name != "both":
                    found[name][sample - 1] += 1
                elif len(row["ref"]) == len(row["alt"]) == 1:
                    swap = row["ref"] + row["alt"] in swaps
                    found["transitions" if swap else "transversions"][sample - 1] += 1
    assert {k: samples[k] for k in found} == found  # no record there has two ALTs
    assert samples["missing"] == [0] * count
    af = told["allele_frequency"]
    assert (af["source"], af["field"]) == ("genotypes", "AC/AN")
    shares = [r["ac"] / r["an"] for r in rows]
    assert (af["counts"], af["unknown"]) == binned(shares, af["edges"], True)


def test_genotypes_of_several_alts_are_counted_once(demo: Pack, tmp_path: Path) -> None:
    source = tmp_path / "in.vcf"
    columns = "\tFORMAT\ta\tb\tc\td\n"
    line = "20\t4680251\t.\tA\tG,T\t.\t.\t.\tGT\t1/2\t./.\t2\t0/x\n"
    source.write_text(HEADER.format(more="").replace("\n#", "\n#").rstrip() + columns + line * 3)
    told, _ = summary_of(source, tmp_path, demo)
    assert told["samples"] == {
        "names": ["a", "b", "c", "d"],
        "records": 3,
        "het": [3, 0, 0, 0],
        "hom": [0, 0, 3, 0],
        "missing": [0, 3, 0, 3],
        "transitions": [3, 0, 0, 0],
        "transversions": [3, 0, 3, 0],
    }
    assert told["allele_frequency"] is None


def frequency(text: str) -> Decimal | None:
    """A value of AF cut to billionths, as ``kernels.plots`` reads it; None for none from 0 to 1."""
    bare = text.lower().partition("e")[0].replace(".", "")
    power = text.lower().partition("e")[2].lstrip("+-")
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not bare.isascii() or not bare.isdigit() or len(bare) > 17 or len(power) > 3:
        return None
    return value if 0 <= value <= 1 else None


FREQUENCIES = st.one_of(
    st.decimals(0, 1, places=4).map(str),
    st.floats(0, 1).map(lambda x: f"{x:.4g}"),
    st.sampled_from([str(edge / p.AF_ONE) for edge in p.AF_EDGES]),
    st.sampled_from([".", "", "1", "1.0", "-0.1", "nan", "2", "1e-5", "9.99e-06", "1E0", "1e-999"]),
    st.text("0123456789.eE+-", max_size=22),
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    values=st.lists(st.tuples(FREQUENCIES, FREQUENCIES), min_size=1, max_size=30),
    before=st.sampled_from(["", "AC=1;", "XAF=0.5;", "AFR=0.1;" * 20, "AF;"]),
    after=st.sampled_from(["", ";AF2=1", ";DP=3"]),
)
def test_frequencies_of_info(
    values: list[tuple[str, str]], before: str, after: str, demo: Pack, tmp_path: Path
) -> None:
    source = tmp_path / "in.vcf"
    lines = [f"20\t4680251\t.\tA\tG,T\t.\t.\t{before}AF={a},{b}{after}\n" for a, b in values]
    source.write_text(HEADER.format(more=AF) + "".join(lines))
    told, _ = summary_of(source, tmp_path, demo)
    af = told["allele_frequency"]
    assert (af["source"], af["field"]) == ("INFO", "AF")
    edges = [Decimal(edge) / p.AF_ONE for edge in p.AF_EDGES]
    found = [frequency(x) for pair in values for x in pair]
    assert (af["counts"], af["unknown"]) == binned(found, edges, True)


def test_frequencies_of_an_overlay(demo: Pack, tmp_path: Path) -> None:
    overlay = tmp_path / "pop.vcf"
    known = "20\t4680251\t.\tA\tG\t.\t.\tAF=0.0123\n"
    overlay.write_text(HEADER.format(more=AF) + known)
    source = tmp_path / "in.vcf"
    source.write_text(HEADER.format(more="") + "20\t4680251\t.\tA\tG,T\t.\t.\t.\n")
    told, _ = summary_of(source, tmp_path, demo, overlays=(f"pop={overlay}:AF",))
    af = told["allele_frequency"]
    assert (af["source"], af["field"]) == ("pack", "pop_AF")
    assert af["unknown"] == 1
    assert af["counts"][af["edges"].index(0.01)] == 1


def test_classes_of_an_overlay_are_counted(demo: Pack, tmp_path: Path) -> None:
    overlay = tmp_path / "clinical.vcf"
    about = '##INFO=<ID=CLNSIG,Number=.,Type=String,Description="Classification">\n'
    known = "20\t4680251\t.\tA\tG\t.\t.\tCLNSIG=Pathogenic\n"
    overlay.write_text(HEADER.format(more=about) + known)
    source = tmp_path / "in.vcf"
    source.write_text(HEADER.format(more="") + "20\t4680251\t.\tA\tG,T\t.\t.\t.\n")
    told, _ = summary_of(source, tmp_path, demo, overlays=(f"mine={overlay}:CLNSIG",))
    assert told["exact_classes"]["mine"] == {"Pathogenic": 1}


def test_many_and_long_filters_are_counted(demo: Pack, tmp_path: Path) -> None:
    source = tmp_path / "in.vcf"
    texts = [f"f{i}" for i in range(p.FILTERS_MOST + 10)] + ["PASS", "PASS", "x" * 200, "."]
    lines = [f"20\t4680251\t.\tA\tG\t.\t{text}\t.\n" for text in texts]
    source.write_text(HEADER.format(more="") + "".join(lines))
    told, _ = summary_of(source, tmp_path, demo)
    assert len(told["filters"]) == p.FILTERS_MOST
    assert told["filter_missing"] == 1
    assert told["filter_others"] == 10 + 3


def test_bins_are_few_and_round() -> None:
    human = [249_000_000, 242_000_000, *[120_000_000] * 22]
    assert bin_width(human) == 1_000_000
    assert bin_width([16_569]) == 1000
    assert bin_width([1000] * 100_000) == 1000
