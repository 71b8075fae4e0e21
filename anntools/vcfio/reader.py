"""Reading a VCF as chunks of whole lines, from plain text, gzip or BGZF, in bounded memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, cast

from isal import isal_zlib

from anntools.problems import InputRefused, Problem

_READ: Final = 1 << 18
_INFLATE: Final = 1 << 22  # most bytes one call may inflate: what keeps a bomb small

_DAMAGED = cast(type[Exception], isal_zlib.error)  # its stub calls it an instance

_MAGIC: Final = (
    (b"BCF\x02", "a BCF file", "Convert it: bcftools view -O z FILE.bcf > FILE.vcf.gz"),
    (b"BAM\x01", "a BAM file (alignments, not variants)", "Call variants first."),
    (b"CRAM", "a CRAM file (alignments, not variants)", "Call variants first."),
    (b"PK\x03\x04", "a zip archive", "Unpack it and upload the VCF inside."),
    (b"BZh", "compressed with bzip2", "Unpack it, or compress it with bgzip or gzip."),
    (b"\xfd7zXZ\x00", "compressed with xz", "Unpack it, or compress it with bgzip or gzip."),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "Unpack it, or compress it with bgzip or gzip."),
    (b"%PDF", "a PDF document", "Give the VCF file itself."),
    (b"\xff\xfe", "text in UTF-16", "Save it as UTF-8."),
    (b"\xfe\xff", "text in UTF-16", "Save it as UTF-8."),
)


class Source:
    """One pass over an input file. Counts bytes and takes the checksum of what lies on disk."""

    def __init__(self, path: Path, shown_name: str, max_line: int) -> None:
        self.path = path
        self.name = shown_name
        self.bytes_total = path.stat().st_size
        self.bytes_done = 0
        self.compressed = False
        self.warnings: list[str] = []
        self._max_line = max_line
        self._hash = hashlib.sha256()
        self._tail = b""

    @property
    def sha256(self) -> str:
        """Checksum of the bytes read so far."""
        return self._hash.hexdigest()

    def refuse(self, code: str, message: str, remedy: str, **more: object) -> InputRefused:
        """The exception for a file that is wrong as a whole."""
        return InputRefused(
            Problem(code, message, self.name, remedy=remedy, **more)  # type: ignore[arg-type]
        )

    def lines(self, chunk_size: int) -> Iterator[bytes]:
        """Chunks of whole lines, each ending in a line feed; a missing last one is added.

        Raises InputRefused for what is not text, for broken compression, and for a line longer
        than the limit.
        """
        held: list[bytes] = []
        size = 0
        for block in self._blocks():
            held.append(block)
            size += len(block)
            if size < chunk_size:
                continue
            data = b"".join(held)
            cut = data.rfind(b"\n") + 1
            if cut == 0 and size > self._max_line:
                raise self.refuse(
                    "line_too_long",
                    f"A line is longer than {self._max_line} bytes.",
                    "See whether the file has line ends; raise --max-line if it is right.",
                )
            if cut:
                yield data[:cut]
            held = [data[cut:]]
            size = len(data) - cut
        data = b"".join(held)
        if data:
            yield data if data.endswith(b"\n") else data + b"\n"

    def _blocks(self) -> Iterator[bytes]:
        with self.path.open("rb") as handle:
            head = self._read(handle)
            if not head:
                raise self.refuse(
                    "empty_file", "The file is empty.", "Upload it again; see that it has content."
                )
            if head[:2] == b"\x1f\x8b":
                self.compressed = True
                blocks = self._inflated(handle, head)
            else:
                blocks = self._plain(handle, head)
            first = next(blocks, b"")
            self._check_text(first)
            yield first
            yield from blocks

    def _check_text(self, first: bytes) -> None:
        for magic, what, remedy in _MAGIC:
            if first.startswith(magic):
                raise self.refuse("not_a_vcf", f"This is {what}, not a VCF.", remedy)
        if not first:
            raise self.refuse("empty_file", "The file is empty inside.", "Upload it again.")
        nul = first.find(b"\0")
        if nul >= 0:
            raise self.refuse(
                "binary_file",
                f"This is not text: a zero byte stands at byte {nul + 1}.",
                "Give a VCF as text, or compressed with bgzip or gzip.",
            )

    def _read(self, handle: BinaryIO) -> bytes:
        data = handle.read(_READ)
        self.bytes_done += len(data)
        self._hash.update(data)
        self._tail = (self._tail + data)[-28:]
        return data

    def _plain(self, handle: BinaryIO, head: bytes) -> Iterator[bytes]:
        while head:
            yield head
            head = self._read(handle)

    def _inflated(self, handle: BinaryIO, data: bytes) -> Iterator[bytes]:
        inflater = isal_zlib.decompressobj(31)
        is_bgzf = data[3:4] == b"\x04" and data[12:14] == b"BC"
        total = 0
        while True:
            try:
                out = inflater.decompress(data, _INFLATE)
            except _DAMAGED as error:
                raise self.refuse(
                    "damaged_compression",
                    f"The compressed data is damaged after {total} bytes of text ({error}).",
                    "Upload the file again; test it with: gzip -t FILE",
                ) from error
            total += len(out)
            if out:
                yield out
            if inflater.eof:
                data = inflater.unused_data or self._read(handle)
                if not data.strip(b"\0"):
                    data = self._read(handle)
                    if not data:
                        break
                if len(data) < 2:
                    data += self._read(handle)
                if data[:2] != b"\x1f\x8b":
                    self.warnings.append("bytes after the end of the compressed data were ignored")
                    while self._read(handle):
                        pass
                    break
                inflater = isal_zlib.decompressobj(31)
                continue
            data = inflater.unconsumed_tail
            if not data and not out:
                data = self._read(handle)
                if not data:
                    raise self._truncated(total)
            elif not data:
                data = self._read(handle)
                if not data and not inflater.eof:
                    raise self._truncated(total)
        if is_bgzf and not self._tail.endswith(_BGZF_EOF):
            self.warnings.append(
                "the BGZF end-of-file block is missing; the file may have been cut at a block end"
            )

    def _truncated(self, total: int) -> InputRefused:
        return self.refuse(
            "truncated_compression",
            f"The compressed data ends too early, after {total} bytes of text.",
            "The file was cut, often by a broken upload or a full disk. Upload it again; test it "
            "with: gzip -t FILE",
        )


_BGZF_EOF: Final = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
