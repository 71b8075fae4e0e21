"""What a genome browser draws below the variants: `GET /reference/<pack>/…`.

`pack` is a pack's name or, better, its id: what is asked for by id never changes and is cached for
a year. Positions in the answers are 0-based, ends not part of it, as in BED and in igv.js;
`region` is written as people write it, from 1 and with its last base.
"""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from gas.scopes import Scope
from web.auth.session import protect
from web.context import services
from web.ports import PackAtHand, Transcript
from web.reference.regions import parse_region

blueprint = protect(
    Blueprint("reference", __name__, url_prefix="/reference"), read=Scope.VARIANTS_READ
)

_YEAR = 365 * 24 * 3600
_MINUTES = 300


@blueprint.get("")
def packs() -> Response:
    """JSON {packs: [{name, pack_id, assembly, contigs: how many, stores, sources}]}."""
    return jsonify(packs=[_about(pack) for pack in services().engine.packs()])


@blueprint.get("/<pack>/contigs")
def contigs(pack: str) -> Response:
    """JSON {name, pack_id, assembly, contigs: [{name, length, aliases}]}."""
    found = services().engine.pack(pack)
    listed = [{"name": c.name, "length": c.length, "aliases": c.aliases} for c in found.contigs]
    return _cached({**_about(found), "contigs": listed}, pack, found)


@blueprint.get("/<pack>/sequence")
def sequence(pack: str) -> Response:
    """JSON {contig, start, end, sequence} of `region`, 1 Mb at the most; `N`: not in the pack."""
    engine, region = services().engine, parse_region(request.args.get("region"))
    bases = engine.sequence(pack, region.contig, region.start, region.end)
    document = {
        "contig": region.contig,
        "start": region.start,
        "end": region.start + len(bases),
        "sequence": bases,
    }
    return _cached(document, pack, engine.pack(pack))


@blueprint.get("/<pack>/genes")
def genes(pack: str) -> Response:
    """JSON {contig, start, end, features}: the transcripts in `region`, as igv.js draws them."""
    engine, region = services().engine, parse_region(request.args.get("region"))
    found = engine.genes(pack, region.contig, region.start, region.end)
    document = {
        "contig": region.contig,
        "start": region.start,
        "end": region.end,
        "features": [feature(each, region.contig) for each in found],
    }
    return _cached(document, pack, engine.pack(pack))


def feature(transcript: Transcript, contig: str) -> dict[str, Any]:
    """A transcript as igv.js takes it: `chr`, `start`, `end`, `name`, `strand`, `exons`, and
    `cdStart`, `cdEnd` where it is coding; an exon without coding bases is `utr`."""
    coding = [exon for exon in transcript.exons if exon.coding_start is not None]
    document: dict[str, Any] = {
        "chr": contig,
        "start": transcript.start,
        "end": transcript.end,
        "name": transcript.symbol or transcript.id,
        "id": transcript.id,
        "gene": transcript.gene,
        "biotype": transcript.biotype,
        "strand": "+" if transcript.strand > 0 else "-",
        "canonical": transcript.canonical,
        "mane_select": transcript.mane_select,
        "exons": [],
    }
    if coding:
        document |= {"cdStart": coding[0].coding_start, "cdEnd": coding[-1].coding_end}
    for exon in transcript.exons:
        part: dict[str, Any] = {"start": exon.start, "end": exon.end}
        if exon.coding_start is not None:
            part |= {"cdStart": exon.coding_start, "cdEnd": exon.coding_end}
        elif coding:
            part["utr"] = True
        document["exons"].append(part)
    return document


def _about(pack: PackAtHand) -> dict[str, Any]:
    return {
        "name": pack.name,
        "pack_id": pack.pack_id,
        "assembly": pack.assembly,
        "contigs": len(pack.contigs),
        "stores": pack.stores,
        "sources": [
            {"what": s.what, "package": s.package, "version": s.version, "licence": s.licence}
            for s in pack.sources
        ],
    }


def _cached(document: dict[str, Any], asked: str, pack: PackAtHand) -> Response:
    """JSON that this browser may keep: for ever if it was asked for by the pack's id."""
    answer = jsonify(document)
    answer.cache_control.private = True
    answer.cache_control.max_age = _YEAR if asked == pack.pack_id else _MINUTES
    answer.cache_control.immutable = asked == pack.pack_id
    return answer
