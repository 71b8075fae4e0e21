"""The pre-flight's modules in a real Chromium, without a server: files in, facts and findings out.

The files are made here, byte by byte, so that each shows one thing.
"""

import gzip
import io
import struct
import zipfile
import zlib
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, sync_playwright

from tests.e2e.browsing import ARGUMENTS, CHROMIUM
from tests.engine.conftest import SHARED

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the chromium package"),
]

STATIC = Path(__file__).parents[2] / "web" / "static"
ORIGIN = "http://localhost"
PAGE = "<!doctype html><meta name=csrf-token content=t><input type=file>"
KINDS = {".js": "text/javascript", ".html": "text/html"}
MIB = 1024 * 1024
LIMITS = {"maxBytes": 10 * MIB, "limit": "10 MiB", "plan": "Free", "couldUpgrade": True}

NAMES = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
HEAD = f"##fileformat=VCFv4.2\n##contig=<ID=20,length=63025520>\n{NAMES}\n"
RECORD = "20\t4680251\trs1799990\tA\tG\t.\tPASS\t.\n"
GOOD = HEAD + RECORD + "20\t4680464\t.\tG\tA\t.\tPASS\t.\n"
END_OF_BGZF = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")

ASK = """
async ({ bytes, name, limits }) => {
  const { inspected } = await import("/static/js/preflight/client.js");
  const data = await (await fetch(`data:application/octet-stream;base64,${bytes}`)).arrayBuffer();
  return inspected(new File([data], name), limits);
}
"""


def bgzf(data: bytes, *, block: int = 60_000, end: bool = True) -> bytes:
    """What bgzip makes of it."""
    made = b""
    for at in range(0, len(data), block):
        piece = data[at : at + block]
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = packer.compress(piece) + packer.flush()
        head = struct.pack("<4BI2BH2BHH", 31, 139, 8, 4, 0, 0, 255, 6, 66, 67, 2, len(packed) + 25)
        made += head + packed + struct.pack("<II", zlib.crc32(piece), len(piece))
    return made + (END_OF_BGZF if end else b"")


def bcf(header: str, records: list[tuple[int, int, str, str]]) -> bytes:
    """A BCF 2.2 of these records: index of the contig, 1-based position, REF, ALT."""
    text = header.encode() + b"\0"
    made = b"BCF\2\2" + struct.pack("<I", len(text)) + text
    for contig, pos, ref, alt in records:
        strings = b"".join(
            bytes([(len(each) << 4) | 7]) + each.encode() for each in (".", ref, alt)
        )
        shared = struct.pack("<iiifII", contig, pos - 1, len(ref), 0.0, 2 << 16, 0) + strings
        made += struct.pack("<II", len(shared), 0) + shared
    return bgzf(made)


def zipped(*names: str, content: str = GOOD) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return buffer.getvalue()


def many(count: int) -> str:
    return HEAD + "".join(f"20\t{100 + i}\t.\tA\tG\t.\tPASS\t.\n" for i in range(count))


def serve(route: Route) -> None:
    """The page's own files, as the app serves them; an empty page for the rest."""
    path = route.request.url.removeprefix(ORIGIN).split("?")[0]
    file = STATIC / path.removeprefix("/static/")
    if path.startswith("/static/") and file.is_file():
        route.fulfill(body=file.read_bytes(), content_type=KINDS.get(file.suffix, "text/plain"))
    else:
        route.fulfill(body=PAGE, content_type="text/html")


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        context = chromium.new_context()
        context.route("**/*", serve)
        page = context.new_page()
        page.goto(ORIGIN)
        yield page
        chromium.close()


def look(page: Page, content: bytes | str, name: str = "mine.vcf", **limits: Any) -> Any:
    data = content.encode() if isinstance(content, str) else content
    asked = {"bytes": b64encode(data).decode(), "name": name, "limits": {**LIMITS, **limits}}
    return page.evaluate(ASK, asked)


def codes(found: Any, *severities: str) -> list[str]:
    wanted = severities or ("stop", "warn", "note")
    return [each["code"] for each in found["findings"] if each["severity"] in wanted]


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


SAMPLES = HEAD.replace("INFO\n", "INFO\tFORMAT\tANNA\tBEN\n")


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
    assert len(sites) == 200
    assert {site["chrom"] for site in sites} >= {"1", "2", "30"}
    assert all(set(site) == {"chrom", "pos", "ref", "alt", "line"} for site in sites)


