"""Reading a VCF: from plain text, gzip, BGZF or BCF, from a file or a pipe, in bounded memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from blake3 import blake3

from anntools.problems import InputRefused, Problem
from anntools.vcfio.inflate import (
    GZIP_MAGIC,
    Blocks,
    Damaged,
    Truncated,
    bgzf_pieces,
    inflated,
    is_bgzf,
)

_READ: Final = 1 << 18
_BCF: Final = b"BCF\x02"
_MAGIC: Final = (
    (b"BCF\x01", "a BCF file of version 1", "Convert it with an old bcftools: bcftools view."),
    (b"BAM\x01", "a BAM file (alignments, not variants)", "Call variants first."),
    (b"CRAM", "a CRAM file (alignments, not variants)", "Call variants first."),
    (b"PK\x03\x04", "a zip archive", "Unpack it and upload the VCF inside."),
    (b"BZh", "compressed with bzip2", "Unpack it, or compress it with bgzip or gzip."),
    (b"\xfd7zXZ\x00", "compressed with xz", "Unpack it, or compress it with bgzip or gzip."),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "Unpack it, or compress it with bgzip or gzip."),
    (b"TBI\x01", "an index (tabix)", "Give the VCF file that it belongs to."),
    (b"CSI\x01", "an index (CSI)", "Give the VCF file that it belongs to."),
    (b"%PDF", "a PDF document", "Give the VCF file itself."),
    (b"\xff\xfe", "text in UTF-16", "Save it as UTF-8."),
    (b"\xfe\xff", "text in UTF-16", "Save it as UTF-8."),
)
_CUT: Final = (
    "The file was cut, often by a broken upload or a full disk. Upload it again; test it with: "
    "gzip -t FILE"
)
STANDARD_INPUT: Final = Path("-")


class Source:
    """One pass over an input file. Counts bytes and takes the checksum of what lies on disk.

    ``bytes_total`` is 0 where nobody knows (a pipe). ``open_end`` is true when the last line had
    no line feed; ``warnings`` are what was odd; both are right after the last piece.
    """

    def __init__(self, path: Path, shown_name: str, max_line: int) -> None:
        self.path = path
        self.name = shown_name
        on_disk = path != STANDARD_INPUT and path.is_file()
        self.bytes_total = path.stat().st_size if on_disk else 0
        self.bytes_done = 0
        self.compressed = False
        self.open_end = False
        self.warnings: list[str] = []
        self._max_line = max_line
        self._checksum = blake3()
        self._text = 0
        self._kept: list[bytes] | None = None if on_disk else []

    @property
    def blake3_hex(self) -> str:
        """Checksum of the bytes read so far."""
        return self._checksum.hexdigest()

    def refuse(self, code: str, message: str, remedy: str) -> InputRefused:
        """The exception for a file that is wrong as a whole."""
        return InputRefused(Problem(code, message, self.name, remedy=remedy))

    def lines(self, chunk_size: int) -> Iterator[bytes]:
        """Chunks of whole lines, each ending in a line feed; a missing last one is added.

        Raises InputRefused for what is not text, for broken compression, and for a line longer
        than the limit.
        """
        held: list[bytes | memoryview] = []
        size = open_line = 0
        for block in self._texts(chunk_size):
            cut = block.rfind(b"\n") + 1
            open_line = len(block) - cut if cut else open_line + len(block)
            if open_line > self._max_line:
                raise self.refuse(
                    "line_too_long",
                    f"A line is longer than {self._max_line} bytes.",
                    "See whether the file has line ends; raise --max-line if it is right.",
                )
            size += len(block)
            if size < chunk_size or not cut:
                held.append(block)
                continue
            view = memoryview(block)
            yield b"".join([*held, view[:cut]])
            held, size = [view[cut:]], len(block) - cut
        data = b"".join(held)
        self.open_end = bool(data) and not data.endswith(b"\n")
        if data:
            yield data + b"\n" if self.open_end else data

    def pieces(self, size: int) -> Iterator[bytes | Blocks]:
        """The file as it lies there: text, or groups of BGZF blocks for others to inflate.

        The first piece is text always, and is seen to be that of a VCF. Raises InputRefused.
        """
        with self._open() as handle:
            yield from self._checked(handle, size)

    def _texts(self, size: int) -> Iterator[bytes]:
        for piece in self.pieces(size):
            text = piece if isinstance(piece, bytes) else self._inflate(piece)
            self._text += len(text)
            yield text

    def _inflate(self, blocks: Blocks) -> bytes:
        try:
            return blocks.text()
        except Damaged as error:
            raise self.damaged(str(error), self._text) from error

    def damaged(self, how: str, after: int) -> InputRefused:
        """The exception for compressed data that is wrong after so many bytes of text."""
        return self.refuse(
            "damaged_compression",
            f"The compressed data is damaged after {after} bytes of text ({how}).",
            "Upload the file again; test it with: gzip -t FILE",
        )

    def _open(self) -> BinaryIO:
        if self.path == STANDARD_INPUT:
            return open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
        return self.path.open("rb", buffering=0)

    def _checked(self, handle: BinaryIO, size: int) -> Iterator[bytes | Blocks]:
        read = self._reader(handle)
        head = _at_least(read, 18)
        if not head:
            raise self.refuse(
                "empty_file", "The file is empty.", "Upload it again; see that it has content."
            )
        pieces = self._guarded(self._unpacked(read, head, size))
        first = b""
        while not first:
            piece = next(pieces, None)
            if piece is None:
                break
            first = piece if isinstance(piece, bytes) else self._inflate(piece)
        if first.startswith(_BCF):
            yield from self._bcf(read, size)
            return
        self._kept = None
        self._check_text(first)
        yield first
        yield from pieces

    def _unpacked(
        self, read: Callable[[], bytes], head: bytes, size: int
    ) -> Iterator[bytes | Blocks]:
        if not head.startswith(GZIP_MAGIC):
            while head:
                yield head
                head = read()
            return
        self.compressed = True
        if is_bgzf(head):
            yield from bgzf_pieces(read, head, size, self.warnings.append)
        else:
            yield from inflated(read, head, self.warnings.append)

    def _guarded(self, pieces: Iterator[bytes | Blocks]) -> Iterator[bytes | Blocks]:
        """The same pieces; what is wrong with the compression becomes a refusal."""
        handed = 0
        try:
            for piece in pieces:
                handed += len(piece) if isinstance(piece, bytes) else piece.text_size
                yield piece
        except Damaged as error:
            raise self.damaged(str(error), handed) from error
        except Truncated as error:
            raise self.refuse(
                "truncated_compression",
                f"The compressed data ends too early, after {handed} bytes of text.",
                _CUT,
            ) from error

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

    def _reader(self, handle: BinaryIO) -> Callable[[], bytes]:
        def read() -> bytes:
            data: bytes = handle.read(_READ)
            self.bytes_done += len(data)
            self._checksum.update(data)
            if self._kept is not None:
                self._kept.append(data)
            return data

        return read

    def _bcf(self, read: Callable[[], bytes], size: int) -> Iterator[bytes]:
        """BCF as text. htslib opens files by name, so that a pipe goes to a file first."""
        import tempfile  # slow to import

        from anntools.vcfio.bcf import BadBcf, text_of_bcf

        with tempfile.TemporaryDirectory(prefix="anntools") as folder:
            path = self.path
            if self._kept is not None:
                path = Path(folder) / "input.bcf"
                _spool(path, self._kept, read)
                self._kept = None
            while read():
                pass  # for the checksum
            try:
                yield from text_of_bcf(path, size)
            except BadBcf as error:
                raise self.refuse(
                    "damaged_bcf",
                    f"The BCF file cannot be read ({error}).",
                    "Test it with: bcftools view FILE > /dev/null",
                ) from error


def _spool(path: Path, begin: list[bytes], read: Callable[[], bytes]) -> None:
    """Write what was read and what follows to a file."""
    with path.open("wb") as file:
        file.writelines(begin)
        begin.clear()
        while data := read():
            file.write(data)
            begin.clear()


def _at_least(read: Callable[[], bytes], size: int) -> bytes:
    """The first bytes; pipes may give less than asked for."""
    data = read()
    while len(data) < size:
        more = read()
        if not more:
            break
        data += more
    return data
