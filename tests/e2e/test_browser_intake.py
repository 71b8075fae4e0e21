"""What goes to the service before an upload, what comes of its answer, and pasted text: the upload
page's modules in a real Chromium.
"""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.bench import GOOD, LIMITS, RECORD, SAMPLES, codes, look, page_with_modules
from tests.e2e.browsing import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the chromium package"),
]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with page_with_modules() as page:
        yield page


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


MANY = """
async ({ bytes, limits }) => {
  const { inspected } = await import("/static/js/preflight/client.js");
  const { consult } = await import("/static/js/upload/consult.js");
  const data = await (await fetch(`data:application/octet-stream;base64,${bytes}`)).arrayBuffer();
  const file = new File([data], "mine.vcf");
  const { facts } = await inspected(file, limits);
  const real = window.fetch;
  let asking = 0;
  let most = 0;
  let count = 0;
  window.fetch = async () => {
    most = Math.max(most, ++asking);
    await new Promise((done) => setTimeout(done, 5));
    asking -= 1;
    if (++count === 1) throw new TypeError("the line is away");
    return new Response('{"findings": []}');
  };
  try {
    const options = { pack: "", contigNames: {} };
    const asked = Array.from({ length: 6 }, () => consult("/p", file, facts, options));
    const answers = await Promise.all(asked);
    return { most, answered: answers.map(({ answer }) => Boolean(answer)) };
  } finally {
    window.fetch = real;
  }
}
"""


def test_of_many_files_one_is_asked_about_after_the_other(page: Page) -> None:
    asked = {"bytes": b64encode(GOOD.encode()).decode(), "limits": LIMITS}
    assert page.evaluate(MANY, asked) == {"most": 1, "answered": [False] + [True] * 5}


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


TWO_PEOPLE = """
async () => {
  const form = document.body.appendChild(document.createElement("form"));
  form.id = "upload";
  const { brokenOff, fingerprint, note, recall } = await import("/static/js/upload/begun.js");
  const { BrokenUploads } = await import("/static/js/upload/broken.js");
  const real = window.fetch;
  const asked = [];
  window.fetch = async (url) => {
    asked.push(url);
    return new Response(JSON.stringify({ code: "invalid_upload", detail: "Not yours." }), {
      status: 400,
    });
  };
  const file = new File(["##fileformat=VCFv4.3"], "patient.vcf", { lastModified: 1 });
  const enter = (tag) => (form.dataset.user = tag);
  try {
    enter("a");
    const key = await fingerprint(file);
    note(key, { upload: "sealed", name: file.name, parts: 3, begun: Date.now() });
    enter("b");
    const box = document.createElement("ul");
    await new BrokenUploads(box, { partsUrl: "/parts" }, () => {}).show();
    const seen = { text: box.textContent, found: recall(await fingerprint(file)), asked };
    enter("a");
    return { ...seen, kept: brokenOff().map(([, begun]) => begun.name) };
  } finally {
    window.fetch = real;
    localStorage.clear();
    form.remove();
  }
}
"""


def test_who_shares_a_browser_neither_sees_nor_ends_anothers_upload(page: Page) -> None:
    assert page.evaluate(TWO_PEOPLE) == {
        "text": "",
        "found": None,
        "asked": [],
        "kept": ["patient.vcf"],
    }