CONSULT = """
async ({ bytes, limits, answer }) => {
  const { inspected } = await import("/static/js/preflight/client.js");
  const { consult } = await import("/static/js/upload/consult.js");
  const data = await (await fetch(`data:application/octet-stream;base64,${bytes}`)).arrayBuffer();
  const file = new File([data], "mine.vcf");
  const { facts } = await inspected(file, limits);
  const real = window.fetch;
  let asked;
  window.fetch = async (url, options) => {
    asked = JSON.parse(options.body);
    return new Response(JSON.stringify(answer), { status: answer ? 200 : 503 });
  };
  const options = { pack: "", contigNames: { a: "20" } };
  try {
    return { ...(await consult("/annotate/preflight", file, facts, options)), asked };
  } finally {
    window.fetch = real;
  }
}
"""


def consult(page: Page, content: str, answer: Any) -> Any:
    asked = {"bytes": b64encode(content.encode()).decode(), "limits": LIMITS, "answer": answer}
    return page.evaluate(CONSULT, asked)


def test_no_genotype_leaves_the_computer(page: Page) -> None:
    text = SAMPLES + "20\t4680251\trs17\tA\tG\t50\tPASS\tAF=0.123\tGT:DP\t0/1:37\t1/1:41\n"
    asked = consult(page, text, {"findings": []})["asked"]
    assert asked == {
        "pack": None,
        "contig_names": {"a": "20"},
        "contigs": [{"name": "20", "length": 63025520}],
        "sites": [{"chrom": "20", "pos": 4680251, "ref": "A", "alt": "G", "line": 4}],
        "size": len(text),
        "file_name": "mine.vcf",
        "reference": "",
    }


def test_what_the_service_says_becomes_findings_with_repairs(page: Page) -> None:
    said: list[tuple[str, str, Any, Any]] = [
        (
            "names",
            "warning",
            {"contig_names": {"a": "20"}},
            {"kind": "rename", "names": {"a": "20"}},
        ),
        ("other_assembly", "error", {"pack": "grch38"}, {"kind": "pack", "pack": "grch38"}),
        ("too_large", "error", {"upgrade": True}, None),
        ("odd", "info", None, None),
    ]
    answer = {
        "findings": [
            {"code": code, "severity": severity, "sentence": "S.", "repair": repair, "label": "L"}
            for code, severity, repair, _ in said
        ]
    }
    found = consult(page, GOOD, answer)["findings"]
    assert [(each["code"], each["severity"]) for each in found] == [
        ("other_assembly", "stop"),
        ("names", "warn"),
        ("odd", "note"),
    ]
    repairs = [each["repair"] for each in found if "repair" in each]
    assert repairs == [{**said[1][3], "label": "L"}, {**said[0][3], "label": "L"}]


def test_a_service_that_is_away_keeps_nobody_from_uploading(page: Page) -> None:
    found = consult(page, GOOD, None)
    assert (found["answer"], found["later"]) == (None, True)
    assert codes(found) == ["not_compared"]


PASTE = """
async (text) => (await import("/static/js/upload/paste.js")).vcfOf(text)
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("20:4680251 A G", "20 4680251 . A G"),
        ("20 4680251 A G", "20 4680251 . A G"),
        ("chr20-4680251-A-G", "chr20 4680251 . A G"),
        ("chr20:4,680,251 A>G", "chr20 4680251 . A G"),
        ("20:4680251:A:G,T", "20 4680251 . A G,T"),
        ("20:4680251 A/G", "20 4680251 . A G"),
        ("X:31496447C>T", "X 31496447 . C T"),
        ("NC_000020.10:g.4680251A>G", "20 4680251 . A G"),
        ("NC_000023.10:g.31496447C>T", "X 31496447 . C T"),
        ("chr20:g.4680251A>G", "chr20 4680251 . A G"),
        ("20 4680251 rs1799990 A G", "20 4680251 rs1799990 A G"),
        ("20\t4680251\trs1799990\tA\tG\t50\tPASS\tDP=3", "20 4680251 rs1799990 A G"),
    ],
)
def test_a_pasted_line_becomes_a_record(page: Page, line: str, expected: str) -> None:
    made = page.evaluate(PASTE, line)
    assert (made["variants"], made["faults"]) == (1, [])
    assert made["text"].splitlines()[-1].split("\t")[:5] == expected.split()
    assert codes(look(page, made["text"]), "stop", "warn") == []


@pytest.mark.parametrize(
    "line", ["rs1799990", "BRCA1", "20:4680251", "NC_000020.10:g.4680251del", "A G", "20:x A G"]
)
def test_a_pasted_line_that_is_no_variant_is_told(page: Page, line: str) -> None:
    made = page.evaluate(PASTE, f"20:4680251 A G\n{line}\n")
    assert made["faults"] == [{"number": 2, "line": line}]


def test_a_pasted_vcf_stays_as_it_is(page: Page) -> None:
    assert page.evaluate(PASTE, SAMPLES + RECORD.strip() + "\tGT\t0/1\t1/1") == {
        "text": SAMPLES + RECORD.strip() + "\tGT\t0/1\t1/1\n",
        "variants": 1,
        "faults": [],
    }


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
