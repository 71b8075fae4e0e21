"""The compiled engine's answer for one variant, taken from what a run of it writes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from anntools.api import annotate
from anntools.explanation.variant import Variant
from anntools.labels import CSQ_FIELDS
from anntools.options import Options

Fields = dict[str, str]
_HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


class Answer(NamedTuple):
    """CSQ fields per transcript id, in CSQ's order; what the stores know; why nothing was said."""

    transcripts: dict[str, Fields]
    known: dict[str, str]
    skipped: str


def ask_engine(variant: Variant, pack: str | Path) -> Answer:
    """Annotate a VCF with this variant alone."""
    line = f"{variant.name}\t{variant.position}\t.\t{variant.ref}\t{variant.alt}\t.\t.\t.\n"
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "one.vcf"
        source.write_text(_HEAD + line, encoding="utf-8")
        output = Path(folder) / "out.vcf"
        receipt = annotate(source, output, pack, Options(sign=False))
        record = output.read_text(encoding="utf-8").splitlines()[-1]
    info = dict(part.partition("=")[::2] for part in record.split("\t")[7].split(";"))
    entries = info.pop("CSQ", "")
    rows = [dict(zip(CSQ_FIELDS, e.split("|"), strict=True)) for e in entries.split(",") if e]
    known = {k: unquote(v) for k, v in info.items() if k != "." and v != "."}
    return Answer({r["Feature"]: r for r in rows}, known, next(iter(receipt.skipped), ""))
