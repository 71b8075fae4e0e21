"""The pre-flight's modules in a real Chromium: files in, facts and findings out."""

import gzip
import struct
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.bench import (
    GOOD,
    HEAD,
    LIMITS,
    MIB,
    RECORD,
    SAMPLES,
    bcf,
    bgzf,
    codes,
    look,
    many,
    page_with_modules,
    zipped,
)
from tests.e2e.browsing import CHROMIUM
from tests.engine.conftest import SHARED

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the chromium package"),
]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with page_with_modules() as page:
        yield page


@pytest.mark.parametrize(
    ("content", "kind", "compression"),
    [
        (GOOD.encode(), "vcf", "none"),
        (gzip.compress(GOOD.encode()), "vcf", "gzip"),
        (gzip.compress(HEAD.encode()) + gzip.compress(RECORD.encode() * 2), "vcf", "gzip"),
        (bgzf(GOOD.encode()), "vcf", "bgzf"),
        (bgzf(GOOD.encode(), block=7), "vcf", "bgzf"),
        (bcf(HEAD, [(0, 4680251, "A", "G"), (0, 4680464, "G", "A")]), "bcf", "bgzf"),
    ],
    ids=["plain", "gzip", "members", "bgzf", "small-blocks", "bcf"],
)
def test_the_bytes_tell_what_it_is_whatever_its_name(
    page: Page, content: bytes, kind: str, compression: str
) -> None:
    found = look(page, content, "mine.txt")
    facts = found["facts"]
    assert (facts["kind"], facts["compression"]) == (kind, compression)
    assert facts["survey"]["records"] == 2
    assert facts["survey"]["sites"][0]["pos"] == 4680251
    assert facts["header"]["contigs"] == [{"name": "20", "length": 63025520}]
    assert facts["estimate"] == {**facts["estimate"], "records": 2, "exact": True}
    assert found["findings"] == []


@pytest.mark.parametrize(
    ("content", "severity", "expected", "repair"),
    [
        # What it is
        ("", "stop", "empty", None),
        (zipped("xl/workbook.xml"), "stop", "not_a_vcf", None),
        (zipped("word/document.xml"), "stop", "not_a_vcf", None),
        (zipped("a.vcf"), "stop", "zip", "unzip"),
        (zipped("a.vcf", "b.vcf"), "stop", "not_a_vcf", None),
        (b"%PDF-1.7\n", "stop", "not_a_vcf", None),
        (bgzf(b"BAM\x01" + bytes(40)), "stop", "not_a_vcf", None),
        (b"BZh91AY", "stop", "not_a_vcf", None),
        (">chr20\nACGT\n", "stop", "not_a_vcf", None),
        ("@read1\nACGT\n+\nFFFF\n", "stop", "not_a_vcf", None),
        ("chr20\t100\t200\tx\n", "stop", "not_a_vcf", None),
        ("<!doctype html><title>Log in", "stop", "not_a_vcf", None),
        ("Dear mother,\n", "stop", "not_a_vcf", None),
        (GOOD.encode("utf-16"), "stop", "utf16", "utf8"),
        (GOOD.encode("utf-16-le"), "stop", "utf16", "utf8"),
        (gzip.compress(GOOD.encode("utf-16")), "stop", "utf16", "utf8"),
        # Whether it is whole
        (gzip.compress(many(5000).encode())[:-4000], "stop", "cut", None),
        (bgzf(many(9000).encode())[:-1000], "stop", "cut", None),
        (bgzf(many(900).encode()) + b"\0" * 90 + bgzf(RECORD.encode()), "stop", "damaged", None),
        (bgzf(GOOD.encode(), end=False), "warn", "no_end_mark", None),
        (GOOD + "20\t46805", "warn", "cut_line", None),
        (GOOD.encode() + bytes(300), "stop", "zeros", None),
        (HEAD, "stop", "no_records", None),
        # Text
        (GOOD.replace("\n", "\r"), "stop", "old_line_ends", "newlines"),
        (GOOD.replace("\n", "\r\n"), "note", "crlf", None),
        ("\ufeff" + GOOD, "note", "bom", None),
        (GOOD.replace("\t", "  "), "stop", "blanks_for_tabs", "tabs"),
        # Header
        (RECORD, "note", "no_column_names", None),
        (GOOD.replace("\tREF\tALT", "\tALT\tREF"), "stop", "bad_columns", None),
        (GOOD.replace("v4.2", "v9.9"), "warn", "version", None),
        (SAMPLES.replace("BEN", "ANNA"), "warn", "sample_twice", None),
        (
            GOOD.replace(
                "##contig", '##INFO=<ID=CSQ,Number=.,Type=String,Description="x">\n##contig'
            ),
            "note",
            "annotated",
            None,
        ),
        # Records
        (GOOD + RECORD, "warn", "unsorted", None),
        (GOOD + "21\t5\t.\tA\tG\t.\t.\t.\n" + RECORD, "warn", "unsorted", None),
        (GOOD.replace("4680464", "4.68e6"), "warn", "bad_position", None),
        (GOOD.replace("\tG\tA", "\t-\tA"), "warn", "bad_ref", None),
        (GOOD.replace("\tG\tA", "\tR\tA"), "note", "ambiguous_ref", None),
        (GOOD.replace("\tG\tA", "\tG\tA/T"), "warn", "bad_alt", None),
        (GOOD.replace("\tG\tA", "\tG\tD3"), "warn", "old_indel", None),
        (SAMPLES + RECORD, "warn", "wrong_column_count", None),
        (GOOD + "20 9 .\n", "warn", "too_few_columns", None),
        (GOOD + HEAD + RECORD, "warn", "header_among_records", None),
        (GOOD.replace("PASS\t.", "PASS\tDP=3"), "note", "undeclared", None),
        (
            GOOD.replace("\tG\t.", "\t<NON_REF>\t.").replace("\tA\t.", "\t.\t."),
            "note",
            "gvcf",
            None,
        ),
    ],
)
def test_what_is_wrong_is_said(
    page: Page, content: bytes | str, severity: str, expected: str, repair: str | None
) -> None:
    found = look(page, content)
    finding = next(each for each in found["findings"] if each["code"] == expected)
    assert finding["severity"] == severity
    assert finding.get("repair", {}).get("kind") == repair
    assert finding["title"]
    assert finding["text"]


