"""The table holds what the annotated VCF holds, row for row, and nothing is lost."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from anntools import InputRefused, Options, Pack, annotate, outputs_in, read_table
from anntools.kernels import table_layout as t
from anntools.table.collect import Collector
from anntools.table.export import export
from anntools.table.reading import counted
from anntools.table.samples import SAMPLE_COLUMNS
from anntools.table.schema import ALLELE_COLUMNS, LIST, described, markdown, store_columns
from tests.engine.conftest import ROOT, SHARED
from tests.engine.test_table_export import json_rows, sheet_rows, tsv_rows
from tests.engine.vcf_rows import Row, rows_of

SAMPLE = ROOT / "samples" / "famous_variants.vcf"
REAL = sorted(
    [*(SHARED / "vcf_real").glob("*.vcf.gz"), *(SHARED / "anntools_samples").glob("*.vcf")]
)
NOT_IN_VCF = {"reason", "raw"}


def stores_of(pack: Pack) -> list[dict[str, Any]]:
    """Descriptions of the stores."""
    return [store.about for store, _ in pack.numbered_stores()]


def differences(rows: list[Row], expected: list[Row]) -> list[str]:
    """Where two lists of rows differ, in the columns that a VCF has."""
    found = [] if len(rows) == len(expected) else [f"{len(rows)} rows, not {len(expected)}"]
    for row, other in zip(rows, expected, strict=False):
        for name in other.keys() - NOT_IN_VCF:
            a, b = row[name], other[name]
            both_nan = isinstance(a, float) and isinstance(b, float) and math.isnan(a + b)
            if a != b and not both_nan:
                found.append(f"record {row['record']}, {name}: {a!r}, not {b!r}")
    return found[:10]


def with_table(source: Path, folder: Path, pack: Pack, **options: Any) -> tuple[Any, Path, Path]:
    """Annotate with a table; returns receipt, VCF and table."""
    outputs = outputs_in(folder, "x")
    table = folder / "x.parquet"
    receipt = annotate(source, outputs, pack, Options(table=str(table), **options))
    return receipt, outputs.vcf, table


def named(row: Row) -> Row:
    """A row of a file with one sample, named as exports name it."""
    return row | {c: row[c] and ["NA12878"] for c in SAMPLE_COLUMNS}


@pytest.mark.parametrize("source", [SAMPLE, *REAL], ids=lambda p: p.name)
def test_the_table_is_the_vcf(source: Path, demo: Pack, tmp_path: Path) -> None:
    try:
        receipt, vcf, table = with_table(source, tmp_path, demo)
    except InputRefused as refusal:
        pytest.skip(f"refused as a whole: {refusal}")
    rows = read_table(table).to_pylist()
    assert differences(rows, list(rows_of(vcf, stores_of(demo)))) == []
    counts = counted(table)
    assert counts.records == receipt.records_in
    assert counts.annotated == receipt.annotated
    reasons = {r["record"]: r["reason"] for r in rows if r["status"] == "skipped"}
    assert Counter(reasons.values()) == receipt.skipped
    assert receipt.tables[0].records == counts.records


@pytest.mark.skipif(not REAL, reason=f"the shared test data is not at {SHARED}")
@pytest.mark.parametrize("name", ["free_1.vcf", "gvcf_NA12878_MT.vcf.gz"])
def test_all_formats_hold_the_same(name: str, demo: Pack, tmp_path: Path) -> None:
    source = next(path for path in REAL if path.name == name)
    _, _, table = with_table(source, tmp_path, demo)
    rows = read_table(table).to_pylist()
    for suffix in ("tsv", "jsonl", "xlsx"):
        assert export(table, tmp_path / f"x.{suffix}").rows == len(rows)
    rows = list(map(named, rows))
    texts = [{k: None if v is None else str(v) for k, v in r.items() if k != LIST} for r in rows]
    known = {c.name: c.type for c in (*ALLELE_COLUMNS, *store_columns(stores_of(demo)))}
    assert set(known) == set(texts[0])
    bare = [r | {c: r[c] or None for c in SAMPLE_COLUMNS} for r in rows]  # in TSV, none is empty
    assert differences(list(tsv_rows(tmp_path / "x.tsv")), bare) == []
    assert differences(list(json_rows(tmp_path / "x.jsonl")), rows) == []
    joined = [r | {c: ",".join(r[c] or ()) or None for c in SAMPLE_COLUMNS} for r in rows]
    flat = [{k: v for k, v in r.items() if k != LIST} for r in joined]
    assert differences(list(sheet_rows(tmp_path / "x.xlsx", "alleles")), flat) == []
    entries = [
        {"record": r["record"], "alt_index": r["alt_index"], **e} for r in rows for e in r[LIST]
    ]
    assert differences(list(sheet_rows(tmp_path / "x.xlsx", "transcripts")), entries) == []


@pytest.mark.parametrize("options", [{"threads": 2}, {"chunk_size": 2000}], ids=str)
def test_threads_and_chunks_do_not_matter(
    options: dict[str, int], demo: Pack, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    _, _, plain = with_table(SAMPLE, tmp_path / "a", demo)
    _, _, other = with_table(SAMPLE, tmp_path / "b", demo, **options)
    assert read_table(plain).equals(read_table(other))


@pytest.mark.parametrize("form", ["ann", "bcsq", "classic"])
def test_the_format_of_the_vcf_does_not_matter(form: str, demo: Pack, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    _, _, plain = with_table(SAMPLE, tmp_path / "a", demo)
    _, _, other = with_table(SAMPLE, tmp_path / "b", demo, format=form)
    expected = read_table(plain).to_pylist()
    if form == "bcsq":  # bcftools csq says nothing of transcripts that are only near
        for row in expected:
            row[LIST] = [entry for entry in row[LIST] if entry["distance"] is None]
    assert differences(read_table(other).to_pylist(), expected) == []


ODD = [
    ("20\t4680251\t.\tA\tG\t50\tPASS\t.", 50.0),
    ("20\t4680251\t.\tA\tG\t-0.5\tPASS\t.", -0.5),
    ("20\t4680251\t.\tA\tG\t1.59744e-05\tPASS\t.", 1.59744e-05),
    ("20\t4680251\t.\tA\tG\t1E+3\tPASS\t.", 1000.0),
    ("20\t4680251\t.\tA\tG\t0.1234567890123456789\tPASS\t.", 0.1234567890123456789),
    ("20\t4680251\t.\tA\tG\t3e300\tPASS\t.", 3e300),
    ("20\t4680251\t.\tA\tG\tinf\tPASS\t.", math.inf),
    ("20\t4680251\t.\tA\tG\t.\tPASS\t.", None),
]


def test_numbers_are_read_exactly(demo: Pack, tmp_path: Path, write_vcf: Any) -> None:
    source = write_vcf(*(line for line, _ in ODD))
    _, _, table = with_table(source, tmp_path, demo)
    assert [r["qual"] for r in read_table(table).to_pylist()] == [value for _, value in ODD]


def test_records_that_are_wrong_are_kept_whole(demo: Pack, tmp_path: Path, write_vcf: Any) -> None:
    bad = [
        "20\tx\tid\tA\tG\t.\t.\t.",
        "20\t4680251\t.\tT\tG\t.\t.\t.",
        "20\t5",
        "99\t5\t.\tA\tG\t.\t.\t.",
    ]
    source = write_vcf("20\t4680251\t.\tA\tG,*\t.\t.\t.", *bad)
    receipt, _, table = with_table(source, tmp_path, demo)
    rows = read_table(table).to_pylist()
    assert [r["record"] for r in rows] == [1, 1, 2, 3, 4, 5]
    assert rows[1]["reason"] == "no_alternate_allele"
    assert [r["raw"] for r in rows[2:]] == bad
    assert [r["status"] for r in rows[2:]] == ["skipped"] * 4
    assert rows[2]["pos"] is None
    assert Counter(r["reason"] for r in rows[2:]) == receipt.skipped


def test_buffers_grow(demo: Pack, tmp_path: Path, write_vcf: Any) -> None:
    long = "A" + "C" * 200_000
    lines = [f"20\t4680251\trs{i}\tA\t{long}\t.\t.\t." for i in range(3)]
    lines += ["20\t4680251\t.\tA\tG\t.\t.\t."] * 20_000
    _, vcf, table = with_table(write_vcf(*lines), tmp_path, demo)
    assert differences(read_table(table).to_pylist(), list(rows_of(vcf, stores_of(demo)))) == []


def test_the_table_of_masks_grows() -> None:
    collector = Collector([], decode=False)
    before = collector._block[t.T_MASK_BITS]
    collector._block[t.T_WANT] = t.WANT_MASKS
    collector.grow()
    assert collector._block[t.T_MASK_BITS] == before + 1


def test_metadata_and_dictionary(demo: Pack, tmp_path: Path) -> None:
    _, _, table = with_table(SAMPLE, tmp_path, demo)
    told = pq.read_schema(table)
    assert told.metadata[b"anntools.pack"].decode() == demo.manifest.pack_id
    names = {c["name"] for c in described()}
    assert {n for n in told.names if n != LIST} - names == {
        c.name for c in store_columns(stores_of(demo))
    }


def test_the_document_has_the_dictionary() -> None:
    text = (ROOT / "docs" / "engine" / "table.md").read_text(encoding="utf-8")
    assert markdown() in text, "run: anntools table describe --markdown, and paste what it prints"
