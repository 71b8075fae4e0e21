"""What the rules of the VCF specification share: findings, versions, and names of paragraphs."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from anntools.problems import Problem, short
from anntools.vcfio.remedies import remedy

Version = tuple[int, int]
DEFAULT_VERSION: Final = (4, 2)
_FILEFORMAT: Final = re.compile(r"VCFv(3\.3|4\.[0-5])$")

# Paragraphs under their numbers until VCF 4.2; since 4.3 two were put in before them.
META, FILEFORMAT, INFO_LINE, FILTER_LINE, FORMAT_LINE = "1.2", "1.2.1", "1.2.2", "1.2.3", "1.2.4"
ALT_LINE, ASSEMBLY_LINE, CONTIG_LINE, SAMPLE_LINE = "1.2.5", "1.2.6", "1.2.7", "1.2.8"
PEDIGREE_LINE, HEADER_LINE, DATA, FIXED, GENOTYPES = "1.2.9", "1.3", "1.4", "1.4.1", "1.4.2"


class Finding(NamedTuple):
    """One breach of a rule in one line; ``column`` counts bytes from 1."""

    code: str
    message: str
    column: int
    paragraph: str
    found: str = ""
    expected: str = ""

    def problem(self, version: Version, file: str, line: int) -> Problem:
        """As others see it."""
        return Problem(
            self.code,
            self.message,
            file,
            line,
            self.column,
            short(self.found),
            self.expected,
            remedy(self.code),
            rule(self.paragraph, version),
        )


def rule(paragraph: str, version: Version) -> str:
    """``1.4.1`` -> ``VCF 4.3, 1.6.1``, in the numbering of that version."""
    name = f"VCF {version[0]}.{version[1]}"
    if version < (4, 1):
        return name
    if version >= (4, 3):
        first, _, rest = paragraph.partition(".")
        second, _, rest = rest.partition(".")
        paragraph = ".".join(filter(None, [first, str(int(second) + 2), rest]))
    return f"{name}, {paragraph}"


def version_of(fileformat: str) -> Version | None:
    """``VCFv4.2`` -> ``(4, 2)``; None for what no specification knows."""
    match = _FILEFORMAT.match(fileformat)
    if not match:
        return None
    major, minor = match[1].split(".")
    return int(major), int(minor)
