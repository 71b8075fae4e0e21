"""What is fuzzed: each target takes bytes, keeps its promises or raises, and tells what it saw.

What it saw is a set of words; an input that shows a new word becomes a seed.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from anntools import InputRefused, Options, Pack, annotate, open_pack, regions
from anntools.vcfio.header import read_header
from anntools.vcfio.reader import Source
from anntools.vcfio.validator import Validator

Target = Callable[[bytes], set[str]]
_MAX_LINE = 1 << 22
_WARM = 20  # runs after which everything that stays in memory is there
FORMATS = ("csq", "ann", "bcsq", "classic")


def read_and_judge(data: bytes) -> set[str]:
    """Reader, header and validator: every input is read or refused with a problem."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fuzz.vcf"
        path.write_bytes(data)
        source = Source(path, "fuzz.vcf", _MAX_LINE)
        chunks = source.lines(1 << 16)
        try:
            header, rest = read_header(chunks, "fuzz.vcf")
            validator = Validator(header, "fuzz.vcf")
            line = header.lines + 1
            for chunk in chain([rest] if rest else [], chunks):
                validator.records(chunk, line)
                line += chunk.count(b"\n")
            validator.finish(open_end=source.open_end)
        except InputRefused as refusal:
            return _told(refusal)
    assert len(validator.problems) == min(100, validator.counts.total())
    return set(validator.counts)


def _told(refusal: InputRefused) -> set[str]:
    """A refusal must say why."""
    assert refusal.problem.message
    return {refusal.problem.code}


class Annotation:
    """The whole engine, with the kernels as they are compiled in this process."""

    def __init__(self) -> None:
        self._pack: Pack = open_pack("demo")
        self._count = 0

    def __call__(self, data: bytes) -> set[str]:
        """Records in are records out; no record is lost; every refusal has a reason."""
        self._count += 1
        rng = random.Random(self._count)
        options = Options(
            chunk_size=rng.choice((1, 64, 4096, 1 << 20)),
            max_line=_MAX_LINE,
            max_output=1 << 26,
            format=FORMATS[self._count % len(FORMATS)],
            strict=rng.random() < 0.1,
            sign=False,
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "fuzz.vcf"
            path.write_bytes(data)
            out = Path(folder) / "out" / "fuzz.annot.vcf"
            before = regions.allowed() if self._count > _WARM else sys.maxsize
            try:
                receipt = annotate(path, out, self._pack, options)
            except InputRefused as refusal:
                if out.exists():
                    raise
                return _told(refusal)
            finally:
                regions.forbid_since(before)
            written = [x for x in out.read_bytes().split(b"\n") if x]
        assert receipt.records_in == receipt.annotated + receipt.skipped_total
        begin = next(i for i, line in enumerate(written) if line.startswith(b"#CHROM"))
        assert len(written) - begin - 1 == receipt.records_out == receipt.records_in
        return set(receipt.skipped) | {options.format} | {str(receipt.annotated.bit_length())}