REPAIR = """
async ({ bytes, name, limits }) => {
  const { inspected, repairedFile } = await import("/static/js/preflight/client.js");
  const data = await (await fetch(`data:application/octet-stream;base64,${bytes}`)).arrayBuffer();
  const file = new File([data], name);
  const before = await inspected(file, limits);
  const { repair } = before.findings.find((each) => each.repair);
  const { file: made } = await repairedFile(file, repair.kind, before.facts);
  const after = await inspected(made, limits);
  return { name: made.name, size: made.size, text: (await made.text()).slice(0, 500), ...after };
}
"""


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (GOOD.encode("utf-16"), "mine.vcf"),
        (GOOD.replace("\n", "\r").encode(), "mine.vcf"),
        (GOOD.replace("\t", " ").encode(), "mine.vcf"),
        (gzip.compress(GOOD.replace("\t", " ").encode()), "mine.vcf.gz"),
        (zipped("folder/mine.vcf"), "archive.zip"),
    ],
    ids=["utf-16", "old-mac", "blanks", "blanks-gzip", "zip"],
)
def test_a_repair_makes_the_file_that_was_meant(page: Page, content: bytes, name: str) -> None:
    asked = {"bytes": b64encode(content).decode(), "name": name, "limits": LIMITS}
    made = page.evaluate(REPAIR, asked)
    assert (made["name"], made["findings"], made["text"]) == ("mine.vcf", [], GOOD)


def test_a_large_plain_file_is_compressed_to_fit(page: Page) -> None:
    text = many(20_000).encode()
    asked = {
        "bytes": b64encode(text).decode(),
        "name": "mine.vcf",
        "limits": {**LIMITS, "maxBytes": 300_000, "limit": "300 KB"},
    }
    before = look(page, text, maxBytes=300_000)
    assert codes(before) == ["too_large"]
    assert before["findings"][0]["firm"]
    made = page.evaluate(REPAIR, asked)
    assert (made["name"], made["findings"]) == ("mine.vcf.gz", [])
    assert made["facts"]["survey"]["records"] == 20_000


def test_a_decompression_bomb_is_left_alone_soon(page: Page) -> None:
    bomb = gzip.compress(HEAD.encode() + RECORD.encode() * 8_000_000, compresslevel=9)
    found = look(page, bomb)
    facts = found["facts"]
    assert not facts["seen"]["whole"]
    assert facts["seen"]["text"] < 140 * MIB
    assert not facts["estimate"]["exact"]
    assert 6_000_000 < facts["estimate"]["records"] < 10_000_000


def test_a_line_without_end_is_not_held(page: Page) -> None:
    found = look(page, gzip.compress(HEAD.encode() + b"A" * 200 * MIB))
    assert "old_line_ends" in codes(found)
    assert found["facts"]["seen"]["text"] < 40 * MIB


def test_only_site_columns_are_kept_and_few(page: Page) -> None:
    record = "{}\t{}\t.\tA\tG\t.\tPASS\tAF=0.1\tGT\t0/1\t1/1\n"
    text = SAMPLES + "".join(record.format(c, 10 + i) for c in range(1, 40) for i in range(90))
    sites = look(page, text)["facts"]["survey"]["sites"]
    lines = [site["line"] for site in sites]
    assert 120 < len(lines) <= 200
    assert lines == sorted(set(lines))
    assert lines[-1] - lines[0] > 3400, "they are spread over all 3,510 records"
    assert {site["chrom"] for site in sites} >= {"1", "2", "30"}
    assert all(set(site) == {"chrom", "pos", "ref", "alt", "line"} for site in sites)


HOSTILE = [
    bytes(range(256)) * 40,
    b"\x1f\x8b" + bytes(range(256)) * 4,
    bgzf(b"BCF\2\2" + b"\xff" * 400),
    bgzf(b"BCF\2\2" + struct.pack("<I", 4) + b"##a\n" + b"\xff\xff\xff\x7f" * 40),
    b"PK\x03\x04" + b"\xff" * 100,
    b"##fileformat=VCFv4.2\n" + b"\xff\xfe\t" * 3000,
    b"#" * 200_000 + b"\n",
    b"##contig=<" + b'ID="' * 20_000 + b"\n" + RECORD.encode(),
]


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_bytes_are_looked_at_without_harm(page: Page, content: bytes) -> None:
    found = look(page, content)
    assert codes(found, "stop", "warn", "note")


REAL = sorted((SHARED / "vcf_real").glob("*.vcf.gz"))


@pytest.mark.skipif(not REAL, reason="needs the real data")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_real_files_are_not_stopped(page: Page, path: Path) -> None:
    page.set_input_files("input", path)
    found = page.evaluate(
        """async (limits) => {
      const { inspected } = await import("/static/js/preflight/client.js");
      const begun = performance.now();
      const found = await inspected(document.querySelector("input").files[0], limits);
      return { ...found, ms: performance.now() - begun };
    }""",
        LIMITS | {"maxBytes": 10**12},
    )
    assert codes(found, "stop") == []
    assert found["facts"]["survey"]["records"] > 0
    assert found["ms"] < 6000
