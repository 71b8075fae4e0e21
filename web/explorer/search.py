"""The free text: what a person may type into one field, and what it is looked for in."""

import re
from collections.abc import Callable
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from web.explorer.table import Mask, OpenTable, numbers, truth
from web.explorer.working_copy import TEXT

_CODED: Final = ("symbol", "gene", "feature")
_VARIANT: Final = re.compile(r"(?i)(\S+?)[-:\s](\d{1,10})[-:\s]?([ACGTN]+)[-:>/\s]([ACGTN*]+)")
_RESIDUE: Final = re.compile(
    r"(?:p\.)?([ACDEFGHIKLMNPQRSTVWYU])(\d{1,6})([ACDEFGHIKLMNPQRSTVWYU*=])?"
)
_AMINO_ACIDS: Final = {
    **{"A": "Ala", "C": "Cys", "D": "Asp", "E": "Glu", "F": "Phe", "G": "Gly", "H": "His"},
    **{"I": "Ile", "K": "Lys", "L": "Leu", "M": "Met", "N": "Asn", "P": "Pro", "Q": "Gln"},
    **{"R": "Arg", "S": "Ser", "T": "Thr", "U": "Sec", "V": "Val", "W": "Trp", "Y": "Tyr"},
    **{"*": "Ter", "=": "="},
}

Test = Callable[[pa.RecordBatch], Mask]


def finder(table: OpenTable, text: str) -> Test:
    """Which rows a text finds: case does not matter.

    `20:4680251:A:G` is that variant; `rs1799990` that id and no longer one; `M129V` also
    `p.Met129Val`; anything else a part of an id, a gene's symbol or id, a transcript's id, or of
    the HGVS of genome, transcript or protein.
    """
    variant = _VARIANT.fullmatch(text)
    if variant:
        return _exactly(table, variant)
    if re.fullmatch(r"(?i)rs\d+", text):
        return _id(table, text)
    residue = _RESIDUE.fullmatch(text)
    return _anywhere(table, text, _protein_change(residue) if residue else "")


def _exactly(table: OpenTable, variant: re.Match[str]) -> Test:
    contig, pos, ref, alt = variant.groups()
    names = {contig.upper().removeprefix("CHR"), contig.upper()}
    words = [name.upper().removeprefix("CHR") in names for name in table.words["chrom"]]
    known = np.array([*words, False])

    def test(batch: pa.RecordBatch) -> Mask:
        mask: Mask = known[batch.column("chrom").to_numpy()]
        mask = mask & (numbers(batch.column("pos")) == int(pos))
        if mask.any():
            for name, wanted in (("ref", ref), ("alt", alt)):
                mask &= truth(pc.equal(pc.utf8_upper(batch.column(name)), wanted.upper()))
        return mask

    return test


def _id(table: OpenTable, text: str) -> Test:
    # ClinVar gives dbSNP's number without its letters.
    pattern = rf"(?i)(?:^|[;,&|])(?:rs)?{text[2:]}(?:$|[;,&|])"
    names = [n for n in ("id", *table.dictionary.known_ids) if n in table.has]

    def test(batch: pa.RecordBatch) -> Mask:
        mask = np.zeros(len(batch), np.bool_)
        for name in names:
            column = batch.column(name)
            if pa.types.is_string(column.type):
                mask |= truth(pc.match_substring_regex(column, pattern))
            else:
                mask |= numbers(column) == int(text[2:])
        return mask

    return test


def _anywhere(table: OpenTable, text: str, protein: str) -> Test:
    folded = text.lower()
    luts = {
        name: np.array([*(folded in word.lower() for word in table.words[name]), False])
        for name in _CODED
    }

    def test(batch: pa.RecordBatch) -> Mask:
        mask = truth(pc.match_substring(batch.column(TEXT), folded))
        for name, words in luts.items():
            if words.any():
                mask = mask | words[batch.column(name).to_numpy()]
        if protein:
            mask = mask | truth(pc.match_substring(batch.column("hgvsp"), protein))
        return mask

    return test


def _protein_change(found: re.Match[str]) -> str:
    """`G12D` → `p.Gly12Asp`, `G12` → `p.Gly12`."""
    before, place, after = found.groups()
    return f"p.{_AMINO_ACIDS[before]}{place}{_AMINO_ACIDS[after] if after else ''}"
