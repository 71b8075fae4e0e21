"""The same filter in all formats: equal counts, names and values, cell by cell."""

import gzip
import io
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import openpyxl
import pyarrow.parquet as pq
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from gas.errors import ServiceUnavailable
from gas.jobs import Job
from tests.unit.web.conftest import PROBLEM, World
from tests.unit.web.explorer.conftest import SAMPLES, Made
from tests.unit.web.explorer.test_filters import ask
from web.explorer.masks import selected
from web.explorer.table import Deadline, OpenTable
from web.explorer.vcf import bgzf, chosen_lines

Row = dict[str, Any]
LISTS = ("het", "hom")


def named(row: Mapping[str, Any]) -> Row:
    """A row of the table with names of samples in place of their numbers."""
    return {
        **row,
        **{n: None if row[n] is None else [SAMPLES[i - 1] for i in row[n]] for n in LISTS},
    }


def from_parquet(content: bytes) -> Sequence[Row]:
    return [named(row) for row in pq.read_table(io.BytesIO(content)).to_pylist()]


def from_json(content: bytes) -> Sequence[Row]:
    rows: Sequence[Row] = json.loads(content)
    assert content.decode().count("\n") == len(rows) + (2 if rows else 1)  # a line for each
    return rows


def from_tsv(content: bytes, kinds: Mapping[str, str]) -> Sequence[Row]:
    head, *lines = content.decode().split("\n")[:-1]
    names = head.split("\t")
    return [
        {n: _typed(n, v, kinds) for n, v in zip(names, line.split("\t"), strict=True)}
        for line in lines
    ]


def _typed(name: str, text: str, kinds: Mapping[str, str]) -> Any:
    if name == "transcripts":
        return json.loads(text)
    if name in LISTS:
        return text.split(",") if text else None
    if text == "":
        return None
    kind = kinds[name]
    if kind == "bool":
        return text == "true"
    if kind == "string":
        return re.sub(r"\\(.)", lambda m: {"t": "\t", "n": "\n"}.get(m[1], m[1]), text)
    return float(text) if kind == "double" else int(text)


def from_xlsx(content: bytes) -> Sequence[Row]:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    rows = list(_sheet(book, "alleles"))
    transcripts: dict[tuple[int, int], list[Row]] = {}
    for entry in _sheet(book, "transcripts"):
        key = (entry["record"], entry["alt_index"])
        for name in ("record", "chrom", "pos", "ref", "alt", "alt_index"):
            entry.pop(name)
        transcripts.setdefault(key, []).append(entry)
    book.close()
    return [
        {
            **row,
            **{n: row[n].split(",") if row[n] else None for n in LISTS},
            "transcripts": transcripts.get((row["record"], row["alt_index"]), []),
        }
        for row in rows
    ]


def _sheet(book: openpyxl.Workbook, name: str) -> Iterator[Row]:
    head, *rows = book[name].iter_rows(values_only=True)
    for row in rows:
        yield dict(zip(map(str, head), (*row, *[None] * (len(head) - len(row))), strict=True))


def alike(found: Sequence[Row], expected: Sequence[Row]) -> None:
    """Equal cell by cell; numbers as near as a sheet keeps them, no list is an empty one."""
    assert len(found) == len(expected)
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.keys() == theirs.keys()
        for name, value in theirs.items():
            other = mine[name]
            if name in LISTS:
                assert (other or None) == (value or None), name
            elif isinstance(value, float) and isinstance(other, int | float):
                assert math.isclose(other, value, rel_tol=1e-12), name
            else:
                assert other == value, name


FILTERS = ["", "gene=PRNP", "region=20&impact=MODERATE&sample=NA1", "gene=NOPE", "status=skipped"]


