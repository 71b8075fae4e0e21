"""BCF read as the VCF text that it stands for, through htslib (pysam), in chunks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


class BadBcf(Exception):
    """htslib cannot read the file."""


def text_of_bcf(path: Path, size: int) -> Iterator[bytes]:
    """Whole lines of text, about ``size`` bytes at a time. Raises BadBcf.

    pysam is imported here and nowhere else: it takes longer than a small run.
    """
    import pysam

    said = pysam.set_verbosity(0)
    try:
        with pysam.VariantFile(str(path)) as source:
            held = [str(source.header)]
            length = len(held[0])
            for record in source:
                held.append(str(record))
                length += len(held[-1])
                if length >= size:
                    yield "".join(held).encode()
                    held, length = [], 0
            yield "".join(held).encode()
    except (OSError, ValueError, NotImplementedError) as error:
        raise BadBcf(str(error)) from error
    finally:
        pysam.set_verbosity(said)
