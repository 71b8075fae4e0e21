"""Takes out of a text what tells of a person or of their variants.

Rather a word too many than a variant too few: what is left are the service's own words and counts.
"""

import re
from collections.abc import Iterable, Sequence

#: What is replaced, by what; in this order.
_PATTERNS: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (re.compile(pattern), word)
    for pattern, word in (
        (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", "[mail]"),
        (r"\b[a-z][a-z0-9+.-]*://\S+", "[address]"),
        (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "[id]"),
        (r"\b[0-9a-f]{32,}\b", "[checksum]"),
        (r"(?<![\w/])~?/(?:[^\s/]+/)*[^\s/]+|\b[A-Za-z]:\\\S+", "[path]"),
        (
            r"[^\s\"“/]+\.(?:vcf|bcf|gz|bgz|bgzf|tbi|csi|parquet|json|jsonl|log|tsv|txt|xlsx)\b"
            r"(?:\.\w+)*",
            "[file]",
        ),
        (r"[^\n]*\t[^\n]*\t[^\n]*\t[^\n]*", "[record]"),
        (r"“[^”\n]*”|\"[^\"\n]*\"|`[^`\n]*`", "[text]"),
        (r"(?:\b[\w.]+:)?\b[cgmnrp]\.[\w*()?>+=-]+", "[change]"),
        (r"<[A-Z0-9:_]+>", "[allele]"),
        (r"\b\w{1,40}(?:\.\d+)?:\s?\d[\d,]{2,}(?:\s?[-–]\s?[\d,]+)?", "[place]"),
        (r"(?i)\b(?:pos|position|positions|base|bases|from|to|at)\b:?\s+\d[\d,]*", "[place]"),
        (r"\b[cC]hr(?:omosome)?\s?[\dXYM]{1,2}T?\b|\b[cC]ontigs?\s+\S+", "[contig]"),
        (r"\b(?:rs|ss|COSV|COSM|RCV|VCV)\d{2,}(?:\.\d+)?\b", "[variant]"),
        (r"\b[ACGTN*]+>[ACGTN*]+", "[change]"),
        (r"\b[ACGTN]{3,}\b", "[bases]"),
        (r"\b(REF|ALT|allele|reference has|instead of) [ACGTN]+\b", r"\1 [bases]"),
        (r"(?<![\d.\w/|])[\d.][/|][\d.](?![\d.\w/|])", "[genotype]"),
    )
)
_SHORTEST_NAME = 3
_LONGEST_LINE = 400
"""Characters. Our own lines are shorter, and what the patterns take for a line grows with the
square of its length: a file's words in it must not hold up the service."""


class Redactor:
    """Redacts by patterns, and by names that are known to stand for a person or a file."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        # The longest first: a file's name before its stem.
        known = sorted({n for n in names if len(n) >= _SHORTEST_NAME}, key=len, reverse=True)
        self._names = re.compile("|".join(map(re.escape, known)), re.IGNORECASE) if known else None

    def __call__(self, text: str) -> str:
        """The text without what is not for strangers."""
        if self._names is not None:
            text = self._names.sub("[name]", text)
        text = "\n".join(_cut(line) for line in text.split("\n"))
        for pattern, word in _PATTERNS:
            text = pattern.sub(word, text)
        return text


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} [cut]"
