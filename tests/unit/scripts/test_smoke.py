"""The smoke test notices what is wrong with an answer."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import smoke
import smoke_checks
from blake3 import blake3

SCRIPTS = Path(__file__).parents[3] / "scripts"
HEADER = b"##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
SENT = HEADER + b"MT\t263\t.\tA\tG\t.\t.\t.\nMT\t750\t.\tA\tG\t.\t.\t.\n"
CSQ = b"##INFO=<ID=CSQ,Number=.,Type=String>\n"
ANNOTATED = (
    CSQ + HEADER + b"MT\t263\t.\tA\tG\t.\t.\tCSQ=G|x\nMT\t750\trs1\tA\tG\t.\t.\tDB;CSQ=G|y\n"
)
JOB: dict[str, Any] = {"log": "All isoforms\n\nTotal: 2\n"}


@pytest.mark.parametrize("sent", [SENT, gzip.compress(SENT)])
def test_a_right_answer(sent: bytes) -> None:
    found = smoke_checks.check_results(sent, gzip.compress(ANNOTATED), JOB)
    assert found.startswith("2 records, 2 annotated")


@pytest.mark.parametrize(
    ("received", "job", "words"),
    [
        (ANNOTATED, JOB, "not compressed"),
        (gzip.compress(ANNOTATED)[:-9], JOB, "not a whole gzip file"),
        (gzip.compress(ANNOTATED.replace(CSQ, b"")), JOB, "declares no CSQ"),
        (gzip.compress(ANNOTATED.rsplit(b"MT", 1)[0]), JOB, "2 records went in and 1 came out"),
        (gzip.compress(ANNOTATED.replace(b"263", b"264")), JOB, "the first that is missing"),
        (gzip.compress(ANNOTATED.replace(b"CSQ=", b"X=")), JOB, "not one record was annotated"),
        (gzip.compress(ANNOTATED + b"MT\t9\n"), JOB, "2 columns"),
        (gzip.compress(ANNOTATED), {"log": "Total: 3\n"}, "the log says 3 records, there are 2"),
        (gzip.compress(ANNOTATED), {"log": None}, "no line `Total:`"),
    ],
)
def test_a_wrong_answer(received: bytes, job: dict[str, Any], words: str) -> None:
    with pytest.raises(smoke_checks.SmokeFailed, match=words):
        smoke_checks.check_results(SENT, received, job)


NAMES = {
    "annotated": "a.annot.vcf.gz",
    "log": "a.vcf.count.log",
    "table": "a.parquet",
    "summary": "a.summary.json",
}


def companions() -> tuple[dict[str, bytes], dict[str, Any], dict[str, Any]]:
    """Files of a right answer, their receipt, and the job's JSON."""
    files = {"log": b"Total: 2", "table": b"PAR1", "summary": b'{"records": 2}'}
    told = {
        which: {"name": NAMES[which], "blake3": blake3(content).hexdigest()}
        for which, content in {**files, "annotated": ANNOTATED}.items()
    }
    receipt = {
        "output": told["annotated"],
        "files": [told["log"], told["summary"]],
        "tables": [{"file": told["table"], "records": 2}],
        "records_in": 2,
        "signature": {"fingerprint": "SHA256:12"},
    }
    named = {which: {"name": name} for which, name in NAMES.items()}
    job = {"files": {**named, "receipt": {"name": "r"}}, "receipt": {"records_in": 2}}
    return files, receipt, job


def test_the_receipt_decides_about_the_other_files() -> None:
    files, receipt, job = companions()
    files["receipt"] = json.dumps(receipt).encode()
    found = smoke_checks.check_companions(files, ANNOTATED, job)
    assert found == "4 files as the receipt says, signed by SHA256:12"


@pytest.mark.parametrize(
    ("file", "content", "changes", "words"),
    [
        ("table", b"PAR2", {}, "a.parquet is not what the receipt says"),
        ("table", None, {}, "offers no table"),
        ("log", b"Total: 2", {"signature": None}, "not signed"),
        ("log", b"Total: 2", {"records_in": 3}, "different counts"),
    ],
)
def test_files_that_do_not_fit_the_receipt(
    file: str, content: bytes | None, changes: dict[str, Any], words: str
) -> None:
    files, receipt, job = companions()
    files["receipt"] = json.dumps(receipt | changes).encode()
    if content is None:
        del files[file]
    else:
        files[file] = content
    with pytest.raises(smoke_checks.SmokeFailed, match=words):
        smoke_checks.check_companions(files, ANNOTATED, job)


def test_reads_forms_links_and_the_csrf_token_of_a_page() -> None:
    html = """
      <meta name="csrf-token" content="t&amp;1">
      <a href="/login?next=/annotate">Log in</a>
      <form method="post" action="/v2/oauth2/authorize?client_id=1&amp;state=2" id="new">
        <input type="hidden" name="csrf" value="c"><input name="email">
      </form>
    """
    request = httpx.Request("GET", "http://127.0.0.1:8020/v2/oauth2/authorize")
    page = smoke.Page(httpx.Response(200, html=html, request=request))
    (form,) = page.forms
    assert form.action == "http://127.0.0.1:8020/v2/oauth2/authorize?client_id=1&state=2"
    assert (form.method, form.fields) == ("post", {"csrf": "c", "email": ""})
    assert page.links == ["http://127.0.0.1:8020/login?next=/annotate"]
    assert page.meta["csrf-token"] == "t&1"


def test_the_built_in_file_is_a_vcf() -> None:
    assert len(smoke_checks.records(smoke.BUILT_IN.encode())) == 6


def test_nobody_there_is_a_failure_with_a_reason() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / "smoke.py"), "http://127.0.0.1:1"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("FAILED: ConnectError")
