"""What comes from an address, told by its first bytes: a VCF, or something else, in words.

The engine reads the file later, and says more; here it is only seen early that a page, an index or
another kind of file is no use, before gigabytes of it are fetched.
"""

import re
import zlib
from collections.abc import Sequence

from gas.imports.ports import SourceRefused

ENOUGH_BYTES = 64 * 1024
"""So many are looked at, or all of a shorter file."""
_UNPACKED = 4096
_GZIP = 31
"""zlib's word for: gzip only."""

#: First bytes, what it is, what to do.
_BYTES: Sequence[tuple[bytes, str, str]] = (
    (b"PK\x03\x04", "a zip archive", "Give the address of the VCF itself."),
    (b"BAM\x01", "a BAM file: reads, not variants", "Call variants from it first."),
    (b"CRAM", "a CRAM file: reads, not variants", "Call variants from it first."),
    (b"TBI\x01", "a tabix index", "Give the address of the .vcf.gz that it belongs to."),
    (b"CSI\x01", "a CSI index", "Give the address of the .vcf.gz that it belongs to."),
    (b"BZh", "compressed with bzip2", "Compress it with bgzip or gzip instead."),
    (b"\xfd7zXZ\x00", "compressed with xz", "Compress it with bgzip or gzip instead."),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "Compress it with bgzip or gzip instead."),
    (b"%PDF", "a PDF document", "Give the address of the VCF itself."),
    (b">", "a FASTA file: sequence, not variants", "Give the address of a VCF."),
    (b"@", "a file of reads (FASTQ or SAM)", "Call variants from it first."),
)
_PAGE = re.compile(rb"\s*<(!doctype html|html|head|body|!--)", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml|\s*<Error>", re.IGNORECASE)
_JSON = re.compile(rb"\s*[\[{]")


def check_start(start: bytes) -> None:
    """Whether what begins like this may be a VCF or a BCF, packed or not.

    Raises:
        SourceRefused: it is something else; says what.
    """
    head = _unpacked(start)
    if head.startswith(b"BCF\x02"):
        return
    for prefix, what, remedy in _BYTES:
        if head.startswith(prefix):
            raise _not_a_vcf(f"is {what}", remedy)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if _PAGE.match(text):
        raise _not_a_vcf(
            "is a web page",
            "Many sites show a page about a file first. Copy the address of the download itself.",
        )
    if _XML.match(text):
        raise _not_a_vcf(
            "is XML: probably the server's word that it will not give the file",
            "Open the address in a browser to see what it says.",
        )
    if _JSON.match(text):
        raise _not_a_vcf("is JSON", "Give the address of the VCF itself.")
    if not text.startswith(b"#") and not _is_utf16(head):
        raise _not_a_vcf(
            "does not begin like a VCF",
            "The first line of a VCF is ##fileformat=VCFv4.2, or another version.",
        )


def _is_utf16(head: bytes) -> bool:
    return head.startswith((b"\xff\xfe", b"\xfe\xff"))


def _unpacked(start: bytes) -> bytes:
    if not start.startswith(b"\x1f\x8b"):
        return start
    try:
        return zlib.decompressobj(_GZIP).decompress(start, _UNPACKED)
    except zlib.error as error:
        raise _not_a_vcf(
            "is damaged: it begins like a gzip file, and cannot be unpacked", "Check the file."
        ) from error


def _not_a_vcf(what: str, remedy: str) -> SourceRefused:
    return SourceRefused(f"What is at this address {what}.", remedy=remedy)
