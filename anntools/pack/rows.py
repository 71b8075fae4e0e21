"""A transcript as rows and texts of the model."""

from __future__ import annotations

from anntools.kernels import layout as k
from anntools.pack.transcripts import Transcript


def flags_of(t: Transcript) -> int:
    """Bits of the column FLAGS."""
    flags = 0
    if t.biotype == "nonsense_mediated_decay":
        flags |= k.FLAG_NMD
    if t.phase or "cds_start_NF" in t.tags:
        flags |= k.FLAG_CDS_START_NF
    if "cds_end_NF" in t.tags:
        flags |= k.FLAG_CDS_END_NF
    if any(a - b <= k.REPAIR for (_, b), (a, _) in zip(t.exons, t.exons[1:], strict=False)):
        flags |= k.FLAG_REPAIRED
    return flags


def spliced_cds(t: Transcript, length: int) -> tuple[int, int]:
    """Spliced coordinates of the coding part along the strand; -1, -1 if there is none."""
    if not t.cds:
        return -1, -1
    left, right = t.spliced(t.cds[0]), t.spliced(t.cds[1])
    return (left, right) if t.strand > 0 else (length - right, length - left)


def edits_of(t: Transcript) -> list[tuple[int, int, int]]:
    """Rows of ``edits``, in the order of the coding sequence."""
    if not t.cds:
        return []
    codons = [(k.EDIT_AMINO_ACID, t.coding_offset(at), ord(aa)) for at, aa in t.recoded]
    slips = [(k.EDIT_SLIPPAGE, at, shift) for at, shift in t.slips()]
    return sorted(codons + slips, key=lambda edit: (edit[1], edit[0]))


def pick_order(t: Transcript) -> int:
    """Static part of the pick rule: MANE Select, MANE Plus Clinical, canonical, support level,
    protein-coding."""
    order = 0 if "MANE_Select" in t.tags else 64
    order += 0 if "MANE_Plus_Clinical" in t.tags else 32
    order += 0 if is_canonical(t) else 16
    order += 2 * (t.support or 6)
    return order + (0 if t.biotype == "protein_coding" else 1)


def is_canonical(t: Transcript) -> bool:
    """Ensembl's canonical transcript; MANE Select is canonical by definition."""
    return bool(t.tags & {"Ensembl_canonical", "MANE_Select"})


def rendered_names(t: Transcript) -> list[bytes]:
    """The five pre-rendered texts of a transcript (``kernels.layout.NAMES``)."""
    flags = "&".join(f for f in ("cds_start_NF", "cds_end_NF") if f in t.tags)
    versioned = f"{t.id}.{t.version}" if t.version else t.id
    kind = "c" if t.cds else "n"
    head = f"{csq(t.symbol)}|{csq(t.gene_id)}|Transcript|{csq(t.id)}|{csq(t.biotype)}|"
    tail = f"|{'YES' if is_canonical(t) else ''}|{csq(t.mane)}|"
    return [
        head.encode(),
        f"{t.strand}|{csq(flags, keep='&')}|".encode(),
        tail.encode(),
        f"{t.hgvs or csq(versioned)}:{kind}.".encode(),
        f"{csq(t.protein or versioned)}:p.".encode() if t.cds else b"",
    ]


_UNSAFE = " \t\r\n;=,|&%"
_ESCAPES = str.maketrans({c: f"%{ord(c):02X}" for c in _UNSAFE})
_WITHOUT_AND = str.maketrans({c: f"%{ord(c):02X}" for c in _UNSAFE if c != "&"})


def csq(text: str, keep: str = "") -> str:
    """Text made safe inside a CSQ field of an INFO value, by percent encoding."""
    return text.translate(_WITHOUT_AND if keep == "&" else _ESCAPES)
