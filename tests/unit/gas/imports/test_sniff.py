"""What is no VCF is told by its first bytes, in words."""

import gzip

import pytest

from gas.imports.ports import SourceRefused
from gas.imports.sniff import check_start
from tests.unit.gas.imports.world import VCF


@pytest.mark.parametrize(
    "start",
    [
        VCF,
        b"\xef\xbb\xbf" + VCF,
        gzip.compress(VCF, mtime=0),
        gzip.compress(VCF * 1000, mtime=0)[:60],
        gzip.compress(b"BCF\x02\x02" + b"\0" * 50, mtime=0),
        b"BCF\x02\x02\0\0",
        "##fileformat=VCFv4.2".encode("utf-16"),
        b"#CHROM\tPOS",
    ],
)
def test_what_may_be_a_vcf_or_a_bcf_passes(start: bytes) -> None:
    check_start(start)


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (b"<!DOCTYPE html><html>", "is a web page"),
        (b"\n  <html lang=en>", "is a web page"),
        (gzip.compress(b"<html>", mtime=0), "is a web page"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied', "is XML"),
        (b'{"error": "login"}', "is JSON"),
        (b"PK\x03\x04\0\0", "is a zip archive"),
        (gzip.compress(b"BAM\x01", mtime=0), "is a BAM file"),
        (gzip.compress(b"TBI\x01", mtime=0), "is a tabix index"),
        (b">chr1\nACGT", "is a FASTA file"),
        (b"chr1\t1\t2\n", "does not begin like a VCF"),
        (b"\x1f\x8bnothing of a gzip file at all", "is damaged"),
    ],
)
def test_anything_else_is_named(start: bytes, words: str) -> None:
    with pytest.raises(SourceRefused) as refused:
        check_start(start)
    assert words in refused.value.message
    assert refused.value.remedy
