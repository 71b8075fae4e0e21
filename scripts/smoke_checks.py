"""What scripts/smoke.py asks of an annotated file and its log."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Mapping
from typing import Any

from blake3 import blake3


class SmokeFailed(Exception):
    """A step did not do what it should; the text says what was seen."""


def records(vcf: bytes) -> list[tuple[bytes, bytes, bytes, bytes]]:
    """CHROM, POS, REF and ALT of every record."""
    found = []
    for line in vcf.splitlines():
        if line and not line.startswith(b"#"):
            columns = line.split(b"\t")
            if len(columns) < 5:
                raise SmokeFailed(f"a record has {len(columns)} columns: {line[:80]!r}")
            found.append((columns[0], columns[1], columns[3], columns[4]))
    return found


def unpack(content: bytes, what: str) -> bytes:
    """The text of a gzip file, complaining when it is cut off; other bytes as they are."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as fault:
        raise SmokeFailed(f"{what} is not a whole gzip file: {fault}") from fault


def check_results(sent: bytes, received: bytes, job: dict[str, object]) -> str:
    """Compare input, output and log; what was found, in words."""
    if not received.startswith(b"\x1f\x8b"):
        raise SmokeFailed("the annotated file is not compressed")
    annotated = unpack(received, "the annotated file")
    if not re.search(rb"^##INFO=<ID=(CSQ|ANN),", annotated, re.MULTILINE):
        raise SmokeFailed("the annotated file declares no CSQ in its header")
    wanted, got = records(unpack(sent, "the input")), records(annotated)
    if wanted != got:
        present = set(got)
        missing = next((record for record in wanted if record not in present), None)
        raise SmokeFailed(
            f"{len(wanted)} records went in and {len(got)} came out; "
            f"the first that is missing: {missing}"
        )
    log = job.get("log")
    total = re.search(r"^Total: (\d+)", log, re.MULTILINE) if isinstance(log, str) else None
    if total is None:
        raise SmokeFailed("the log has no line `Total:`")
    if int(total.group(1)) != len(wanted):
        raise SmokeFailed(f"the log says {total.group(1)} records, there are {len(wanted)}")
    with_csq = len(re.findall(rb"[\t;](?:CSQ|ANN)=", annotated))
    if not with_csq:
        raise SmokeFailed("not one record was annotated")
    return f"{len(got)} records, {with_csq} annotated, {len(received)} bytes, log agrees"


def check_companions(files: Mapping[str, bytes], received: bytes, job: Mapping[str, Any]) -> str:
    """Compare the other files with the annotated one by the signed receipt; in words."""
    absent = {"log", "table", "summary", "receipt"} - files.keys()
    if absent:
        raise SmokeFailed(f"the job offers no {', '.join(sorted(absent))}")
    receipt = json.loads(files["receipt"])
    told = {file["name"]: file["blake3"] for file in receipt["files"]}
    told |= {table["file"]["name"]: table["file"]["blake3"] for table in receipt["tables"]}
    told[receipt["output"]["name"]] = receipt["output"]["blake3"]
    for which, content in {**files, "annotated": received}.items():
        name = job["files"][which]["name"]
        if which != "receipt" and told.get(name) != blake3(content).hexdigest():
            raise SmokeFailed(f"{name} is not what the receipt says")
    counts = {receipt["records_in"], json.loads(files["summary"])["records"]}
    counts |= {job["receipt"]["records_in"], *(table["records"] for table in receipt["tables"])}
    if len(counts) != 1:
        raise SmokeFailed(f"receipt, summary, table and page tell different counts: {counts}")
    if receipt["signature"] is None:
        raise SmokeFailed("the receipt is not signed")
    return f"{len(told)} files as the receipt says, signed by {receipt['signature']['fingerprint']}"
