"""Single variants as people write them, brought to the form of a VCF.

Understood: a line of a VCF (tabs or blanks), ``20:4680251:A:G`` and ``20-4680251-A-G`` (positions
from 1), SPDI on an accession (``NC_000020.10:4680250:A:G``, positions from 0, as NCBI defines it),
HGVS on a contig (``chr20:g.4680251A>G``) or a transcript of the pack (``ENST…:c.…``, ``NM_…:c.…``),
and identifiers that a store of the pack holds. What stands in a VCF's form is taken as it is: the
engine judges it as it judges a line of a file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from anntools.problems import InputRefused, Problem, UsageProblem, short
from anntools.sites import MOST_ALLELE, Site

if TYPE_CHECKING:
    from anntools.explanation.packview import PackView
    from anntools.pack import Pack

FORMS: Final = (
    "20:4680251:A:G, a line of a VCF, NC_000020.10:4680250:A:G (SPDI), chr20:g.4680251A>G, "
    "ENST00000379440.9:c.385A>G or NM_000311.5:c.385A>G"
)
_MOST: Final = 2 * MOST_ALLELE + 1000
_PLAIN: Final = re.compile(
    r"(?P<chrom>[^\s:]+)[:\s](?P<pos>[0-9]{1,10})[:\s]+(?P<ref>[A-Za-z]+)[:\s>/]+"
    r"(?P<alt><[^\s<>]+>|[^\s:<>/]+)"
)
_DASHED: Final = re.compile(
    r"(?P<chrom>[^\s:]+)[-_](?P<pos>[0-9]{1,10})[-_](?P<ref>[A-Za-z]+)[-_](?P<alt>[A-Za-z*.]+)"
)
_SPDI: Final = re.compile(
    r"(?P<chrom>[A-Z]{2}_?[0-9]+\.[0-9]+):(?P<pos>[0-9]{1,10}):"
    r"(?:(?P<size>[0-9]{1,6})|(?P<ref>[ACGTNacgtn]*)):(?P<alt>[ACGTNacgtn]*)"
)
_HGVS: Final = re.compile(r"[^:]+:[gmcn]\..+", re.I)
_FEWEST_COLUMNS: Final = 5  # up to ALT
_INFO_COLUMN: Final = 7
_READ_OF_INFO: Final = re.compile(r"(?:^|;)(END=[0-9]{1,10}|SVLEN=[-0-9,.]{1,100})(?=;|$)")


def site_of(text: str, pack: Pack, names: Mapping[str, str]) -> Site:
    """Read a variant; ``names`` as in ``Options.contig_names``.

    Raises UsageProblem when it is not understood, InputRefused when it is wrong: a transcript the
    pack does not have, reference bases that are not the pack's.
    """
    line, text = text.strip("\r\n"), text.strip()
    if len(text) > _MOST:
        raise UsageProblem(f"A variant of {len(text)} characters; at most {_MOST} are read.")
    if spdi := _SPDI.fullmatch(text):
        return _from_spdi(spdi, pack, names)
    if _HGVS.fullmatch(text) or text.isalnum():
        return _from_rules(text, pack, names)
    columns = line.split("\t") if "\t" in line else line.split()
    if len(columns) >= _FEWEST_COLUMNS and columns[1].isdecimal():
        return _from_columns(columns)
    found = _PLAIN.fullmatch(text) or _DASHED.fullmatch(text)
    if found is None:
        raise UsageProblem(f"'{short(text)}' is not a variant in a known form: {FORMS}.")
    return Site(found["chrom"], int(found["pos"]), found["ref"].upper(), found["alt"].upper())


def _from_columns(columns: list[str]) -> Site:
    if len(columns[1]) > 10:
        raise UsageProblem(f"POS is '{short(columns[1])}', which is no position of a contig.")
    info = columns[_INFO_COLUMN] if len(columns) > _INFO_COLUMN else ""
    read = {part.partition("=")[0]: part for part in _READ_OF_INFO.findall(info)}
    said = ";".join(read[key] for key in ("SVLEN", "END") if key in read)
    return Site(columns[0], int(columns[1]), columns[3], columns[4], said)


def _from_spdi(found: re.Match[str], pack: Pack, names: Mapping[str, str]) -> Site:
    """SPDI: sequence, position before the deleted bases, these or how many, the inserted ones."""
    view = view_of(pack)
    contig = _contig(found["chrom"], view, names)
    start, alt = int(found["pos"]), found["alt"].upper()
    if found["size"]:
        if int(found["size"]) > MOST_ALLELE:
            raise UsageProblem(f"At most {MOST_ALLELE} bases can be deleted here.")
        ref = view.bases(contig, start, start + int(found["size"]))
    else:
        ref = found["ref"].upper()
    if not (ref and alt):
        anchor = view.bases(contig, start - 1, start) if start else "N"
        return Site(found["chrom"], start, anchor + ref, anchor + alt)
    return Site(found["chrom"], start + 1, ref, alt)


def _from_rules(text: str, pack: Pack, names: Mapping[str, str]) -> Site:
    """HGVS and identifiers, by the reader that ``anntools explain`` has."""
    from anntools.explanation.variant import read_variant

    view = view_of(pack)
    name, colon, rest = text.partition(":")
    if colon and name in names:
        text = names[name] + colon + rest
    found = read_variant(text, view)
    return Site(found.name, found.position, found.ref, found.alt)


def _contig(name: str, view: PackView, names: Mapping[str, str]) -> int:
    contig = view.aliases.get(names.get(name, name))
    if contig is None:
        known = ", ".join(str(c["name"]) for c in view.manifest.contigs[:30])
        message = f"The reference pack does not know the contig '{name}'."
        raise InputRefused(Problem("unknown_contig", message, found=name, expected=known))
    return contig


def view_of(pack: Pack) -> PackView:
    """The pack as the written rules read it; made once for each."""
    return _view(pack.folder, pack.manifest.pack_id)


@lru_cache(maxsize=8)
def _view(folder: Path, pack_id: str) -> PackView:
    from anntools.explanation.packview import PackView

    return PackView(folder)
