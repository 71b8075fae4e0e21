"""The receipt of a run: what went in, what came out, and that nothing was lost between."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

RECEIPT_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file by name, size and checksum."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """``records_in = annotated + sum(skipped)`` and ``records_out = records_in`` always hold."""

    input: FileRecord
    output: FileRecord
    records_in: int
    records_out: int
    annotated: int
    skipped: dict[str, int]
    errors: int  # how many of the skipped were wrong, not just without anything to annotate
    pack_id: str
    assembly: str
    versions: dict[str, str]
    options: dict[str, Any]
    files: list[FileRecord] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    problems_listed: int = 0
    receipt_version: int = RECEIPT_VERSION

    @property
    def skipped_total(self) -> int:
        """Records passed through without annotation."""
        return sum(self.skipped.values())

    def to_json(self) -> str:
        """As it is written to disk."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"


def read_receipt(path: Path) -> Receipt:
    """Read a receipt. Raises OSError, or ValueError/TypeError/KeyError for a foreign file."""
    data = json.loads(path.read_text(encoding="utf-8"))
    data["input"] = FileRecord(**data["input"])
    data["output"] = FileRecord(**data["output"])
    data["files"] = [FileRecord(**f) for f in data["files"]]
    return Receipt(**data)


def file_record(path: Path) -> FileRecord:
    """Name, size and checksum of a file on disk."""
    h = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            h.update(block)
    return FileRecord(path.name, path.stat().st_size, h.hexdigest())


def verify(path: Path) -> list[str]:
    """What does not hold of a receipt and the files beside it; empty when all is well.

    Checks the arithmetic, the checksum of the output and its companions, and of the input when it
    lies in the same folder.
    """
    receipt = read_receipt(path)
    faults = []
    if receipt.records_in != receipt.annotated + receipt.skipped_total:
        faults.append("records in are not annotated + skipped")
    if receipt.records_out != receipt.records_in:
        faults.append("records out are not records in")
    for expected in (receipt.output, *receipt.files):
        target = path.parent / expected.name
        if not target.is_file():
            faults.append(f"{expected.name} is missing")
        elif file_record(target).sha256 != expected.sha256:
            faults.append(f"{expected.name} has changed since the run")
    original = path.parent / receipt.input.name
    if original.is_file() and file_record(original).sha256 != receipt.input.sha256:
        faults.append(f"{receipt.input.name} is not the file that was annotated")
    return faults