@pytest.mark.parametrize("query", FILTERS)
def test_all_formats_hold_the_same(
    ada: FlaskClient, explorer: str, made: Made, opened: OpenTable, query: str
) -> None:
    def ask_for(form: str) -> bytes:
        answer = ada.get(f"{explorer}/export?format={form}&{query}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["X-GAS-Rows"] == str(len(expected))
        content = answer.get_data()
        answer.close()
        return content

    chosen = selected(opened, ask(query).filters, Deadline(30))
    expected = [named(made.rows[i]) for i in chosen]
    total = ada.get(f"{explorer}/rows?{query}").json
    assert total is not None
    assert total["total"] == len(expected)
    kinds = {column.name: column.type for column in opened.dictionary.columns}
    alike(from_parquet(ask_for("parquet")), expected)
    alike(from_json(ask_for("json")), expected)
    alike(from_tsv(ask_for("tsv"), kinds), expected)
    alike(from_xlsx(ask_for("xlsx")), expected)
    _check_vcf(ask_for("vcf"), made, expected, query)


def _check_vcf(content: bytes, made: Made, expected: Sequence[Row], query: str) -> None:
    """The lines of the records that have a passing allele, as they are; one more in the header."""
    whole = gzip.decompress(made.annotated.read_bytes()).decode().splitlines()
    found = gzip.decompress(content).decode().splitlines()
    records = [line for line in whole if not line.startswith("#")]
    numbers = sorted({row["record"] for row in expected})
    assert [line for line in found if not line.startswith("#")] == [
        records[number - 1] for number in numbers
    ]
    head = [line for line in found if line.startswith("#")]
    notes = [line for line in head if line.startswith("##gas_filter=")]
    assert len(notes) == 1
    assert notes[0].startswith(f"##gas_filter={query.replace(',', '%2C') or 'none'} (https://")
    assert head.index(notes[0]) == len(head) - 2
    assert [line for line in head if line not in notes] == [
        line for line in whole if line.startswith("#")
    ]


def test_the_file_has_a_name_and_a_type(ada: FlaskClient, explorer: str) -> None:
    answer = ada.get(f"{explorer}/export?format=vcf&gene=PRNP")
    assert answer.headers["Content-Disposition"] == "attachment; filename=trio.filtered.vcf.gz"
    assert answer.content_type == "application/gzip"
    answer.close()


def test_one_export_at_a_time(world: World, ada: FlaskClient, explorer: str) -> None:
    first = ada.get(f"{explorer}/export?format=tsv")
    assert ada.get(f"{explorer}/export?format=tsv").status_code == 503
    assert ada.get(f"{explorer}/rows").status_code == 200
    first.close()
    again = ada.get(f"{explorer}/export?format=tsv")
    assert again.status_code == 200
    again.close()


@pytest.mark.parametrize("query", ["", "format=csv", "format=VCF", "format=tsv&genes=A"])
def test_a_wrong_format_is_refused(ada: FlaskClient, explorer: str, query: str) -> None:
    answer = ada.get(f"{explorer}/export?{query}", headers=PROBLEM)
    assert answer.status_code == 400


def test_without_the_annotated_file_an_export_fails_before_it_begins(
    world: World, ada: FlaskClient, explorer: str, explored: Job
) -> None:
    assert explored.results is not None
    world.results.delete(explored.results.annotated.key)
    answer = ada.get(f"{explorer}/export?format=vcf", headers=PROBLEM)
    assert answer.status_code == 404
    # and the place is free again
    answer = ada.get(f"{explorer}/export?format=tsv")
    assert answer.status_code == 200
    answer.close()


@given(
    lines=st.lists(st.text("ACGT\t.", min_size=1, max_size=40), max_size=60),
    wanted=st.sets(st.integers(1, 60)),
    cut=st.integers(1, 200),
)
def test_lines_are_chosen_however_the_file_is_cut(
    lines: list[str], wanted: set[int], cut: int
) -> None:
    records = [n for n in sorted(wanted) if n <= len(lines)]
    text = "##fileformat=VCFv4.2\n#CHROM\tPOS\n" + "".join(f"{line}\n" for line in lines)
    stored = b"".join(bgzf([text.encode()]))
    pieces = [stored[i : i + cut] for i in range(0, len(stored), cut)]
    found = gzip.decompress(b"".join(chosen_lines(pieces, np.array(records, np.int64), "x")))
    expected = "##fileformat=VCFv4.2\n##gas_filter=x\n#CHROM\tPOS\n"
    assert found.decode() == expected + "".join(f"{lines[n - 1]}\n" for n in records)


@pytest.mark.parametrize("spoil", [lambda c: c[: len(c) // 2], lambda c: c[:40] + b"x" + c[41:]])
def test_a_damaged_file_is_never_passed_off_as_whole(
    made: Made, spoil: Callable[[bytes], bytes]
) -> None:
    content = spoil(made.annotated.read_bytes())
    everything = np.arange(1, made.records + 1)
    with pytest.raises(ServiceUnavailable):
        b"".join(chosen_lines([content], everything, "x"))


def test_bgzf_can_be_read_by_others(tmp_path: Any) -> None:
    import pysam

    path = tmp_path / "t.vcf.gz"
    lines = "".join(f"20\t{n}\t.\tA\tG\t.\t.\t.\n" for n in range(1, 20_000))
    head = "##fileformat=VCFv4.2\n##contig=<ID=20>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    path.write_bytes(b"".join(bgzf([(head + lines).encode()])))
    pysam.tabix_index(str(path), preset="vcf")
    with pysam.VariantFile(str(path)) as file:
        assert [record.pos for record in file.fetch("20", 9_999, 10_002)] == [10000, 10001, 10002]
