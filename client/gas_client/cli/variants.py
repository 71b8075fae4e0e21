"""`gas variants`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

from gas_client.cli import context, exits
from gas_client.cli.annotate import Pack, Rename, options_of
from gas_client.cli.context import Json, edge
from gas_client.cli.output import print_json, print_table
from gas_client.errors import Mistake
from gas_client.models import VariantAnswer

AT_ONCE = 1000
HEADINGS = ("Variant", "Gene", "Consequence", "HGVS (coding)", "HGVS (protein)", "ClinVar")
COLUMNS = ("symbol", "consequence", "hgvsc", "hgvsp")


@edge
def variants(
    asked: Annotated[
        list[str] | None,
        typer.Argument(metavar="VARIANT", help="None, or -: one per line on standard input."),
    ] = None,
    pack: Pack = None,
    rename: Rename = None,
    json_: Json = False,
) -> None:
    """Annotate single variants, answered at once.

    Written as 20:4680251:A:G, SPDI, HGVS on a contig or a transcript, or a line of a VCF. With
    --json a line for each variant. Ends with 1 if one of them could not be annotated.
    """
    texts = list(asked or [])
    if not texts or texts == ["-"]:
        if not texts and sys.stdin.isatty():
            raise Mistake("Name a variant.", remedy="Such as: gas variants 20:4680251:A:G")
        lines = (line.rstrip("\r\n") for line in sys.stdin)
        texts = [line for line in lines if line.strip() and not line.startswith("#")]
    options, failed = options_of(pack, False, rename), False
    with context.open_gas() as gas:
        for start in range(0, len(texts), AT_ONCE):
            chunk = texts[start : start + AT_ONCE]
            found = gas.variants(chunk, pack=pack, contig_names=options.contig_names)
            for text, answer in zip(chunk, found.variants, strict=True):
                failed |= answer.problem is not None
                if json_:
                    print_json({"asked": text, "pack_id": found.pack_id, "answer": answer})
            if not json_:
                rows = [r for pair in zip(chunk, found.variants, strict=True) for r in _rows(*pair)]
                print_table(HEADINGS, rows)
    if failed:
        raise typer.Exit(exits.FAILED)


def _rows(asked: str, answer: VariantAnswer) -> Iterator[Sequence[str]]:
    if answer.problem is not None:
        remedy = f" {answer.problem.remedy}" if answer.problem.remedy else ""
        yield (asked, "", "", "", "", answer.problem.message + remedy)
    for allele in answer.alleles:
        yield (asked, *(_text(allele.get(column)) for column in COLUMNS), _note(allele))


def _note(allele: Any) -> str:
    return _text(allele.get("reason") or allele.get("CLINVAR_SIG"))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "&".join(map(_text, value))
    return str(value)
