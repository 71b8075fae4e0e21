"""The receipt of a run: what went in, what came out, and that nothing was lost between."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from blake3 import blake3

from anntools.signing import Signature, Signer, canonical

RECEIPT_VERSION: Final = 2


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file by name (relative to the receipt), size and checksum."""

    name: str
    bytes: int
    blake3: str


@dataclass(frozen=True, slots=True)
class TableRecord:
    """The table: as many records as came in, told apart into rows per alternate allele."""

    file: FileRecord
    records: int
    rows: int


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A file that was used besides input and pack: ``use`` is ``overlay NAME`` or ``lift``."""

    use: str
    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """``records_in = annotated + sum(skipped)`` and ``records_out = records_in - not lifted`` hold.

    ``not_lifted``: records that could not be brought to the pack's assembly, by reason; ``skipped``
    counts them together.
    """

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
    tables: list[TableRecord] = field(default_factory=list)
    sources: list[SourceRecord] = field(default_factory=list)
    not_lifted: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    problems_listed: int = 0
    receipt_version: int = RECEIPT_VERSION
    signature: Signature | None = None

    @property
    def skipped_total(self) -> int:
        """Records that are not annotated."""
        return sum(self.skipped.values())

    @property
    def left_out(self) -> int:
        """Records that are not in the output, because they could not be lifted."""
        return sum(self.not_lifted.values())

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        signature = self.signature and self.signature._asdict()
        return asdict(replace(self, signature=None)) | {"signature": signature}

    def to_json(self) -> str:
        """As it is written to disk."""
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False) + "\n"

    def signed(self, signer: Signer) -> Receipt:
        """The same receipt with a signature over everything else in it."""
        return replace(self, signature=signer.sign(message(self.to_dict())))


def message(data: dict[str, Any]) -> bytes:
    """What is signed of a receipt given as plain data: all of it but the signature."""
    return canonical({key: value for key, value in data.items() if key != "signature"})


def read_receipt(path: Path) -> Receipt:
    """Read a receipt. Raises OSError, or ValueError/TypeError/KeyError for a foreign file."""
    return receipt_from(json.loads(path.read_text(encoding="utf-8")))


def receipt_from(data: dict[str, Any]) -> Receipt:
    """The receipt of plain data. Raises TypeError or KeyError for foreign data."""
    given = dict(data)
    given["input"] = FileRecord(**data["input"])
    given["output"] = FileRecord(**data["output"])
    given["files"] = [FileRecord(**f) for f in data["files"]]
    given["tables"] = [
        TableRecord(FileRecord(**t["file"]), t["records"], t["rows"])
        for t in data.get("tables", [])
    ]
    given["sources"] = [SourceRecord(**s) for s in data.get("sources", [])]
    given["signature"] = Signature(**data["signature"]) if data.get("signature") else None
    return Receipt(**given)


def file_record(path: Path, name: str = "") -> FileRecord:
    """Name (its own unless given), size and checksum of a file on disk."""
    h = blake3()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            h.update(block)
    return FileRecord(name or path.name, path.stat().st_size, h.hexdigest())
