"""Checking a result offline: the receipt, its signature, the files beside it, their counts."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from anntools import signing
from anntools.names import UNLIFTED
from anntools.receipt import (
    FileRecord,
    Receipt,
    SourceRecord,
    file_record,
    message,
    receipt_from,
)


class Check(NamedTuple):
    """One thing that was looked at. ``holds`` is None where nothing could be said."""

    what: str
    holds: bool | None
    words: str


class Verification(NamedTuple):
    """Everything that was looked at."""

    receipt: str
    checks: list[Check]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    @property
    def faults(self) -> list[str]:
        """What is wrong, in words."""
        return [c.words for c in self.checks if c.holds is False]

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        checks = [c._asdict() for c in self.checks]
        return {"holds": self.holds, "faults": self.faults, "checks": checks}

    def lines(self) -> list[str]:
        """In words, one line for each thing."""
        mark = {True: "holds", False: "WRONG", None: "-"}
        lines = [f"{mark[c.holds]:5}  {c.what}: {c.words}" for c in self.checks]
        last = "The receipt holds: nothing was lost or changed."
        return [*lines, last if self.holds else "The receipt does not hold."]


def verify(path: Path, key: str = "") -> list[str]:
    """What does not hold of a receipt and the files beside it; empty when all is well."""
    return examine(path, key).faults


def examine(path: Path, key: str = "") -> Verification:
    """Check a receipt, offline.

    Looks at the signature (and the signer, if ``key`` says who it must be), the arithmetic, the
    checksum of every file named, and the number of records in output, table and summary. The input
    is checked when it lies beside the receipt. Raises OSError; ValueError, TypeError or KeyError
    when the file is no receipt; UsageProblem for a bad ``key``.
    """
    data = json.loads(path.read_text(encoding="utf-8"))
    receipt = receipt_from(data)
    checks = [*_signature(receipt, data, key), *_arithmetic(receipt)]
    for expected in (receipt.output, *receipt.files, *(t.file for t in receipt.tables)):
        checks.append(_file(path.parent, expected))
    checks.append(_input(path.parent, receipt.input))
    checks += [_source(path.parent, source) for source in receipt.sources]
    sound = {c.what for c in checks if c.holds}
    return Verification(str(path), [*checks, *_counts(path.parent, receipt, sound)])


def _signature(receipt: Receipt, data: dict[str, Any], key: str) -> Iterator[Check]:
    if receipt.signature is None:
        words = "the receipt is not signed: it shows damage, but anybody could have written it"
        yield Check("signature", False if key else None, words)
        return
    signature = receipt.signature
    if not signing.holds(signature, message(data)):
        yield Check("signature", False, "the signature is not that of this receipt")
        return
    yield Check("signature", True, f"signed by the key {signature.fingerprint}")
    if key:
        right = signing.is_by(signature, key)
        words = "the expected key signed" if right else "another key than the expected one signed"
        yield Check("signer", right, words)
    else:
        yield Check("signer", None, "give --key to say whose key it must be")


def _arithmetic(receipt: Receipt) -> Iterator[Check]:
    if receipt.records_in != receipt.annotated + receipt.skipped_total:
        yield Check("records", False, "records in are not annotated + skipped")
    elif receipt.left_out != receipt.skipped.get("not_lifted", 0):
        yield Check("records", False, "the reasons of records not lifted do not add up")
    elif receipt.records_out != receipt.records_in - receipt.left_out:
        yield Check("records", False, "records out are not records in")
    else:
        words = (
            f"{receipt.records_in} in = {receipt.annotated} annotated + {receipt.skipped_total} "
            f"skipped = {receipt.records_out} out"
        )
        if receipt.left_out:
            words += f" + {receipt.left_out} not lifted"
        yield Check("records", True, words)


def _file(folder: Path, expected: FileRecord) -> Check:
    target = folder / expected.name
    if not target.is_file():
        return Check(expected.name, False, f"{expected.name} is missing")
    if file_record(target).blake3 != expected.blake3:
        return Check(expected.name, False, f"{expected.name} has changed since the run")
    return Check(expected.name, True, f"unchanged, {expected.bytes} bytes")


def _input(folder: Path, expected: FileRecord) -> Check:
    target = folder / expected.name
    what = f"input {expected.name}"
    if not target.is_file():
        return Check(what, None, "not beside the receipt, not looked at")
    if file_record(target).blake3 != expected.blake3:
        return Check(what, False, f"{expected.name} is not the file that was annotated")
    return Check(what, True, "the file that was annotated")


def _source(folder: Path, expected: SourceRecord) -> Check:
    target = folder / expected.name
    what = f"{expected.use}, {expected.name}"
    if not target.is_file():
        return Check(what, None, "not beside the receipt, not looked at")
    with target.open("rb") as handle:
        same = hashlib.file_digest(handle, "sha256").hexdigest() == expected.sha256
    words = "the file that was used" if same else f"{expected.name} is not the file that was used"
    return Check(what, same, words)


def _counts(folder: Path, receipt: Receipt, sound: set[str]) -> Iterator[Check]:
    """Whether the files hold as many records as the receipt says; only files that are unchanged."""
    if receipt.output.name in sound:
        found = _vcf_records(folder / receipt.output.name)
        if found is not None:
            yield _count(receipt.output.name, found, receipt.records_out)
    for table in receipt.tables:
        if table.file.name in sound:
            from anntools.table.reading import counted

            counts = counted(folder / table.file.name)
            yield _count(table.file.name, counts.records, table.records)
            yield _count(f"{table.file.name}, rows", counts.rows, table.rows)
    for file in receipt.files:
        if file.name in sound and file.name.endswith(".summary.json"):
            summary = json.loads((folder / file.name).read_text(encoding="utf-8"))
            yield _count(file.name, summary["records"], receipt.records_in)
        elif file.name in sound and file.name.endswith(UNLIFTED):
            found = _vcf_records(folder / file.name) or 0
            yield _count(file.name, found, receipt.left_out)


def _count(name: str, found: int, expected: int) -> Check:
    if found == expected:
        return Check(f"count of {name}", True, f"{found} as the receipt says")
    return Check(f"count of {name}", False, f"{name} holds {found}, the receipt says {expected}")


def _vcf_records(path: Path) -> int | None:
    """Record lines of a VCF, plain or compressed; None for a BCF."""
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as text:
        try:
            if text.read(3) == b"BCF":
                return None
            text.seek(0)
            return sum(not line.startswith(b"#") and line.strip() != b"" for line in text)
        except (OSError, EOFError, zlib.error):
            return 0
