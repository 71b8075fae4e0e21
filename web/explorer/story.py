"""A variant in words: its name, what it does, and why this transcript was picked."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from web.plots import terms

Row = Mapping[str, Any]
"""Values by column, of an allele or of one of its transcripts (docs/engine/table.md)."""

_AMINO_ACIDS = {
    **{"Ala": "alanine", "Arg": "arginine", "Asn": "asparagine", "Asp": "aspartic acid"},
    **{"Cys": "cysteine", "Gln": "glutamine", "Glu": "glutamic acid", "Gly": "glycine"},
    **{"His": "histidine", "Ile": "isoleucine", "Leu": "leucine", "Lys": "lysine"},
    **{"Met": "methionine", "Phe": "phenylalanine", "Pro": "proline", "Ser": "serine"},
    **{"Thr": "threonine", "Trp": "tryptophan", "Tyr": "tyrosine", "Val": "valine"},
    **{"Sec": "selenocysteine", "Pyl": "pyrrolysine"},
}
_PROTEIN = re.compile(r"p\.\(?([A-Z][a-z]{2})(\d+)([A-Z][a-z]{2}|=)\)?")
_OUTSIDE = frozenset({"upstream_gene_variant", "downstream_gene_variant", "intergenic_variant"})
_OF_A_GENE = " of a gene"
"""How the words for what lies beside a gene end: “upstream of a gene”."""


def short(name: str | None) -> str:
    """A name of the HGVS without its reference: `ENST0001.4:c.76A>T` → `c.76A>T`."""
    return (name or "").rpartition(":")[2]


def place(row: Row) -> str:
    """`20:4,680,251`."""
    return f"{row['chrom'] or '?'}:{row['pos']:,}" if row.get("pos") else "no position"


def name(row: Row) -> str:
    """What the variant is called in a heading: `PRNP p.Met129Val`."""
    change = short(row.get("hgvsp")) or short(row.get("hgvsc"))
    if change and row.get("symbol"):
        return f"{row['symbol']} {change}"
    alleles = f"{_cut(row.get('ref'))}>{_cut(row.get('alt'))}"
    return f"{place(row)} {alleles}"


def _cut(allele: str | None) -> str:
    text = allele or "."
    return text if len(text) <= 12 else f"{text[:8]}…"


def sentence(row: Row) -> str:
    """What the variant does, for a reader who does not speak HGVS."""
    if not row.get("consequence"):
        return "This line of the file was passed through without annotation."
    first = row["consequence"].split("&")[0]
    what = terms.words(first).capitalize()
    if row.get("symbol") and first != "intergenic_variant":
        beside = what.endswith(_OF_A_GENE)
        what = what.removesuffix("a gene") if beside else f"{what} in "
        what += row["symbol"]
    told = _protein(row.get("hgvsp"))
    if not told:
        told = terms.TERMS[first].help if first in terms.TERMS else ""
    return f"{what}. {told}"


def _protein(hgvsp: str | None) -> str:
    found = _PROTEIN.fullmatch(short(hgvsp))
    if found is None:
        return ""
    before, number, after = found[1], int(found[2]), found[3]
    old = _AMINO_ACIDS.get(before)
    if old is None:
        return ""
    if after in ("=", before):
        return f"The protein does not change: amino acid {number:,} stays {old}."
    if after == "Ter":
        return f"Instead of {old}, amino acid {number:,}, the protein ends there."
    new = _AMINO_ACIDS.get(after)
    return f"Amino acid {number:,} of the protein becomes {new} instead of {old}." if new else ""


def why_picked(transcripts: Sequence[Row]) -> str:
    """Why the picked transcript is the picked one: the rule that decided between them.

    The rules and their order: docs/engine/README.md. Support level and length are not in the table.
    """
    if len(transcripts) < 2:
        return "It is the only transcript here." if transcripts else ""
    left, reason = list(transcripts), ""
    for rank, words in _RULES:
        best = min(rank(one) for one in left)
        rest = [one for one in left if rank(one) == best]
        if len(rest) < len(left):
            left, reason = rest, words
        if len(left) == 1:
            break
    return reason or "Among equals it has the better support or the longer sequence."


def _severity(row: Row) -> int:
    order = list(terms.TERMS)
    first = (row.get("consequence") or "").split("&")[0]
    return order.index(first) if first in order else len(order)


_NEAR = "The variant lies in it, not only near it."
_MANE = "It is the gene’s MANE Select transcript, the one on which Ensembl and NCBI agree."
_CANONICAL = "It is the gene’s canonical transcript."

_RULES: Sequence[tuple[Callable[[Row], int], str]] = (
    (lambda row: (row.get("consequence") or "") in _OUTSIDE, _NEAR),
    (lambda row: not row.get("mane_select"), _MANE),
    (lambda row: not row.get("canonical"), _CANONICAL),
    (lambda row: row.get("biotype") != "protein_coding", "It makes a protein."),
    (_severity, "The consequence is most severe in it."),
)
