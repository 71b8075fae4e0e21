"""``--rename``: how the file calls the contigs of the pack."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from anntools.problems import UsageProblem

RENAME_HELP = (
    "Read the file's contig OLD as the pack's NEW; CHROM stays as it is written. Or a FILE with "
    "OLD and NEW in each line, as for bcftools annotate --rename-chrs. Repeatable."
)


def read_renames(given: Iterable[str]) -> dict[str, str]:
    """The file's name → the pack's, of all ``--rename``. Raises UsageProblem, OSError."""
    names: dict[str, str] = {}
    for text in given:
        if "=" in text:
            old, _, new = text.partition("=")
            pairs = [(old, new)]
        else:
            pairs = list(_lines(Path(text)))
        for old, new in pairs:
            if not (old and new) or names.get(old, new) != new:
                raise UsageProblem(f"--rename {text}: '{old}' needs one name, as in OLD=NEW.")
            names[old] = new
    return names


def _lines(path: Path) -> Iterable[tuple[str, str]]:
    if not path.is_file():
        raise UsageProblem(f"--rename {path} is neither OLD=NEW nor a file.")
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        columns = line.split()
        if columns and not line.startswith("#"):
            if len(columns) != 2:
                raise UsageProblem(f"{path}, line {number}: OLD and NEW are expected, two names.")
            yield columns[0], columns[1]
